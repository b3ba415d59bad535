import {
  call,
  i32,
  i64,
  select,
  wasm,
  type F64,
  type FunctionBuilder,
  type FunctionRef,
  type I64,
  type ModuleBuilder,
  f64Const,
} from '@trapgate/wasm-assembler';
import type { Primitives } from './functions';
import {
  c32,
  c64,
  DEFAULT_NAN,
  denormalFlag,
  EXTENDED,
  FLAG,
  isDenormal,
  isNan,
  isSpecial,
  isUnsupported,
  normalize,
  unpack,
  type Normalized,
} from './format';

/**
 * Emits `root128(high, low)`: the largest integer whose square is at most high:low; high >= 2^62. A double-precision
 * estimate and one step of Newton's method give the root or one more.
 */
export function emitRoot128(
  module: ModuleBuilder,
  p: Pick<Primitives, 'multiplyHigh' | 'divide128'>,
): FunctionRef {
  const fn = module.function('root128', { params: ['i64', 'i64'], results: ['i64'] });
  const [upper, lower] = [fn.param<'i64'>(0), fn.param<'i64'>(1)];
  const estimate = wasm<'f64'>(
    'f64.mul',
    wasm<'f64'>('f64.sqrt', wasm<'f64'>('f64.convert_i64_u', upper)) as F64,
    f64Const(2 ** 32),
  );
  const start = fn.let(i64.truncSatF64U(estimate) as I64);
  const quotient = fn.variable(c64(-1));
  fn.if(i64.ltU(upper, start), () => fn.set(quotient, call(p.divide128, upper, lower, start)));
  const half = (x: I64): I64 => i64.shrU(x, c64(1));
  const root = fn.let(
    i64.add(i64.add(half(start), half(quotient.get)), i64.and(i64.and(start, quotient.get), c64(1))),
  );
  const squareHigh = fn.let(call<'i64'>(p.multiplyHigh, root, root));
  const lowGreater = i32.and(i64.eq(squareHigh, upper), i64.gtU(i64.mul(root, root), lower));
  fn.return(i64.sub(root, i64.extendI32U(i32.or(i64.gtU(squareHigh, upper), lowGreater))));
  return fn;
}

/** The square root of a normalized number: 64 bits of its significand, and the rest as a fraction of the last of them. */
export function rootOf(
  fn: FunctionBuilder,
  p: Pick<Primitives, 'multiplyHigh' | 'root128'>,
  x: Normalized,
): { root: I64; rest: I64 } {
  const odd = fn.let(i32.and(x.exponent, c32(1)));
  const upper = fn.let(select(odd, x.significand, i64.shrU(x.significand, c64(1))));
  const lower = fn.let(select(odd, c64(0), i64.shl(x.significand, c64(63))));
  const root = fn.let(call<'i64'>(p.root128, upper, lower));
  // The remainder is at most twice the root: 65 bits. The exact root is never halfway between two integers.
  const remainder = fn.let(i64.sub(lower, i64.mul(root, root)));
  const carry = i64.sub(
    i64.sub(upper, call<'i64'>(p.multiplyHigh, root, root)),
    i64.extendI32U(i64.ltU(lower, i64.mul(root, root))),
  );
  const above = fn.let(i32.or(i64.ne(carry, c64(0)), i64.gtU(remainder, root)));
  const rest = select(
    above,
    c64(0xc000_0000_0000_0000n),
    select(i64.eqz(remainder), c64(0), c64(0x4000_0000_0000_0000n)),
  );
  return { root, rest };
}

/** Emits `squareRoot(destination, a, mode) -> flags`. */
export function emitSquareRoot(module: ModuleBuilder, p: Primitives): FunctionRef {
  const fn = module.function('floatSquareRoot', { params: ['i32', 'i32', 'i32'], results: ['i32'] });
  const [to, from, mode] = [fn.param<'i32'>(0), fn.param<'i32'>(1), fn.param<'i32'>(2)];
  const a = unpack(fn, from);
  fn.if(i32.or(isNan(a), isUnsupported(a)), () => fn.return(call(p.nan, to, from, from, mode)));
  fn.if(i64.eqz(a.significand), () => {
    fn.call(p.pack, to, a.sign, c32(0), c64(0), mode);
    fn.return(c32(0));
  });
  fn.if(a.sign, () => {
    fn.call(p.pack, to, c32(1), c32(-1), c64(DEFAULT_NAN.significand), mode);
    fn.return(c32(FLAG.ie));
  });
  fn.if(isSpecial(a), () => {
    fn.call(p.pack, to, c32(0), c32(EXTENDED.field), a.significand, mode);
    fn.return(c32(0));
  });
  const x = normalize(fn, a);
  const { root, rest } = rootOf(fn, p, x);
  const rounded = call<'i32'>(p.round, to, c32(0), i32.shrS(x.exponent, c32(1)), root, rest, mode);
  fn.return(i32.or(denormalFlag(isDenormal(a), mode), rounded));
  return fn;
}
