import { i32, i64, select, type FunctionRef, type I32, type ModuleBuilder } from '@trapgate/wasm-assembler';
import { LN2, P as BIG_BITS } from './big-functions';
import { exponentOf, finish } from './circular';
import { c32, c64, unpack, type Parts } from './format';
import type { Primitives } from './functions';
import { COEFFICIENT_BITS, emitSeries, type Series } from './series';
import { type Wide, WideArithmetic, type WideFloat } from './wide';

/** log2((1 + s) / (1 - s)) / s as a series of s^2, for 3/4 < (1 + s) / (1 - s) < 1.42 or so. */
const LOGARITHM: Series = {
  coefficient: (n) => (2n << BigInt(BIG_BITS + COEFFICIENT_BITS)) / LN2 / BigInt(2 * n + 1),
  alternating: false,
  limit: 0.0312,
};
/** Significand of the square root of 2. */
const ROOT_2 = 0xb504_f333_f9de_6484n;
/** Fraction bits of a logarithm that has an integer part. */
const WHOLE_PLACES = 16;

function logarithmOf(w: WideArithmetic, s: WideFloat): WideFloat {
  const { value, exponent } = emitSeries(w.fn, LOGARITHM, w.square(s));
  return w.scale(s, value, exponent);
}

/** Rounds y times a logarithm. */
function timesY(w: WideArithmetic, p: Pick<Primitives, 'round'>, y: Parts, sign: I32, x: WideFloat): void {
  const { fn } = w;
  const exponent = fn.let(i32.add(i32.add(x.exponent, exponentOf(fn, y.field)), c32(1)));
  finish(fn, p, fn.let(i32.xor(sign, y.sign)), w.normalize(w.mulShort(x, y.significand), exponent));
}

/** Emits `timesLogarithm(destination, x, y, mode) -> flags`: y log2 x for a normal x > 0 that is no power of two, a normal y. */
export function emitTimesLogarithm(module: ModuleBuilder, p: Pick<Primitives, 'round'>): FunctionRef {
  const fn = module.function('floatLogarithm', { params: ['i32', 'i32', 'i32', 'i32'], results: ['i32'] });
  const w = new WideArithmetic(fn);
  const [x, y] = [unpack(fn, fn.param(1)), unpack(fn, fn.param(2))];
  // x = m 2^whole with m in 1 / sqrt 2 .. sqrt 2; s = (m - 1) / (m + 1).
  const above = fn.let(i64.gtU(x.significand, c64(BigInt.asIntN(64, ROOT_2))));
  const whole = fn.let(i32.add(exponentOf(fn, x.field), above));
  const distance = i64.sub(x.significand, c64(BigInt.asIntN(64, 1n << 63n)));
  const size: Wide = { hi: fn.let(select(above, i64.sub(c64(0), x.significand), distance)), lo: c64(0) };
  const sum: WideFloat = {
    hi: fn.let(
      i64.add(
        i64.shrU(x.significand, c64(1)),
        select(above, c64(BigInt.asIntN(64, 1n << 63n)), c64(1n << 62n)),
      ),
    ),
    lo: fn.let(i64.shl(x.significand, c64(63))),
    exponent: c32(1),
  };
  const natural = logarithmOf(w, w.divide(w.normalize(size, c32(0)), sum));
  fn.if(i32.eqz(whole), () => timesY(w, p, y, above, natural));
  const negative = fn.let(i32.shrU(whole, c32(31)));
  const integer = select(negative, i32.sub(c32(0), whole), whole);
  const integral: Wide = {
    hi: fn.let(i64.shl(i64.extendI32U(integer), c64(64 - WHOLE_PLACES))),
    lo: c64(0),
  };
  const total = w.addSigned(integral, w.fixed(natural, WHOLE_PLACES), fn.let(i32.xor(negative, above)));
  timesY(w, p, y, negative, w.normalize(total, c32(WHOLE_PLACES)));
  return fn;
}

/** Emits `timesLogarithmPlusOne(destination, x, y, mode) -> flags`: y log2(1 + x) for normal x and y, |x| <= 0.3, x not tiny. */
export function emitTimesLogarithmPlusOne(module: ModuleBuilder, p: Pick<Primitives, 'round'>): FunctionRef {
  const fn = module.function('floatLogarithmPlusOne', {
    params: ['i32', 'i32', 'i32', 'i32'],
    results: ['i32'],
  });
  const w = new WideArithmetic(fn);
  const [x, y] = [unpack(fn, fn.param(1)), unpack(fn, fn.param(2))];
  const size: WideFloat = {
    hi: x.significand,
    lo: c64(0),
    exponent: fn.let(i32.add(exponentOf(fn, x.field), c32(1))),
  };
  // s = x / (2 + x)
  const two: Wide = { hi: c64(BigInt.asIntN(64, 1n << 63n)), lo: c64(0) };
  const sum = w.normalize(w.addSigned(two, w.fixed(size, 2), x.sign), c32(2));
  timesY(w, p, y, x.sign, logarithmOf(w, w.divide(size, sum)));
  return fn;
}
