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
import type { Primitives } from './functions';
import {
  c32,
  c64,
  denormalFlag,
  EXTENDED,
  FLAG,
  has,
  isDenormal,
  isNan,
  isSpecial,
  isUnsupported,
  MODE,
  normalize,
  rounding,
  TOP_BIT,
  unpack,
  type Parts,
} from './format';

/** Writes an extended number; a zero significand makes a zero. */
function writeExtended(fn: FunctionBuilder, to: I32, sign: I32, field: I32, significand: I64): void {
  fn.store('i64.store', to, significand);
  fn.store('i32.store16', to, i32.or(i32.shl(sign, c32(15)), field), 8);
}

interface Source {
  readonly sign: I32;
  readonly field: I32;
  /** Left-justified below the integer bit. */
  readonly fraction: I64;
  readonly bias: number;
  readonly last: number;
}

function widenFrom(
  fn: FunctionBuilder,
  to: I32,
  mode: I32,
  { sign, field, fraction, bias, last }: Source,
): void {
  fn.if(i32.eqz(field), () => {
    const flushed = has(mode, MODE.denormalsAreZeros);
    fn.if(i32.or(i64.eqz(fraction), i32.ne(flushed, c32(0))), () => {
      writeExtended(fn, to, sign, c32(0), c64(0));
      fn.return(c32(0));
    });
    const shift = fn.let(i64.clz(fraction));
    const exponent = i32.sub(c32(EXTENDED.bias - bias + 1), i32.wrap(shift));
    writeExtended(fn, to, sign, exponent, i64.shl(fraction, shift));
    fn.return(c32(FLAG.de));
  });
  const wide = select(
    i32.eq(field, c32(last)),
    c32(EXTENDED.field),
    i32.add(field, c32(EXTENDED.bias - bias)),
  );
  writeExtended(fn, to, sign, wide, i64.or(fraction, TOP_BIT));
  fn.return(c32(0));
}

/**
 * Emits `widen(destination, source, mode) -> DE or 0`: reads a number in the format of the mode (single or double) and writes
 * it, exactly, as an extended one. NaNs stay signaling. With MODE.denormalsAreZeros a denormal becomes a zero.
 */
export function emitWiden(module: ModuleBuilder): FunctionRef {
  const fn = module.function('floatWiden', { params: ['i32', 'i32', 'i32'], results: ['i32'] });
  const [to, from, mode] = [fn.param<'i32'>(0), fn.param<'i32'>(1), fn.param<'i32'>(2)];
  fn.if(
    has(mode, MODE.single),
    () => {
      const bits = fn.let(i32.load(from));
      const field = fn.let(i32.and(i32.shrU(bits, c32(23)), c32(0xff)));
      const fraction = fn.let(i64.shl(i64.extendI32U(i32.and(bits, c32(0x7f_ffff))), c64(40)));
      widenFrom(fn, to, mode, {
        sign: fn.let(i32.shrU(bits, c32(31))),
        field,
        fraction,
        bias: 127,
        last: 0xff,
      });
    },
    () => {
      const bits = fn.let(i64.load(from));
      const upper = fn.let(i32.wrap(i64.shrU(bits, c64(52))));
      const fraction = fn.let(i64.shrU(i64.shl(bits, c64(12)), c64(1)));
      const field = fn.let(i32.and(upper, c32(0x7ff)));
      widenFrom(fn, to, mode, {
        sign: fn.let(i32.shrU(upper, c32(11))),
        field,
        fraction,
        bias: 1023,
        last: 0x7ff,
      });
    },
  );
  return fn;
}

/** Emits `narrow(destination, a, mode) -> flags`: an extended number in the format (and, extended, the precision) of the mode. */
export function emitNarrow(module: ModuleBuilder, p: Primitives): FunctionRef {
  const fn = module.function('floatNarrow', { params: ['i32', 'i32', 'i32'], results: ['i32'] });
  const [to, from, mode] = [fn.param<'i32'>(0), fn.param<'i32'>(1), fn.param<'i32'>(2)];
  const a = unpack(fn, from);
  fn.if(i32.or(isNan(a), isUnsupported(a)), () => fn.return(call(p.nan, to, from, from, mode)));
  fn.if(i32.or(i32.eq(a.field, c32(EXTENDED.field)), i64.eqz(a.significand)), () => {
    fn.call(p.pack, to, a.sign, i32.sub(c32(0), i32.ne(a.field, c32(0))), a.significand, mode);
    fn.return(c32(0));
  });
  const x = normalize(fn, a);
  fn.return(call(p.round, to, a.sign, x.exponent, x.significand, c64(0), mode));
  return fn;
}

