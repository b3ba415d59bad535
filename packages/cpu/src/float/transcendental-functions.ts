import type { FunctionRef, ModuleBuilder } from '@trapgate/wasm-assembler';
import { emitArctangent } from './arctangent';
import { emitSine, emitTangent } from './circular';
import { emitPowerMinusOne } from './exponential';
import type { Primitives } from './functions';
import { emitTimesLogarithm, emitTimesLogarithmPlusOne } from './logarithm';

/**
 * The transcendental functions for ordinary operands: normal numbers, results not tiny; everything else is done in
 * TypeScript (transcendental.ts). Errors before rounding are below 2^-90 of the result.
 */
export interface TranscendentalFunctions {
  /** (destination, x, quarter turns to add: 0 sine, 1 cosine, mode) -> flags. */
  readonly sine: FunctionRef;
  /** (destination, x, mode) -> flags. */
  readonly tangent: FunctionRef;
  readonly powerMinusOne: FunctionRef;
  /** (destination, x, y, mode) -> flags. */
  readonly timesLogarithm: FunctionRef;
  readonly timesLogarithmPlusOne: FunctionRef;
  readonly arctangent: FunctionRef;
}

export function emitTranscendentalFunctions(
  module: ModuleBuilder,
  p: Pick<Primitives, 'round'>,
): TranscendentalFunctions {
  return {
    sine: emitSine(module, p),
    tangent: emitTangent(module, p),
    powerMinusOne: emitPowerMinusOne(module, p),
    timesLogarithm: emitTimesLogarithm(module, p),
    timesLogarithmPlusOne: emitTimesLogarithmPlusOne(module, p),
    arctangent: emitArctangent(module, p),
  };
}
