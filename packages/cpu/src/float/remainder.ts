import type { HostFunction } from '../system/context';
import {
  bitLength,
  classOf,
  DEFAULT_NAN,
  exact,
  infinity,
  isDenormal,
  nanResult,
  roundExtended,
  scaleOf,
  zero,
  type Exact,
  type Extended,
} from './extended';
import { FLAG } from './format';
import { stackInstruction, type Outcome } from './host-stack';

const INVALID: Outcome = { value: DEFAULT_NAN, flags: FLAG.ie };
const denormals = (...operands: readonly Extended[]): number => (operands.some(isDenormal) ? FLAG.de : 0);

/** Without a quotient (a NaN, an invalid operation) only C2 is cleared. */
const REMAINDER_CODES = FLAG.c0 | FLAG.c2 | FLAG.c3;

/** Bits 2, 1 and 0 of the quotient go to C0, C3 and C1. */
function quotientCodes(quotient: bigint): number {
  const q = Number(quotient & 7n);
  return (q & 4 ? FLAG.c0 : 0) | (q & 2 ? FLAG.c3 : 0) | (q & 1 ? FLAG.c1 : 0);
}

/** How far one step reduces a dividend whose exponent is more than 63 above the divisor's. */
const stepBits = (difference: number): number => difference - ((difference & 31) | 32);

/** FPREM (quotient truncated) and FPREM1 (to nearest), SDM vol. 2. */
function partialRemainder(control: number, a: Extended, b: Extended, nearest: boolean): Outcome {
  const nan = nanResult(a, b);
  if (nan) return nan;
  if (classOf(a) === 'infinity' || classOf(b) === 'zero') return INVALID;
  const de = denormals(a, b);
  if (classOf(a) === 'zero') return { value: a, flags: de, clear: REMAINDER_CODES };
  if (classOf(b) === 'infinity') return { ...settle(control, exact(a), de), clear: REMAINDER_CODES };
  const [x, y] = [exact(a), exact(b)];
  const difference = scaleOf(x) - scaleOf(y);
  if (difference < -1) return { ...settle(control, x, de), clear: REMAINDER_CODES };
  const place = Math.min(x.exponent, y.exponent);
  const dividend = x.magnitude << BigInt(x.exponent - place);
  const step = difference < 64 ? 0 : stepBits(difference);
  const divisor = y.magnitude << BigInt(y.exponent - place + step);
  let quotient = dividend / divisor;
  let rest = dividend - quotient * divisor;
  let sign = a.sign;
  const twice = 2n * rest;
  if (nearest && step === 0 && (twice > divisor || (twice === divisor && (quotient & 1n) === 1n))) {
    quotient += 1n;
    rest = divisor - rest;
    sign = sign === 1 ? 0 : 1;
  }
  const codes = step > 0 ? FLAG.c2 : quotientCodes(quotient);
  if (rest === 0n) return { value: zero(a.sign), flags: de | codes, clear: REMAINDER_CODES };
  const result = settle(control, { sign, magnitude: rest, exponent: place }, de);
  return { value: result.value, flags: (result.flags & ~FLAG.c1) | codes, clear: REMAINDER_CODES };
}

function settle(control: number, x: Exact, de: number): Outcome {
  const { value, flags } = roundExtended(x, control);
  return { value, flags: flags | de };
}

/** FSCALE: ST(0) * 2^trunc(ST(1)). */
function scale(control: number, a: Extended, b: Extended): Outcome {
  const nan = nanResult(a, b);
  if (nan) return nan;
  const [kindA, kindB] = [classOf(a), classOf(b)];
  const de = denormals(a, b);
  if (kindB === 'infinity') {
    if (b.sign === 1) return kindA === 'infinity' ? INVALID : { value: zero(a.sign), flags: de };
    return kindA === 'zero' ? INVALID : { value: infinity(a.sign), flags: de };
  }
  if (kindA === 'infinity' || kindA === 'zero') return { value: a, flags: de };
  const x = exact(a);
  return settle(control, { ...x, exponent: x.exponent + truncated(b) }, de);
}

/** A number's integer part, limited to what any exponent can be changed by. */
function truncated(b: Extended): number {
  const { sign, magnitude, exponent } = exact(b);
  if (bitLength(magnitude) + exponent > 17) return sign === 1 ? -0x2_0000 : 0x2_0000;
  const whole = Number(exponent < 0 ? magnitude >> BigInt(-exponent) : magnitude << BigInt(exponent));
  return sign === 1 ? -whole : whole;
}

/** FXTRACT: the exponent replaces ST(0), the significand is pushed. */
function extract(_control: number, a: Extended): Outcome {
  const nan = nanResult(a);
  if (nan) return { ...nan, push: nan.value };
  const kind = classOf(a);
  if (kind === 'infinity') return { value: infinity(0), flags: 0, push: a };
  if (kind === 'zero') return { value: infinity(1), flags: FLAG.ze, push: a };
  const x = exact(a);
  const exponent = scaleOf(x);
  const magnitude = BigInt(Math.abs(exponent));
  const value =
    exponent === 0
      ? zero(0)
      : roundExtended({ sign: exponent < 0 ? 1 : 0, magnitude, exponent: 0 }, 0x37f).value;
  const significand = a.significand << BigInt(64 - bitLength(a.significand));
  return { value, flags: denormals(a), push: { sign: a.sign, field: 16383, significand } };
}

/** Remainders and exponents (SDM vol. 1, 8.3.5). */
export const remainderFunctions: readonly (readonly [string, HostFunction])[] = [
  [
    'fprem',
    stackInstruction({ operands: 2, codes: FLAG.c2, compute: (c, a, b) => partialRemainder(c, a, b, false) }),
  ],
  [
    'fprem1',
    stackInstruction({ operands: 2, codes: FLAG.c2, compute: (c, a, b) => partialRemainder(c, a, b, true) }),
  ],
  ['fscale', stackInstruction({ operands: 2, compute: scale })],
  ['fxtract', stackInstruction({ operands: 1, pushes: true, compute: extract })],
];
