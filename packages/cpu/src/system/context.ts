import type { Form, Instruction } from '@trapgate/x86-decoder';
import type { ProcessorState } from '../state/processor-state';
import type { ExceptionLog } from './exception-log';
import type { SystemCall } from './system-calls';

/** What an instruction that JavaScript executes tells the engine. */
export const STATUS = {
  /** Done; execution goes on behind the instruction (rip is not looked at). */
  next: 0,
  /** A fault is recorded in the state (faulted, faultVector, ...); nothing of the instruction has happened. */
  fault: 1,
  /** rip holds the next instruction's address; mode and interrupts are as before. */
  jump: 2,
  /** rip holds the next instruction's address; the engine returns to the run loop, which looks at mode, interrupts, halt state. */
  exit: 3,
  /** Of translated code only: rip holds the address of an instruction that the interpreter has to execute. */
  interpret: 4,
} as const;

/** A value of `STATUS`. */
export type Status = (typeof STATUS)[keyof typeof STATUS];

/** Thrown (one shared object, no stack) through JavaScript code of one instruction when a guest fault is recorded; never crosses WebAssembly. */
export const GUEST_FAULT: { readonly guestFault: true } = Object.freeze({ guestFault: true });

/** One decoded instruction as host functions see it: the decoder's result, kept for as long as the decoded code. */
export interface HostInstruction {
  readonly form: Form;
  readonly decoded: Instruction;
}

/**
 * As whom memory is accessed: true as CPL 3, false as a lower level, 'system' for descriptor tables and TSSs, which are
 * supervisor accesses whatever CPL is, and which EFLAGS.AC does not exempt from SMAP (SDM vol. 3A, 4.6.1).
 */
export type Accessor = boolean | 'system';

/** Memory at linear addresses, through segmentation-free paging; a failing access records #PF and throws GUEST_FAULT. */
export interface LinearAccess {
  read8(linear: number, as: Accessor): number;
  read16(linear: number, as: Accessor): number;
  read32(linear: number, as: Accessor): number;
  write8(linear: number, value: number, as: Accessor): void;
  write16(linear: number, value: number, as: Accessor): void;
  write32(linear: number, value: number, as: Accessor): void;
  /** Checks that `length` bytes can be written, so that several stores happen all or not at all. */
  probeWrite(linear: number, length: number, as: Accessor): void;
}

/** What host functions, interrupt delivery and the like work on. */
export interface SystemContext {
  readonly state: ProcessorState;
  readonly memory: LinearAccess;
  /** EIP of the running instruction, and of the one behind it. */
  ip: number;
  nextIp: number;
  /** Records a fault and throws GUEST_FAULT. `error` is the error code, or -1 for none. */
  raise(vector: number, error?: number): never;
  /** Drops all TLB entries. */
  flushTlb(): void;
  /** Drops all TLB entries but, with CR4.PGE, those of global pages (SDM 3A, 4.10.4.1). */
  flushAddressSpace(): void;
  /** INVLPG. */
  flushPage(linear: number): void;
  readPort(port: number, size: 1 | 2 | 4): number;
  writePort(port: number, size: 1 | 2 | 4, value: number): void;
  /** The time-stamp counter as the host counts it: an integer below 2^53. */
  readTimestamp(): number;
  /** RDTSC is to ask the host next time. */
  timePassed(): void;
  /** INTA cycle. */
  acknowledgeInterrupt(): number;
  /** HLT: the run loop will stop with 'halted' (or 'halted-forever' when IF = 0). */
  halt(): void;
  /** Reads guest-physical memory, for the page-directory-pointer table (A20 applied by the caller's state). */
  readPhysical32(physical: number): number;
  /**
   * Enters an ordinary handler the short way, as {@link enterHandler} would; false if it is not ordinary, and then nothing
   * has changed. `event` is a bit mask of EVENT.
   */
  enterGate?: ((vector: number, event: number, error: number, returnIp: number) => boolean) | undefined;
  /** IRET: NMIs are delivered again (SDM vol. 3A, 6.7.1). */
  unblockNmi(): void;
  /** Set by an instruction that swallows its own single-step trap (INT n and the like clear TF; SDM vol. 3B, 17.3.1.4). */
  suppressStep: boolean;
  /** Set by an instruction that loads RF, which any other clears when it completes (SDM vol. 3B, 17.3.1.1). */
  keepResumeFlag: boolean;
  /** A system call has been made: counts it, and tells whoever listens. */
  noteSystemCall(call: SystemCall): void;
  /** Where delivered exceptions are noted for reports. */
  readonly exceptions: ExceptionLog;
  /** Which CPUID model the machine was created with. */
  readonly model: string;
}

/**
 * An instruction executed by JavaScript. `linear` is the linear address of its memory operand (segment-checked for the
 * operand's size, alignment unchecked), or 0.
 */
export type HostFunction = (cpu: SystemContext, instruction: HostInstruction, linear: number) => Status;
