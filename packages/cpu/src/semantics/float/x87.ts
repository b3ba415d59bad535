import {
  call,
  i32,
  i64,
  select,
  type Expression,
  type FunctionRef,
  type I32,
} from '@trapgate/wasm-assembler';
import type { Builder } from '../../builder/builder';
import { BEFORE, c32, c64, DEFAULT_NAN, FLAG } from '../../float/format';
import type { FloatFunctions } from '../../float/functions';
import { scratch, type SCRATCH } from '../../float/scratch';
import { AT, SEGMENT } from '../../state/layout';
import { CR0 } from '../../state/mode';
import { VECTOR } from '../../system/vectors';

/** Exceptions that keep a result out of memory: there is no wrapped exponent for a destination in memory. */
export const BEFORE_STORE = BEFORE | FLAG.oe | FLAG.ue;

/** A stack register as an instruction sees it. */
export interface StackRegister {
  /** Number in the register file. */
  readonly number: I32;
  /** Address of the 80-bit value. */
  readonly at: I32;
}

/** What all x87 instructions have in common: availability, the register stack, the status word (SDM vol. 1, chapter 8). */
export class X87 {
  readonly float: FloatFunctions;
  private readonly top: I32;

  /** `waiting`: a pending unmasked exception is raised first. (Without CR0.NE nothing is raised: no FERR# here.) */
  constructor(
    readonly k: Builder,
    waiting = true,
  ) {
    this.float = k.support.float;
    k.if(i32.and(k.state32('cr0'), c32(CR0.em | CR0.ts)), () => k.raise(VECTOR.nm));
    if (waiting) raisePending(k);
    this.top = k.let(k.state32('fpuTop'));
  }

  /** See {@link remember}. */
  remember(linear?: I32): this {
    remember(this.k, linear);
    return this;
  }

  // -- registers ---------------------------------------------------------------------------------------------------

  st(index: number | I32): StackRegister {
    const { k } = this;
    const sum = i32.add(this.top, typeof index === 'number' ? c32(index) : index);
    const number = k.let(i32.and(sum, c32(7)));
    return { number, at: k.let(i32.add(i32.add(k.s, c32(AT.fpr)), i32.shl(number, c32(4)))) };
  }
  /** ST(i) named by ModRM.rm. */
  sti(): StackRegister {
    return this.st(this.k.registerNumber('rm'));
  }
  /** 1 if the register holds something. */
  filled(register: StackRegister): I32 {
    return i32.and(i32.shrU(this.k.state32('fpuValid'), register.number), c32(1));
  }
  private bit(register: StackRegister): I32 {
    return i32.shl(c32(1), register.number);
  }
  setFilled(register: StackRegister): void {
    this.k.setState32('fpuValid', i32.or(this.k.state32('fpuValid'), this.bit(register)));
  }
  setEmpty(register: StackRegister): void {
    this.k.setState32('fpuValid', i32.and(this.k.state32('fpuValid'), i32.xor(this.bit(register), c32(-1))));
  }
  /** Marks ST(0) (and ST(1)) empty and moves TOP. */
  pop(count = 1): void {
    for (let n = 0; n < count; n++) this.setEmpty(this.st(n));
    this.turn(count);
  }
  turn(by: number): void {
    this.k.setState32('fpuTop', i32.and(i32.add(this.top, c32(by)), c32(7)));
  }

  // -- values ------------------------------------------------------------------------------------------------------

  slot(name: keyof typeof SCRATCH): I32 {
    return this.k.let(scratch(this.k.s, name));
  }
  copy(to: I32, from: I32): void {
    const value = this.k.let(i64.load(from));
    this.k.fn.store('i64.store', to, value);
    this.k.fn.store('i32.store16', to, i32.load16U(from, 8), 8);
  }
  setConstant(to: I32, significand: bigint, signExponent: number): void {
    this.k.fn.store('i64.store', to, c64(significand));
    this.k.fn.store('i32.store16', to, c32(signExponent), 8);
  }
  setDefaultNan(to: I32): void {
    this.setConstant(to, DEFAULT_NAN.significand, DEFAULT_NAN.signExponent);
  }

  // -- outcome -----------------------------------------------------------------------------------------------------

  /** The mode word: the control word and more. */
  mode(extra: I32 = c32(0)): I32 {
    return i32.or(this.k.state32('fpuControl'), extra);
  }
  /** Nonzero if one of the exceptions in `mask` is raised and unmasked. */
  blocked(flags: I32, mask: number): I32 {
    const open = i32.xor(this.k.state32('fpuControl'), c32(-1));
    return this.k.let(i32.and(i32.and(flags, open), c32(mask)));
  }
  /** Enters flags (and condition codes) into the status word; `clear` are the codes that may become 0, as a rule C1. */
  commit(flags: I32, clear: I32 = c32(FLAG.c1)): void {
    this.k.fn.drop(call(this.float.commit, this.k.s, flags, clear));
  }

