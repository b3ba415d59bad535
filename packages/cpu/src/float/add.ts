import {
  call,
  i32,
  i64,
  select,
  type FunctionBuilder,
  type FunctionRef,
  type I32,
  type I64,
  type Local,
  type ModuleBuilder,
} from '@trapgate/wasm-assembler';
import type { Primitives } from './functions';
import {
  c32,
  c64,
  DEFAULT_NAN,
  denormalFlag,
  FLAG,
  isDenormal,
  isNan,
  isSpecial,
  isUnsupported,
  MODE,
  normalize,
  TOP_BIT,
  unpack,
  zeroSign,
  type Parts,
} from './format';

/** An infinity and anything, or a NaN: the sum needs no arithmetic. `signB` is the sign to use for b. */
function specialSum(
  fn: FunctionBuilder,
  p: Primitives,
  to: I32,
  a: Parts,
  b: Parts,
  signB: I32,
  mode: I32,
): void {
  const infinite = (x: Parts): I32 => i32.eq(x.field, c32(0x7fff));
  const bad = (x: Parts): I32 => i32.or(isNan(x), isUnsupported(x));
  fn.if(i32.or(bad(a), bad(b)), () => fn.return(call(p.nan, to, fn.param(1), fn.param(2), mode)));
  const opposite = i32.and(i32.and(infinite(a), infinite(b)), i32.ne(a.sign, signB));
  fn.if(opposite, () => {
    fn.call(p.pack, to, c32(1), c32(-1), c64(DEFAULT_NAN.significand), mode);
    fn.return(c32(FLAG.ie));
  });
  fn.call(p.pack, to, select(infinite(a), a.sign, signB), c32(-1), TOP_BIT, mode);
  fn.return(denormalFlag(i32.or(isDenormal(a), isDenormal(b)), mode));
}

interface Aligned {
  readonly high: Local<'i64'>;
  readonly low: Local<'i64'>;
}

/** `significand` * 2^64 shifted right by `distance` >= 0, the last bit sticky. */
function align(fn: FunctionBuilder, significand: I64, distance: I32): Aligned {
  const by = fn.let(i64.extendI32U(distance));
  const [high, low] = [fn.variable(significand), fn.variable(c64(0))];
  const back = (): I64 => i64.shl(significand, i64.sub(c64(0), by));
  fn.if(
    i64.gtU(by, c64(127)),
    () => {
      fn.set(high, c64(0));
      fn.set(low, c64(1));
    },
    () =>
      fn.if(
        i64.gtU(by, c64(63)),
        () => {
          const lost = i32.and(i64.ne(by, c64(64)), i64.ne(back(), c64(0)));
          fn.set(low, i64.or(i64.shrU(significand, by), i64.extendI32U(lost)));
          fn.set(high, c64(0));
        },
        () =>
          fn.if(i64.ne(by, c64(0)), () => {
            fn.set(low, back());
            fn.set(high, i64.shrU(significand, by));
          }),
      ),
  );
  return { high, low };
}

/** Larger significand plus the aligned smaller one. */
function sumOf(fn: FunctionBuilder, large: I64, exponent: Local<'i32'>, { high, low }: Aligned): void {
  fn.set(high, i64.add(large, high.get));
  fn.if(i64.ltU(high.get, large), () => {
    fn.set(
      low,
      i64.or(i64.or(i64.shrU(low.get, c64(1)), i64.and(low.get, c64(1))), i64.shl(high.get, c64(63))),
    );
    fn.set(high, i64.or(i64.shrU(high.get, c64(1)), TOP_BIT));
    fn.set(exponent, i32.add(exponent.get, c32(1)));
  });
}

