import { MEMORY_MAP, PROCESSOR_MAP, tlbEntries, type PhysicalMemory, type TlbEntry } from '@trapgate/mmu';
import { Interpreter } from './interpreter/interpreter';
import type { Translation } from './interpreter/translation';
import type { DeliveredEvent, ProcessorObserver } from './observer';
import { ProcessorRegisters, registerDump } from './processor-registers';
import {
  checkProcessorSnapshot,
  restoreProcessor,
  saveProcessor,
  type ProcessorSnapshot,
} from './processor-snapshot';
import { markProcessor, observeWrites, returnToMark, type ProcessorMark } from './processor-mark';
import { FLAG } from './state/flags';
import { AT, SEGMENT } from './state/layout';
import { ProcessorState } from './state/processor-state';
import {
  breakpointsEnabled,
  deliverFault,
  deliverInterrupt,
  GUEST_FAULT,
  instructionBreakpoints,
  isRepeatedString,
  resetState,
  type ExceptionRecord,
  type SystemCall,
} from './system';
import { ProcessorContext, type ProcessorHost } from './processor-context';

export type { ProcessorHost } from './processor-context';

/** How instructions are executed; invisible to guests. */
export type Engine = 'interp' | 'wasm';

/** What a processor is made of, and what it may do besides. */
export interface ProcessorOptions {
  readonly memory: PhysicalMemory;
  readonly host: ProcessorHost;
  /** CPUID model, one of `cpuModels`; the default is the first. */
  readonly model?: string;
  readonly engine?: Engine;
  /** Has hot code translated; see the package binary-translator. */
  readonly translation?: Translation;
  readonly observer?: ProcessorObserver;
}

/** How often system calls have been made, by the instruction. */
export interface SystemCallCounts {
  /** Of INT n, by vector. */
  readonly vectors: readonly number[];
  readonly sysenter: number;
  readonly syscall: number;
}

/** Why {@link Processor.run} returned. */
export type Stop =
  | { readonly reason: 'budget' }
  | { readonly reason: 'requested' }
  /** HLT with interrupts enabled: waiting for one. */
  | { readonly reason: 'halted' }
  /** HLT with interrupts disabled. */
  | { readonly reason: 'halted-forever' }
  /** Triple fault (SDM vol. 3A, 6.15, interrupt 8). */
  | { readonly reason: 'shutdown' };

const STOP = {
  budget: { reason: 'budget' },
  requested: { reason: 'requested' },
  halted: { reason: 'halted' },
  haltedForever: { reason: 'halted-forever' },
  shutdown: { reason: 'shutdown' },
} as const satisfies Record<string, Stop>;

const DEBUG_VECTOR = 1;
const NMI_VECTOR = 2;
const PAGE_FAULT_VECTOR = 14;
const DR6_SINGLE_STEP = 1 << 14;
/** `interruptShadow` after a load of SS. */
const MOV_SS_SHADOW = 2;
/** The engine counts in 32 bits. */
const LONGEST_SLICE = 1 << 30;
/**
 * Faults delivered in a row without an instruction completed, before run returns. A handler whose first instruction faults
 * goes on forever on real hardware, too.
 */
const MOST_FAULTS = 1000;

/** One simulated x86 processor on a machine's memory. */
export class Processor {
  readonly registers: ProcessorRegisters;
  private readonly state: ProcessorState;
  private readonly context: ProcessorContext;
  private readonly interpreter: Interpreter;
  private readonly observer: ProcessorObserver;
  private retired = 0;
  private line = false;
  private shutdown = false;

  constructor(options: ProcessorOptions) {
    const base = MEMORY_MAP.processors;
    const { memory } = options;
    this.state = new ProcessorState(memory.buffer, base + PROCESSOR_MAP.state);
    this.context = new ProcessorContext(this.state, memory, options.host, options.model ?? 'trapgate');
    this.observer = options.observer ?? {};
    this.interpreter = new Interpreter(memory, this.context, this.observer, options.translation);
    this.registers = new ProcessorRegisters(this.state, () => this.context.flushTlb());
    this.state.set32(AT.ramBytes, memory.ramBytes);
    this.state.set32(AT.a20Mask, -1);
    this.state.set32(AT.tlbContext, 2);
    this.reset();
  }

  /** Power-on state (SDM vol. 3A, table 9-1); the instruction count starts anew. */
  reset(): void {
    resetState(this.state, this.context.model);
    this.context.reset();
    this.interpreter.reset();
    observeWrites(this.context, this.context.writing);
    this.retired = 0;
    this.shutdown = false;
    this.updatePending();
  }

  /** The architectural state; not while the processor runs. */
  saveState(): ProcessorSnapshot {
    return saveProcessor(this.context, { shutdown: this.shutdown, instructions: this.retired });
  }

  /**
   * Takes on a saved state, of this or another engine; memory and the inputs INTR and A20 are the board's concern. All
   * that was decoded or translated is dropped. Nothing is changed if it throws. @throws ProcessorSnapshotError
   */
  restoreState(snapshot: ProcessorSnapshot): void {
    checkProcessorSnapshot(snapshot, this.context.model);
    this.reset();
    restoreProcessor(this.context, snapshot);
    this.retired = snapshot.instructions;
    this.shutdown = snapshot.shutdown;
    this.updatePending();
  }

