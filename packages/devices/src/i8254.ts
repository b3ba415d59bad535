import type { Clock, TimerHandle, Timers } from './clock';
import { Counter, type CounterState } from './i8254-counter';
import { byteRegistersAt, type PortBus } from './port-bus';
import { requireVersion } from './saved-state';
import type { InterruptLine } from './wires';

/** CLK of the counters of a PC: 14.31818 MHz / 12. */
export const PIT_HZ = 1_193_182;

const CONTROL = 3;
const READ_BACK = 3; // in the place of a counter's number
const READ_BACK_NO_COUNT = 0x20;
const READ_BACK_NO_STATUS = 0x10;
const LATCH = 0; // in the place of a format

/** Missed ticks worth this much guest time are made up for; older ones are dropped. */
const BACKLOG_NS = 250_000_000;

/** OUT 0 is looked at no more often than this, whatever count a guest writes (12 pulses: 10 us). */
const SHORTEST_INTERVAL = 12;

/** CLK pulses since power-on at `ns`. */
export const pitPulses = (ns: number): number => Math.floor((ns * PIT_HZ) / 1e9);

/** The first whole nanosecond at which `pulse` has come. */
export function pitNanoseconds(pulse: number): number {
  const ns = Math.ceil((pulse * 1e9) / PIT_HZ);
  return pitPulses(ns) < pulse ? ns + 1 : ns;
}

/** What the interval timer takes from its board. */
export interface I8254Needs {
  readonly clock: Clock;
  readonly timers: Timers;
  /** OUT of counter 0: IRQ 0. */
  readonly irq0: InterruptLine;
}

/** The saved interval timer. */
export interface I8254State {
  readonly version: 1;
  readonly counters: readonly CounterState[];
  /** Rises of OUT 0 that are still to be made up for. */
  readonly backlog: number;
  readonly coalesced: number;
  readonly timer: I8254Timer | null;
}

/** When OUT 0 is looked at next, in CLK pulses since power-on; null: never for that reason. */
export interface I8254Timer {
  readonly pulse: number;
  /** The rise of OUT 0 that it is for. */
  readonly rise: number | null;
  /** The missed tick that is made up for. */
  readonly extra: number | null;
}

const orNull = (pulse: number): number | null => (pulse === Infinity ? null : pulse);

/**
 * The interval timer. Only counter 0's rises of OUT need a timer of the host's; everything else is computed when
 * it is looked at. IRQ 0 falls for the instant before each rise.
 *
 * A machine that is run late finds several periods of counter 0 gone. One tick is delivered at once; the others
 * follow half a period after a regular tick each, so that at most twice the programmed rate is seen, until they
 * are made up for. More than 250 ms worth of ticks is not made up for: `coalescedTicks` counts what was dropped.
 */
export class I8254 {
  readonly #needs: I8254Needs;
  readonly #counters = [new Counter(), new Counter(), new Counter()] as const;
  #timer: TimerHandle | null = null;
  #due: I8254Timer | null = null;
  #backlog = 0;
  #coalesced = 0;

  constructor(needs: I8254Needs) {
    this.#needs = needs;
    this.#counters[2].state.gate = false; // port 61h holds it low
  }

  /** Ports 40h-43h. */
  attach(bus: PortBus, base = 0x40): void {
    bus.map(base, 4, byteRegistersAt(base, this), '8254');
  }

  /** Ticks of counter 0 that were dropped because the machine was not run for too long. */
  get coalescedTicks(): number {
    return this.#coalesced;
  }

  /** Counters at 0-2; the control word register (3) cannot be read. */
  read(offset: number): number {
    return offset === CONTROL ? 0xff : this.#counters[offset as 0 | 1 | 2].read(this.#now());
  }

  write(offset: number, value: number): void {
    const now = this.#now();
    if (offset !== CONTROL) {
      this.#counters[offset as 0 | 1 | 2].write(value, now);
      if (offset === 0) this.#programmed(now);
      return;
    }
    const select = value >> 6;
    if (select === READ_BACK) {
      this.#readBack(value, now);
    } else if (((value >> 4) & 3) === LATCH) {
      this.#counters[select as 0 | 1 | 2].latchCount(now);
    } else {
      this.#counters[select as 0 | 1 | 2].control(value, now);
      if (select === 0) this.#programmed(now);
    }
  }

  /** Level of a counter's OUT pin. */
  out(counter: 0 | 1 | 2): boolean {
    return this.#counters[counter].out(this.#now());
  }

  /** Level of a counter's GATE pin; on a PC only counter 2's is wired. */
  setGate(counter: 0 | 1 | 2, level: boolean): void {
    const now = this.#now();
    this.#counters[counter].setGate(level, now);
    if (counter === 0) this.#programmed(now);
  }

  gate(counter: 0 | 1 | 2): boolean {
    return this.#counters[counter].state.gate;
  }

  saveState(): I8254State {
    const counters = this.#counters.map((counter) => ({ ...counter.state }));
    return { version: 1, counters, backlog: this.#backlog, coalesced: this.#coalesced, timer: this.#due };
  }

  /** The clock must show the saved time already. @throws StateVersionError */
  restoreState(state: I8254State): void {
    requireVersion('8254', state, 1);
    this.#counters.forEach((counter, index) => {
      counter.state = { ...state.counters[index]! };
    });
    this.#coalesced = state.coalesced;
    this.#programmed(this.#now());
    this.#backlog = state.backlog;
    this.#arm(state.timer);
  }

  #now(): number {
    return pitPulses(this.#needs.clock.now());
  }

  #readBack(value: number, now: number): void {
    this.#counters.forEach((counter, index) => {
      if ((value & (2 << index)) === 0) return;
      if ((value & READ_BACK_NO_COUNT) === 0) counter.latchCount(now);
      if ((value & READ_BACK_NO_STATUS) === 0) counter.latchStatus(now);
    });
  }

  /** Counter 0 was programmed anew: what it owed is void. */
  #programmed(now: number): void {
    this.#backlog = 0;
    this.#needs.irq0.set(this.#counters[0].out(now));
    this.#schedule(now, Infinity);
  }

  /** @param extra pulse at which a missed tick is to be made up for */
  #schedule(now: number, extra: number): void {
    const rise = this.#counters[0].nextRise(now);
    const next = Math.min(rise, extra);
    const pulse = Math.max(next, now + (this.#counters[0].period > 0 ? SHORTEST_INTERVAL : 1));
    this.#arm(next === Infinity ? null : { pulse, rise: orNull(rise), extra: orNull(extra) });
  }

  #arm(due: I8254Timer | null): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#due = due;
    if (!due) return;
    const { pulse, rise, extra } = due;
    const tick = (): void => this.#tick(rise ?? Infinity, extra ?? Infinity);
    this.#timer = this.#needs.timers.at(pitNanoseconds(pulse), tick);
  }

  #tick(rise: number, extra: number): void {
    const now = this.#now();
    const { period } = this.#counters[0];
    let next = Infinity;
    if (now >= rise) {
      const missed = period > SHORTEST_INTERVAL ? Math.floor((now - rise) / period) : 0;
      const limit = Math.floor((BACKLOG_NS * PIT_HZ) / 1e9 / Math.max(period, 1));
      const kept = Math.min(this.#backlog + missed, limit);
      this.#coalesced += this.#backlog + missed - kept;
      this.#backlog = kept;
      if (kept > 0) next = now + Math.ceil(period / 2);
    } else if (now >= extra) {
      this.#backlog--;
    }
    this.#needs.irq0.set(false);
    this.#needs.irq0.set(true);
    this.#schedule(now, next);
  }
}
