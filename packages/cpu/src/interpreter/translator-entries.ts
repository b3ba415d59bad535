import {
  callIndirect,
  type FunctionRef,
  type I32,
  type ModuleBuilder,
  type Signature,
  type ValueType,
} from '@trapgate/wasm-assembler';
import type { SupportFunctions } from '../builder/builder';
import { quickFunctions } from '../float/quick';

/** A handler in a function of its own: (state, record, pageIp, address) -> STATUS. */
export const COLD: Signature = { params: ['i32', 'i32', 'i32', 'i32'], results: ['i32'] };
/** (slot, state, record, pageIp, address) -> STATUS. */
const CALL_COLD: Signature = { params: ['i32', 'i32', 'i32', 'i32', 'i32'], results: ['i32'] };
const ACCESS_SIZES = [1, 2, 4, 8] as const;

/** Exports the slow paths, `callCold(slot, state, record, pageIp, address) -> status` and the table `handlers`, with `room` empty slots. */
export function emitTranslatorEntries(
  module: ModuleBuilder,
  { memory, segmentAddress }: SupportFunctions,
  room: number,
): void {
  for (const bytes of ACCESS_SIZES) {
    module.export(memory.load[bytes], `load${bytes}`);
    module.export(memory.store[bytes], `store${bytes}`);
  }
  for (const name of ['modify', 'commit', 'probe', 'place', 'window'] as const)
    module.export(memory[name], name);
  module.export(segmentAddress, 'segmentAddress');
  const fn = module.function('callCold', CALL_COLD, { exported: true });
  const [slot, ...operands] = [0, 1, 2, 3, 4].map((n) => fn.param<'i32'>(n)) as [I32, ...I32[]];
  fn.return(callIndirect<'i32'>(COLD, slot, ...operands));
  module.exportTable('handlers', room);
  module.exportSecondTable('translations', 0);
}

/** Imports into another module what emitTranslatorEntries exports, under the module name `interpreter`. */
export function importTranslatorSupport(module: ModuleBuilder): {
  support: SupportFunctions;
  callCold: FunctionRef;
  materialize: FunctionRef;
} {
  const take = (name: string, params: readonly ValueType[], results: readonly ValueType[]): FunctionRef =>
    module.importFunction('interpreter', name, { params, results });
  const type = (bytes: number): ValueType => (bytes === 8 ? 'i64' : 'i32');
  const load = Object.fromEntries(ACCESS_SIZES.map((n) => [n, take(`load${n}`, ['i32', 'i32'], [type(n)])]));
  const store = Object.fromEntries(
    ACCESS_SIZES.map((n) => [n, take(`store${n}`, ['i32', 'i32', type(n)], ['i32'])]),
  );
  const memory = {
    load,
    store,
    modify: take('modify', ['i32', 'i32', 'i32'], ['i32']),
    commit: take('commit', ['i32'], []),
    probe: take('probe', ['i32', 'i32', 'i32', 'i32'], ['i32']),
    place: take('place', ['i32', 'i32', 'i32'], ['i32']),
    window: take('window', ['i32', 'i32', 'i32'], ['i32']),
  };
  const segmentAddress = take('segmentAddress', ['i32', 'i32', 'i32', 'i32'], ['i32']);
  const callCold = module.importFunction('interpreter', 'callCold', CALL_COLD);
  const materialize = module.importFunction('interpreter', 'materialize', { params: [], results: [] });
  // Translated code calls no host function, no walker and of the software floating point only what is quick.
  const float = { quick: quickFunctions(module) };
  return { support: { memory, segmentAddress, float } as unknown as SupportFunctions, callCold, materialize };
}
