import {
  call,
  i32,
  i64,
  select,
  type Expression,
  type FunctionBuilder,
  type FunctionRef,
  type I32,
  type I64,
  type ModuleBuilder,
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
  TOP_BIT,
  unpack,
  type Parts,
} from './format';

const infinite = (x: Parts): I32 => i32.eq(x.field, c32(EXTENDED.field));
const zero = (x: Parts): I32 => i64.eqz(x.significand);
const bad = (x: Parts): I32 => i32.or(isNan(x), isUnsupported(x));
const high = (x: I64): I64 => i64.shrU(x, c64(32));
const low = (x: I64): I64 => i64.and(x, c64(0xffff_ffff));

/** Emits `multiplyHigh(a, b)`: the upper 64 bits of the 128-bit product. */
export function emitMultiplyHigh(module: ModuleBuilder): FunctionRef {
  const fn = module.function('multiplyHigh', { params: ['i64', 'i64'], results: ['i64'] });
  const [a, b] = [fn.param<'i64'>(0), fn.param<'i64'>(1)];
  const cross = fn.let(i64.add(i64.mul(high(a), low(b)), high(i64.mul(low(a), low(b)))));
  const middle = fn.let(i64.add(i64.mul(low(a), high(b)), low(cross)));
  fn.return(i64.add(i64.add(i64.mul(high(a), high(b)), high(cross)), high(middle)));
  return fn;
}

/** One 32-bit digit of a quotient: (remainder * 2^32 + next) / divisor, the divisor's top bit being set. */
function digit(
  fn: FunctionBuilder,
  remainder: I64,
  next: I64,
  divisor: I64,
): { quotient: I64; remainder: I64 } {
  const q = fn.variable(i64.divU(remainder, high(divisor)));
  const r = fn.variable(i64.sub(remainder, i64.mul(q.get, high(divisor))));
  fn.block((done) =>
    fn.loop((again) => {
      const tooLarge = i64.gtU(i64.mul(q.get, low(divisor)), i64.or(i64.shl(r.get, c64(32)), next));
      fn.brIf(done, i32.eqz(i32.or(i64.ne(high(q.get), c64(0)), tooLarge)));
      fn.set(q, i64.sub(q.get, c64(1)));
      fn.set(r, i64.add(r.get, high(divisor)));
      fn.brIf(again, i64.eqz(high(r.get)));
    }),
  );
  const rest = i64.sub(i64.or(i64.shl(remainder, c64(32)), next), i64.mul(q.get, divisor));
  return { quotient: q.get, remainder: fn.let(rest) };
}

/** Emits `divide128(high, low, divisor)`: the 64-bit quotient; high < divisor, and the divisor's top bit is set. */
export function emitDivide128(module: ModuleBuilder): FunctionRef {
  const fn = module.function('divide128', { params: ['i64', 'i64', 'i64'], results: ['i64'] });
  const [upper, lower, divisor] = [fn.param<'i64'>(0), fn.param<'i64'>(1), fn.param<'i64'>(2)];
  const first = digit(fn, upper, fn.let(high(lower)), divisor);
  const second = digit(fn, first.remainder, fn.let(low(lower)), divisor);
  fn.return(i64.or(i64.shl(first.quotient, c64(32)), second.quotient));
  return fn;
}

interface Operands {
  readonly fn: FunctionBuilder;
  readonly to: I32;
  readonly a: Parts;
  readonly b: Parts;
  readonly sign: I32;
  readonly mode: I32;
  readonly de: I32;
}

function begin(module: ModuleBuilder, name: string): Operands {
  const fn = module.function(name, { params: ['i32', 'i32', 'i32', 'i32'], results: ['i32'] });
  const mode = fn.param<'i32'>(3);
  const [a, b] = [unpack(fn, fn.param(1)), unpack(fn, fn.param(2))];
  const de = fn.let(denormalFlag(i32.or(isDenormal(a), isDenormal(b)), mode));
  return { fn, to: fn.param(0), a, b, sign: fn.let(i32.xor(a.sign, b.sign)), mode, de };
}

function invalid({ fn, to, mode }: Operands, p: Primitives): void {
  fn.call(p.pack, to, c32(1), c32(-1), c64(DEFAULT_NAN.significand), mode);
  fn.return(c32(FLAG.ie));
}

