import { i32, Layout, ModuleBuilder, type FunctionBuilder, type I32, type I64 } from '@trapgate/wasm-assembler';
import {
  emitMemoryFunctions,
  inlineCommit,
  inlineLoad,
  inlineModify,
  inlineProbe,
  inlineStore,
  loadHost,
  MEMORY_IMPORTS,
  MEMORY_MAP,
  PAGING_FIELDS,
  PhysicalMemory,
  PROCESSOR_MAP,
  storeHost,
  TLB,
  type AccessBytes,
  type AccessSite,
  type MemoryFunctions,
  type PagingField,
} from '../index';

const LAYOUT = new Layout(PAGING_FIELDS);
const STATE = MEMORY_MAP.processors + PROCESSOR_MAP.state;
const SIZES = [1, 2, 4, 8] as const;

interface Exports {
  walk(state: number, linear: bigint, access: number): number;
  fill(state: number, linear: number, access: number): number;
  probe2(state: number, linear: number): number;
  /** By size: inlined accesses; 8-byte values are bigint. */
  [name: `load${number}`]: (state: number, linear: number) => number | bigint;
  [name: `store${number}`]: (state: number, linear: number, value: number | bigint) => number;
  [name: `add${number}`]: (state: number, linear: number, value: number | bigint) => number;
}

function site(fn: FunctionBuilder, functions: MemoryFunctions, leave: () => void): AccessSite {
  return { fn, layout: LAYOUT, functions, s: fn.param<'i32'>(0), leave };
}

function emitAccesses(module: ModuleBuilder, functions: MemoryFunctions, bytes: AccessBytes): void {
  const type = bytes === 8 ? 'i64' : 'i32';
  const load = module.function(`load${bytes}`, { params: ['i32', 'i32'], results: [type] }, { exported: true });
  load.return(
    inlineLoad(
      site(load, functions, () => load.unreachable()),
      bytes,
      load.param(1),
    ),
  );
  const three = { params: ['i32', 'i32', type], results: ['i32'] } as const;
  const store = module.function(`store${bytes}`, three, { exported: true });
  inlineStore(
    site(store, functions, () => store.return(i32.const(1))),
    bytes,
    store.param(1),
    store.param(2),
  );
  store.return(i32.const(0));
  const add = module.function(`add${bytes}`, three, { exported: true });
  const at = site(add, functions, () => add.return(i32.const(1)));
  const place = inlineModify(at, bytes, add.param(1));
  const old = loadHost(bytes, place);
  storeHost(add, bytes, place, sum(bytes, old as I32, add.param(2)));
  inlineCommit(at, place);
  add.return(i32.const(0));
}

function sum(bytes: AccessBytes, a: I32 | I64, b: I32 | I64): I32 | I64 {
  return bytes === 8 ? i64Add(a as I64, b as I64) : i32.add(a as I32, b as I32);
}
