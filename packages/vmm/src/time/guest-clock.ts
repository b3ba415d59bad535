import type { HostClock } from './host-clock';

const NANOSECONDS_PER_MILLISECOND = 1e6;
/** The time-stamp counter runs at 1 GHz in guest time: one tick is one nanosecond. */
export const TSC_FREQUENCY_HZ = 1e9;

/** Guest time as it is saved. */
export interface GuestClockState {
  readonly version: 1;
  /** Guest nanoseconds since power-on. */
  readonly nanoseconds: number;
  /** Time made of instructions: how long one takes, and the nanoseconds that halted guests have skipped. */
  readonly instructions: { readonly nanosecondsPerInstruction: number; readonly skipped: number } | null;
}

/** Guest time, which stands still while the machine does not run. */
export interface GuestClock {
  /** Whether it is the host's time that passes, rather than instructions. */
  readonly followsHost: boolean;
  /** Guest nanoseconds since power-on, monotonic. */
  now(): number;
  /** Lets time pass again; called when the machine starts to run. */
  resume(): void;
  /** Stops time; called when `run` ends. */
  pause(): void;
  /** How many instructions may run before guest time reaches `deadline`; `Infinity` if they do not matter. */
  instructionsUntil(deadline: number): number;
  /** Called when the guest is halted until `deadline`: host milliseconds to sleep before `arrive(deadline)`. */
  idleMilliseconds(deadline: number): number;
  /** The guest slept until `deadline`. */
  arrive(deadline: number): void;
  saveState(): GuestClockState;
  /** Guest time goes on from a saved moment; the processor has its count of instructions already. */
  restoreState(state: GuestClockState): void;
}

/** Guest time follows host time. */
export class HostTimeClock implements GuestClock {
  readonly followsHost = true;
  private elapsed = 0;
  private resumedAt: number | null = null;

  constructor(private readonly host: HostClock) {}

  now(): number {
    if (this.resumedAt === null) return this.elapsed;
    return this.elapsed + (this.host.now() - this.resumedAt) * NANOSECONDS_PER_MILLISECOND;
  }

  resume(): void {
    this.resumedAt ??= this.host.now();
  }

  pause(): void {
    this.elapsed = this.now();
    this.resumedAt = null;
  }

  instructionsUntil(): number {
    return Infinity;
  }

  idleMilliseconds(deadline: number): number {
    return Math.max(0, deadline - this.now()) / NANOSECONDS_PER_MILLISECOND;
  }

  arrive(): void {
    // Host time has passed by itself.
  }

  saveState(): GuestClockState {
    return { version: 1, nanoseconds: this.now(), instructions: null };
  }

  restoreState({ nanoseconds }: GuestClockState): void {
    this.elapsed = nanoseconds;
    if (this.resumedAt !== null) this.resumedAt = this.host.now();
  }
}

export const DEFAULT_NANOSECONDS_PER_INSTRUCTION = 10;

/**
 * Deterministic guest time: every instruction takes the same time, and a halted guest skips to its next timer. A
 * halted guest never runs ahead of the host: it sleeps while guest time is later than host time, which does not
 * change what the guest sees.
 */
export class InstructionClock implements GuestClock {
  readonly followsHost = false;
  private skipped = 0;
  private readonly hostTime: HostTimeClock;

  constructor(
    private readonly instructions: () => number,
    private readonly nanosecondsPerInstruction: number,
    host: HostClock,
    private readonly sleeps = true,
  ) {
    this.hostTime = new HostTimeClock(host);
  }

  now(): number {
    return this.instructions() * this.nanosecondsPerInstruction + this.skipped;
  }

  resume(): void {
    this.hostTime.resume();
  }

  pause(): void {
    this.hostTime.pause();
  }

  instructionsUntil(deadline: number): number {
    return Math.max(1, Math.ceil((deadline - this.now()) / this.nanosecondsPerInstruction));
  }

  idleMilliseconds(deadline: number): number {
    return this.sleeps || deadline === Infinity ? this.hostTime.idleMilliseconds(deadline) : 0;
  }

  arrive(deadline: number): void {
    // Whole nanoseconds, so that no rounding leaves the guest just before its deadline.
    const missing = Math.ceil(deadline - this.now());
    if (missing > 0 && missing < Infinity) this.skipped += missing;
  }
  saveState(): GuestClockState {
    const { nanosecondsPerInstruction, skipped } = this;
    return { version: 1, nanoseconds: this.now(), instructions: { nanosecondsPerInstruction, skipped } };
  }

  restoreState(state: GuestClockState): void {
    const { nanoseconds, instructions } = state;
    const same = instructions?.nanosecondsPerInstruction === this.nanosecondsPerInstruction;
    this.skipped = same
      ? instructions.skipped
      : nanoseconds - this.instructions() * this.nanosecondsPerInstruction;
    // A guest that sleeps in step with the host's time must not wait for the time before.
    this.hostTime.restoreState(state);
  }
}
