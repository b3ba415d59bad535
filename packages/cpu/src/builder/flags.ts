import { i32, i64, type Expression, type I32, type I64 } from '@trapgate/wasm-assembler';
import { AT } from '../state/layout';
import type { Builder } from './builder';
import { arithmetic, low32, signExtend, widen, type Value } from './values';

const TOP = 0x8000_0000 | 0;
const TOP_TWO = 0xc000_0000 | 0;

/** The shifts that set the flags in the same way: SHL, SHR, SAR (SDM vol. 2B). */
export type ShiftKind = 'shl' | 'shr' | 'sar';
/** The rotations that set CF and OF from their result alone (SDM vol. 2B). */
export type RotateKind = 'rol' | 'ror';

/**
 * The six arithmetic flags in generated code, for every width, in the lazy form that state/flags.ts describes: the carry
 * vector of an addition (bit n: carry out of bit n) normalized to 32 bits, and the result for ZF, SF and PF.
 */
export class Flags {
  constructor(protected readonly k: Builder) {}

  protected store(field: 'carries' | 'zeroResult' | 'signParity', value: I32): void {
    this.k.fn.store('i32.store', this.k.s, value, AT[field]);
  }
  protected load(field: 'carries' | 'zeroResult' | 'signParity'): I32 {
    return i32.load(this.k.s, AT[field]);
  }

  // -- producing ---------------------------------------------------------------------------------------------------

  /** ZF, SF and PF of a result. */
  result(width: number, value: Value): void {
    if (width === 64) {
      const wide = this.k.let(value as Expression<'i64'>);
      const high = this.k.let(i32.wrap(i64.shrU(wide, i64.const(32))));
      const low = this.k.let(i32.wrap(wide));
      this.store('zeroResult', i32.or(high, low));
      return this.store('signParity', i32.or(i32.and(high, i32.const(TOP)), i32.and(low, i32.const(0xff))));
    }
    const extended = this.k.let(signExtend(width, value) as I32);
    this.store('zeroResult', extended);
    this.store('signParity', extended);
  }

  private normalized(width: number, carries: Value): I32 {
    if (width === 32) return carries as I32;
    const vector = this.k.let(carries as Expression) as Value;
    if (width === 64) {
      const high = i32.wrap(i64.shrU(vector as Expression<'i64'>, i64.const(32)));
      return i32.or(i32.and(high, i32.const(TOP_TWO)), i32.and(low32(vector), i32.const(8)));
    }
    return i32.or(i32.shl(vector as I32, i32.const(32 - width)), i32.and(vector as I32, i32.const(8)));
  }

  /** The carry vector of a + b (+ carry in) = sum. Arguments are leaves. */
  private carryVector(width: number, a: Value, b: Value, sum: Value): Value {
    const op = arithmetic(width);
    const ones = op.const(-1);
    return op.or(op.and(a, b), op.and(op.or(a, b), op.xor(sum, ones)));
  }

  /** sum = a + b, or a + b + CF. */
  add(width: number, a: Value, b: Value, sum: Value): void {
    this.store('carries', this.normalized(width, this.carryVector(width, a, b, sum)));
    this.result(width, sum);
  }

  /** difference = a - b, or a - b - CF: the borrows are the carries of difference + b = a. */
  sub(width: number, a: Value, b: Value, difference: Value): void {
    this.store('carries', this.normalized(width, this.carryVector(width, difference, b, a)));
    this.result(width, difference);
  }

  /** AND, OR, XOR, TEST: CF = OF = 0 (AF, undefined, too). */
  logic(width: number, value: Value): void {
    this.store('carries', i32.const(0));
    this.result(width, value);
  }

  /** sum = a + 1 or difference = a - 1, keeping CF. */
  step(width: number, a: Value, result: Value, direction: 1 | -1): void {
    const one = arithmetic(width).const(1);
    const vector =
      direction > 0 ? this.carryVector(width, a, one, result) : this.carryVector(width, result, one, a);
    const fresh = this.k.let(this.normalized(width, vector));
    const flip = i32.shrS(i32.xor(fresh, this.load('carries')), i32.const(31));
    this.store('carries', i32.xor(fresh, i32.and(flip, i32.const(TOP_TWO))));
    this.result(width, result);
  }

  /** SHL, SHR and SAR of a (zero-extended) by a count that is not 0; AF, undefined, becomes 0. All are leaves. */
  shift(kind: ShiftKind, width: number, a: Value, count: I32, result: Value): void {
    const { k } = this;
    const op = arithmetic(width);
    const n = k.let(widen(width, count) as Expression) as Value;
    const top = (value: Value): I32 => i32.and(low32(op.shrU(value, op.const(width - 1))), i32.const(1));
    let cf: I32;
    let of: I32;
    if (kind === 'shl') {
      // The last bit shifted out: bit `width` of the unbounded result.
      const out =
        width < 32
          ? i32.shrU(result as I32, i32.const(width))
          : low32(op.shrU(a, op.sub(op.const(width), n)));
      cf = k.let(i32.and(out, i32.const(1)));
      of = i32.xor(cf, top(result));
    } else {
      const source = kind === 'sar' ? (k.let(signExtend(width, a) as Expression) as Value) : a;
      const before = op.sub(n, op.const(1));
      cf = i32.and(low32(kind === 'sar' ? op.shrS(source, before) : op.shrU(source, before)), i32.const(1));
      of = kind === 'sar' ? i32.const(0) : top(a);
    }
    this.explicit(k.let(cf), k.let(of));
    this.result(width, result);
  }