  /**
   * The registers as they are; not while the processor runs. `spare` is the block of a mark that is not needed any more, to
   * be used again.
   */
  mark(spare?: Uint8Array): ProcessorMark {
    return markProcessor(this.context, { shutdown: this.shutdown, instructions: this.retired }, spare);
  }

  /** Gives the registers what they were at a mark of this processor, taken since the last reset. */
  returnTo(mark: ProcessorMark): void {
    returnToMark(this.context, mark);
    this.retired = mark.instructions;
    this.shutdown = mark.shutdown;
    this.updatePending();
  }

  /**
   * Has `writing` called before instructions, exceptions and page walks write RAM: physical address and bytes, one page at
   * most. Slow: nothing is cached in the TLB meanwhile. Undefined ends it. What the host writes is not told.
   */
  observeWrites(writing: ((physical: number, bytes: number) => void) | undefined): void {
    observeWrites(this.context, writing);
  }

  /** Instructions executed since reset; exact, inside port callbacks too. Each iteration of a REP counts. */
  get instructions(): number {
    return this.retired + this.interpreter.running;
  }

  /** The INTR input. */
  setInterruptLine(asserted: boolean): void {
    this.line = asserted;
    this.updatePending();
    if (asserted) this.interpreter.attend();
  }

  raiseNmi(): void {
    this.context.nmiPending = true;
    this.updatePending();
    this.interpreter.attend();
  }

  private updatePending(): void {
    this.state.set32(AT.interruptPending, this.line || this.context.nmiPending ? 1 : 0);
  }

  /** Enables or masks address line 20. */
  setA20(enabled: boolean): void {
    this.state.set32(AT.a20Mask, enabled ? -1 : ~(1 << 20));
    this.context.flushTlb();
  }

  /** From inside a callback: run returns after the current instruction. */
  requestStop(): void {
    this.context.stopRequested = true;
    this.interpreter.attend();
  }

  /** System calls since reset: software interrupts by vector, SYSENTER, SYSCALL; each modulo 2^32. */
  get systemCalls(): SystemCallCounts {
    const { state } = this;
    const vectors = Array.from({ length: 256 }, (_, n) => state.u32(AT.softwareInterrupts + 4 * n));
    const [sysenter, syscall] = [state.u32(AT.fastSystemCalls), state.u32(AT.fastSystemCalls + 4)];
    return { vectors, sysenter, syscall };
  }

  /**
   * Tells of every system call as it is made, which makes them slower; null: of none any more. The listener must not touch
   * the machine.
   */
  watchSystemCalls(listener: ((call: SystemCall) => void) | null): void {
    this.context.onSystemCall = listener;
    this.state.set32(AT.systemCallsWatched, listener ? 1 : 0);
  }

  /** Forgets all decoded and translated code, which is made anew as it is executed. Not while the processor runs. */
  forgetCode(): void {
    this.interpreter.reset();
  }

  dumpRegisters(): string {
    return registerDump(this.state);
  }

  /** What the TLB holds for the present address space, by linear address. */
  tlbEntries(): TlbEntry[] {
    const { context, state } = this;
    return tlbEntries(context.stateBlock.buffer, state.base + PROCESSOR_MAP.tlb, state.i32(AT.tlbContext));
  }

  /** The last exceptions delivered, oldest first. */
  recentExceptions(): readonly ExceptionRecord[] {
    return this.context.exceptions.entries();
  }

  /** Counters of the engine: instructions decoded, code pages dropped after a write, bytes of decoded code. */
  get statistics(): { decoded: number; invalidations: number; codeBytes: number } {
    return this.interpreter.statistics;
  }

  /**
   * Executes at most `budget` instructions. It executes fewer before `budget` is its reason only where a guest's exception
   * handlers fault at their first instruction over and over.
   */
  run(budget: number): Stop {
    const { context } = this;
    let left = Math.floor(budget);
    let faults = 0;
    for (;;) {
      if (!this.shutdown) this.takeInterrupts();
      if (this.shutdown) return STOP.shutdown;
      if (context.stopRequested) {
        context.stopRequested = false;
        return STOP.requested;
      }
      if (context.halted) {
        this.interpreter.idle();
        return this.state.i32(AT.eflags) & FLAG.if || context.nmiPending ? STOP.halted : STOP.haltedForever;
      }
      if (left <= 0 || faults > MOST_FAULTS) return STOP.budget;
      const executed = this.slice(left);
      left -= executed;
      faults = executed > 0 ? 0 : faults + 1;
    }
  }

