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
  type Signature,
} from '@trapgate/wasm-assembler';
import { c32, c64, EXTENDED, FLAG, TOP_BIT } from './format';
import type { Primitives } from './functions';
import { emitDivide128, emitMultiplyHigh, fraction } from './multiply-divide';
import { emitRoot128, rootOf } from './square-root';

/**
 * Arithmetic on ordinary x87 operands: (control word, a, a's sign and exponent, b, b's sign and exponent) -> significand,
 * and sign and exponent with the status word's PE and C1 in the upper half ({@link quickFlags}). Ordinary is: normal
 * numbers and zeros with a normal result, rounding to nearest, 53 or 64 bits of precision, all exceptions masked.
 * Otherwise the second result is {@link REFUSED}. Memory is neither read nor written: results stay in the host's registers.
 */
export interface QuickFunctions {
  readonly add: FunctionRef;
  readonly multiply: FunctionRef;
  readonly divide: FunctionRef;
  /** Of a; b has to be the same. */
  readonly squareRoot: FunctionRef;
}

/** An 80-bit number in locals: significand, and sign and exponent. */
export interface QuickNumber {
  readonly significand: I64;
  readonly word: I32;
}

const SIGNATURE: Signature = { params: ['i32', 'i64', 'i32', 'i64', 'i32'], results: ['i64', 'i32'] };

/** No other result is negative. */
const REFUSED = -1;
const FLAGS_AT = 16;

/** Whether a quick function has refused, given its second result. */
export const isRefused = (word: I32): I32 => i32.ltS(word, c32(0));
/** PE and C1 as they lie in the status word, given the second result of a quick function. */
export const quickFlags = (word: I32): I32 => i32.shrU(word, c32(FLAGS_AT));

/** Of the control word: precision and rounding control and the masks, as the quick functions want them. */
const CONTROL = { fields: 0xf3f, precision64: 0x33f, precision53: 0x23f } as const;
const LAST_NORMAL = EXTENDED.field - 1;
const SIGN = 0x8000;

const fieldOf = (word: I32): I32 => i32.and(word, c32(EXTENDED.field));

/** Exponent field neither of zeros and denormals nor of infinities and NaNs, given the field (a leaf). */
const normalField = (field: I32): I32 => i32.ltU(i32.sub(field, c32(1)), c32(LAST_NORMAL));

/** Whether a number is a normal one or a zero. */
export function isOrdinary({ significand, word }: QuickNumber): I32 {
  const normal = i32.and(
    i32.ltU(i32.sub(fieldOf(word), c32(1)), c32(LAST_NORMAL)),
    i64.ltS(significand, c64(0)),
  );
  return i32.or(normal, isZero({ significand, word }));
}

const isZero = ({ significand, word }: QuickNumber): I32 =>
  i64.eqz(i64.or(significand, i64.extendI32U(fieldOf(word))));

/** One of the functions under construction. */
class QuickOperation {
  readonly fn: FunctionBuilder;
  readonly a: QuickNumber;
  readonly b: QuickNumber;
  readonly fieldA: I32;
  readonly fieldB: I32;
  /** Of the control word. */
  private readonly fields: I32;

  constructor(module: ModuleBuilder, name: string) {
    const fn = module.function(name, SIGNATURE);
    this.fn = fn;
    this.a = { significand: fn.param(1), word: fn.param(2) };
    this.b = { significand: fn.param(3), word: fn.param(4) };
    this.fields = fn.let(i32.and(fn.param<'i32'>(0), c32(CONTROL.fields)));
    this.fieldA = fn.let(fieldOf(this.a.word));
    this.fieldB = fn.let(fieldOf(this.b.word));
    const precision = CONTROL.precision64 ^ CONTROL.precision53;
    this.refuseIf(i32.ne(i32.or(this.fields, c32(precision)), c32(CONTROL.precision64)));
  }

  refuseIf(condition: I32): void {
    this.fn.ifRarely(condition, () => this.fn.return(c64(0), c32(REFUSED)));
  }

  /** Zeros are dealt with by `zeros`, which returns; then both operands are normal. */
  requireNormal(zeros: () => void): void {
    const { a, b, fieldA, fieldB } = this;
    const fields = i32.and(normalField(fieldA), normalField(fieldB));
    const significands = i64.ltS(i64.and(a.significand, b.significand), c64(0));
    this.fn.if(i32.eqz(i32.and(fields, significands)), () => {
      this.refuseIf(i32.eqz(i32.and(isOrdinary(a), isOrdinary(b))));
      zeros();
    });
  }

  private is64(): I32 {
    return i32.eq(this.fields, c32(CONTROL.precision64));
  }

  /** A result that needs no rounding: returns. */
  exact(significand: I64, word: I32): void {
    this.fn.return(significand, word);
  }

  /** Has the other operand of a zero for a result, which may have more bits than the precision. */
  passOn({ significand }: QuickNumber, word: I32): void {
    const fits = i64.eqz(i64.and(significand, c64(0x7ff)));
    this.refuseIf(i32.eqz(i32.or(this.is64(), fits)));
    this.exact(significand, word);
  }

