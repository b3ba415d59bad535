import {
  f64Const,
  i32,
  i64,
  select,
  wasm,
  type F64,
  type FunctionBuilder,
  type I32,
  type I64,
} from '@trapgate/wasm-assembler';
import { c32, c64 } from './format';

/** 128 bits in two leaves: as a fraction, hi:lo * 2^-128. */
export interface Wide {
  readonly hi: I64;
  readonly lo: I64;
}

/** A number 0.hi:lo * 2^exponent, not zero, with the top bit of hi set; the sign is kept elsewhere. */
export interface WideFloat extends Wide {
  readonly exponent: I32;
}

const upper = (x: I64): I64 => i64.shrU(x, c64(32));
const lower = (x: I64): I64 => i64.and(x, c64(0xffff_ffff));
const bit = (condition: I32): I64 => i64.extendI32U(condition);
const signed64 = (value: bigint): I64 => c64(BigInt.asIntN(64, value));

/** A constant fraction: `value` counts units of 2^-128. */
export const wideConst = (value: bigint): Wide => ({ hi: signed64(value >> 64n), lo: signed64(value) });

/** Emits arithmetic on 128-bit fractions into one function. Results are truncated; errors are a few units of 2^-128. */
export class WideArithmetic {
  constructor(readonly fn: FunctionBuilder) {}

  private keep(hi: I64, lo: I64): Wide {
    return { hi: this.fn.let(hi), lo: this.fn.let(lo) };
  }

  /** The upper half of a product of leaves. */
  high(a: I64, b: I64): I64 {
    const { fn } = this;
    const [a1, a0, b1, b0] = [upper(a), lower(a), upper(b), lower(b)].map((x) => fn.let(x)) as [
      I64,
      I64,
      I64,
      I64,
    ];
    const cross = fn.let(i64.add(i64.mul(a1, b0), upper(i64.mul(a0, b0))));
    const middle = fn.let(i64.add(i64.mul(a0, b1), lower(cross)));
    return fn.let(i64.add(i64.add(i64.mul(a1, b1), upper(cross)), upper(middle)));
  }

  add(a: Wide, b: Wide): Wide {
    const lo = this.fn.let(i64.add(a.lo, b.lo));
    return this.keep(i64.add(i64.add(a.hi, b.hi), bit(i64.ltU(lo, b.lo))), lo);
  }
  sub(a: Wide, b: Wide): Wide {
    const borrow = bit(i64.ltU(a.lo, b.lo));
    return this.keep(i64.sub(i64.sub(a.hi, b.hi), borrow), i64.sub(a.lo, b.lo));
  }
  /** a - b or a + b. */
  addSigned(a: Wide, b: Wide, negative: I32): Wide {
    const [sum, difference] = [this.add(a, b), this.sub(a, b)];
    return this.choose(negative, difference, sum);
  }
  choose(condition: I32, yes: Wide, no: Wide): Wide {
    const c = this.fn.let(condition);
    return this.keep(select(c, yes.hi, no.hi), select(c, yes.lo, no.lo));
  }

  mul(a: Wide, b: Wide): Wide {
    const { fn } = this;
    const [first, second] = [this.high(a.hi, b.lo), this.high(a.lo, b.hi)];
    const some = fn.let(i64.add(i64.mul(a.hi, b.hi), first));
    const lo = fn.let(i64.add(some, second));
    const carries = i64.add(bit(i64.ltU(some, first)), bit(i64.ltU(lo, second)));
    return this.keep(i64.add(this.high(a.hi, b.hi), carries), lo);
  }
  /** a * b * 2^-64 for a 64-bit b. */
  mulShort(a: Wide, b: I64): Wide {
    const first = this.high(a.lo, b);
    const lo = this.fn.let(i64.add(i64.mul(a.hi, b), first));
    return this.keep(i64.add(this.high(a.hi, b), bit(i64.ltU(lo, first))), lo);
  }

