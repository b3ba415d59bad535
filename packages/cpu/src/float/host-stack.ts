import { floatOpcode } from '../builder/float-opcode';
import { AT, SEGMENT } from '../state/layout';
import type { ProcessorState } from '../state/processor-state';
import { STATUS, type HostFunction, type HostInstruction, type SystemContext } from '../system/context';
import { raisePending, requireX87, stackAt } from './environment';
import { DEFAULT_NAN, type Extended, type Rounded } from './extended';
import { BEFORE, FLAG } from './format';

const STACK_UNDERFLOW = FLAG.ie | FLAG.sf;
const CONDITIONS = FLAG.c0 | FLAG.c2 | FLAG.c3;
const STACK_OVERFLOW = STACK_UNDERFLOW | FLAG.c1;

/** What an instruction leaves: a result for ST(0) and flags (with condition codes); `push`: a second value, pushed afterwards. */
export interface Outcome extends Rounded {
  readonly push?: Extended;
  /** Condition codes that may become 0, besides C1, if not those of the operation. */
  readonly clear?: number;
}

/** The register stack for x87 instructions that TypeScript executes. */
export class HostStack {
  readonly state: ProcessorState;

  /** Begins a waiting instruction. */
  constructor(readonly cpu: SystemContext) {
    requireX87(cpu);
    raisePending(cpu);
    this.state = cpu.state;
  }

  /** Enters an instruction (and the linear address of its memory operand) into the last instruction's registers. */
  remember({ decoded }: HostInstruction, linear?: number): void {
    const { state } = this;
    state.set32(AT.fpuInstructionPointer, this.cpu.ip);
    state.set16(AT.fpuInstructionSelector, state.u16(AT.selector + 2 * SEGMENT.cs));
    state.set16(AT.fpuOpcode, floatOpcode(decoded));
    if (linear === undefined) return;
    state.set32(AT.fpuDataPointer, linear - state.i32(AT.segmentBase + 8 * decoded.segment));
    state.set16(AT.fpuDataSelector, state.u16(AT.selector + 2 * decoded.segment));
  }

  get control(): number {
    return this.state.u16(AT.fpuControl);
  }

  private number(n: number): number {
    return (this.state.i32(AT.fpuTop) + n) & 7;
  }
  filled(n: number): boolean {
    return ((this.state.i32(AT.fpuValid) >> this.number(n)) & 1) !== 0;
  }
  read(n: number): Extended {
    const at = stackAt(this.state, n);
    const word = this.state.u16(at + 8);
    return { sign: word >> 15 ? 1 : 0, field: word & 0x7fff, significand: this.state.u64(at) };
  }
  write(n: number, { sign, field, significand }: Extended): void {
    const at = stackAt(this.state, n);
    this.state.set64(at, significand);
    this.state.set16(at + 8, (sign << 15) | field);
    this.state.set32(AT.fpuValid, this.state.i32(AT.fpuValid) | (1 << this.number(n)));
  }
  pop(): void {
    this.state.set32(AT.fpuValid, this.state.i32(AT.fpuValid) & ~(1 << this.number(0)));
    this.state.set32(AT.fpuTop, this.number(1));
  }
  push(value: Extended): void {
    this.state.set32(AT.fpuTop, this.number(-1));
    this.write(0, value);
  }

  /** True if an exception in `flags` among those of `mask` is unmasked. */
  blocked(flags: number, mask = BEFORE): boolean {
    return (flags & ~this.control & mask & 0x3f) !== 0;
  }

  /** Enters flags into the status word as the generated instructions do (see status.ts). */
  commit(flags: number, clear: number = FLAG.c1): void {
    const { state } = this;
    const unmasked = flags & ~this.control & 0x3f;
    const visible = unmasked & BEFORE ? BEFORE | FLAG.sf | CONDITIONS | ((flags & FLAG.sf) << 3) : -1;
    const pending = unmasked !== 0 ? FLAG.es | FLAG.busy : 0;
    state.set16(AT.fpuStatus, (state.u16(AT.fpuStatus) & ~clear) | (flags & visible) | pending);
  }
}

/** What the operands of an instruction become. */
export interface Operation {
  /** How many registers it reads: ST(0) and perhaps ST(1). */
  readonly operands: 1 | 2;
  /** It pops: the result goes to ST(1), which becomes ST(0). */
  readonly pops?: boolean;
  /** It may push a second result. */
  readonly pushes?: boolean;
  /** Condition codes that it clears, besides C1. */
  readonly codes?: number;
  compute(control: number, st0: Extended, st1: Extended): Outcome;
}

/** A host function for an operation on the stack. */
export function stackInstruction(operation: Operation): HostFunction {
  return (cpu, instruction) => {
    const stack = new HostStack(cpu);
    stack.remember(instruction);
    const empty = !stack.filled(0) || (operation.operands === 2 && !stack.filled(1));
    const full = operation.pushes === true && stack.filled(-1);
    const nan: Outcome = { value: DEFAULT_NAN, flags: empty ? STACK_UNDERFLOW : STACK_OVERFLOW };
    const fault = operation.pushes ? { ...nan, push: DEFAULT_NAN } : nan;
    const outcome = empty || full ? fault : operation.compute(stack.control, stack.read(0), stack.read(1));
    const codes = FLAG.c1 | (operation.codes ?? 0);
    if (stack.blocked(outcome.flags)) stack.commit(outcome.flags & ~CONDITIONS, codes);
    else {
      if (operation.pops) stack.pop();
      stack.write(0, outcome.value);
      if (outcome.push) stack.push(outcome.push);
      stack.commit(outcome.flags, FLAG.c1 | (outcome.clear ?? codes));
    }
    return STATUS.next;
  };
}
