import {
  inlineCommit,
  inlineLoad,
  inlineModify,
  inlineProbe,
  inlineStore,
  type AccessBytes,
  type AccessSite,
  type MemoryFunctions,
} from '@trapgate/mmu';
import {
  call,
  i32,
  i64,
  type Expression,
  type FunctionBuilder,
  type FunctionRef,
  type I32,
  type I64,
} from '@trapgate/wasm-assembler';
import type { Form, OperandSpec } from '@trapgate/x86-decoder';
import type { FloatFunctions } from '../float/functions';
import { AT, GPR, SEGMENT, STATE, type StateField } from '../state/layout';
import type { SystemFunctions } from '../semantics/system/functions';
import { STATUS, type Status } from '../system/context';
import { Flags } from './flags';
import { MemoryOperand, RegisterOperand, ImmediateOperand, type Operand, type Place } from './operands';
import { arithmetic, type Arithmetic, type Value } from './values';

/** Functions that generated instruction code calls. */
export interface SupportFunctions {
  readonly memory: MemoryFunctions;
  /** (state, segment, offset, bytes | write << 8) -> linear address; look at `faulted` afterwards. */
  readonly segmentAddress: FunctionRef;
  /** (index of the host instruction, linear address of its memory operand, EIP) -> status. */
  readonly host: FunctionRef;
  /** Software floating point. */
  readonly float: FloatFunctions;
  /** What the fast paths of system instructions call. */
  readonly system: SystemFunctions;
}

/** The assumptions that one handler is generated under. */
export interface Variant {
  /** The rm operand is memory. */
  readonly memory: boolean;
  /** Segments are not flat: stack, string and other implicit accesses go through their segment. */
  readonly general: boolean;
}

/** What an instruction's meaning is written against: one function from builder and operands to emitted code. */
export type Semantics = (k: Builder, ...operands: Operand[]) => void;

/**
 * Emits the meaning of one instruction. The subclasses decide where operands come from: a decoded record in memory (the
 * interpreter) or constants (the translator).
 */
export abstract class Builder implements AccessSite {
  readonly layout = STATE;
  private flagsOfInstruction: Flags | undefined;
  readonly functions: MemoryFunctions;
  private linearAddress: I32 | undefined;

  constructor(
    readonly fn: FunctionBuilder,
    readonly s: I32,
    readonly support: SupportFunctions,
    readonly form: Form,
    readonly variant: Variant,
  ) {
    this.functions = support.memory;
  }

  get flags(): Flags {
    this.flagsOfInstruction ??= this.makeFlags();
    return this.flagsOfInstruction;
  }

  /** A back end may keep the flags elsewhere than in the state block. */
  protected makeFlags(): Flags {
    return new Flags(this);
  }

  /** The state's tlbContext, where the back end has it in a local. */
  tlbContext(): I32 | undefined {
    return undefined;
  }

  // -- what back ends supply ---------------------------------------------------------------------------------------

  /** The general register in ModRM.reg or ModRM.rm (or the opcode). */
  abstract register(field: 'reg' | 'rm'): Place;
  /** ModRM.reg or ModRM.rm as a number (x87, MMX and SSE registers). */
  abstract registerNumber(field: 'reg' | 'rm'): I32;
  abstract immediate(): I32;
  /** Offset of the memory operand within its segment, if flat or checked already its linear address. */
  protected abstract effectiveAddress(): I32;
  /** EIP of this instruction. */
  abstract ip(): I32;
  /** EIP of the instruction behind this one. */
  abstract nextIp(): I32;
  /** The segment of a string instruction's source, as a number. */
  abstract stringSegment(): I32;
  /** FFFFh or FFFFFFFFh: which bits of the index registers string instructions, LOOP and JCXZ use. */
  abstract addressMask(): I32;
  /** Leaves the instruction with a status; must not fall through. */
  abstract leaveWith(status: Status): void;
  /** Leaves with a status, the instruction being done: rip names the next one. */
  leaveNext(status: Status): void {
    this.fn.store('i32.store', this.s, this.nextIp(), AT.rip);
    this.leaveWith(status);
  }
  /** Leaves so that this instruction is executed again. */
  abstract leaveAgain(): void;
  /**
   * Has the host function of the same name execute the instruction instead. `memory`: it has a memory operand, whose linear
   * address has been computed.
   */
  abstract leaveToHost(memory?: boolean): void;
  /** Continues at a near target (an EIP value, masked to the operand size); must not fall through. */
  abstract jump(target: I32): void;
  /** Continues at the target of a relative branch. */
  abstract jumpRelative(): void;
  /** The target of a relative branch (an EIP value, masked to the operand size), in a local. */
  abstract relativeTarget(): I32;
  /** Whether a REP prefix is present: 0, F2h or F3h. */
  abstract repeat(): I32;

