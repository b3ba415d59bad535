import type { FunctionRef, ModuleBuilder } from '@trapgate/wasm-assembler';
import { emitCarrylessMultiply } from './carryless';
import { emitCipherFunctions, type CipherFunctions } from './cipher';
import { emitCompareStrings } from './string-compare';

/** Operations on integer vectors that are too long to be part of every handler. */
export interface IntegerVectorFunctions {
  /** (state, control, length of A, length of B) -> IntRes2 (SDM vol. 2B, 4.1). */
  readonly compareStrings: FunctionRef;
  /** (destination, a: i64, b: i64). */
  readonly carrylessMultiply: FunctionRef;
  readonly cipher: CipherFunctions;
}

export function emitIntegerVectorFunctions(module: ModuleBuilder): IntegerVectorFunctions {
  return {
    compareStrings: emitCompareStrings(module),
    carrylessMultiply: emitCarrylessMultiply(module),
    cipher: emitCipherFunctions(module),
  };
}
