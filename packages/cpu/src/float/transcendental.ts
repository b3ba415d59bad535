import type { HostFunction } from '../system/context';
import {
  angle,
  cosine,
  justBelow,
  powerMinusOne,
  quarterTurns,
  sine,
  tangent,
  timesLogarithm,
  timesLogarithmPlusOne,
} from './big-functions';
import {
  classOf,
  DEFAULT_NAN,
  exact,
  infinity,
  isDenormal,
  nanResult,
  ONE,
  roundExtended,
  scaleOf,
  zero,
  type Exact,
  type Extended,
  type Rounded,
} from './extended';
import { FLAG } from './format';
import { stackInstruction, type Operation, type Outcome } from './host-stack';

const INVALID: Rounded = { value: DEFAULT_NAN, flags: FLAG.ie };
const denormals = (...operands: readonly Extended[]): number => (operands.some(isDenormal) ? FLAG.de : 0);

function settle(control: number, x: Exact, de: number): Rounded {
  const { value, flags } = roundExtended(x, control);
  return { value, flags: flags | de };
}

/** Arguments of 2^63 and more are left alone, C2 being set. */
const outOfRange = (x: Extended): boolean => x.field >= 16383 + 63;

type Circular = (x: Exact) => Exact;

/** FSIN and FCOS. */
function circular(compute: Circular, atZero: (x: Extended) => Extended): Operation {
  return {
    operands: 1,
    codes: FLAG.c2,
    compute: (control, a) => {
      const special = specialAngle(a);
      if (special) return special;
      if (classOf(a) === 'zero') return { value: atZero(a), flags: 0 };
      return settle(control, compute(exact(a)), denormals(a));
    },
  };
}

/** NaNs, infinities and arguments out of range. */
function specialAngle(a: Extended): Outcome | undefined {
  const nan = nanResult(a);
  if (nan) return nan;
  if (classOf(a) === 'infinity') return INVALID;
  return outOfRange(a) ? { value: a, flags: FLAG.c2 } : undefined;
}

/** FPTAN and FSINCOS: a second result is pushed. */
function circularPair(first: Circular, second: Circular | undefined): Operation {
  return {
    operands: 1,
    codes: FLAG.c2,
    pushes: true,
    compute: (control, a) => {
      const special = specialAngle(a);
      if (special) return special.flags & FLAG.c2 ? special : { ...special, push: special.value };
      if (classOf(a) === 'zero') return { value: a, flags: 0, push: ONE };
      const x = exact(a);
      const result = settle(control, first(x), denormals(a));
      if (!second) return { ...result, push: ONE };
      const other = settle(control, second(x), 0);
      // C1 is that of the sine.
      return { value: result.value, flags: result.flags | (other.flags & ~FLAG.c1), push: other.value };
    },
  };
}

/** F2XM1. Outside -1..1 the result is undefined; here the operand stays. */
function power(control: number, a: Extended): Outcome {
  const nan = nanResult(a);
  if (nan) return nan;
  const kind = classOf(a);
  if (kind === 'zero') return { value: a, flags: 0 };
  if (kind === 'infinity') return { value: a.sign === 1 ? { ...ONE, sign: 1 } : a, flags: 0 };
  const x = exact(a);
  if (scaleOf(x) >= 0) return atOne(control, a);
  return settle(control, powerMinusOne(x), denormals(a));
}

/** 2^1 - 1 is rounded as if it were a hair less than 1; 2^-1 - 1 = -1/2, of which the precision flag is set, too. */
function atOne(control: number, a: Extended): Outcome {
  const one = a.field === ONE.field && a.significand === ONE.significand;
  if (!one) return { value: a, flags: FLAG.pe };
  if (a.sign === 1) return { value: { ...a, field: a.field - 1 }, flags: FLAG.pe };
  return settle(control, justBelow(exact(a)), 0);
}

const signOf = (a: Extended, b: Extended): 0 | 1 => (a.sign === b.sign ? 0 : 1);

/** The precision flag is set even where a power of two makes the result exact; a denormal result then underflows, too. */
function inexactly({ value, flags }: Rounded): Rounded {
  return { value, flags: flags | FLAG.pe | (value.field === 0 ? FLAG.ue : 0) };
}

