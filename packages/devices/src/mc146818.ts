import type { Clock, TimerHandle, Timers } from './clock';
import { byteRegistersAt, type PortBus } from './port-bus';
import {
  CALENDAR_REGISTERS,
  type CalendarFormat,
  decodeCalendar,
  encodeCalendar,
  HOURS,
  MINUTES,
  SECONDS,
} from './rtc-calendar';
import { requireVersion } from './saved-state';
import type { InterruptLine } from './wires';

// Motorola MC146818 data sheet, "Registers".
const ALARM_OFFSET = 1; // the alarm of a time register is the register after it
const ALARM_ANY = 0xc0;
const REGISTER_A = 0x0a;
const REGISTER_B = 0x0b;
const REGISTER_C = 0x0c;
const REGISTER_D = 0x0d;

const A_UIP = 0x80;
const A_DIVIDER_RESET = 0x60; // both bits: the divider is held
const A_RATE = 0x0f;
const A_POWER_ON = 0x26; // 32768 Hz crystal, 1024 Hz
const B_SET = 0x80;
const B_BINARY = 0x04;
const B_HOURS24 = 0x02;
/** PF, AF and UF of register C; PIE, AIE and UIE of register B are at the same bits. */
const PERIODIC = 0x40;
const ALARM = 0x20;
const UPDATE_ENDED = 0x10;
const C_IRQF = 0x80;
const D_VALID = 0x80;

const INDEX_NMI_MASK = 0x80;

const SECOND = 1e9;
/** UIP rises 244 us before the update cycle, which takes 1984 us. */
const UPDATE_NS = (244 + 1984) * 1000;
/** After the divider is released the first update comes half a second later. */
const RELEASE_PHASE = SECOND / 2;
const SECONDS_PER_DAY = 86_400;

const REGISTERS = 128;
const CHECKSUM_FIRST = 0x10;
const CHECKSUM_LAST = 0x2d;
const CHECKSUM = 0x2e;

/** Where the clock gets its time from at power-on; from then on it follows guest time. */
export interface DateSource {
  /** Milliseconds since 1970-01-01 00:00 of what the guest shall see: UTC, or local time for guests that want it. */
  unixMilliseconds(): number;
}

/** What the real-time clock takes from its board. */
export interface Mc146818Needs {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly dates: DateSource;
  /** IRQ 8, high while an enabled flag of register C is set. */
  readonly irq: InterruptLine;
}

/** The saved clock and CMOS memory. */
export interface Mc146818State {
  readonly version: 1;
  readonly index: number;
  readonly nmiMasked: boolean;
  readonly registers: readonly number[];
  readonly flags: number;
  readonly boundary: number;
  readonly boundarySeconds: number;
  readonly weekdayShift: number;
  readonly checked: number;
}

/** The clock and the CMOS memory of a PC, at ports 70h (index, NMI mask) and 71h (data). */
export class Mc146818 {
  readonly #needs: Mc146818Needs;
  /** Time registers are current only while the clock is stopped, see #showTime. */
  readonly #registers = new Uint8Array(REGISTERS);
  #index = 0;
  #nmiMasked = false;
  #flags = 0;
  /** Guest ns at which a second of the calendar began, and which. */
  #boundary: number;
  #boundarySeconds: number;
  #weekdayShift = 0;
  /** Guest ns up to which the flags are right. */
  #checked: number;
  #timer: TimerHandle | null = null;

  constructor(needs: Mc146818Needs) {
    this.#needs = needs;
    const milliseconds = needs.dates.unixMilliseconds();
    this.#checked = needs.clock.now();
    this.#boundarySeconds = Math.floor(milliseconds / 1000);
    this.#boundary = Math.round(this.#checked - (milliseconds - this.#boundarySeconds * 1000) * 1e6);
    this.#registers[REGISTER_A] = A_POWER_ON;
    this.#registers[REGISTER_B] = B_HOURS24;
  }

  attach(bus: PortBus): void {
    bus.map(0x70, 2, byteRegistersAt(0x70, this), 'MC146818');
  }

  /** Bit 7 of port 70h: the board keeps NMI from the processor. */
  get nmiMasked(): boolean {
    return this.#nmiMasked;
  }

