import { bitLength, scaleOf, type Exact } from './extended';

// Elementary functions of exact numbers, to about 100 bits more than an 80-bit number has. A fixed-point number with p
// fraction bits is a bigint that counts units of 2^-p.

/** Fraction bits of constants and of intermediate results. */
export const P = 288;
const UNIT = 1n << BigInt(P);

/** arctan(1 / n) * 2^bits. */
function inverseArctangent(n: bigint, bits: number): bigint {
  let term = (1n << BigInt(bits)) / n;
  let sum = term;
  for (let k = 3n; term !== 0n; k += 2n) {
    term = -term / (n * n);
    sum += term / k;
  }
  return sum;
}

/** pi * 2^P (Machin's formula). */
export const PI = (4n * (4n * inverseArctangent(5n, P + 16) - inverseArctangent(239n, P + 16))) >> 16n;

/** 2 artanh(z) for a fixed-point z, |z| < 0.2. */
function doubleArtanh(z: bigint): bigint {
  const square = (z * z) >> BigInt(P);
  let power = z;
  let sum = z;
  for (let k = 3n; power !== 0n && power !== -1n; k += 2n) {
    power = (power * square) >> BigInt(P);
    sum += power / k;
  }
  return 2n * sum;
}

/** ln 2 * 2^P. */
export const LN2 = doubleArtanh(UNIT / 3n);

/** A fixed-point value as an exact number that is known to be a little off. */
const inexact = (value: bigint): Exact => ({
  sign: value < 0n ? 1 : 0,
  magnitude: value < 0n ? -value : value,
  exponent: -P,
  sticky: true,
});

/** `x` in fixed point; x must not be too small for that. */
function fixed({ sign, magnitude, exponent }: Exact): bigint {
  const shift = exponent + P;
  const size = shift >= 0 ? magnitude << BigInt(shift) : magnitude >> BigInt(-shift);
  return sign === 1 ? -size : size;
}

/** A number so close to x that 80-bit numbers cannot tell, but smaller in magnitude. */
export const justBelow = ({ sign, magnitude, exponent }: Exact): Exact => ({
  sign,
  magnitude: (magnitude << 128n) - 1n,
  exponent: exponent - 128,
  sticky: true,
});
/** A number so close to x that 80-bit numbers cannot tell, but larger in magnitude. */
const justAbove = (x: Exact): Exact => ({ ...x, sticky: true });

/** x times a fixed-point constant. */
const times = ({ sign, magnitude, exponent }: Exact, constant: bigint): Exact => ({
  sign,
  magnitude: magnitude * constant,
  exponent: exponent - P,
  sticky: true,
});

/** Below this scale the first term of a series is all that counts. */
const TINY = -80;

const HALF_PI = PI >> 1n;
/** Half of the 66-bit pi that processors reduce arguments by (SDM vol. 1, 8.3.8). */
const REDUCTION = 0xc90f_daa2_2168_c234_cn << BigInt(P - 67);

interface Reduced {
  readonly sine: bigint;
  readonly cosine: bigint;
}

/** Sine and cosine of a fixed-point r, |r| <= pi / 4. */
function sineCosine(r: bigint): Reduced {
  const square = (r * r) >> BigInt(P);
  const series = (first: bigint, start: bigint): bigint => {
    let term = first;
    let sum = first;
    for (let k = start; term !== 0n && term !== -1n; k += 2n) {
      term = -((term * square) >> BigInt(P)) / (k * (k + 1n));
      sum += term;
    }
    return sum;
  };
  return { sine: series(r, 2n), cosine: series(UNIT, 1n) };
}

/** a / b rounded to the nearest integer. */
function nearest(a: bigint, b: bigint): bigint {
  const size = (2n * (a < 0n ? -a : a) + b) / (2n * b);
  return a < 0n ? -size : size;
}

/** Sine and cosine of |x| < 2^63. */
function circular(x: Exact): Reduced {
  const value = fixed(x);
  const quadrant = nearest(value, REDUCTION);
  const { sine, cosine } = sineCosine(value - quadrant * REDUCTION);
  switch (Number(((quadrant % 4n) + 4n) % 4n)) {
    case 0:
      return { sine, cosine };
    case 1:
      return { sine: cosine, cosine: -sine };
    case 2:
      return { sine: -sine, cosine: -cosine };
    default:
      return { sine: -cosine, cosine: sine };
  }
}

export function sine(x: Exact): Exact {
  return scaleOf(x) < TINY ? justBelow(x) : inexact(circular(x).sine);
}

export function cosine(x: Exact): Exact {
  if (scaleOf(x) < TINY) return justBelow({ sign: 0, magnitude: 1n, exponent: 0 });
  return inexact(circular(x).cosine);
}

export function tangent(x: Exact): Exact {
  if (scaleOf(x) < TINY) return justAbove(x);
  const { sine: s, cosine: c } = circular(x);
  return inexact((s << BigInt(P)) / c);
}