  /** Rounds high:low (leaves; top bit set, last bit sticky) and returns. `exponent` is the biased one, `sign` in bit 15. */
  round(sign: I32, exponent: I32, high: I64, low: I64): void {
    const { fn } = this;
    // Rounding may carry into the next power of two.
    this.refuseIf(i32.geU(i32.sub(exponent, c32(1)), c32(LAST_NORMAL - 1)));
    const [up, inexact] = [fn.local('i32'), fn.local('i32')];
    const sum = fn.local('i64');
    fn.if(
      this.is64(),
      () => {
        const odd = i64.and(high, c64(1));
        fn.set(up, i64.gtU(low, i64.sub(TOP_BIT, odd)));
        fn.set(inexact, i64.ne(low, c64(0)));
        fn.set(sum, i64.add(high, i64.extendI32U(up.get)));
      },
      () => {
        const below = i64.shl(i64.and(high, c64(0x7ff)), c64(1));
        const rest = fn.let(i64.or(below, i64.extendI32U(i64.ne(low, c64(0)))));
        const odd = i64.and(i64.shrU(high, c64(11)), c64(1));
        fn.set(up, i64.gtU(rest, i64.sub(c64(0x800), odd)));
        fn.set(inexact, i64.ne(rest, c64(0)));
        const kept = i64.and(high, c64(-0x800n));
        fn.set(sum, i64.add(kept, i64.shl(i64.extendI32U(up.get), c64(11))));
      },
    );
    const carried = fn.let(i64.eqz(sum.get));
    const word = i32.or(i32.add(exponent, carried), sign);
    const [pe, c1] = [Math.log2(FLAG.pe), Math.log2(FLAG.c1)];
    const flags = i32.or(i32.shl(inexact.get, c32(FLAGS_AT + pe)), i32.shl(up.get, c32(FLAGS_AT + c1)));
    fn.return(i64.or(sum.get, TOP_BIT), i32.or(word, flags));
  }

  get productSign(): I32 {
    return i32.and(i32.xor(this.a.word, this.b.word), c32(SIGN));
  }
}

function emitQuickAdd(module: ModuleBuilder): FunctionRef {
  const o = new QuickOperation(module, 'quickAdd');
  const { fn, a, b, fieldA, fieldB } = o;
  o.requireNormal(() => {
    fn.if(i64.eqz(b.significand), () => {
      // Of two zeros, the sum is minus zero if both are.
      const word = select(i64.eqz(a.significand), i32.and(a.word, b.word), a.word);
      o.passOn(a, fn.let(word));
    });
    o.passOn(b, b.word);
  });
  const apart = fn.let(i32.sub(fieldA, fieldB));
  const smaller = i32.and(i32.eqz(apart), i64.ltU(a.significand, b.significand));
  const swap = fn.let(i32.or(i32.ltS(apart, c32(0)), smaller));
  const large = fn.let(select(swap, b.significand, a.significand));
  const small = fn.let(select(swap, a.significand, b.significand));
  const word = fn.let(select(swap, b.word, a.word));
  const distance = fn.let(select(swap, i32.sub(c32(0), apart), apart));
  const by = fn.let(i64.extendI32U(distance));
  const high = fn.variable(i64.shrU(small, by));
  const low = fn.variable(i64.shl(i64.shl(small, c64(1)), i64.xor(by, c64(63))));
  fn.if(i32.gtU(distance, c32(63)), () => {
    // From 67 places on only the sticky bit is left, whatever is cancelled.
    o.refuseIf(i32.ltU(distance, c32(67)));
    fn.set(high, c64(0));
    fn.set(low, c64(1));
  });
  // A difference is the sum with the two's complement of high:low. No branch: signs are hard to predict.
  const differs = fn.let(i32.and(i32.shrU(i32.xor(a.word, b.word), c32(15)), c32(1)));
  const mask = fn.let(i64.sub(c64(0), i64.extendI32U(differs)));
  const carryIn = fn.let(i64.extendI32U(i32.and(i64.eqz(low.get), differs)));
  const rest = fn.let(i64.sub(i64.xor(low.get, mask), mask));
  const sum = fn.let(i64.add(i64.add(large, i64.xor(high.get, mask)), carryIn));
  fn.if(i32.and(i64.eqz(sum), differs), () => {
    o.refuseIf(i64.ne(rest, c64(0)));
    o.exact(c64(0), c32(0));
  });
  const carried = fn.let(i32.and(i64.ltU(sum, large), i32.eqz(differs)));
  const carry = fn.let(i64.extendI32U(carried));
  const sticky = i64.and(rest, carry);
  const downLow = i64.or(i64.or(i64.shrU(rest, carry), sticky), i64.shl(i64.and(sum, carry), c64(63)));
  const down = fn.let(downLow);
  const upper = fn.let(i64.or(i64.shrU(sum, carry), i64.shl(carry, c64(63))));
  const shift = fn.let(i64.clz(upper));
  const from = i64.shrU(i64.shrU(down, c64(1)), i64.xor(shift, c64(63)));
  const normal = fn.let(i64.or(i64.shl(upper, shift), from));
  const left = fn.let(i64.shl(down, shift));
  const exponent = fn.let(i32.sub(i32.add(fieldOf(word), carried), i32.wrap(shift)));
  o.round(i32.and(word, c32(SIGN)), exponent, normal, left);
  return fn;
}

