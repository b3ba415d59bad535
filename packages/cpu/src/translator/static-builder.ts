import { call, i32, type FunctionBuilder, type I32 } from '@trapgate/wasm-assembler';
import type { OperandKind } from '@trapgate/x86-decoder';
import { Builder, type SupportFunctions, type Variant } from '../builder/builder';
import { immediateOf } from '../builder/float-opcode';
import { effectiveDisplacement, registerOffset, segmentCheck } from '../builder/instruction-facts';
import type { Place } from '../builder/operands';
import { low32, type Value } from '../builder/values';
import { AT, type StateField } from '../state/layout';
import { ATTRIBUTE } from '../state/mode';
import { STATUS, type HostInstruction, type Status } from '../system/context';
import type { RegisterFile } from './register-file';

/** The function around the instructions: its registers and its one way out. */
export interface BlockFrame {
  readonly fn: FunctionBuilder;
  readonly s: I32;
  readonly support: SupportFunctions;
  /** Mode word that the instructions were decoded under. */
  readonly mode: number;
  readonly registers: RegisterFile;
  /** EIP of the block's first instruction; a leaf. */
  readonly start: I32;
  /** Leaves the block: rip becomes `ip`, and `notRun` of its instructions are given back to the budget. */
  leave(status: Status, ip: I32, notRun: number): void;
  /** Leaves the block by having a host function execute the instruction. */
  leaveToHost(instruction: HostInstruction, linear: I32, position: Position): void;
}

/** Where an instruction stands in its block. */
export interface Position {
  /** Bytes from the block's first instruction. */
  readonly offset: number;
  /** Instructions of the block behind this one. */
  readonly behind: number;
}

/** Operands are those of one decoded instruction, as constants: the translator's back end. */
export class StaticBuilder extends Builder {
  constructor(
    protected readonly frame: BlockFrame,
    protected readonly instruction: HostInstruction,
    protected readonly position: Position,
    variant: Variant,
  ) {
    super(frame.fn, frame.s, frame.support, instruction.form, variant);
  }

  // -- operands ----------------------------------------------------------------------------------------------------

  private sizeOf(...kinds: OperandKind[]): number {
    return this.form.operands.find(({ kind }) => kinds.includes(kind))?.size ?? 32;
  }
  register(field: 'reg' | 'rm'): Place {
    const { decoded } = this.instruction;
    const [number, size] =
      field === 'reg' ? [decoded.reg, this.sizeOf('reg')] : [decoded.rm, this.sizeOf('rm', 'r', 'opreg')];
    return { base: this.s, offset: AT.gpr + registerOffset(number, size, decoded.rex) };
  }
  registerNumber(field: 'reg' | 'rm'): I32 {
    return i32.const(this.instruction.decoded[field]);
  }
  immediate(): I32 {
    return i32.const(immediateOf(this.form, this.instruction.decoded));
  }
  stringSegment(): I32 {
    return i32.const(this.instruction.decoded.segment);
  }
  addressMask(): I32 {
    return i32.const(this.instruction.decoded.addressSize === 16 ? 0xffff : -1);
  }
  repeat(): I32 {
    const { rep } = this.instruction.decoded;
    return i32.const(rep === 0xf2 ? 1 : rep === 0xf3 ? 2 : 0);
  }

  /** The block has taken the instructions behind this one from the budget already: to semantics they are still in it. */
  override state32(name: StateField, element = 0): I32 {
    const value = super.state32(name, element);
    return name === 'budget' ? i32.add(value, i32.const(this.position.behind)) : value;
  }
  override setState32(name: StateField, value: I32, element = 0): void {
    super.setState32(
      name,
      name === 'budget' ? i32.sub(value, i32.const(this.position.behind)) : value,
      element,
    );
  }