  // -- values ------------------------------------------------------------------------------------------------------

  /** Puts a value into a local unless it is one; needed for whatever is used twice. */
  let<E extends Expression>(value: E): E {
    return this.fn.let(value) as E;
  }
  op(width: number): Arithmetic {
    return arithmetic(width);
  }
  if(condition: I32, then: () => void, otherwise?: () => void): void {
    this.fn.if(condition, then, otherwise);
  }

  // -- state -------------------------------------------------------------------------------------------------------

  state32(name: StateField, element = 0): I32 {
    return STATE.load32(this.s, name, element);
  }
  setState32(name: StateField, value: I32, element = 0): void {
    STATE.store32(this.fn, this.s, name, value, element);
  }
  state64(name: StateField, element = 0): I64 {
    return STATE.load64(this.s, name, element);
  }
  setState64(name: StateField, value: I64, element = 0): void {
    STATE.store64(this.fn, this.s, name, value, element);
  }

  /** General register by number, low `width` bits zero-extended, in a local. */
  gpr(number: number, width: number): Value {
    return this.loadPlace({ base: this.s, offset: AT.gpr + 8 * number }, width);
  }
  setGpr(number: number, width: number, value: Value): void {
    this.storePlace({ base: this.s, offset: AT.gpr + 8 * number }, width, value);
  }

  loadPlace(place: Place, width: number): Value {
    const { base, offset } = place;
    if (width === 8) return this.let(i32.load8U(base, offset));
    if (width === 16) return this.let(i32.load16U(base, offset));
    return width === 32 ? this.let(i32.load(base, offset)) : this.let(i64.load(base, offset));
  }

  /** Writes a register. In 16- and 32-bit code the upper halves of the slots mean nothing. */
  storePlace(place: Place, width: number, value: Value): void {
    const operation =
      width === 8 ? 'i32.store8' : width === 16 ? 'i32.store16' : width === 32 ? 'i32.store' : 'i64.store';
    this.fn.store(operation, place.base, value, place.offset);
  }

  // -- operands ----------------------------------------------------------------------------------------------------

  /** The linear address of the memory operand, in a local; its segment has been checked. */
  linear(): I32 {
    this.linearAddress ??= this.let(this.effectiveAddress());
    return this.linearAddress;
  }

  operand(spec: OperandSpec): Operand {
    switch (spec.kind) {
      case 'reg':
        return new RegisterOperand(this, spec.size, this.register('reg'));
      case 'opreg':
      case 'r':
        return new RegisterOperand(this, spec.size, this.register('rm'));
      case 'rm':
        if (this.variant.memory) return new MemoryOperand(this, spec.memory ?? spec.size, spec.access);
        return new RegisterOperand(this, spec.size, this.register('rm'));
      case 'm':
      case 'moffs':
        return new MemoryOperand(this, spec.size, spec.access);
      case 'fixed':
        return new RegisterOperand(this, spec.size, {
          base: this.s,
          offset: fixedRegisterOffset(spec.register!),
        });
      case 'imm':
        return new ImmediateOperand(this, spec.extended ?? spec.size, this.let(this.immediate()));
      case 'one':
        return new ImmediateOperand(this, spec.size, i32.const(1));
      default:
        return new ImmediateOperand(this, spec.size, i32.const(0));
    }
  }

  // -- memory ------------------------------------------------------------------------------------------------------

  leave(): void {
    this.leaveWith(STATUS.fault);
  }