/** FYL2X: ST(1) * log2 ST(0) (SDM vol. 2, table 3-48). */
function logarithm(control: number, x: Extended, y: Extended): Outcome {
  const nan = nanResult(x, y);
  if (nan) return nan;
  const [kindX, kindY] = [classOf(x), classOf(y)];
  const de = denormals(x, y);
  if (kindX === 'zero') {
    if (kindY === 'zero') return INVALID;
    return { value: infinity(y.sign === 1 ? 0 : 1), flags: kindY === 'infinity' ? 0 : FLAG.ze };
  }
  if (x.sign === 1) return INVALID;
  if (kindX === 'infinity') return kindY === 'zero' ? INVALID : { value: infinity(y.sign), flags: de };
  const below = x.field < ONE.field;
  const one = x.field === ONE.field && x.significand === ONE.significand;
  if (kindY === 'infinity')
    return one ? INVALID : { value: infinity(below ? (y.sign === 1 ? 0 : 1) : y.sign), flags: de };
  if (kindY === 'zero' || one) return { value: zero(below ? (y.sign === 1 ? 0 : 1) : y.sign), flags: de };
  return inexactly(settle(control, timesLogarithm(exact(y), exact(x)), de));
}

/** FYL2XP1: ST(1) * log2(ST(0) + 1). */
function logarithmPlusOne(control: number, x: Extended, y: Extended): Outcome {
  const nan = nanResult(x, y);
  if (nan) return nan;
  const [kindX, kindY] = [classOf(x), classOf(y)];
  const de = denormals(x, y);
  if (kindX === 'infinity')
    return x.sign === 1 || kindY === 'zero' ? INVALID : { value: infinity(y.sign), flags: de };
  if (kindY === 'infinity') return kindX === 'zero' ? INVALID : { value: infinity(signOf(x, y)), flags: de };
  if (kindX === 'zero' || kindY === 'zero') return { value: zero(signOf(x, y)), flags: de };
  const argument = exact(x);
  // At -1 and below there is no logarithm; the manual leaves the result open. Above 1 the logarithm of x + 1 is taken.
  if (x.sign === 1 && scaleOf(argument) >= 0) return { value: x, flags: de | FLAG.pe };
  if (scaleOf(argument) >= -2)
    return inexactly(settle(control, timesLogarithm(exact(y), plusOne(argument)), de));
  return settle(control, timesLogarithmPlusOne(exact(y), argument), de);
}

/** 1 + x for x > -1. */
function plusOne({ sign, magnitude, exponent }: Exact): Exact {
  // Beyond 2^256 one more changes nothing that can be seen.
  if (exponent > 0) {
    const shift = Math.min(exponent, 256);
    return { sign: 0, magnitude: (magnitude << BigInt(shift)) + 1n, exponent: exponent - shift };
  }
  const one = 1n << BigInt(-exponent);
  return { sign: 0, magnitude: sign === 1 ? one - magnitude : one + magnitude, exponent };
}

/** FPATAN: the angle of the point (ST(0), ST(1)) (SDM vol. 2, table 3-40). */
function arctangent(control: number, x: Extended, y: Extended): Outcome {
  const nan = nanResult(x, y);
  if (nan) return nan;
  const [kindX, kindY] = [classOf(x), classOf(y)];
  const de = denormals(x, y);
  const turns = (count: number): Outcome =>
    count === 0 ? { value: zero(y.sign), flags: de } : settle(control, quarterTurns(count, y.sign), de);
  if (kindX === 'infinity' && kindY === 'infinity') return turns(x.sign === 1 ? 3 : 1);
  if (kindY === 'infinity') return turns(2);
  if (kindX === 'infinity' || kindY === 'zero') return turns(x.sign === 1 ? 4 : 0);
  if (kindX === 'zero') return turns(2);
  return settle(control, angle(exact(y), exact(x)), de);
}

/** Transcendental instructions (SDM vol. 1, 8.3.7, 8.3.8); results are rounded correctly. */
export const transcendentalFunctions: readonly (readonly [string, HostFunction])[] = [
  ['fsin', stackInstruction(circular(sine, (a) => a))],
  ['fcos', stackInstruction(circular(cosine, () => ONE))],
  ['fsincos', stackInstruction(circularPair(sine, cosine))],
  ['fptan', stackInstruction(circularPair(tangent, undefined))],
  ['f2xm1', stackInstruction({ operands: 1, compute: power })],
  ['fyl2x', stackInstruction({ operands: 2, pops: true, compute: logarithm })],
  ['fyl2xp1', stackInstruction({ operands: 2, pops: true, compute: logarithmPlusOne })],
  ['fpatan', stackInstruction({ operands: 2, pops: true, compute: arctangent })],
];
