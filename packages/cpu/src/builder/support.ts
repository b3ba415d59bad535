import { emitMemoryFunctions, MEMORY_IMPORTS, type MemoryImports } from '@trapgate/mmu';
import type { ModuleBuilder, Signature } from '@trapgate/wasm-assembler';
import { emitFloatFunctions } from '../float/functions';
import { emitSegmentAddress } from '../interpreter/segment-functions';
import { STATE } from '../state/layout';
import type { SupportFunctions } from './builder';

/** Memory imported by generated modules: any size up to 4 GB. */
export const MAXIMUM_PAGES = 65536;

/** Signature of `env.host`. */
export const HOST: Signature = { params: ['i32', 'i32', 'i32'], results: ['i32'] };

/**
 * Begins a module of instruction code: imports `env.memory`, the functions of MEMORY_IMPORTS and `env.host`, and emits the
 * functions that integer instructions call. To be used before the module has functions of its own.
 */
export function emitIntegerSupport(module: ModuleBuilder): Omit<SupportFunctions, 'float' | 'system'> {
  module.importMemory('env', 'memory', 1, MAXIMUM_PAGES);
  const names = Object.keys(MEMORY_IMPORTS) as (keyof MemoryImports)[];
  const imports = Object.fromEntries(
    names.map((name) => [name, module.importFunction('env', name, MEMORY_IMPORTS[name])]),
  );
  const host = module.importFunction('env', 'host', HOST);
  const memory = emitMemoryFunctions(module, STATE, imports as unknown as MemoryImports);
  return { memory, segmentAddress: emitSegmentAddress(module), host };
}

/** {@link emitIntegerSupport} and what all other instructions call, but for those that are the interpreter's alone. */
export function emitSupport(module: ModuleBuilder): SupportFunctions {
  return { ...emitIntegerSupport(module), float: emitFloatFunctions(module) } as SupportFunctions;
}
