import {
  call,
  i32,
  i64,
  select,
  type FunctionBuilder,
  type FunctionRef,
  type I32,
  type I64,
  type ModuleBuilder,
} from '@trapgate/wasm-assembler';
import { c32, c64, EXTENDED, MODE, unpack } from './format';
import type { Primitives } from './functions';
import { COEFFICIENT_BITS, emitSeries, type Series } from './series';
import { WideArithmetic, type Wide, type WideFloat } from './wide';

/** pi / 2 in units of 2^-67, from the 66-bit pi that processors reduce arguments by (SDM vol. 1, 8.3.8). */
const HALF_PI = { hi: 0xcn, lo: 0x90fd_aa22_168c_234cn, bits: 67 } as const;
/** 2^64 * 2 / pi. */
const TURNS = (1n << BigInt(64 + HALF_PI.bits)) / ((HALF_PI.hi << 64n) | HALF_PI.lo);
/** Reduced arguments are at most 7/8; see `reduce`. */
const LIMIT = 0.766;

const factorial = (n: number): bigint => (n < 2 ? 1n : BigInt(n) * factorial(n - 1));
const reciprocal = (n: bigint): bigint => (1n << BigInt(COEFFICIENT_BITS)) / n;
const SINE: Series = {
  coefficient: (n) => reciprocal(factorial(2 * n + 1)),
  alternating: true,
  limit: LIMIT,
};
const COSINE: Series = { coefficient: (n) => reciprocal(factorial(2 * n)), alternating: true, limit: LIMIT };

interface Reduced {
  readonly sign: I32;
  readonly value: WideFloat;
  /** How many quarter turns were taken away, modulo 2^32. */
  readonly quarters: I32;
}

/** Takes quarter turns away from a positive number (significand m, exponent e <= 62) until at most 7/8 is left. */
function reduce(w: WideArithmetic, significand: I64, exponent: I32): Reduced {
  const { fn } = w;
  const [hi, lo] = [fn.variable(significand), fn.variable(c64(0))];
  const places = fn.variable(i32.add(exponent, c32(1)));
  const [sign, quarters] = [fn.variable(c32(0)), fn.variable(c32(0))];
  fn.if(i32.geS(exponent, c32(-1)), () => {
    const all: Wide = { hi: c64(0), lo: significand };
    const dividend = w.shiftLeft(all, fn.let(i32.add(exponent, c32(HALF_PI.bits - 63))));
    const estimate = w.high(significand, c64(BigInt.asIntN(64, TURNS)));
    const twice = i64.shrU(estimate, i64.extendI32S(i32.sub(c32(62), exponent)));
    const count = fn.let(i64.shrU(i64.add(twice, c64(1)), c64(1)));
    const low = c64(BigInt.asIntN(64, HALF_PI.lo));
    const taken: Wide = {
      hi: fn.let(i64.add(w.high(count, low), i64.mul(count, c64(HALF_PI.hi)))),
      lo: fn.let(i64.mul(count, low)),
    };
    const rest = w.sub(dividend, taken);
    // The estimate may be one off.
    const tooLarge = fn.let(i64.gtS(rest.hi, c64(6)));
    const tooSmall = fn.let(i64.ltS(rest.hi, c64(-7)));
    const quarter: Wide = { hi: c64(HALF_PI.hi), lo: low };
    const raised = w.choose(tooSmall, w.add(rest, quarter), rest);
    const right = w.choose(tooLarge, w.sub(rest, quarter), raised);
    fn.set(quarters, i32.add(i32.wrap(count), i32.sub(tooLarge, tooSmall)));
    const negative = fn.let(i64.ltS(right.hi, c64(0)));
    fn.set(sign, negative);
    const size = w.choose(negative, w.sub({ hi: c64(0), lo: c64(0) }, right), right);
    const value = w.normalize(size, c32(128 - HALF_PI.bits));
    fn.set(hi, value.hi);
    fn.set(lo, value.lo);
    fn.set(places, value.exponent);
  });
  const value: WideFloat = { hi: hi.get as I64, lo: lo.get as I64, exponent: places.get as I32 };
  return { sign: sign.get as I32, value, quarters: quarters.get as I32 };
}

function sine(w: WideArithmetic, r: WideFloat, square: Wide): WideFloat {
  const { value, exponent } = emitSeries(w.fn, SINE, square);
  return w.scale(r, value, exponent);
}
function cosine(w: WideArithmetic, square: Wide): WideFloat {
  const { value, exponent } = emitSeries(w.fn, COSINE, square);
  return w.normalize(value, c32(exponent));
}

/** Rounds 0.hi:lo * 2^exponent, known to be a little off, to 64 bits. */
export function finish(fn: FunctionBuilder, p: Pick<Primitives, 'round'>, sign: I32, x: WideFloat): void {
  const [to, mode] = [fn.param<'i32'>(0), fn.param<'i32'>(fn.params.length - 1)];
  const exponent = i32.sub(x.exponent, c32(1));
  const sticky = i64.or(x.lo, c64(1));
  fn.return(call<'i32'>(p.round, to, sign, exponent, x.hi, sticky, i32.or(mode, c32(MODE.precision64))));
}

/** A normal number's exponent. */
export const exponentOf = (fn: FunctionBuilder, field: I32): I32 =>
  fn.let(i32.sub(field, c32(EXTENDED.bias)));

/** Emits `sine(destination, x, quarters, mode) -> flags`: sin(x + quarters * pi / 2) for a normal x below 2^63, not tiny. */
export function emitSine(module: ModuleBuilder, p: Pick<Primitives, 'round'>): FunctionRef {
  const fn = module.function('floatSine', { params: ['i32', 'i32', 'i32', 'i32'], results: ['i32'] });
  const w = new WideArithmetic(fn);
  const x = unpack(fn, fn.param(1));
  const ahead = fn.param<'i32'>(2);
  const reduced = reduce(w, x.significand, exponentOf(fn, x.field));
  const turns = fn.let(i32.add(reduced.quarters, ahead));
  const square = w.square(reduced.value);
  // sin(-x) = -sin(x); the cosine does not see the sign.
  const outer = fn.let(i32.and(select(ahead, c32(0), x.sign), c32(1)));
  const half = fn.let(i32.and(i32.shrU(turns, c32(1)), c32(1)));
  fn.if(i32.and(turns, c32(1)), () => finish(fn, p, fn.let(i32.xor(half, outer)), cosine(w, square)));
  const sign = fn.let(i32.xor(i32.xor(half, outer), reduced.sign));
  finish(fn, p, sign, sine(w, reduced.value, square));
  return fn;
}

/** Emits `tangent(destination, x, mode) -> flags` for a normal x below 2^63, not tiny. */
export function emitTangent(module: ModuleBuilder, p: Pick<Primitives, 'round'>): FunctionRef {
  const fn = module.function('floatTangent', { params: ['i32', 'i32', 'i32'], results: ['i32'] });
  const w = new WideArithmetic(fn);
  const x = unpack(fn, fn.param(1));
  const reduced = reduce(w, x.significand, exponentOf(fn, x.field));
  const square = w.square(reduced.value);
  const [s, c] = [sine(w, reduced.value, square), cosine(w, square)];
  const sign = fn.let(i32.xor(x.sign, reduced.sign));
  fn.if(i32.and(reduced.quarters, c32(1)), () =>
    finish(fn, p, fn.let(i32.xor(sign, c32(1))), w.divide(c, s)),
  );
  finish(fn, p, sign, w.divide(s, c));
  return fn;
}
