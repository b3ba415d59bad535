import type { FunctionRef, ModuleBuilder } from '@trapgate/wasm-assembler';
import { emitIntegerVectorFunctions, type IntegerVectorFunctions } from '../vector/functions';
import { emitAdd } from './add';
import { emitCompare } from './compare';
import { emitFromInteger, emitNarrow, emitRoundInteger, emitToInteger, emitWiden } from './convert';
import { emitEstimates, type EstimateFunctions } from './estimate';
import { emitDivide, emitDivide128, emitMultiply, emitMultiplyHigh } from './multiply-divide';
import { emitNan } from './nan';
import { quickFunctions, type QuickFunctions } from './quick';
import { emitRemainder } from './partial-remainder';
import { emitIncrements, emitPack, emitRound } from './round';
import { emitCommit, emitMxcsrCommit, emitMxcsrMode } from './status';
import { emitRoot128, emitSquareRoot } from './square-root';
import { emitTranscendentalFunctions, type TranscendentalFunctions } from './transcendental-functions';
import { emitVectorFunctions, type VectorFunctions } from './vectors';

/** What the operations are made of. */
export interface Primitives {
  /** (destination, sign, exponent field, significand: i64, mode). */
  readonly pack: FunctionRef;
  /** (rounding, sign, odd, rest: i64) -> 0 or 1. */
  readonly increments: FunctionRef;
  /** (destination, sign, exponent, high: i64, low: i64, mode) -> flags. */
  readonly round: FunctionRef;
  /** (destination, a, b, mode) -> flags. */
  readonly nan: FunctionRef;
  /** (a: i64, b: i64) -> i64. */
  readonly multiplyHigh: FunctionRef;
  /** (high: i64, low: i64, divisor: i64) -> i64. */
  readonly divide128: FunctionRef;
  /** (high: i64, low: i64) -> i64. */
  readonly root128: FunctionRef;
}

/**
 * The software floating-point unit: functions on numbers in linear memory, given by address; 80-bit numbers have their
 * significand there and sign and exponent in the 16 bits behind it. The last i32 argument is a mode word (see format.ts);
 * the result is the exception flags raised, with C1 (and, of compares, the condition codes).
 */
export interface FloatFunctions {
  /** (destination, a, b, mode) -> flags. */
  readonly add: FunctionRef;
  readonly multiply: FunctionRef;
  readonly divide: FunctionRef;
  /** (destination, a, mode) -> flags. */
  readonly squareRoot: FunctionRef;
  readonly roundInteger: FunctionRef;
  /** (destination, a, b, nearest) -> condition codes; see partial-remainder.ts. */
  readonly remainder: FunctionRef;
  readonly narrow: FunctionRef;
  readonly widen: FunctionRef;
  /** (a, b, mode) -> condition codes | flags. */
  readonly compare: FunctionRef;
  /** (destination, value: i64, mode) -> flags. */
  readonly fromInteger: FunctionRef;
  /** (destination, a, mode, bits) -> flags; an i64 is written. */
  readonly toInteger: FunctionRef;
  /** (state, flags, condition codes to clear) -> unmasked exceptions. */
  readonly commit: FunctionRef;
  /** (state) -> mode word of SSE arithmetic, without a format. */
  readonly mxcsrMode: FunctionRef;
  /** (state, flags) -> unmasked exceptions. */
  readonly mxcsrCommit: FunctionRef;
  /** What most arithmetic comes down to. */
  readonly quick: QuickFunctions;
  readonly primitives: Primitives;
  readonly estimates: EstimateFunctions;
  readonly vectors: VectorFunctions;
  readonly transcendental: TranscendentalFunctions;
  /** Not floating point, but what vector instructions call, too. */
  readonly integers: IntegerVectorFunctions;
}

/** Emits the software floating-point unit into a module. */
export function emitFloatFunctions(module: ModuleBuilder): FloatFunctions {
  const pack = emitPack(module);
  const increments = emitIncrements(module);
  const multiplyHigh = emitMultiplyHigh(module);
  const divide128 = emitDivide128(module);
  const primitives: Primitives = {
    pack,
    increments,
    round: emitRound(module, { pack, increments }),
    nan: emitNan(module, pack),
    multiplyHigh,
    divide128,
    root128: emitRoot128(module, { multiplyHigh, divide128 }),
  };
  const scalar = {
    add: emitAdd(module, primitives),
    multiply: emitMultiply(module, primitives),
    divide: emitDivide(module, primitives),
    squareRoot: emitSquareRoot(module, primitives),
    roundInteger: emitRoundInteger(module, primitives),
    remainder: emitRemainder(module, primitives),
    narrow: emitNarrow(module, primitives),
    widen: emitWiden(module),
    compare: emitCompare(module),
    fromInteger: emitFromInteger(module, primitives),
    toInteger: emitToInteger(module, primitives),
  };
  const status = {
    commit: emitCommit(module),
    mxcsrMode: emitMxcsrMode(module),
    mxcsrCommit: emitMxcsrCommit(module),
  };
  const vectors = emitVectorFunctions(module, scalar);
  return {
    ...scalar,
    ...status,
    quick: quickFunctions(module),
    primitives,
    estimates: emitEstimates(module),
    vectors,
    transcendental: emitTranscendentalFunctions(module, primitives),
    integers: emitIntegerVectorFunctions(module),
  };
}