/** 2^x - 1 for |x| <= 1. */
export function powerMinusOne(x: Exact): Exact {
  if (scaleOf(x) < TINY) return times(x, LN2);
  const exponent = (fixed(x) * LN2) >> BigInt(P);
  let term = exponent;
  let sum = exponent;
  for (let k = 2n; term !== 0n && term !== -1n; k++) {
    term = ((term * exponent) >> BigInt(P)) / k;
    sum += term;
  }
  return inexact(sum);
}

function product(a: Exact, b: Exact): Exact {
  const sign = a.sign === b.sign ? 0 : 1;
  return {
    sign,
    magnitude: a.magnitude * b.magnitude,
    exponent: a.exponent + b.exponent,
    sticky: a.sticky === true || b.sticky === true,
  };
}

/** y * log2(x) for x > 0. A power of two gives an exact product; the logarithm of 1 gives magnitude 0. */
export function timesLogarithm(y: Exact, x: Exact): Exact {
  const length = bitLength(x.magnitude);
  const scale = scaleOf(x);
  if (x.magnitude === 1n << BigInt(length - 1)) {
    return product(y, { sign: scale < 0 ? 1 : 0, magnitude: BigInt(Math.abs(scale)), exponent: 0 });
  }
  // The mantissa in [1, 2), then in [1/sqrt 2, sqrt 2): near 1 the logarithm must keep its relative precision.
  const mantissa = x.magnitude << BigInt(P - length + 1);
  const above = mantissa * mantissa > 2n * UNIT * UNIT;
  const near = above ? mantissa >> 1n : mantissa;
  const whole = BigInt(scale + (above ? 1 : 0));
  const natural = doubleArtanh(((near - UNIT) << BigInt(P)) / (near + UNIT));
  return product(y, inexact(whole * UNIT + (natural << BigInt(P)) / LN2));
}

/** y * log2(1 + x) for |x| < 1. */
export function timesLogarithmPlusOne(y: Exact, x: Exact): Exact {
  if (scaleOf(x) < -120)
    return product(y, {
      ...x,
      magnitude: (x.magnitude << BigInt(2 * P)) / LN2,
      exponent: x.exponent - P,
      sticky: true,
    });
  const value = fixed(x);
  const natural = doubleArtanh((value << BigInt(P)) / (2n * UNIT + value));
  return product(y, inexact((natural << BigInt(P)) / LN2));
}

/** The square root, rounded down. */
function root(value: bigint): bigint {
  let x = 1n << BigInt((bitLength(value) + 1) >> 1);
  for (;;) {
    const next = (x + value / x) >> 1n;
    if (next >= x) return x;
    x = next;
  }
}

/** arctan of a fixed-point t, 0 <= t <= 1. */
export function arctangentUnit(t: bigint): bigint {
  let x = t;
  for (let n = 0; n < 3; n++) x = (x << BigInt(P)) / (UNIT + root(UNIT * UNIT + x * x));
  const square = (x * x) >> BigInt(P);
  let power = x;
  let sum = x;
  for (let k = 3n; power !== 0n && power !== -1n; k += 2n) {
    power = -((power * square) >> BigInt(P));
    sum += power / k;
  }
  return 8n * sum;
}

/** |y| / |x| with about 200 bits. */
function quotient(y: Exact, x: Exact): Exact {
  const extra = 256n;
  const magnitude = (y.magnitude << extra) / x.magnitude;
  return {
    sign: 0,
    magnitude,
    exponent: y.exponent - x.exponent - 256,
    sticky: (y.magnitude << extra) % x.magnitude !== 0n,
  };
}

/** The angle of the point (x, y), both finite and not zero; the result has y's sign. */
export function angle(y: Exact, x: Exact): Exact {
  const { sign } = y;
  const steep = quotient(y, x);
  const difference = scaleOf(steep);
  if (difference < -100) {
    // Nearly on the axis: the quotient itself, or a hair less than pi.
    if (x.sign === 0) return { ...(steep.sticky ? steep : justBelow(steep)), sign };
    return { sign, magnitude: PI - 1n, exponent: -P, sticky: true };
  }
  if (difference > 100)
    return { sign, magnitude: x.sign === 0 ? HALF_PI - 1n : HALF_PI, exponent: -P, sticky: true };
  const flat = fixed(steep) <= UNIT;
  const first = flat ? arctangentUnit(fixed(steep)) : HALF_PI - arctangentUnit(fixed(quotient(x, y)));
  return { sign, magnitude: x.sign === 0 ? first : PI - first, exponent: -P, sticky: true };
}

/** Multiples of pi / 4 for special operands. */
export const quarterTurns = (count: number, sign: 0 | 1): Exact => ({
  sign,
  magnitude: (PI * BigInt(count)) >> 2n,
  exponent: -P,
  sticky: true,
});
