import { emitMemoryFunctions, MEMORY_IMPORTS, type MemoryImports } from '@trapgate/mmu';
import type { ModuleBuilder } from '@trapgate/wasm-assembler';
import { emitFloatFunctions } from '../float/functions';
import { emitSegmentAddress } from '../interpreter/segment-functions';
import { STATE } from '../state/layout';
import type { SupportFunctions } from './builder';

/** Memory imported by generated modules: any size up to 4 GB. */
const MAXIMUM_PAGES = 65536;

/**
 * Begins a module of instruction code: imports `env.memory`, the functions of MEMORY_IMPORTS and `env.host`, and emits the
 * functions that instructions call. To be used before the module has functions of its own.
 */
export function emitSupport(module: ModuleBuilder): SupportFunctions {
  module.importMemory('env', 'memory', 1, MAXIMUM_PAGES);
  const names = Object.keys(MEMORY_IMPORTS) as (keyof MemoryImports)[];
  const imports = Object.fromEntries(
    names.map((name) => [name, module.importFunction('env', name, MEMORY_IMPORTS[name])]),
  );
  const host = module.importFunction('env', 'host', { params: ['i32', 'i32', 'i32'], results: ['i32'] });
  const memory = emitMemoryFunctions(module, STATE, imports as unknown as MemoryImports);
  return { memory, segmentAddress: emitSegmentAddress(module), host, float: emitFloatFunctions(module) };
}
