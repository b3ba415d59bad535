import { inlinePlace, type AccessBytes } from '@trapgate/mmu';
import {
  call,
  constantOf,
  i32,
  i64,
  select,
  type FunctionRef,
  type I32,
  type I64,
  type Label,
} from '@trapgate/wasm-assembler';
import type { Builder } from '../../builder/builder';
import { c32, c64, EXTENDED, FLAG, TOP_BIT } from '../../float/format';
import { isOrdinary, isRefused, quickFlags, type QuickNumber } from '../../float/quick';
import { AT } from '../../state/layout';
import { CR0 } from '../../state/mode';
import { remember } from './x87';

export const SIGN = 0x8000;
/** Of the control word. */
const NEAREST_INEXACT_MASKED = { fields: 0xc20, value: 0x20 } as const;

/** A stack register: its number in the register file, and where it lies. */
export interface QuickRegister {
  readonly number: I32;
  readonly base: I32;
  readonly offset: number;
}

/** The ordinary cases of x87 instructions; see QuickSemantics. */
export class QuickX87 {
  /** Both are read by themselves: the processor would wait for the status word written last before it reads more than that. */
  readonly control: I32;
  readonly status: I32;
  private readonly top: I32;
  private readonly valid: I32;

  /** Goes on if the unit is available and no exception is pending. */
  constructor(
    readonly k: Builder,
    readonly otherwise: Label,
  ) {
    this.control = k.let(i32.load16U(k.s, AT.fpuControl));
    this.status = k.let(i32.load16U(k.s, AT.fpuStatus));
    const absent = i32.and(k.state32('cr0'), c32(CR0.em | CR0.ts));
    this.unless(i32.or(absent, i32.and(this.status, c32(FLAG.es))));
    this.top = k.let(k.state32('fpuTop'));
    this.valid = k.let(k.state32('fpuValid'));
  }

  unless(condition: I32): void {
    this.k.fn.brIf(this.otherwise, condition);
  }

  /** Rounding is to nearest, and the precision exception is masked. */
  requireNearest(): void {
    const { fields, value } = NEAREST_INEXACT_MASKED;
    this.unless(i32.ne(i32.and(this.control, c32(fields)), c32(value)));
  }

  // -- registers ---------------------------------------------------------------------------------------------------

  st(index: number | I32): QuickRegister {
    const { k } = this;
    const sum = i32.add(this.top, typeof index === 'number' ? c32(index) : index);
    const number = k.let(i32.and(sum, c32(7)));
    const fixed = constantOf(k.s);
    const place = i32.shl(number, c32(4));
    if (fixed !== undefined) return { number, base: k.let(place), offset: fixed + AT.fpr };
    return { number, base: k.let(i32.add(k.s, place)), offset: AT.fpr };
  }
  sti(): QuickRegister {
    return this.st(this.k.registerNumber('rm'));
  }
  private filled({ number }: QuickRegister): I32 {
    return i32.and(i32.shrU(this.valid, number), c32(1));
  }
  requireFilled(...registers: QuickRegister[]): void {
    const all = registers.map((register) => this.filled(register)).reduce((a, b) => i32.and(a, b));
    this.unless(i32.eqz(all));
  }
  /** The register that will be ST(0): it has to be empty. */
  below(): QuickRegister {
    const below = this.st(-1);
    this.unless(this.filled(below));
    return below;
  }
  read({ base, offset }: QuickRegister): QuickNumber {
    const { k } = this;
    const significand = k.let(i64.load(base, offset));
    return { significand, word: k.let(i32.load16U(base, offset + 8)) };
  }
  write({ base, offset }: QuickRegister, { significand, word }: QuickNumber): void {
    const { fn } = this.k;
    fn.store('i64.store', base, significand, offset);
    fn.store('i32.store16', base, word, offset + 8);
  }
  /** Marks registers as filled and, if given, ST(0) as empty; moves TOP. */
  private mark(filled: QuickRegister | undefined, emptied: readonly QuickRegister[], turn: number): void {
    const { k } = this;
    const bit = ({ number }: QuickRegister): I32 => i32.shl(c32(1), number);
    let valid = filled ? i32.or(this.valid, bit(filled)) : this.valid;
    for (const register of emptied) valid = i32.and(valid, i32.xor(bit(register), c32(-1)));
    k.setState32('fpuValid', valid);
    if (turn !== 0) k.setState32('fpuTop', i32.and(i32.add(this.top, c32(turn)), c32(7)));
  }
  fill(register: QuickRegister): void {
    this.mark(register, [], 0);
  }
  push(below: QuickRegister, value: QuickNumber): void {
    this.write(below, value);
    this.mark(below, [], -1);
  }
  /** Pops `count` registers, `filled` having got a value before. */
  pop(count: number, filled?: QuickRegister): void {
    if (count === 0 && !filled) return;
    const emptied = Array.from({ length: count }, (_, n) => this.st(n));
    this.mark(filled, emptied, count);
  }

