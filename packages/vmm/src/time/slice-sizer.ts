const FIRST_SPEED = 0.02;
const SMALLEST_BUDGET = 1000;
const LARGEST_BUDGET = 2 ** 24;
/** How much slower a slice may make the pace. */
const PACE_GROWTH = 1.1;
/** Shorter slices say little about the speed. */
const SHORTEST_MEASUREMENT = 20_000;

/** Turns host time into a number of instructions, from the speed measured so far. */
export class SliceSizer {
  /** Instructions per host nanosecond. */
  private speed = FIRST_SPEED;
  /** Host nanoseconds an instruction, of the fastest slices lately; 0 before the first. */
  pace = 0;

  /** The instructions that run in about `nanoseconds` of host time. */
  budget(nanoseconds: number): number {
    return Math.floor(Math.min(LARGEST_BUDGET, Math.max(SMALLEST_BUDGET, nanoseconds * this.speed)));
  }

  /** `instructions` took `nanoseconds`. Slower is believed at once, faster step by step: a slice must stay short. */
  measured(instructions: number, nanoseconds: number): void {
    if (nanoseconds < SHORTEST_MEASUREMENT && instructions < this.budget(SHORTEST_MEASUREMENT)) return;
    const speed = instructions / Math.max(1, nanoseconds);
    const pace = 1 / Math.max(speed, Number.MIN_VALUE);
    this.pace = this.pace === 0 ? pace : Math.min(pace, PACE_GROWTH * this.pace);
    this.speed = speed < this.speed ? speed : Math.min(2 * this.speed, (3 * this.speed + speed) / 4);
  }
}
