import {
  call,
  i32,
  i64,
  ModuleBuilder,
  type FunctionBuilder,
  type FunctionRef,
  type Signature,
} from '@trapgate/wasm-assembler';
import { forms } from '@trapgate/x86-decoder';
import type { SupportFunctions } from '../builder/builder';
import type { Meaning } from '../semantics';
import { emitMaterialize } from '../builder/pending-flags';
import { emitIntegerSupport, HOST, MAXIMUM_PAGES } from '../builder/support';
import { emitFloatFunctions } from '../float/functions';
import { emitSystemFunctions } from '../semantics/system/functions';
import { STATUS } from '../system/context';
import { ColdBuilder } from './dynamic-builder';
import type { Handler, HandlerTable } from './handlers';
import { emitFetch, HotFunction, STATE_PLACE, type InterpreterOptions } from './hot-function';
import { emitAddressRecord } from './segment-functions';
import { COLD, emitTranslatorEntries, importTranslatorSupport } from './translator-entries';

function emitCold(module: ModuleBuilder, table: HandlerTable, support: SupportFunctions): void {
  const special = (name: string, body: (k: ColdBuilder) => void): void => {
    const fn = module.function(name, COLD);
    body(new ColdBuilder(fn, support, forms[0]!, { memory: true, general: false }));
    module.addToTable(fn);
  };
  special('host', (k) => k.leaveToHost());
  special('hostMemory', (k) => k.leaveToHost(true));
  special('undefinedOpcode', (k) => k.raise(6));
  special('tooLong', (k) => k.raise(13, i32.const(0)));
  for (const handler of table.cold) module.addToTable(emitHandler(module, handler, support));
}

function emitHandler(
  module: ModuleBuilder,
  { form, meaning, variant }: Handler,
  support: SupportFunctions,
): FunctionBuilder {
  const name = `${form.mnemonic}.${form.id}${variant.memory ? 'm' : ''}${variant.general ? 'g' : ''}`;
  const fn = module.function(name, COLD);
  const k = new ColdBuilder(fn, support, form, variant);
  emitQuick(k, meaning);
  meaning.semantics(k, ...form.operands.map((spec) => k.operand(spec)));
  fn.return(i32.const(STATUS.next));
  module.close(fn);
  return fn;
}

/** The ordinary cases of a handler, which leave it; the others go on behind. */
export function emitQuick(k: ColdBuilder, { quick }: Meaning): void {
  if (!quick) return;
  const { fn } = k;
  // Both ways use the address.
  if (k.variant.memory) k.linear();
  fn.block((otherwise) => {
    quick(k, otherwise);
    fn.return(i32.const(STATUS.next));
  });
}

/**
 * Generates a module of late handlers, exported as `0`, `1` ... in their order. It imports `env.memory`, `env.host` and
 * what the interpreter exports for translated code.
 */
export function generateLateHandlers(handlers: readonly Handler[]): InterpreterModule {
  const module = new ModuleBuilder();
  module.importMemory('env', 'memory', 1, MAXIMUM_PAGES);
  const { support: base } = importTranslatorSupport(module);
  const host = module.importFunction('env', 'host', HOST);
  const support = { ...base, host, float: emitFloatFunctions(module) };
  handlers.forEach((handler, n) => module.export(emitHandler(module, handler, support), String(n)));
  return module.finish();
}

/** The interpreter as a WebAssembly module, and the byte sizes of its functions. */
export interface InterpreterModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly sizes: ReadonlyMap<string, number>;
}

/**
 * Generates the interpreter from the semantics. The module imports `env.memory` and the functions of MEMORY_IMPORTS and
 * `host`, and exports `run`, `fillTlb`, `translate` and `enterGate`.
 */
export function generateInterpreter(
  table: HandlerTable,
  options: InterpreterOptions = { hotAfter: 0 },
): InterpreterModule {
  const module = new ModuleBuilder();
  // The handlers in this module do not reach the software floating point.
  const integer = emitIntegerSupport(module);
  const support = { ...integer, system: emitSystemFunctions(module, integer.memory) } as SupportFunctions;
  const { memory, segmentAddress } = support;
  emitEntry(module, memory.fill, memory.walk);
  emitCold(module, table, support);
  emitTranslatorEntries(module, support, table.late.flat().length);
  const materialize = module.function('materialize', { params: [], results: [] }, { exported: true });
  emitMaterialize(materialize, i32.const(STATE_PLACE));
  new HotFunction(module, table, {
    options,
    support,
    fetch: emitFetch(module, memory.fill),
    addressRecord: emitAddressRecord(module, segmentAddress),
    materialize,
  }).emit();
  return module.finish();
}

/** Exports of the walker for JavaScript: `fillTlb(state, linear, access)` and `translate(state, linear, access)`, 1 on a fault. */
function emitEntry(module: ModuleBuilder, fill: FunctionRef, walk: FunctionRef): void {
  const signature: Signature = { params: ['i32', 'i32', 'i32'], results: ['i32'] };
  const fillTlb = module.function('fillTlb', signature, { exported: true });
  fillTlb.return(call<'i32'>(fill, fillTlb.param(0), fillTlb.param(1), fillTlb.param(2)));
  const translate = module.function('translate', signature, { exported: true });
  translate.return(
    call<'i32'>(walk, translate.param(0), i64.extendI32U(translate.param<'i32'>(1)), translate.param(2)),
  );
}