/** Emits `fromInteger(destination, value: i64, mode) -> flags`: a signed integer in the format of the mode. */
export function emitFromInteger(module: ModuleBuilder, p: Primitives): FunctionRef {
  const fn = module.function('floatFromInteger', { params: ['i32', 'i64', 'i32'], results: ['i32'] });
  const [to, value, mode] = [fn.param<'i32'>(0), fn.param<'i64'>(1), fn.param<'i32'>(2)];
  fn.if(i64.eqz(value), () => {
    fn.call(p.pack, to, c32(0), c32(0), c64(0), mode);
    fn.return(c32(0));
  });
  const sign = fn.let(i64.ltS(value, c64(0)));
  const magnitude = fn.let(select(sign, i64.sub(c64(0), value), value));
  const shift = fn.let(i64.clz(magnitude));
  const exponent = i32.sub(c32(63), i32.wrap(shift));
  fn.return(call(p.round, to, sign, exponent, i64.shl(magnitude, shift), c64(0), mode));
  return fn;
}

interface Rounded {
  readonly magnitude: I64;
  /** PE and C1. */
  readonly flags: I32;
}

/** Rounds a nonzero number with exponent below 63 to an integer. */
function roundToInteger(
  fn: FunctionBuilder,
  p: Primitives,
  x: { significand: I64; exponent: I32 },
  sign: I32,
  mode: I32,
): Rounded {
  const whole = fn.variable(c64(0));
  const rest = fn.variable(c64(1));
  const by = fn.let(i64.extendI32U(x.exponent));
  fn.if(
    i32.geS(x.exponent, c32(0)),
    () => {
      fn.set(whole, i64.shrU(x.significand, i64.sub(c64(63), by)));
      fn.set(rest, i64.shl(i64.shl(x.significand, by), c64(1)));
    },
    () => fn.if(i32.eq(x.exponent, c32(-1)), () => fn.set(rest, x.significand)),
  );
  const odd = i32.and(i32.wrap(whole.get), c32(1));
  const up = fn.let(call<'i32'>(p.increments, rounding(mode), sign, odd, rest.get));
  const flags = i32.or(i32.shl(i64.ne(rest.get, c64(0)), c32(5)), i32.shl(up, c32(9)));
  return { magnitude: fn.let(i64.add(whole.get, i64.extendI32U(up))), flags: fn.let(flags) };
}

/** Emits `toInteger(destination, a, mode, bits) -> flags`: writes an i64; what does not fit gives the integer indefinite and IE. */
export function emitToInteger(module: ModuleBuilder, p: Primitives): FunctionRef {
  const fn = module.function('floatToInteger', { params: ['i32', 'i32', 'i32', 'i32'], results: ['i32'] });
  const [to, mode, bits] = [fn.param<'i32'>(0), fn.param<'i32'>(2), fn.param<'i32'>(3)];
  const a = unpack(fn, fn.param(1));
  const limit = fn.let(i64.shl(c64(1), i64.extendI32U(i32.sub(bits, c32(1)))));
  fn.if(i32.and(i64.eqz(a.significand), i32.eqz(a.field)), () => {
    fn.store('i64.store', to, c64(0));
    fn.return(c32(0));
  });
  fn.block((invalid) => {
    fn.brIf(invalid, isSpecial(a));
    const x = normalize(fn, a);
    fn.brIf(invalid, i32.gtS(x.exponent, c32(63)));
    const { magnitude, flags } = roundToInteger(fn, p, x, a.sign, mode);
    fn.brIf(invalid, i64.gtU(magnitude, i64.sub(limit, i64.extendI32U(i32.eqz(a.sign)))));
    fn.store('i64.store', to, select(a.sign, i64.sub(c64(0), magnitude), magnitude));
    fn.return(flags);
  });
  fn.store('i64.store', to, i64.sub(c64(0), limit));
  fn.return(c32(FLAG.ie));
  return fn;
}

/** A number that is an integer already, or no number. */
function wholeAlready(fn: FunctionBuilder, p: Primitives, to: I32, from: I32, a: Parts, mode: I32): void {
  fn.if(i32.or(isNan(a), isUnsupported(a)), () => fn.return(call(p.nan, to, from, from, mode)));
  const large = i32.geS(a.field, c32(EXTENDED.bias + 63));
  fn.if(i32.or(large, i64.eqz(a.significand)), () => {
    fn.call(p.pack, to, a.sign, a.field, a.significand, mode);
    fn.return(c32(0));
  });
}

/** Emits `roundInteger(destination, a, mode) -> flags`: FRNDINT. */
export function emitRoundInteger(module: ModuleBuilder, p: Primitives): FunctionRef {
  const fn = module.function('floatRoundInteger', { params: ['i32', 'i32', 'i32'], results: ['i32'] });
  const [to, from, mode] = [fn.param<'i32'>(0), fn.param<'i32'>(1), fn.param<'i32'>(2)];
  const a = unpack(fn, from);
  wholeAlready(fn, p, to, from, a, mode);
  const { magnitude, flags } = roundToInteger(fn, p, normalize(fn, a), a.sign, mode);
  const all = fn.let(i32.or(flags, denormalFlag(isDenormal(a), mode)));
  fn.if(i64.eqz(magnitude), () => {
    fn.call(p.pack, to, a.sign, c32(0), c64(0), mode);
    fn.return(all);
  });
  const shift = fn.let(i64.clz(magnitude));
  const field = i32.sub(c32(EXTENDED.bias + 63), i32.wrap(shift));
  fn.call(p.pack, to, a.sign, field, i64.shl(magnitude, shift), mode);
  fn.return(all);
  return fn;
}