  /** Shifted right by a constant of 0..127. */
  shiftRightBy(a: Wide, by: number): Wide {
    if (by === 0) return a;
    if (by >= 64) return this.keep(c64(0), i64.shrU(a.hi, c64(by - 64)));
    return this.keep(i64.shrU(a.hi, c64(by)), i64.or(i64.shrU(a.lo, c64(by)), i64.shl(a.hi, c64(64 - by))));
  }
  /** Shifted right by a leaf of 0..255. */
  shiftRight(a: Wide, by: I32): Wide {
    const { fn } = this;
    const count = fn.let(i64.extendI32U(by));
    const far = fn.let(i64.gtU(count, c64(63)));
    const hi = fn.let(i64.shrU(a.hi, count));
    const across = select(i64.eqz(count), c64(0), i64.shl(a.hi, i64.sub(c64(64), count)));
    const near = i64.or(i64.shrU(a.lo, count), across);
    const beyond = i64.gtU(count, c64(127));
    return this.keep(select(far, c64(0), hi), select(far, select(beyond, c64(0), hi), near));
  }
  /** Shifted left by a leaf of 0..127. */
  shiftLeft(a: Wide, by: I32): Wide {
    const { fn } = this;
    const count = fn.let(i64.extendI32U(by));
    const far = fn.let(i64.gtU(count, c64(63)));
    const lo = fn.let(i64.shl(a.lo, count));
    const across = select(i64.eqz(count), c64(0), i64.shrU(a.lo, i64.sub(c64(64), count)));
    return this.keep(select(far, lo, i64.or(i64.shl(a.hi, count), across)), select(far, c64(0), lo));
  }

  /** 0.hi:lo * 2^exponent with the top bit set; the number must not be zero. */
  normalize(a: Wide, exponent: I32): WideFloat {
    const { fn } = this;
    const low = fn.let(i64.eqz(a.hi));
    const zeros = i64.add(i64.clz(select(low, a.lo, a.hi)), select(low, c64(64), c64(0)));
    const by = fn.let(i32.wrap(zeros));
    return { ...this.shiftLeft(a, by), exponent: fn.let(i32.sub(exponent, by)) };
  }

  /** a * b, b being a fraction. */
  scale(a: WideFloat, b: Wide, exponent = 0): WideFloat {
    return this.normalize(this.mul(a, b), i32.add(a.exponent, c32(exponent)));
  }
  /** A number below 2^places in units of 2^(places - 128). */
  fixed(a: WideFloat, places: number): Wide {
    return this.shiftRight(a, this.fn.let(i32.sub(c32(places), a.exponent)));
  }
  /** The square of a number below 1, as a fraction. */
  square(a: WideFloat): Wide {
    return this.shiftRight(this.mul(a, a), this.atMost(i32.mul(a.exponent, c32(-2)), 255));
  }
  atMost(value: I32, limit: number): I32 {
    const given = this.fn.let(value);
    return this.fn.let(select(i32.gtU(given, c32(limit)), c32(limit), given));
  }

  /**
   * a / b with a relative error of 2^-100: by the reciprocal of b in double precision, and one step of Newton's method on
   * the quotient.
   */
  divide(a: WideFloat, b: WideFloat): WideFloat {
    const { fn } = this;
    const divisor = wasm<'f64'>('f64.convert_i64_u', b.hi) as F64;
    // 2^62 / b, b being taken as a fraction of 1/2 to 1.
    const reciprocal = fn.let(i64.truncSatF64U(wasm<'f64'>('f64.div', f64Const(2 ** 126), divisor)) as I64);
    const product = this.mulShort(b, reciprocal);
    // product = (1 - error) / 4, the error being some 2^-52; the residual is the error in units of 2^-110.
    const error = fn.let(i64.sub(c64(1n << 62n), product.hi));
    const residual = fn.let(
      i64.or(
        i64.shl(i64.sub(error, bit(i64.ne(product.lo, c64(0)))), c64(48)),
        i64.shrU(i64.sub(c64(0), product.lo), c64(16)),
      ),
    );
    const start = this.mulShort(a, reciprocal);
    const negative = fn.let(i64.ltS(residual, c64(0)));
    const size = fn.let(select(negative, i64.sub(c64(0), residual), residual));
    const change = this.high(start.hi, size);
    const correction: Wide = {
      hi: fn.let(i64.shrU(change, c64(46))),
      lo: fn.let(i64.shl(change, c64(18))),
    };
    const quotient = this.addSigned(start, correction, negative);
    return this.normalize(quotient, i32.add(i32.sub(a.exponent, b.exponent), c32(2)));
  }
}