function infinity({ fn, to, sign, mode }: Operands, p: Primitives, flags: I32): void {
  fn.call(p.pack, to, sign, c32(-1), TOP_BIT, mode);
  fn.return(flags);
}

function nothing({ fn, to, sign, mode, de }: Operands, p: Primitives): void {
  fn.call(p.pack, to, sign, c32(0), c64(0), mode);
  fn.return(de);
}

function nans(o: Operands, p: Primitives): void {
  const { fn, a, b, to, mode } = o;
  fn.if(i32.or(bad(a), bad(b)), () => fn.return(call(p.nan, to, fn.param(1), fn.param(2), mode)));
}

/** Emits `multiply(destination, a, b, mode) -> flags`. */
export function emitMultiply(module: ModuleBuilder, p: Primitives): FunctionRef {
  const o = begin(module, 'floatMultiply');
  const { fn, a, b, mode } = o;
  fn.if(i32.or(isSpecial(a), isSpecial(b)), () => {
    nans(o, p);
    fn.if(i32.or(zero(a), zero(b)), () => invalid(o, p));
    infinity(o, p, o.de);
  });
  fn.if(i32.or(zero(a), zero(b)), () => nothing(o, p));
  const [x, y] = [normalize(fn, a), normalize(fn, b)];
  const upper = fn.variable(call<'i64'>(p.multiplyHigh, x.significand, y.significand));
  const lower = fn.variable(i64.mul(x.significand, y.significand));
  const exponent = fn.variable(i32.add(i32.add(x.exponent, y.exponent), c32(1)));
  fn.if(i64.geS(upper.get, c64(0)), () => {
    fn.set(upper, i64.or(i64.shl(upper.get, c64(1)), i64.shrU(lower.get, c64(63))));
    fn.set(lower, i64.shl(lower.get, c64(1)));
    fn.set(exponent, i32.sub(exponent.get, c32(1)));
  });
  fn.return(i32.or(o.de, call<'i32'>(p.round, o.to, o.sign, exponent.get, upper.get, lower.get, mode)));
  return fn;
}

/** A remainder of a division by `divisor` as a fraction: 0, or below, at or above one half. */
export function fraction(remainder: I64, divisor: I64): I64 {
  const half = i64.sub(divisor, remainder);
  const above: Expression<'i64'> = select(
    i64.gtU(remainder, half),
    c64(0xc000_0000_0000_0000n),
    c64(0x4000_0000_0000_0000n),
  );
  const other = select(i64.eq(remainder, i64.sub(divisor, remainder)), TOP_BIT, above);
  return select(i64.eqz(remainder), c64(0), other);
}

/** Emits `divide(destination, a, b, mode) -> flags`: a / b. */
export function emitDivide(module: ModuleBuilder, p: Primitives): FunctionRef {
  const o = begin(module, 'floatDivide');
  const { fn, a, b, mode } = o;
  fn.if(i32.or(isSpecial(a), isSpecial(b)), () => {
    nans(o, p);
    fn.if(i32.and(infinite(a), infinite(b)), () => invalid(o, p));
    fn.if(infinite(a), () => infinity(o, p, o.de));
    nothing(o, p);
  });
  fn.if(zero(b), () => {
    fn.if(zero(a), () => invalid(o, p));
    infinity(o, p, c32(FLAG.ze));
  });
  fn.if(zero(a), () => nothing(o, p));
  const [x, y] = [normalize(fn, a), normalize(fn, b)];
  const less = fn.let(i64.ltU(x.significand, y.significand));
  const upper = fn.let(select(less, x.significand, i64.shrU(x.significand, c64(1))));
  const lower = fn.let(select(less, c64(0), i64.shl(x.significand, c64(63))));
  const quotient = fn.let(call<'i64'>(p.divide128, upper, lower, y.significand));
  const remainder = fn.let(i64.sub(lower, i64.mul(quotient, y.significand)));
  const exponent = i32.sub(i32.sub(x.exponent, y.exponent), less);
  const rest = fraction(remainder, y.significand);
  fn.return(i32.or(o.de, call<'i32'>(p.round, o.to, o.sign, exponent, quotient, rest, mode)));
  return fn;
}
