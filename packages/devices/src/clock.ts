/** Guest time. */
export interface Clock {
  /** Guest nanoseconds since power-on; never goes back; may have a fraction. */
  now(): number;
}

/** A timer that has been set. */
export interface TimerHandle {
  /** No effect once the timer has fired. */
  cancel(): void;
}

/** What a chip needs in order to act later. */
export interface Timers {
  /** Calls `fire` once, when guest time has reached `deadline` (nanoseconds since power-on). */
  at(deadline: number, fire: () => void): TimerHandle;
}

interface QueuedTimer {
  readonly deadline: number;
  readonly fire: () => void;
  /** Of the `runDue` during which it was queued, or of the last one before. */
  readonly round: number;
}

/**
 * The timers of one machine, ordered by deadline, then by age. Nothing fires by itself: whoever runs the
 * machine calls `runDue` when `nextDeadline` has come.
 */
export class TimerQueue implements Timers {
  readonly #clock: Clock;
  readonly #queue: QueuedTimer[] = [];
  #round = 0;

  /** Called when a new timer is due before all others: a run in progress may want to stop earlier. */
  onEarlierDeadline: ((deadline: number) => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  at(deadline: number, fire: () => void): TimerHandle {
    const timer: QueuedTimer = { deadline, fire, round: this.#round };
    let place = this.#queue.length;
    while (place > 0 && this.#queue[place - 1]!.deadline > deadline) place--;
    this.#queue.splice(place, 0, timer);
    if (place === 0) this.onEarlierDeadline?.(deadline);
    return {
      cancel: () => {
        const index = this.#queue.indexOf(timer);
        if (index >= 0) this.#queue.splice(index, 1);
      },
    };
  }

  /** Guest nanoseconds of the earliest timer; `Infinity` if there is none. */
  nextDeadline(): number {
    return this.#queue.length > 0 ? this.#queue[0]!.deadline : Infinity;
  }

  /**
   * Fires every timer that is due. A timer that is queued meanwhile waits for the next call, even if it is
   * due already, so a chip that always asks for "now" cannot keep the caller here.
   */
  runDue(): void {
    if (this.nextDeadline() > this.#clock.now()) return;
    const now = this.#clock.now();
    const round = ++this.#round;
    for (;;) {
      const index = this.#queue.findIndex((timer) => timer.round < round);
      if (index < 0 || this.#queue[index]!.deadline > now) return;
      const [timer] = this.#queue.splice(index, 1);
      timer!.fire();
    }
  }
}
