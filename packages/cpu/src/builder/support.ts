import { emitMemoryFunctions, MEMORY_IMPORTS } from '@trapgate/mmu';
import type { FunctionRef, ModuleBuilder } from '@trapgate/wasm-assembler';
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
  const imported = (name: keyof typeof MEMORY_IMPORTS): FunctionRef => module.importFunction('env', name, MEMORY_IMPORTS[name]);
  const imports = { readMmio: imported('readMmio'), writeMmio: imported('writeMmio'), codeWritten: imported('codeWritten') };
  const host = module.importFunction('env', 'host', { params: ['i32', 'i32', 'i32'], results: ['i32'] });
  const memory = emitMemoryFunctions(module, STATE, imports);
  return { memory, segmentAddress: emitSegmentAddress(module), host, float: emitFloatFunctions(module) };
}