/** Larger significand minus the aligned smaller one, normalized; `zero` is emitted for an exact cancellation. */
function differenceOf(
  fn: FunctionBuilder,
  large: I64,
  exponent: Local<'i32'>,
  { high, low }: Aligned,
  zero: () => void,
): void {
  fn.set(high, i64.sub(i64.sub(large, high.get), i64.extendI32U(i64.ne(low.get, c64(0)))));
  fn.set(low, i64.sub(c64(0), low.get));
  fn.if(i64.eqz(i64.or(high.get, low.get)), zero);
  fn.if(i64.eqz(high.get), () => {
    fn.set(high, low.get);
    fn.set(low, c64(0));
    fn.set(exponent, i32.sub(exponent.get, c32(64)));
  });
  const shift = fn.let(i64.clz(high.get));
  fn.if(i64.ne(shift, c64(0)), () => {
    fn.set(high, i64.or(i64.shl(high.get, shift), i64.shrU(low.get, i64.sub(c64(64), shift))));
    fn.set(low, i64.shl(low.get, shift));
    fn.set(exponent, i32.sub(exponent.get, i32.wrap(shift)));
  });
}

/** Zero operands: what is left is the other one, rounded. */
function zeroOperands(
  fn: FunctionBuilder,
  p: Primitives,
  to: I32,
  a: Parts,
  b: Parts,
  signB: I32,
  mode: I32,
  de: I32,
): void {
  const zero = (x: Parts): I32 => i64.eqz(x.significand);
  fn.if(zero(a), () => {
    fn.if(zero(b), () => {
      fn.call(p.pack, to, select(i32.eq(a.sign, signB), a.sign, zeroSign(mode)), c32(0), c64(0), mode);
      fn.return(c32(0));
    });
    const y = normalize(fn, b);
    fn.return(i32.or(de, call<'i32'>(p.round, to, signB, y.exponent, y.significand, c64(0), mode)));
  });
  fn.if(zero(b), () => {
    const x = normalize(fn, a);
    fn.return(i32.or(de, call<'i32'>(p.round, to, a.sign, x.exponent, x.significand, c64(0), mode)));
  });
}

/** Emits `add(destination, a, b, mode) -> flags`: a + b, or a - b with MODE.subtract, of extended numbers in memory. */
export function emitAdd(module: ModuleBuilder, p: Primitives): FunctionRef {
  const fn = module.function('floatAdd', { params: ['i32', 'i32', 'i32', 'i32'], results: ['i32'] });
  const [to, mode] = [fn.param<'i32'>(0), fn.param<'i32'>(3)];
  const [a, b] = [unpack(fn, fn.param(1)), unpack(fn, fn.param(2))];
  const signB = fn.let(i32.xor(b.sign, i32.ne(i32.and(mode, c32(MODE.subtract)), c32(0))));
  fn.if(i32.or(isSpecial(a), isSpecial(b)), () => specialSum(fn, p, to, a, b, signB, mode));
  const de = fn.let(denormalFlag(i32.or(isDenormal(a), isDenormal(b)), mode));
  zeroOperands(fn, p, to, a, b, signB, mode, de);
  const [x, y] = [normalize(fn, a), normalize(fn, b)];
  const same = i32.and(i32.eq(x.exponent, y.exponent), i64.geU(x.significand, y.significand));
  const aFirst = fn.let(i32.or(i32.gtS(x.exponent, y.exponent), same));
  const large = fn.let(select(aFirst, x.significand, y.significand));
  const small = fn.let(select(aFirst, y.significand, x.significand));
  const exponent = fn.variable(select(aFirst, x.exponent, y.exponent));
  const distance = i32.sub(exponent.get, select(aFirst, y.exponent, x.exponent));
  const parts = align(fn, small, distance);
  fn.if(
    i32.eq(a.sign, signB),
    () => sumOf(fn, large, exponent, parts),
    () =>
      differenceOf(fn, large, exponent, parts, () => {
        fn.call(p.pack, to, zeroSign(mode), c32(0), c64(0), mode);
        fn.return(de);
      }),
  );
  const sign = select(aFirst, a.sign, signB);
  fn.return(i32.or(de, call<'i32'>(p.round, to, sign, exponent.get, parts.high.get, parts.low.get, mode)));
  return fn;
}