const upperHalf = (x: I64): I64 => i64.shrU(x, c64(32));
const lowerHalf = (x: I64): I64 => i64.and(x, c64(0xffff_ffff));

function emitQuickMultiply(module: ModuleBuilder): FunctionRef {
  const o = new QuickOperation(module, 'quickMultiply');
  const { fn, a, b, fieldA, fieldB } = o;
  const sign = fn.let(o.productSign);
  o.requireNormal(() => o.exact(c64(0), sign));
  const [x, y] = [a.significand, b.significand];
  const [x1, x0] = [fn.let(upperHalf(x)), fn.let(lowerHalf(x))];
  const [y1, y0] = [fn.let(upperHalf(y)), fn.let(lowerHalf(y))];
  const cross = fn.let(i64.add(i64.mul(x1, y0), upperHalf(i64.mul(x0, y0))));
  const middle = i64.add(i64.mul(x0, y1), lowerHalf(cross));
  const product = fn.let(i64.add(i64.add(i64.mul(x1, y1), upperHalf(cross)), upperHalf(middle)));
  const rest = fn.let(i64.mul(x, y));
  const top = fn.let(i64.shrU(product, c64(63)));
  const shift = fn.let(i64.xor(top, c64(1)));
  const high = fn.let(i64.or(i64.shl(product, shift), i64.and(i64.shrU(rest, c64(63)), shift)));
  const low = fn.let(i64.shl(rest, shift));
  const exponent = i32.sub(i32.add(i32.add(fieldA, fieldB), i32.wrap(top)), c32(EXTENDED.bias));
  o.round(sign, fn.let(exponent), high, low);
  return fn;
}

function emitQuickDivide(module: ModuleBuilder, divide128: FunctionRef): FunctionRef {
  const o = new QuickOperation(module, 'quickDivide');
  const { fn, a, b, fieldA, fieldB } = o;
  const sign = fn.let(o.productSign);
  o.requireNormal(() => {
    o.refuseIf(i64.eqz(b.significand));
    o.exact(c64(0), sign);
  });
  const [x, y] = [a.significand, b.significand];
  const less = fn.let(i64.ltU(x, y));
  const upper = fn.let(select(less, x, i64.shrU(x, c64(1))));
  const lower = fn.let(select(less, c64(0), i64.shl(x, c64(63))));
  const quotient = fn.let(call<'i64'>(divide128, upper, lower, y));
  const remainder = fn.let(i64.sub(lower, i64.mul(quotient, y)));
  const exponent = i32.sub(i32.add(i32.sub(fieldA, fieldB), c32(EXTENDED.bias)), less);
  o.round(sign, fn.let(exponent), quotient, fn.let(fraction(remainder, y)));
  return fn;
}

function emitQuickSquareRoot(
  module: ModuleBuilder,
  p: Pick<Primitives, 'multiplyHigh' | 'root128'>,
): FunctionRef {
  const o = new QuickOperation(module, 'quickSquareRoot');
  const { fn, a, fieldA } = o;
  o.requireNormal(() => o.exact(c64(0), a.word));
  o.refuseIf(i32.and(a.word, c32(SIGN)));
  const exponent = fn.let(i32.sub(fieldA, c32(EXTENDED.bias)));
  const { root, rest } = rootOf(fn, p, { significand: a.significand, exponent });
  const half = fn.let(i32.add(i32.shrS(exponent, c32(1)), c32(EXTENDED.bias)));
  o.round(c32(0), half, root, fn.let(rest));
  return fn;
}

/** Emits each function into the module when it is first asked for, so that a module has what it calls. */
export function quickFunctions(module: ModuleBuilder): QuickFunctions {
  const made = new Map<string, FunctionRef>();
  const once = (name: string, emit: () => FunctionRef): FunctionRef => {
    const found = made.get(name) ?? emit();
    made.set(name, found);
    return found;
  };
  const divide128 = (): FunctionRef => once('divide128', () => emitDivide128(module));
  return {
    get add(): FunctionRef {
      return once('add', () => emitQuickAdd(module));
    },
    get multiply(): FunctionRef {
      return once('multiply', () => emitQuickMultiply(module));
    },
    get divide(): FunctionRef {
      return once('divide', () => emitQuickDivide(module, divide128()));
    },
    get squareRoot(): FunctionRef {
      const multiplyHigh = once('multiplyHigh', () => emitMultiplyHigh(module));
      const parts = { multiplyHigh, divide128: divide128() };
      const root128 = once('root128', () => emitRoot128(module, parts));
      return once('squareRoot', () => emitQuickSquareRoot(module, { multiplyHigh, root128 }));
    },
  };
}
