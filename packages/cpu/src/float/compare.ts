import {
  i32,
  i64,
  select,
  type FunctionBuilder,
  type FunctionRef,
  type I32,
  type ModuleBuilder,
} from '@trapgate/wasm-assembler';
import {
  c32,
  denormalFlag,
  FLAG,
  has,
  isDenormal,
  isNan,
  isQuiet,
  isUnsupported,
  MODE,
  unpack,
  type Parts,
} from './format';

const UNORDERED = FLAG.c0 | FLAG.c2 | FLAG.c3;

function unordered(fn: FunctionBuilder, a: Parts, b: Parts, mode: I32): void {
  const bad = (x: Parts): I32 => i32.or(isNan(x), isUnsupported(x));
  fn.if(i32.or(bad(a), bad(b)), () => {
    const signaling = (x: Parts): I32 => i32.or(isUnsupported(x), i32.and(isNan(x), i32.eqz(isQuiet(x))));
    const invalid = i32.or(i32.or(signaling(a), signaling(b)), i32.eqz(has(mode, MODE.quiet)));
    fn.return(i32.or(invalid, c32(UNORDERED)));
  });
}

/** Magnitude order: -1, 0 or 1. Exponent fields 0 and 1 mean the same exponent. */
function magnitudes(fn: FunctionBuilder, a: Parts, b: Parts): I32 {
  const exponent = (x: Parts): I32 => fn.let(select(i32.eqz(x.field), c32(1), x.field));
  const [fieldA, fieldB] = [exponent(a), exponent(b)];
  const bySignificand = i32.sub(i64.gtU(a.significand, b.significand), i64.ltU(a.significand, b.significand));
  const byExponent = i32.sub(i32.gtS(fieldA, fieldB), i32.ltS(fieldA, fieldB));
  return fn.let(select(i32.eq(fieldA, fieldB), bySignificand, byExponent));
}

/**
 * Emits `compare(a, b, mode) -> condition codes | flags`: C3 equal, C0 less, none greater, all unordered (SDM vol. 1,
 * table 8-6). With MODE.quiet, quiet NaNs are not invalid.
 */
export function emitCompare(module: ModuleBuilder): FunctionRef {
  const fn = module.function('floatCompare', { params: ['i32', 'i32', 'i32'], results: ['i32'] });
  const mode = fn.param<'i32'>(2);
  const [a, b] = [unpack(fn, fn.param(0)), unpack(fn, fn.param(1))];
  unordered(fn, a, b, mode);
  const de = fn.let(denormalFlag(i32.or(isDenormal(a), isDenormal(b)), mode));
  const zeros = i64.eqz(i64.or(a.significand, b.significand));
  fn.if(zeros, () => fn.return(i32.or(de, c32(FLAG.c3))));
  fn.if(i32.ne(a.sign, b.sign), () => fn.return(i32.or(de, i32.mul(a.sign, c32(FLAG.c0)))));
  const order = magnitudes(fn, a, b);
  fn.if(i32.eqz(order), () => fn.return(i32.or(de, c32(FLAG.c3))));
  fn.return(i32.or(de, i32.mul(i32.eq(i32.gtS(order, c32(0)), a.sign), c32(FLAG.c0))));
  return fn;
}