  /** 0: the index port, which cannot be read; 1: the register it names. */
  read(offset: number): number {
    return offset === 0 ? 0xff : this.readRegister(this.#index);
  }

  write(offset: number, value: number): void {
    if (offset === 0) {
      this.#index = value & ~INDEX_NMI_MASK;
      this.#nmiMasked = (value & INDEX_NMI_MASK) !== 0;
    } else {
      this.writeRegister(this.#index, value);
    }
  }

  /** Register or CMOS byte 0-7Fh, with the effects that a guest's read has. */
  readRegister(index: number): number {
    const now = this.#needs.clock.now();
    switch (index) {
      case REGISTER_A:
        return this.#registers[REGISTER_A]! | (this.#updating(now) ? A_UIP : 0);
      case REGISTER_C: {
        this.#advance(now);
        const flags = this.#flags | (this.#interrupting() ? C_IRQF : 0);
        this.#flags = 0;
        this.#drive(now);
        return flags;
      }
      case REGISTER_D:
        return D_VALID;
      default:
        if (isCalendar(index)) this.#showTime(now);
        return this.#registers[index]!;
    }
  }

  /** Register or CMOS byte 0-7Fh, with the effects that a guest's write has; firmware's settings go in this way. */
  writeRegister(index: number, value: number): void {
    const now = this.#needs.clock.now();
    this.#advance(now);
    if (index === REGISTER_C || index === REGISTER_D) return;
    const wasStopped = this.#stopped();
    const wasReset = this.#dividerReset();
    this.#showTime(now);
    if (index === REGISTER_A) value &= ~A_UIP;
    if (index === REGISTER_B && value & B_SET) value &= ~UPDATE_ENDED;
    this.#registers[index] = value;
    if (isCalendar(index) || (wasStopped && !this.#stopped())) this.#setTime(now);
    if (wasReset && !this.#dividerReset()) this.#boundary = Math.round(now - RELEASE_PHASE);
    this.#drive(now);
  }

  /**
   * Tells the guest how much memory there is, the way firmware does.
   * @param below4G bytes of RAM below 4 GB, at least 1 MB
   * @param above4G bytes of RAM above 4 GB
   */
  setMemorySize(below4G: number, above4G = 0): void {
    const word = (index: number, value: number): void => {
      this.#registers[index] = value & 0xff;
      this.#registers[index + 1] = (value >> 8) & 0xff;
    };
    const extendedKb = Math.min(Math.max(below4G / 1024 - 1024, 0), 0xffff);
    word(0x15, 640);
    word(0x17, extendedKb);
    word(0x30, extendedKb);
    word(0x34, Math.min(Math.max((below4G - 0x100_0000) / 0x1_0000, 0), 0xffff));
    const above = Math.floor(above4G / 0x1_0000);
    word(0x5b, above & 0xffff);
    this.#registers[0x5d] = Math.floor(above / 0x1_0000) & 0xff;
    let sum = 0;
    for (let index = CHECKSUM_FIRST; index <= CHECKSUM_LAST; index++) sum += this.#registers[index]!;
    this.#registers[CHECKSUM] = (sum >> 8) & 0xff;
    this.#registers[CHECKSUM + 1] = sum & 0xff;
  }

  saveState(): Mc146818State {
    return {
      version: 1,
      index: this.#index,
      nmiMasked: this.#nmiMasked,
      registers: [...this.#registers],
      flags: this.#flags,
      boundary: this.#boundary,
      boundarySeconds: this.#boundarySeconds,
      weekdayShift: this.#weekdayShift,
      checked: this.#checked,
    };
  }

  /** The clock must show the saved time already. @throws StateVersionError */
  restoreState(state: Mc146818State): void {
    requireVersion('MC146818', state, 1);
    this.#index = state.index;
    this.#nmiMasked = state.nmiMasked;
    this.#registers.set(state.registers);
    this.#flags = state.flags;
    this.#boundary = state.boundary;
    this.#boundarySeconds = state.boundarySeconds;
    this.#weekdayShift = state.weekdayShift;
    this.#checked = state.checked;
    this.#drive(this.#needs.clock.now());
  }

  /**
   * Sets the calendar on by `seconds` of which guest time knows nothing, as if the machine had been off: alarms in
   * between are missed. Does nothing while the guest has stopped the clock.
   */
  skip(seconds: number): void {
    if (!this.#stopped()) this.#boundarySeconds += Math.round(seconds);
  }

  get #format(): CalendarFormat {
    const b = this.#registers[REGISTER_B]!;
    return { binary: (b & B_BINARY) !== 0, hours24: (b & B_HOURS24) !== 0 };
  }

  #dividerReset(): boolean {
    return (this.#registers[REGISTER_A]! & A_DIVIDER_RESET) === A_DIVIDER_RESET;
  }

  #stopped(): boolean {
    return this.#dividerReset() || (this.#registers[REGISTER_B]! & B_SET) !== 0;
  }

  /** Whole seconds since the boundary that time is counted from. */
  #secondsSince(ns: number): number {
    return Math.floor((ns - this.#boundary) / SECOND);
  }

  #updating(now: number): boolean {
    if (this.#stopped()) return false;
    const nextBoundary = this.#boundary + (this.#secondsSince(now) + 1) * SECOND;
    return nextBoundary - now <= UPDATE_NS;
  }

  #showTime(now: number): void {
    if (this.#stopped()) return;
    this.#encode(this.#registers, this.#boundarySeconds + this.#secondsSince(now));
  }

  #encode(registers: Uint8Array, unixSeconds: number): void {
    encodeCalendar(registers, unixSeconds, this.#weekdayShift, this.#format);
  }

  /** The time registers were written: counting goes on from them, at the divider's old phase. */
  #setTime(now: number): void {
    if (this.#stopped()) return;
    const { unixSeconds, weekdayShift } = decodeCalendar(this.#registers, this.#format);
    this.#boundary += this.#secondsSince(now) * SECOND;
    this.#boundarySeconds = unixSeconds;
    this.#weekdayShift = weekdayShift;
  }

  /** Guest ns between two periodic flags; 0 if there are none. */
  #period(): number {
    const rate = this.#registers[REGISTER_A]! & A_RATE;
    if (rate === 0 || this.#dividerReset()) return 0;
    const hertz = rate < 3 ? 512 >> rate : 32_768 >> (rate - 1);
    return SECOND / hertz;
  }

  /** Sets the flags of what has happened up to `now`. */
  #advance(now: number): void {
    const period = this.#period();
    const count = (ns: number): number => Math.floor((ns - this.#boundary) / period);
    if (period > 0 && count(now) > count(this.#checked)) this.#flags |= PERIODIC;
    if (!this.#stopped()) {
      const last = this.#secondsSince(now);
      const first = Math.max(this.#secondsSince(this.#checked) + 1, last - SECONDS_PER_DAY + 1);
      if (first <= last) this.#flags |= UPDATE_ENDED;
      for (let second = first; second <= last && (this.#flags & ALARM) === 0; second++) {
        if (this.#isAlarm(this.#boundarySeconds + second)) this.#flags |= ALARM;
      }
    }
    this.#checked = now;
  }

  #isAlarm(unixSeconds: number): boolean {
    const shown = new Uint8Array(REGISTERS);
    this.#encode(shown, unixSeconds);
    return [SECONDS, MINUTES, HOURS].every((register) => {
      const alarm = this.#registers[register + ALARM_OFFSET]!;
      return (alarm & ALARM_ANY) === ALARM_ANY || alarm === shown[register];
    });
  }

  #interrupting(): boolean {
    return (this.#flags & this.#registers[REGISTER_B]! & (PERIODIC | ALARM | UPDATE_ENDED)) !== 0;
  }

  #drive(now: number): void {
    this.#needs.irq.set(this.#interrupting());
    this.#timer?.cancel();
    this.#timer = null;
    const deadline = this.#nextInterrupt(now);
    if (deadline === Infinity) return;
    this.#timer = this.#needs.timers.at(deadline, () => {
      const fired = this.#needs.clock.now();
      this.#advance(fired);
      this.#drive(fired);
    });
  }

  /** When a flag may rise that is enabled and not up already. */
  #nextInterrupt(now: number): number {
    const wanted = this.#registers[REGISTER_B]! & ~this.#flags;
    let deadline = Infinity;
    if (wanted & (UPDATE_ENDED | ALARM) && !this.#stopped()) {
      deadline = this.#boundary + (this.#secondsSince(now) + 1) * SECOND;
    }
    const period = this.#period();
    if (wanted & PERIODIC && period > 0) {
      const next = this.#boundary + (Math.floor((now - this.#boundary) / period) + 1) * period;
      deadline = Math.min(deadline, next);
    }
    return deadline;
  }
}

const isCalendar = (index: number): boolean => (CALENDAR_REGISTERS as readonly number[]).includes(index);