  /** ROL and ROR by a count that is not 0: CF and OF follow from the result (a leaf), the other flags stay. */
  rotate(kind: RotateKind, width: number, result: Value, _count?: I32): void {
    const { k } = this;
    const op = arithmetic(width);
    const bit = (n: number): I32 => i32.and(low32(op.shrU(result, op.const(n))), i32.const(1));
    const cf = k.let(bit(kind === 'rol' ? 0 : width - 1));
    this.setCarryOverflow(cf, k.let(i32.xor(cf, bit(kind === 'rol' ? width - 1 : width - 2))));
  }

  /** MUL: CF and OF tell whether the high half is needed; the undefined others follow from the low one. All are leaves. */
  multiplyUnsigned(width: number, low: I32, high: I32): void {
    this.product(width, low, i32.ne(signExtend(width, high) as I32, i32.const(0)));
  }

  /** IMUL of a and b, whose product's low part is given: CF and OF tell whether that is all of it. All are leaves. */
  multiplySigned(width: number, a: I32, b: I32, low: I32): void {
    const wide = (value: I32): I64 => i64.extendI32S(signExtend(width, value) as I32);
    this.product(width, low, i64.ne(i64.mul(wide(a), wide(b)), wide(low)));
  }

  private product(width: number, low: I32, over: I32): void {
    const carry = this.k.let(over);
    this.explicit(carry, carry);
    this.result(width, low);
  }

  /** CF, OF and AF given as 0 or 1 (leaves for cf). */
  explicit(cf: I32, of: I32, af: I32 = i32.const(0)): void {
    const second = i32.shl(i32.xor(cf, of), i32.const(30));
    this.store('carries', i32.or(i32.or(i32.shl(cf, i32.const(31)), second), i32.shl(af, i32.const(3))));
  }

  /** CF alone (0 or 1); the other flags stay. */
  setCarry(cf: I32): void {
    const old = this.k.let(this.load('carries'));
    const flip = i32.sub(i32.const(0), i32.xor(i32.shrU(old, i32.const(31)), cf));
    this.store('carries', i32.xor(old, i32.and(flip, i32.const(TOP_TWO))));
  }

  /** CF and OF (leaf, 0 or 1); AF and the rest stay. */
  setCarryOverflow(cf: I32, of: I32): void {
    const kept = i32.and(this.load('carries'), i32.const(~TOP_TWO));
    this.store(
      'carries',
      i32.or(kept, i32.or(i32.shl(cf, i32.const(31)), i32.shl(i32.xor(cf, of), i32.const(30)))),
    );
  }

  /** ZF alone (0 or 1 in `zf`); SF and PF stay. */
  setZero(zf: I32): void {
    this.store('zeroResult', i32.eqz(zf));
  }

  /** All six from a byte in EFLAGS' layout plus OF (0 or 1): SAHF, POPF, COMISS and the like. */
  fromByte(byte: I32, of: I32): void {
    const b = this.k.let(byte);
    const bit = (n: number): I32 => i32.and(i32.shrU(b, i32.const(n)), i32.const(1));
    this.explicit(this.k.let(bit(0)), of, bit(4));
    this.store('zeroResult', i32.eqz(bit(6)));
    this.store('signParity', i32.or(i32.shl(bit(7), i32.const(31)), i32.eqz(bit(2))));
  }

  // -- consuming: each 0 or 1 --------------------------------------------------------------------------------------

  cf(): I32 {
    return i32.shrU(this.load('carries'), i32.const(31));
  }
  of(): I32 {
    const carries = this.k.let(this.load('carries'));
    return i32.shrU(i32.xor(carries, i32.shl(carries, i32.const(1))), i32.const(31));
  }
  af(): I32 {
    return i32.and(i32.shrU(this.load('carries'), i32.const(3)), i32.const(1));
  }
  zf(): I32 {
    return i32.eqz(this.load('zeroResult'));
  }
  sf(): I32 {
    return i32.shrU(this.load('signParity'), i32.const(31));
  }
  pf(): I32 {
    const odd = i32.and(i32.popcnt(i32.and(this.load('signParity'), i32.const(0xff))) as I32, i32.const(1));
    return i32.xor(odd, i32.const(1));
  }

  /** Bits 7:0 of EFLAGS (bit 1 set), as LAHF stores them. */
  lowByte(): I32 {
    const at = (flag: I32, n: number): I32 => i32.shl(flag, i32.const(n));
    const parts = [at(this.pf(), 2), at(this.af(), 4), at(this.zf(), 6), at(this.sf(), 7), i32.const(2)];
    return parts.reduce((sum, part) => i32.or(sum, part), this.cf());
  }

  /** One of the sixteen conditions by its encoding (SDM vol. 1, B.1): 0 or 1. */
  condition(code: number): I32 {
    const positive = this.evenCondition(code >> 1);
    return code & 1 ? i32.eqz(positive) : positive;
  }

  private evenCondition(pair: number): I32 {
    switch (pair) {
      case 0:
        return this.of();
      case 1:
        return this.cf();
      case 2:
        return this.zf();
      case 3:
        return i32.or(this.cf(), this.zf());
      case 4:
        return this.sf();
      case 5:
        return this.pf();
      case 6:
        return this.less();
      default:
        return i32.or(this.less(), this.zf());
    }
  }

  /** SF != OF. */
  protected less(): I32 {
    const carries = this.k.let(this.load('carries'));
    const overflow = i32.xor(carries, i32.shl(carries, i32.const(1)));
    return i32.shrU(i32.xor(overflow, this.load('signParity')), i32.const(31));
  }
}
