/** Runs the processor in slices, fires timers between them, and leaves the host's event loop its turns. */
import type { MachineExit } from './machine-exit';
import type { GuestClock } from './time/guest-clock';
import type { HostClock } from './time/host-clock';
import type { HostScheduler } from './time/host-scheduler';
import { SliceSizer } from './time/slice-sizer';

/** Why the processor returned; the same as `Stop` of the cpu package. */
export interface ProcessorStop {
  readonly reason: 'budget' | 'requested' | 'halted' | 'halted-forever' | 'shutdown';
}

/** What the loop needs of a processor. */
export interface RunnableProcessor {
  run(budget: number): ProcessorStop;
  requestStop(): void;
  readonly instructions: number;
}

/** What the loop needs of the board's timers. */
export interface DueTimers {
  nextDeadline(): number;
  runDue(): void;
}

/** The board as the loop sees it. */
export interface RunLoopParts {
  readonly processor: RunnableProcessor;
  readonly timers: DueTimers;
  readonly clock: GuestClock;
  readonly host: HostClock;
  /** Called before every slice: hands pending input to the devices. */
  readonly feedInput: () => void;
  readonly report: () => string;
  /** Called after every slice. */
  readonly sliceEnded?: () => void;
  /** The guest waits for an interrupt. */
  readonly halted?: () => void;
}

const NANOSECONDS_PER_MILLISECOND = 1e6;
/** Longest slice in host nanoseconds; interrupts from timers wait at most this long. */
const SLICE = 1e6;
const SHORTEST_SLICE = 20_000;
/** A slice that takes longer than this (milliseconds) is stopped at its next access to a device. */
const OVERDUE = 2;
/** The event loop gets its turn after this many milliseconds: with one more slice this stays below 5 ms. */
const TURN = 3;

/** Host time spent, in milliseconds. */
export interface LoopTimes {
  readonly running: number;
  readonly idle: number;
}

export class RunLoop {
  private readonly sizer = new SliceSizer();
  private exit: MachineExit | null = null;
  private scheduler: HostScheduler | null = null;
  private inSlice = false;
  private sliceEnd = Infinity;
  private deviceAccesses = 0;
  /** Instructions that may still be executed. */
  private left = Infinity;
  private runningMs = 0;
  private idleMs = 0;

  constructor(private readonly parts: RunLoopParts) {}

  get times(): LoopTimes {
    return { running: this.runningMs, idle: this.idleMs };
  }

  /** True while `run` has not returned. */
  get active(): boolean {
    return this.scheduler !== null;
  }

  /** Host nanoseconds an instruction, as measured last; 0 before that. */
  get pace(): number {
    return this.sizer.pace;
  }

  /** Ends `run` after the current instruction; the first reason counts. */
  end(exit: MachineExit): void {
    this.exit ??= exit;
    this.stopSlice();
    this.wake();
  }

  /** Looks at the guest again if it is idle: there is input. */
  wake(): void {
    this.scheduler?.wake();
  }

  /** A timer was queued before all others: the slice was sized for a later one. */
  deadlineMoved(): void {
    this.stopSlice();
  }

  /** Called at device accesses: stops a slice whose instructions are much slower than those before. */
  deviceAccess(): void {
    if ((++this.deviceAccesses & 0x1f) === 0 && this.parts.host.now() > this.sliceEnd) this.stopSlice();
  }

  /** Runs until the guest or the embedder ends it, or `instructions` have been executed (reason `stepped`). */
  async run(scheduler: HostScheduler, instructions = Infinity): Promise<MachineExit> {
    const { clock, host } = this.parts;
    this.exit = null;
    this.scheduler = scheduler;
    this.left = instructions;
    clock.resume();
    try {
      let turnStart = host.now();
      for (;;) {
        const halted = this.slice();
        if (this.exit) return this.exit;
        if (halted && (await this.idle(scheduler))) {
          turnStart = host.now();
        } else if (host.now() - turnStart >= TURN) {
          await scheduler.yield();
          turnStart = host.now();
        }
      }
    } finally {
      clock.pause();
      this.scheduler = null;
      this.exit = null;
      scheduler.close();
    }
  }

  private stopSlice(): void {
    if (this.inSlice) this.parts.processor.requestStop();
  }

  /** One slice; true if the guest waits for an interrupt. */
  private slice(): boolean {
    const { processor, timers, feedInput, host } = this.parts;
    timers.runDue();
    feedInput();
    if (this.exit) return false;
    const budget = this.budget();
    const before = processor.instructions;
    const start = host.now();
    this.sliceEnd = start + OVERDUE;
    this.inSlice = true;
    const stop = processor.run(budget);
    this.inSlice = false;
    const elapsed = host.now() - start;
    const executed = processor.instructions - before;
    this.left -= executed;
    this.runningMs += elapsed;
    this.sizer.measured(executed, elapsed * NANOSECONDS_PER_MILLISECOND);
    const halted = this.judge(stop);
    if (this.left <= 0) this.exit ??= { reason: 'stepped' };
    this.parts.sliceEnded?.();
    return halted;
  }

  private budget(): number {
    return Math.min(this.left, this.wholeBudget());
  }

  private wholeBudget(): number {
    const { timers, clock } = this.parts;
    const deadline = timers.nextDeadline();
    const remaining = clock.instructionsUntil(deadline);
    if (remaining !== Infinity) return Math.min(remaining, this.sizer.budget(SLICE));
    return this.sizer.budget(Math.max(SHORTEST_SLICE, Math.min(SLICE, deadline - clock.now())));
  }

  private judge(stop: ProcessorStop): boolean {
    switch (stop.reason) {
      case 'budget':
      case 'requested':
        return false;
      case 'halted':
        this.parts.halted?.();
        return true;
      case 'halted-forever':
        this.exit ??= { reason: 'halted', report: this.parts.report() };
        return false;
      case 'shutdown':
        this.exit ??= { reason: 'triple-fault', report: this.parts.report() };
        return false;
    }
  }

  /** Waits for the next timer or for input; true if the event loop had a turn. */
  private async idle(scheduler: HostScheduler): Promise<boolean> {
    const { timers, clock, host } = this.parts;
    const deadline = timers.nextDeadline();
    const milliseconds = clock.idleMilliseconds(deadline);
    if (milliseconds <= 0) {
      clock.arrive(deadline);
      return false;
    }
    const start = host.now();
    await scheduler.sleep(milliseconds);
    this.idleMs += host.now() - start;
    // Woken early by input: guest time that is made of instructions stays where it is.
    if (clock.idleMilliseconds(deadline) <= 0) clock.arrive(deadline);
    return true;
  }
}
