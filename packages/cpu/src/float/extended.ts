import { FLAG } from './format';

/** An 80-bit number, its bits taken apart. */
export interface Extended {
  readonly sign: 0 | 1;
  /** 15 bits. */
  readonly field: number;
  readonly significand: bigint;
}

export type ExtendedClass = 'zero' | 'finite' | 'infinity' | 'quiet' | 'signaling' | 'unsupported';

const TOP = 1n << 63n;
const QUIET = 1n << 62n;
const LAST_FIELD = 0x7fff;
const BIAS = 16383;
/** Exponents of the last place of denormals and of the smallest normal number. */
const LOWEST_PLACE = 1 - BIAS - 63;
const SMALLEST = 1 - BIAS;
const WRAP = 24576;

export const DEFAULT_NAN: Extended = { sign: 1, field: LAST_FIELD, significand: TOP | QUIET };
export const infinity = (sign: 0 | 1): Extended => ({ sign, field: LAST_FIELD, significand: TOP });
export const zero = (sign: 0 | 1): Extended => ({ sign, field: 0, significand: 0n });
export const ONE: Extended = { sign: 0, field: BIAS, significand: TOP };
export const quieted = (x: Extended): Extended => ({ ...x, significand: x.significand | QUIET });

export function classOf({ field, significand }: Extended): ExtendedClass {
  if (field === 0) return significand === 0n ? 'zero' : 'finite';
  if (significand < TOP) return 'unsupported';
  if (field < LAST_FIELD) return 'finite';
  if (significand === TOP) return 'infinity';
  return (significand & QUIET) !== 0n ? 'quiet' : 'signaling';
}

/** Denormals and pseudo-denormals. */
export const isDenormal = (x: Extended): boolean => x.field === 0 && x.significand !== 0n;

/** A number (-1)^sign * magnitude * 2^exponent; `sticky`: the true value is a little larger in magnitude. */
export interface Exact {
  readonly sign: 0 | 1;
  readonly magnitude: bigint;
  readonly exponent: number;
  readonly sticky?: boolean;
}

/** The value of a finite number. */
export function exact({ sign, field, significand }: Extended): Exact {
  return { sign, magnitude: significand, exponent: Math.max(field, 1) - BIAS - 63 };
}

export const bitLength = (value: bigint): number =>
  value === 0n ? 0 : value.toString(16).length * 4 - leadingZeros(value);
const leadingZeros = (value: bigint): number => Math.clz32(parseInt(value.toString(16)[0]!, 16)) - 28;

/** Position of the highest bit: floor(log2 |x|). */
export const scaleOf = ({ magnitude, exponent }: Exact): number => bitLength(magnitude) - 1 + exponent;

export interface Rounded {
  readonly value: Extended;
  readonly flags: number;
}

interface Quotient {
  readonly significand: bigint;
  readonly inexact: boolean;
  readonly up: boolean;
}

/** Rounds to a multiple of 2^place as rounding control (bits 11:10 of `control`) says. */
export function roundAt(
  { sign, magnitude, exponent, sticky = false }: Exact,
  place: number,
  control: number,
): Quotient {
  const shift = place - exponent;
  const kept = shift > 0 ? magnitude >> BigInt(shift) : magnitude << BigInt(-shift);
  const rest = shift > 0 ? magnitude - (kept << BigInt(shift)) : 0n;
  const inexact = rest !== 0n || sticky;
  const half = shift > 0 ? 1n << BigInt(shift - 1) : 1n;
  const mode = (control >> 10) & 3;
  const nearest = rest > half || (rest === half && (sticky || (kept & 1n) === 1n));
  const up = inexact && (mode === 0 ? nearest : mode === 1 ? sign === 1 : mode === 2 ? sign === 0 : false);
  return { significand: up ? kept + 1n : kept, inexact, up };
}

function overflow(sign: 0 | 1, control: number): Rounded {
  const mode = (control >> 10) & 3;
  const away = mode === 0 || (mode === 1 && sign === 1) || (mode === 2 && sign === 0);
  if (away) return { value: infinity(sign), flags: FLAG.oe | FLAG.pe | FLAG.c1 };
  return { value: { sign, field: LAST_FIELD - 1, significand: (1n << 64n) - 1n }, flags: FLAG.oe | FLAG.pe };
}

/**
 * The 80-bit number for a value that is not zero, with 64 bits of precision, rounding and masks as the control word says
 * (unmasked overflow and underflow wrap the exponent: SDM vol. 1, 8.5.4, 8.5.5; where that does not help, as after
 * FSCALE, the result is an infinity or a zero).
 */
export function roundExtended(x: Exact, control: number): Rounded {
  const scale = scaleOf(x);
  const free = roundAt(x, scale - 63, control);
  const carried = free.significand >> 64n !== 0n ? 1 : 0;
  const top = scale + carried;
  const significand = carried ? TOP : free.significand;
  const flags = (free.inexact ? FLAG.pe : 0) | (free.up ? FLAG.c1 : 0);
  const packed = (exponent: number): Extended => ({ sign: x.sign, field: exponent + BIAS, significand });
  if (top > BIAS) {
    if ((control & FLAG.oe) !== 0) return overflow(x.sign, control);
    if (top - WRAP > BIAS) return overflow(x.sign, 0);
    return { value: packed(top - WRAP), flags: flags | FLAG.oe };
  }
  if (top >= SMALLEST) return { value: packed(top), flags };
  if ((control & FLAG.ue) === 0 && top + WRAP >= SMALLEST)
    return { value: packed(top + WRAP), flags: flags | FLAG.ue };
  if ((control & FLAG.ue) === 0) return { value: zero(x.sign), flags: FLAG.ue | FLAG.pe };
  const tiny = roundAt(x, LOWEST_PLACE, control);
  const tinyFlags = tiny.inexact ? FLAG.pe | FLAG.ue | (tiny.up ? FLAG.c1 : 0) : 0;
  return {
    value: { sign: x.sign, field: tiny.significand >= TOP ? 1 : 0, significand: tiny.significand },
    flags: tinyFlags,
  };
}

/** The result for operands of which at least one is a NaN or unsupported (SDM vol. 1, table 4-7), else undefined. */
export function nanResult(...operands: readonly Extended[]): Rounded | undefined {
  const classes = operands.map(classOf);
  if (classes.includes('unsupported')) return { value: DEFAULT_NAN, flags: FLAG.ie };
  const nans = operands.filter((_, n) => classes[n] === 'quiet' || classes[n] === 'signaling');
  if (nans.length === 0) return undefined;
  const flags = classes.includes('signaling') ? FLAG.ie : 0;
  const quiet = nans.filter((nan) => classOf(nan) === 'quiet');
  const [first, second] = quiet.length > 0 ? quiet : nans;
  const takeSecond =
    second !== undefined &&
    (second.significand > first!.significand ||
      (second.significand === first!.significand && first!.sign === 1));
  return { value: quieted(takeSecond ? second : first!), flags };
}