  override loadPlace(place: Place, width: number): Value {
    if (!this.frame.registers.holds(place)) return super.loadPlace(place, width);
    return this.frame.registers.read(place.offset, narrow(width));
  }
  override storePlace(place: Place, width: number, value: Value): void {
    if (!this.frame.registers.holds(place)) return super.storePlace(place, width, value);
    this.frame.registers.write(place.offset, narrow(width), low32(value));
  }

  /** The terms that the instruction has, in a local of its own (a register may change before the address is used). */
  protected effectiveAddress(): I32 {
    const { form, decoded } = this.instruction;
    let sum = i32.const(effectiveDisplacement(form, decoded));
    if (decoded.index >= 0)
      sum = i32.add(i32.shl(this.gpr(decoded.index, 32) as I32, i32.const(Math.log2(decoded.scale))), sum);
    if (decoded.base >= 0) sum = i32.add(this.gpr(decoded.base, 32) as I32, sum);
    if (decoded.addressSize === 16) sum = i32.and(sum, i32.const(0xffff));
    const check = segmentCheck(form, decoded, this.frame.mode);
    if (!check) return sum;
    return this.checkedAddress(decoded.segment, this.let(sum), check);
  }

  /** Most often the segment is writable expand-up data, and the operand inside it: see emitSegmentAddress. */
  private checkedAddress(
    segment: number,
    offset: I32,
    { bytes, write }: { readonly bytes: number; readonly write: boolean },
  ): I32 {
    const { fn } = this;
    const { present, writable, code, expandDown } = ATTRIBUTE;
    const attributes = this.state32('segmentAttributes', segment);
    const kind = i32.and(attributes, i32.const(present | writable | code | expandDown));
    const last = this.let(i32.add(offset, i32.const(bytes - 1)));
    const inside = i32.and(i32.leU(last, this.state32('segmentLimit', segment)), i32.geU(last, offset));
    const linear = fn.local('i32');
    fn.if(
      i32.and(i32.eq(kind, i32.const(present | writable)), inside),
      () => fn.set(linear, i32.add(this.state32('segmentBase', segment), offset)),
      () => {
        const access = i32.const(bytes | (write ? 0x100 : 0));
        const operands = [this.s, i32.const(segment), offset, access] as const;
        fn.set(linear, call<'i32'>(this.support.segmentAddress, ...operands));
        fn.ifRarely(this.state32('faulted'), () => this.leave());
      },
      'true',
    );
    return linear.get;
  }

  // -- leaving -----------------------------------------------------------------------------------------------------

  private at(offset: number): I32 {
    return this.let(i32.add(this.frame.start, i32.const(offset)));
  }
  /** EIP of this instruction. */
  ip(): I32 {
    return this.at(this.position.offset);
  }
  nextIp(): I32 {
    return this.at(this.position.offset + this.instruction.decoded.length);
  }
  /** A faulting instruction has not been executed; any other that leaves here has, and continues at its own EIP. */
  leaveWith(status: Status): void {
    this.frame.leave(status, this.ip(), this.position.behind + (status === STATUS.fault ? 1 : 0));
  }
  override leaveNext(status: Status): void {
    this.frame.leave(status, this.nextIp(), this.position.behind);
  }
  leaveAgain(): void {
    this.leaveWith(STATUS.jump);
  }
  leaveToHost(): void {
    const linear = this.variant.memory ? this.linear() : i32.const(0);
    this.frame.leaveToHost(this.instruction, linear, this.position);
  }
  jump(target: I32): void {
    this.frame.leave(STATUS.jump, target, this.position.behind);
  }
  jumpRelative(): void {
    this.jump(this.relativeTarget());
  }
  relativeTarget(): I32 {
    const { length, branch } = this.instruction.decoded;
    const target = i32.add(this.frame.start, i32.const(this.position.offset + length + branch));
    return this.let(this.form.operandSize === 16 ? i32.and(target, i32.const(0xffff)) : target);
  }
}

function narrow(width: number): 8 | 16 | 32 {
  if (width === 64) throw new RangeError('general registers of 64 bits are not translated yet');
  return width as 8 | 16 | 32;
}
