import { i32, i64, select, type FunctionBuilder, type I32, type I64 } from '@trapgate/wasm-assembler';

/** Exception flags, where status word and MXCSR have them, and C1 and the condition codes of the status word (SDM vol. 1, 8.1.3). */
export const FLAG = {
  ie: 0x01,
  de: 0x02,
  ze: 0x04,
  oe: 0x08,
  ue: 0x10,
  pe: 0x20,
  sf: 0x40,
  es: 0x80,
  c0: 0x100,
  c1: 0x200,
  c2: 0x400,
  c3: 0x4000,
  busy: 0x8000,
} as const;

/** Exceptions found before the operation: unmasked ones leave the operands as they are (SDM vol. 1, 8.5). */
export const BEFORE = FLAG.ie | FLAG.de | FLAG.ze;

/**
 * How an operation is to be carried out. The low 16 bits are an x87 control word (masks 5:0, precision 9:8, rounding 11:10);
 * of MXCSR the masks and the rounding are moved there.
 */
export const MODE = {
  precision: 0x300,
  rounding: 0xc00,
  truncate: 0xc00,
  precision64: 0x300,
  /** Format of the result, and of operands that are widened: 0 extended, 1 single, 2 double. */
  formatShift: 16,
  format: 0x3_0000,
  single: 0x1_0000,
  double: 0x2_0000,
  flushToZero: 0x4_0000,
  denormalsAreZeros: 0x8_0000,
  /** NaN rules of SSE: the first operand that is a NaN, not the larger one. */
  sse: 0x10_0000,
  /** An operand was denormal in its own format. */
  denormal: 0x20_0000,
  /** The second operand's sign is to be changed. */
  subtract: 0x40_0000,
  /** Compares: only signaling NaNs are invalid. */
  quiet: 0x80_0000,
} as const;

/** Rounding control (SDM vol. 1, 4.8.4), as shifted down from {@link MODE}. */
export const ROUND = { nearest: 0, down: 1, up: 2, zero: 3 } as const;

/** Largest exponent of the extended format, and its bias. */
export const EXTENDED = { bias: 16383, field: 0x7fff, wrap: 24576 } as const;

/** Significand and sign/exponent of the default NaN ("QNaN floating-point indefinite", SDM vol. 1, 4.8.3.7). */
export const DEFAULT_NAN = { significand: -0x4000_0000_0000_0000n, signExponent: 0xffff } as const;

export const TOP_BIT = i64.const(-0x8000_0000_0000_0000n);
const QUIET_BIT = 0x4000_0000_0000_0000n;

export const c32 = (value: number): I32 => i32.const(value);
export const c64 = (value: bigint | number): I64 => i64.const(value);

/** True (nonzero) if any bit of `mask` is set in `word`. */
export const has = (word: I32, mask: number): I32 => i32.and(word, c32(mask));

/** An extended-precision number in memory, its parts in locals: 64-bit significand, 15-bit exponent field, sign. */
export interface Parts {
  readonly significand: I64;
  readonly field: I32;
  /** 0 or 1. */
  readonly sign: I32;
}

/** Reads an 80-bit number: significand at the address, sign and exponent in the 16 bits behind it. */
export function unpack(fn: FunctionBuilder, address: I32): Parts {
  const significand = fn.let(i64.load(address));
  const word = fn.let(i32.load16U(address, 8));
  return {
    significand,
    field: fn.let(i32.and(word, c32(EXTENDED.field))),
    sign: fn.let(i32.shrU(word, c32(15))),
  };
}

/** NaN or infinity, or an encoding that the processor does not support (SDM vol. 1, 8.2.2), among them pseudo-NaNs. */
export function isSpecial(x: Parts): I32 {
  return i32.or(i32.eq(x.field, c32(EXTENDED.field)), isUnsupported(x));
}

/** Exponent not 0 and integer bit 0. */
export function isUnsupported(x: Parts): I32 {
  return i32.and(i32.ne(x.field, c32(0)), i64.geS(x.significand, c64(0)));
}

/** A NaN, given that the encoding is a supported one. */
export function isNan(x: Parts): I32 {
  return i32.and(i32.eq(x.field, c32(EXTENDED.field)), i64.ne(i64.shl(x.significand, c64(1)), c64(0)));
}

/** Exponent field 0, not zero: denormals and pseudo-denormals. */
export function isDenormal(x: Parts): I32 {
  return i32.and(i32.eqz(x.field), i64.ne(x.significand, c64(0)));
}

export function isQuiet(x: Parts): I32 {
  return i64.ne(i64.and(x.significand, c64(QUIET_BIT)), c64(0));
}

export const quieted = (significand: I64): I64 => i64.or(significand, c64(QUIET_BIT));

/** A finite number that is not zero: significand with its top bit set, unbiased exponent. */
export interface Normalized {
  readonly significand: I64;
  readonly exponent: I32;
}

export function normalize(fn: FunctionBuilder, x: Parts): Normalized {
  const shift = fn.let(i64.clz(x.significand));
  const field = select(i32.eqz(x.field), c32(1), x.field);
  return {
    significand: fn.let(i64.shl(x.significand, shift)),
    exponent: fn.let(i32.sub(i32.sub(field, c32(EXTENDED.bias)), i32.wrap(shift))),
  };
}

export const rounding = (mode: I32): I32 => i32.and(i32.shrU(mode, c32(10)), c32(3));

/** The sign of an exact zero difference: minus only when rounding down. */
export const zeroSign = (mode: I32): I32 => i32.eq(has(mode, MODE.rounding), c32(ROUND.down << 10));

/** DE if `condition` or if an operand was denormal before it was widened. */
export function denormalFlag(condition: I32, mode: I32): I32 {
  return i32.or(i32.shl(condition, c32(1)), i32.and(i32.shrU(mode, c32(20)), c32(FLAG.de)));
}