  // -- operands ----------------------------------------------------------------------------------------------------

  /** Address of the memory operand in linear memory. */
  place(bits: number, access: 'read' | 'write'): I32 {
    const { k } = this;
    return inlinePlace(k, (bits / 8) as AccessBytes, k.let(k.linear()), access, this.otherwise);
  }
  /** The memory operand, a number of 32 or 64 bits, widened; neither denormal nor infinite nor a NaN. */
  number(bits: number): QuickNumber {
    const place = this.place(bits, 'read');
    const { k } = this;
    if (bits === 32) {
      const single = k.let(i32.load(place));
      const sign = i32.and(i32.shrU(single, c32(16)), c32(SIGN));
      const field = k.let(i32.and(i32.shrU(single, c32(23)), c32(0xff)));
      const fraction = i64.shl(i64.extendI32U(single), c64(40));
      return this.widened(sign, field, 127, 0xff, k.let(fraction));
    }
    const double = k.let(i64.load(place));
    const high = k.let(i32.wrap(i64.shrU(double, c64(52))));
    const sign = i32.and(i32.shl(high, c32(4)), c32(SIGN));
    const field = k.let(i32.and(high, c32(0x7ff)));
    return this.widened(sign, field, 1023, 0x7ff, k.let(i64.shl(double, c64(11))));
  }
  /** `fraction` is left-justified below the integer bit, with anything above it. */
  private widened(sign: I32, field: I32, bias: number, last: number, fraction: I64): QuickNumber {
    const { k } = this;
    const significand = k.fn.variable(i64.or(fraction, TOP_BIT));
    const word = k.fn.variable(i32.add(field, c32(EXTENDED.bias - bias)));
    k.if(i32.geU(i32.sub(field, c32(1)), c32(last - 1)), () => {
      const zero = i32.and(i32.eqz(field), i64.eqz(i64.shl(fraction, c64(1))));
      this.unless(i32.eqz(zero));
      k.fn.set(significand, c64(0));
      k.fn.set(word, c32(0));
    });
    return { significand: significand.get, word: k.let(i32.or(word.get, sign)) };
  }
  /** The memory operand, a signed integer, as a number. */
  integer(bits: number): QuickNumber {
    const { k } = this;
    const place = this.place(bits, 'read');
    const load = bits === 16 ? i64.load16S : bits === 32 ? i64.load32S : i64.load;
    const value = k.let(load(place));
    const mask = k.let(i64.shrS(value, c64(63)));
    const magnitude = k.let(i64.sub(i64.xor(value, mask), mask));
    const shift = k.let(i64.clz(magnitude));
    const sign = i32.and(i32.wrap(mask), c32(SIGN));
    const word = i32.or(i32.sub(c32(EXTENDED.bias + 63), i32.wrap(shift)), sign);
    return {
      significand: k.let(i64.shl(magnitude, shift)),
      word: k.let(select(i64.eqz(value), c32(0), word)),
    };
  }
  requireOrdinary(x: QuickNumber): void {
    this.unless(i32.eqz(isOrdinary(x)));
  }

  // -- outcome -----------------------------------------------------------------------------------------------------

  /** One of the quick functions, its result going to a register. */
  apply(fn: FunctionRef, to: QuickRegister, a: QuickNumber, b: QuickNumber): void {
    const called = call(fn, this.control, a.significand, a.word, b.significand, b.word);
    const [significand, word] = this.k.fn.letResults(called) as [I64, I32];
    this.unless(isRefused(word));
    this.write(to, { significand, word });
    this.setStatus(quickFlags(word));
  }
  /** Replaces C1, or the condition codes in `clear`, by those of `flags`, and adds exceptions, which are masked. */
  setStatus(flags: I32, clear: number = FLAG.c1): void {
    const kept = i32.and(this.status, c32(~clear));
    this.k.fn.store('i32.store16', this.k.s, i32.or(kept, flags), AT.fpuStatus);
  }
  remember(memory = this.k.variant.memory): void {
    remember(this.k, memory ? this.k.linear() : undefined);
  }
}