  /** NMI first, then INTR (SDM vol. 3A, table 6-2); neither in an interrupt shadow. */
  private takeInterrupts(): void {
    const { state, context } = this;
    if (state.i32(AT.interruptPending) === 0 || state.i32(AT.interruptShadow) !== 0) return;
    if (context.nmiPending && !context.nmiBlocked) {
      context.nmiPending = false;
      context.nmiBlocked = true;
      context.halted = false;
      this.updatePending();
      this.observe('nmi', NMI_VECTOR);
      this.settle(deliverInterrupt(context, NMI_VECTOR, 'nmi', -1));
    } else if (this.line && (state.i32(AT.eflags) & FLAG.if) !== 0) {
      context.halted = false;
      const vector = context.acknowledgeInterrupt();
      this.observe('external', vector);
      this.settle(deliverInterrupt(context, vector, 'external', -1));
    }
  }

  private deliverFault(): void {
    const { state } = this;
    const vector = state.i32(AT.faultVector);
    this.observe(
      'exception',
      vector,
      state.i32(AT.faultError),
      vector === PAGE_FAULT_VECTOR ? state.u32(AT.faultAddress) : undefined,
    );
    this.settle(deliverFault(this.context));
  }

  private observe(kind: DeliveredEvent['kind'], vector: number, error = -1, address?: number): void {
    const { state } = this;
    const cs = (): number => state.u16(AT.selector + 2 * SEGMENT.cs);
    this.observer.delivered?.({
      kind,
      vector,
      error,
      cs: cs(),
      eip: state.u32(AT.rip),
      cr2: address ?? state.u32(AT.cr2),
    });
  }

  private settle(delivery: { readonly kind: 'delivered' | 'shutdown' }): void {
    if (delivery.kind === 'shutdown') this.shutdown = true;
  }

  /** Runs until something needs attention; returns the number of instructions executed. */
  private slice(limit: number): number {
    const { state, context } = this;
    const shadow = state.i32(AT.interruptShadow);
    if (breakpointsEnabled(state) && shadow !== MOV_SS_SHADOW && this.meetsBreakpoint()) return 0;
    const stepping = (state.i32(AT.eflags) & FLAG.tf) !== 0;
    const single = stepping || shadow !== 0 || breakpointsEnabled(state);
    context.suppressStep = false;
    context.keepResumeFlag = false;
    // What a load of SS has met is told after the next instruction.
    if (shadow !== MOV_SS_SHADOW) context.breakpoints = 0;
    const from = state.i32(AT.rip);
    const executed = this.interpreter.run(single ? 1 : Math.min(limit, LONGEST_SLICE));
    this.retired += executed;
    const faulted = state.i32(AT.faulted) !== 0;
    if (faulted || (shadow !== 0 && executed > 0 && state.i32(AT.interruptShadow) === shadow))
      state.set32(AT.interruptShadow, 0);
    if (faulted) this.deliverFault();
    else if (single && executed > 0) this.debugTraps(stepping, from);
    return executed;
  }

  /** #DB, a fault, before an instruction with a breakpoint, unless RF is set (SDM vol. 3B, 17.3.1.1). */
  private meetsBreakpoint(): boolean {
    const { state } = this;
    if (state.i32(AT.eflags) & FLAG.rf) return false;
    const linear = (state.u32(AT.rip) + state.u32(AT.segmentBase + 8 * SEGMENT.cs)) >>> 0;
    const hits = instructionBreakpoints(state, linear);
    if (hits !== 0) this.raiseDebug(hits);
    return hits !== 0;
  }

  /**
   * #DB after one instruction at `from`: a single step, if it began with TF set (17.3.1.4), and data and I/O breakpoints.
   * A load of SS holds all of them back for one instruction (SDM vol. 3A, 6.8.3).
   */
  private debugTraps(stepping: boolean, from: number): void {
    const { state, context } = this;
    const between = state.i32(AT.rip) === from && this.atRepeatedString();
    if (between && breakpointsEnabled(state)) state.set32(AT.eflags, state.i32(AT.eflags) | FLAG.rf);
    else if (!context.keepResumeFlag) state.set32(AT.eflags, state.i32(AT.eflags) & ~FLAG.rf);
    if (state.i32(AT.interruptShadow) === MOV_SS_SHADOW) return;
    const step = stepping && !context.suppressStep ? DR6_SINGLE_STEP : 0;
    const causes = context.breakpoints | step;
    context.breakpoints = 0;
    if (causes === 0) return;
    if (between) state.set32(AT.eflags, state.i32(AT.eflags) | FLAG.rf);
    this.raiseDebug(causes);
  }

  /** Whether EIP is at a string instruction with REP. */
  private atRepeatedString(): boolean {
    const { state, context } = this;
    const linear = state.u32(AT.rip) + state.u32(AT.segmentBase + 8 * SEGMENT.cs);
    try {
      return isRepeatedString((n) => context.memory.read8((linear + n) >>> 0, false));
    } catch (thrown) {
      if (thrown !== GUEST_FAULT) throw thrown;
      state.set32(AT.faulted, 0);
      return false;
    }
  }

  private raiseDebug(causes: number): void {
    const { state } = this;
    this.context.halted = false;
    state.set32(AT.dr + 48, state.i32(AT.dr + 48) | causes);
    this.observe('exception', DEBUG_VECTOR);
    this.settle(deliverInterrupt(this.context, DEBUG_VECTOR, 'exception', -1));
  }
}
