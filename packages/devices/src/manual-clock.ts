import { type Clock, TimerQueue } from './clock';

/** Guest time that moves only when told to, with the timers that depend on it: for tests and deterministic runs. */
export class ManualClock implements Clock {
  #now = 0;
  readonly timers = new TimerQueue(this);

  now(): number {
    return this.#now;
  }

  /** Time passes evenly: every timer fires at its deadline. */
  advance(ns: number): void {
    const end = this.#now + ns;
    while (this.timers.nextDeadline() <= end) {
      this.#now = Math.max(this.#now, this.timers.nextDeadline());
      this.timers.runDue();
    }
    this.#now = end;
  }

  /** The machine was not run for a while: the timers find themselves late. */
  jump(ns: number): void {
    this.#now += ns;
    this.timers.runDue();
  }
}
