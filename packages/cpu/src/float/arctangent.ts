import {
  f64Const,
  i32,
  i64,
  select,
  wasm,
  type F64,
  type FunctionRef,
  type I32,
  type I64,
  type ModuleBuilder,
} from '@trapgate/wasm-assembler';
import { arctangentUnit, P as BIG_BITS, PI } from './big-functions';
import { finish } from './circular';
import { c32, c64, unpack } from './format';
import type { Primitives } from './functions';
import { COEFFICIENT_BITS, emitSeries, type Series } from './series';
import { type Wide, WideArithmetic } from './wide';

const ARCTANGENT: Series = {
  coefficient: (n) => (1n << BigInt(COEFFICIENT_BITS)) / BigInt(2 * n + 1),
  alternating: true,
  limit: 1 / 250,
};
/** Angles are sums in units of 2^-126, so that pi fits. */
const PLACES = 2;
const angle = (value: bigint): bigint => value >> BigInt(BIG_BITS - 128 + PLACES);
/** arctan(n / 8). */
const TABLE = Array.from({ length: 9 }, (_, n) =>
  angle(arctangentUnit((BigInt(n) << BigInt(BIG_BITS)) >> 3n)),
);

function tabulated(w: WideArithmetic, index: I32): Wide {
  const entry = (value: bigint): I64 => c64(BigInt.asIntN(64, value));
  const pick = (part: (value: bigint) => bigint): I64 =>
    TABLE.reduce<I64>((rest, value, n) => select(i32.eq(index, c32(n)), entry(part(value)), rest), c64(0));
  return { hi: w.fn.let(pick((value) => value >> 64n)), lo: w.fn.let(pick((value) => value)) };
}

const constant = (value: bigint): Wide => ({
  hi: c64(BigInt.asIntN(64, value >> 64n)),
  lo: c64(BigInt.asIntN(64, value)),
});

/** Emits `arctangent(destination, x, y, mode) -> flags`: the angle of (x, y), normal numbers less than 2^58 apart. */
export function emitArctangent(module: ModuleBuilder, p: Pick<Primitives, 'round'>): FunctionRef {
  const fn = module.function('floatArctangent', { params: ['i32', 'i32', 'i32', 'i32'], results: ['i32'] });
  const w = new WideArithmetic(fn);
  const [x, y] = [unpack(fn, fn.param(1)), unpack(fn, fn.param(2))];
  const longer = i32.gtS(y.field, x.field);
  const same = i32.and(i32.eq(y.field, x.field), i64.gtU(y.significand, x.significand));
  const steep = fn.let(i32.or(longer, same));
  const [large, small] = [
    fn.let(select(steep, y.significand, x.significand)),
    fn.let(select(steep, x.significand, y.significand)),
  ];
  const apart = fn.let(i32.sub(y.field, x.field));
  const distance = fn.let(select(steep, apart, i32.sub(c32(0), apart)));
  // Both in units that leave room for sums of eight times each.
  const b = w.shiftRight({ hi: large, lo: c64(0) }, c32(5));
  const a = w.shiftRight({ hi: small, lo: c64(0) }, fn.let(i32.add(distance, c32(5))));
  // arctan(a / b) = arctan(n / 8) + arctan((8 a - n b) / (8 b + n a)), n / 8 being near a / b.
  const real = (v: I64): F64 => wasm<'f64'>('f64.convert_i64_u', v);
  const ratio = wasm<'f64'>('f64.div', wasm<'f64'>('f64.mul', real(a.hi), f64Const(8)), real(b.hi));
  const index = fn.let(i32.truncSatF64S(wasm<'f64'>('f64.nearest', ratio)) as I32);
  const n = fn.let(i64.extendI32U(index));
  const times = (v: Wide): Wide => ({
    hi: fn.let(i64.add(i64.mul(v.hi, n), w.high(v.lo, n))),
    lo: fn.let(i64.mul(v.lo, n)),
  });
  const eight = (v: Wide): Wide => w.shiftLeft(v, c32(3));
  const difference = w.sub(eight(a), times(b));
  const below = fn.let(i64.ltS(difference.hi, c64(0)));
  const size = w.choose(below, w.sub({ hi: c64(0), lo: c64(0) }, difference), difference);
  const exact = fn.let(i64.eqz(i64.or(size.hi, size.lo)));
  const kept: Wide = { hi: size.hi, lo: fn.let(i64.or(size.lo, i64.extendI32U(exact))) };
  const u = w.divide(w.normalize(kept, c32(0)), w.normalize(w.add(eight(b), times(a)), c32(0)));
  const sum = emitSeries(fn, ARCTANGENT, w.square(u));
  const rest = w.scale(u, sum.value, sum.exponent);
  const straight = i32.and(i32.eqz(index), i32.eqz(i32.or(steep, x.sign)));
  fn.if(straight, () => finish(fn, p, y.sign, rest));
  const first = w.addSigned(tabulated(w, index), w.fixed(rest, PLACES), below);
  const second = w.choose(steep, w.sub(constant(angle(PI >> 1n)), first), first);
  const third = w.choose(x.sign, w.sub(constant(angle(PI)), second), second);
  finish(fn, p, y.sign, w.normalize(third, c32(PLACES)));
  return fn;
}
