import { i64, type FunctionBuilder, type I64 } from '@trapgate/wasm-assembler';
import { c64 } from './format';
import { wideConst, WideArithmetic, type Wide } from './wide';

/** Fraction bits of coefficients. */
export const COEFFICIENT_BITS = 192;
/** Terms below 2^-END of the first one are left out; those below 2^-SHORT are computed with 64 bits. */
const END = 100;
const SHORT = 32;

/** The series c0 + c1 z + c2 z^2 ... or c0 - c1 z + c2 z^2 - ... for 0 <= z <= `limit`; coefficients are positive. */
export interface Series {
  /** Coefficient number n, in units of 2^-192. */
  readonly coefficient: (n: number) => bigint;
  readonly alternating: boolean;
  readonly limit: number;
}

/** The sum is `value` * 2^exponent. */
export interface SeriesSum {
  readonly value: Wide;
  readonly exponent: number;
}

const real = (value: bigint): number => Number(value >> 64n) / 2 ** (COEFFICIENT_BITS - 64);

/** Powers of two by which the partial sums are multiplied, so that each is below 1 and none much smaller than 1/2. */
function scalesOf({ coefficient, alternating, limit }: Series, count: number): number[] {
  const scales: number[] = [];
  let bound = 0;
  for (let n = count - 1; n >= 0; n--) {
    bound = real(coefficient(n)) + (alternating ? 0 : limit * bound);
    scales[n] = -Math.floor(Math.log2(bound)) - 1;
  }
  return scales;
}

function termsAbove(series: Series, bits: number): number {
  const first = real(series.coefficient(0));
  let n = 0;
  while (Math.log2(real(series.coefficient(n)) / first) + n * Math.log2(series.limit) > -bits) n++;
  return n;
}

/** Emits the sum by Horner's rule. */
export function emitSeries(fn: FunctionBuilder, series: Series, z: Wide): SeriesSum {
  const w = new WideArithmetic(fn);
  const count = termsAbove(series, END);
  const wide = termsAbove(series, SHORT);
  const scales = scalesOf(series, count);
  const constant = (n: number, bits: number): bigint =>
    series.coefficient(n) >> BigInt(COEFFICIENT_BITS - bits - scales[n]!);
  const difference = (n: number): number => scales[n + 1]! - scales[n]!;
  let short: I64 = c64(BigInt.asIntN(64, constant(count - 1, 64)));
  for (let n = count - 2; n >= wide; n--) {
    const product = i64.shrU(w.high(z.hi, short), c64(difference(n)));
    const term = c64(BigInt.asIntN(64, constant(n, 64)));
    short = fn.let(series.alternating ? i64.sub(term, product) : i64.add(term, product));
  }
  let sum: Wide = { hi: short, lo: c64(0) };
  for (let n = wide - 1; n >= 0; n--) {
    const product = w.shiftRightBy(n === wide - 1 ? w.mulShort(z, short) : w.mul(z, sum), difference(n));
    const term = wideConst(constant(n, 128));
    sum = series.alternating ? w.sub(term, product) : w.add(term, product);
  }
  return { value: sum, exponent: -scales[0]! };
}