  /** Loads `bytes` bytes at a linear address. */
  load(bytes: AccessBytes, linear: I32): Value {
    return inlineLoad(this, bytes, this.let(linear)) as Value;
  }
  store(bytes: AccessBytes, linear: I32, value: Value): void {
    inlineStore(this, bytes, this.let(linear), this.let(value as Expression));
  }
  /** Address in linear memory of an operand that will be read and written; finish with {@link commit}. */
  modify(bytes: AccessBytes, linear: I32): I32 {
    return inlineModify(this, bytes, this.let(linear));
  }
  commit(place: I32): void {
    inlineCommit(this, place);
  }
  /** Leaves with the fault unless `bytes` bytes can be written. */
  probe(bytes: number, linear: I32): void {
    inlineProbe(this, bytes, this.let(linear));
  }

  /** Linear address of an offset in a segment; checks the segment unless it is flat. `segment` is a number or a value. */
  segmentLinear(segment: number | I32, offset: I32, bytes: number, write: boolean): I32 {
    if (!this.variant.general) return this.let(offset);
    const number = typeof segment === 'number' ? i32.const(segment) : segment;
    const linear = this.let(
      call<'i32'>(
        this.support.segmentAddress,
        this.s,
        number,
        offset,
        i32.const(bytes | (write ? 0x100 : 0)),
      ),
    );
    this.if(this.state32('faulted'), () => this.leave());
    return linear;
  }

  /** #GP(0) for a near branch beyond the limit of CS (SDM vol. 2, JMP); nothing of the instruction may have happened yet. */
  requireCode(target: I32): void {
    if (!this.variant.general) return;
    this.if(i32.gtU(target, this.state32('segmentLimit', SEGMENT.cs)), () => this.raise(13, i32.const(0)));
  }

  // -- stack (SDM vol. 1, 6.2) -------------------------------------------------------------------------------------

  private stackPointer(delta: number): I32 {
    const sum = i32.add(this.gpr(GPR.esp, 32) as I32, i32.const(delta));
    return this.let(this.variant.general ? i32.and(sum, this.state32('stackMask')) : sum);
  }

  /** Sets ESP or SP from a value already masked. */
  setStackPointer(value: I32): void {
    if (!this.variant.general) return this.setGpr(GPR.esp, 32, value);
    const mask = this.let(this.state32('stackMask'));
    const kept = i32.and(this.gpr(GPR.esp, 32) as I32, i32.xor(mask, i32.const(-1)));
    this.setGpr(GPR.esp, 32, i32.or(kept, i32.and(value, mask)));
  }

  /** Linear address of the stack slot `delta` bytes above the stack pointer. */
  stackLinear(delta: number, bytes: number, write: boolean): { pointer: I32; linear: I32 } {
    const pointer = this.stackPointer(delta);
    return { pointer, linear: this.segmentLinear(SEGMENT.ss, pointer, bytes, write) };
  }

  push(width: number, value: Value): void {
    const bytes = (width / 8) as AccessBytes;
    const { pointer, linear } = this.stackLinear(-bytes, bytes, true);
    this.store(bytes, linear, value);
    this.setStackPointer(pointer);
  }

  /** Reads the top of the stack without removing it. */
  peek(width: number, delta = 0): Value {
    const bytes = (width / 8) as AccessBytes;
    return this.load(bytes, this.stackLinear(delta, bytes, false).linear);
  }

  drop(bytes: number): void {
    this.setStackPointer(this.stackPointer(bytes));
  }

  // -- faults ------------------------------------------------------------------------------------------------------

  /** Raises an exception and leaves; `error` is the error code, or nothing. Nothing of the instruction may have happened yet. */
  raise(vector: number, error?: I32): void {
    this.setState32('faulted', i32.const(1));
    this.setState32('faultVector', i32.const(vector));
    this.setState32('faultError', error ?? i32.const(-1));
    this.leave();
  }
}

const FIXED: Readonly<Record<string, number>> = {
  al: 0,
  ax: 0,
  eax: 0,
  rax: 0,
  cl: 8,
  cx: 8,
  ecx: 8,
  dl: 16,
  dx: 16,
  edx: 16,
  ah: 1,
  xmm0: AT.xmm - AT.gpr,
  es: 0,
  cs: 0,
  ss: 0,
  ds: 0,
  fs: 0,
  gs: 0,
};

function fixedRegisterOffset(name: string): number {
  const offset = FIXED[name];
  if (offset === undefined) throw new TypeError(`no place is known for the implied register ${name}`);
  return AT.gpr + offset;
}