  /** Flags of `compute` if `available`, else those of a stack fault, `otherwise` supplying the masked response. */
  guarded(available: I32, compute: () => I32, otherwise: () => void, fault = FLAG.ie | FLAG.sf): I32 {
    const { fn } = this.k;
    const flags = fn.variable(c32(fault));
    fn.if(available, () => fn.set(flags, compute()), otherwise);
    return flags.get;
  }

  /** An operation on registers: `compute` leaves its result in scratch z; unless an exception prevents it, it goes to `to`. */
  produce(to: StackRegister, available: I32, compute: (z: I32) => I32, pops = 0): void {
    this.commit(this.result(to, available, compute, pops));
  }

  /** As {@link produce}, but gives the flags instead of entering them. */
  result(to: StackRegister, available: I32, compute: (z: I32) => I32, pops = 0): I32 {
    const z = this.slot('z');
    const flags = this.guarded(
      available,
      () => compute(z),
      () => this.setDefaultNan(z),
    );
    const blocked = this.blocked(flags, BEFORE);
    this.k.if(i32.eqz(blocked), () => {
      this.copy(to.at, z);
      this.setFilled(to);
      if (pops > 0) this.pop(pops);
    });
    return flags;
  }

  /** Pushes what `compute` leaves in scratch z; `available`: besides the register below the top being empty. */
  push(compute: (z: I32) => I32, available?: I32): void {
    const below = this.st(-1);
    const z = this.slot('z');
    const empty = this.k.let(i32.eqz(this.filled(below)));
    const source = available ? this.k.let(available) : c32(1);
    const flags = this.k.fn.variable(
      select(source, c32(FLAG.ie | FLAG.sf | FLAG.c1), c32(FLAG.ie | FLAG.sf)) as Expression<'i32'>,
    );
    this.k.if(
      i32.and(empty, source),
      () => this.k.fn.set(flags, compute(z)),
      () => this.setDefaultNan(z),
    );
    // A denormal is pushed even if that exception is unmasked (AMD's processors do so).
    const blocked = this.blocked(flags.get, FLAG.ie);
    this.k.if(i32.eqz(blocked), () => {
      this.copy(below.at, z);
      this.setFilled(below);
      this.turn(-1);
    });
    this.commit(flags.get);
  }

  unary(operation: FunctionRef): void {
    const st0 = this.st(0);
    this.produce(st0, this.filled(st0), (z) => call(operation, z, st0.at, this.mode()));
  }
}

/**
 * The instruction is one that the last instruction's registers remember: its address and opcode, and the address of its
 * memory operand if it has one (SDM vol. 1, 8.1.8).
 */
export function remember(k: Builder, linear?: I32): void {
  if (linear) {
    const segment = k.stringSegment();
    const base = i32.load(k.let(i32.add(k.s, i32.shl(segment, c32(3)))), AT.segmentBase);
    k.setState32('fpuDataPointer', i32.sub(linear, base));
    const selector = i32.load16U(k.let(i32.add(k.s, i32.shl(segment, c32(1)))), AT.selector);
    k.fn.store('i32.store16', k.s, selector, AT.fpuDataSelector);
  }
  const selector = i32.load16U(k.s, AT.selector + 2 * SEGMENT.cs);
  // The opcode, and the selector behind it.
  k.fn.store('i32.store', k.s, i32.or(lastOpcode(k), i32.shl(selector, c32(16))), AT.fpuOpcode);
  k.fn.store('i32.store', k.s, k.ip(), AT.fpuInstructionPointer);
}

/** See floatOpcode; instructions that may be left to the host have one encoding. */
function lastOpcode(k: Builder): I32 {
  const { form, variant } = k;
  const first = (form.opcode & 7) << 8;
  if (variant.memory) return k.immediate();
  if (form.fixedModrm >= 0) return c32(first | form.fixedModrm);
  return i32.or(c32(first | 0xc0 | (form.digit << 3)), k.registerNumber('rm'));
}

/** #MF for an exception that an earlier instruction left behind. */
export function raisePending(k: Builder): void {
  const pending = i32.and(k.state32('fpuStatus'), c32(FLAG.es));
  const reported = i32.and(k.state32('cr0'), c32(CR0.ne));
  k.if(i32.and(i32.ne(pending, c32(0)), i32.ne(reported, c32(0))), () => k.raise(VECTOR.mf));
}

/** C1 if the flags tell of a stack fault: instructions that otherwise leave C1 alone clear it then. */
export const stackFaultC1 = (flags: I32): I32 => i32.shl(i32.and(flags, c32(FLAG.sf)), c32(3));

/** DE (2) as the mode bit that says an operand was denormal. */
export const asDenormalMode = (de: I32): I32 => i32.shl(de, c32(20));
