// Intel 8254 data sheet (231164): "Mode Definitions", "Read Operations". Time is counted in CLK pulses; what a
// counter shows at a given pulse is computed from the pulse at which it was loaded.

/** The six modes of a counter, as the data sheet numbers them. */
export type CounterMode = 0 | 1 | 2 | 3 | 4 | 5;

/** Read/write format: 1 least significant byte only, 2 most significant only, 3 least then most. */
export type CounterAccess = 1 | 2 | 3;

/** One saved counter. */
export interface CounterState {
  mode: CounterMode;
  access: CounterAccess;
  bcd: boolean;
  gate: boolean;
  /** Initial count of the count register (1 to 65536 or 10000); null since the control word. */
  written: number | null;
  /** The least significant byte of a count of two bytes, while the other is awaited. */
  lowByte: number | null;
  /** Initial count of the cycle that the counting element is in. */
  initial: number;
  /** `idle`: waits for a count or a trigger. `paused`: stopped by the gate after `elapsed` pulses. */
  phase: 'idle' | 'running' | 'paused';
  /** CLK pulse at which the counting element was loaded, while running. */
  origin: number;
  elapsed: number;
  /** CLK pulse at which a running periodic counter takes the count that was written meanwhile. */
  loadAt: number;
  /** What the counting element and OUT show while idle and until the load. */
  heldCount: number;
  heldOut: boolean;
  /** A count was written and is not in the counting element yet. */
  nullCount: boolean;
  latchedCount: number | null;
  latchedStatus: number | null;
  /** The next read of a two-byte count gives the most significant byte. */
  readHigh: boolean;
}

const powerOn = (): CounterState => ({
  mode: 0,
  access: 3,
  bcd: false,
  gate: true,
  written: null,
  lowByte: null,
  initial: 0x1_0000,
  phase: 'idle',
  origin: 0,
  elapsed: 0,
  loadAt: 0,
  heldCount: 0,
  heldOut: false,
  nullCount: true,
  latchedCount: null,
  latchedStatus: null,
  readHigh: false,
});

const fromBcd = (n: number): number =>
  (n >> 12) * 1000 + ((n >> 8) & 15) * 100 + ((n >> 4) & 15) * 10 + (n & 15);
const toBcd = (n: number): number =>
  (Math.floor(n / 1000) << 12) |
  ((Math.floor(n / 100) % 10) << 8) |
  ((Math.floor(n / 10) % 10) << 4) |
  (n % 10);

/** One of the three counters. `now` is always the current CLK pulse and never goes back. */
export class Counter {
  state = powerOn();

  /** Started by a rising gate, and by it only. */
  get #triggered(): boolean {
    return this.state.mode === 1 || this.state.mode === 5;
  }

  get #periodic(): boolean {
    return this.state.mode === 2 || this.state.mode === 3;
  }

  /** Control word: mode and format; the count register is empty, OUT takes its initial level. */
  control(word: number, now: number): void {
    const s = this.state;
    const mode = (word >> 1) & 7;
    s.heldCount = this.count(now);
    s.mode = (mode > 5 ? mode & 3 : mode) as CounterMode;
    s.access = ((word >> 4) & 3) as CounterAccess;
    s.bcd = (word & 1) !== 0;
    s.heldOut = s.mode !== 0;
    s.phase = 'idle';
    s.written = null;
    s.lowByte = null;
    s.nullCount = true;
    s.latchedCount = null;
    s.latchedStatus = null;
    s.readHigh = false;
  }

  write(value: number, now: number): void {
    const s = this.state;
    if (s.access === 3 && s.lowByte === null) {
      if (s.mode === 0) this.#hold(now, false); // the first byte stops the count and lowers OUT
      s.lowByte = value;
      return;
    }
    const low = s.access === 1 ? value : (s.lowByte ?? 0);
    const count = low | (s.access === 1 ? 0 : value << 8);
    s.lowByte = null;
    this.#newCount(s.bcd ? fromBcd(count) || 10_000 : count || 0x1_0000, now);
  }

  read(now: number): number {
    const s = this.state;
    if (s.latchedStatus !== null) {
      const status = s.latchedStatus;
      s.latchedStatus = null;
      return status;
    }
    const count = s.latchedCount ?? this.count(now);
    const high = s.access === 2 || (s.access === 3 && s.readHigh);
    if (s.access === 3) s.readHigh = !s.readHigh;
    if (s.access !== 3 || high) s.latchedCount = null;
    return high ? count >> 8 : count & 0xff;
  }

  latchCount(now: number): void {
    this.state.latchedCount ??= this.count(now);
  }

  /** Status byte of the read-back command: OUT, null count, format, mode, BCD. */
  latchStatus(now: number): void {
    const s = this.state;
    this.#settle(now);
    const flags = (this.out(now) ? 0x80 : 0) | (this.#isNull(now) ? 0x40 : 0);
    s.latchedStatus ??= flags | (s.access << 4) | (s.mode << 1) | (s.bcd ? 1 : 0);
  }

  setGate(gate: boolean, now: number): void {
    const s = this.state;
    if (gate === s.gate) return;
    this.#settle(now);
    s.gate = gate;
    if (gate) this.#gateRises(now);
    else this.#gateFalls(now);
  }

  /** Level of OUT. */
  out(now: number): boolean {
    const s = this.state;
    this.#settle(now);
    if (s.phase === 'idle') return s.heldOut;
    if (s.phase === 'paused' && this.#periodic) return true;
    const e = this.#elapsed(now);
    if (e < 0) return s.heldOut;
    switch (s.mode) {
      case 0:
      case 1:
        return e >= s.initial;
      case 2:
        return e % s.initial !== s.initial - 1;
      case 3:
        return e % s.initial < (s.initial + 1) >> 1;
      case 4:
      case 5:
        return e !== s.initial;
    }
  }

  /** The 16-bit value of the counting element, as it is read. */
  count(now: number): number {
    const s = this.state;
    this.#settle(now);
    const e = s.phase === 'idle' ? -1 : this.#elapsed(now);
    if (e < 0) return s.heldCount;
    const modulus = s.bcd ? 10_000 : 0x1_0000;
    const count = ((this.#binaryCount(e) % modulus) + modulus) % modulus;
    return s.bcd ? toBcd(count) : count;
  }

  /** The first pulse after `now` at which OUT rises if nothing is written meanwhile; `Infinity` if none. */
  nextRise(now: number): number {
    const s = this.state;
    this.#settle(now);
    if (s.phase !== 'running') return Infinity;
    const e = now - s.origin;
    switch (s.mode) {
      case 0:
      case 1:
        return e < s.initial ? s.origin + s.initial : Infinity;
      case 2:
      case 3:
        // A new count that is loaded where OUT falls gives the low half its length.
        if (s.mode === 3 && s.nullCount && this.out(now)) return s.loadAt + Math.max(s.written! >> 1, 1);
        if (s.initial === 1) return s.nullCount ? s.loadAt : Infinity; // no legal count: OUT stands still
        return s.origin + s.initial * (Math.floor(Math.max(e, 0) / s.initial) + 1);
      case 4:
      case 5:
        return e <= s.initial ? s.origin + s.initial + 1 : Infinity;
    }
  }

  /** CLK pulses between two rises of OUT; 0 if it does not repeat. */
  get period(): number {
    return this.#periodic ? this.state.initial : 0;
  }

  #binaryCount(e: number): number {
    const { mode, initial: n } = this.state;
    if (mode === 2) return n - (e % n);
    if (mode !== 3) return n - e;
    const position = e % n;
    const high = (n + 1) >> 1;
    const even = n & ~1;
    return position < high ? even - 2 * position : even - 2 * (position - high);
  }

  #elapsed(now: number): number {
    return this.state.phase === 'paused' ? this.state.elapsed : now - this.state.origin;
  }

  #isNull(now: number): boolean {
    const s = this.state;
    return s.nullCount || (s.phase === 'running' && now < s.origin);
  }

  /** The next pulse after `now` at which a periodic counter takes a new count. */
  #boundary(now: number): number {
    const s = this.state;
    const e = Math.max(now - s.origin, 0);
    const position = e % s.initial;
    const high = (s.initial + 1) >> 1;
    const length = s.mode === 3 && position < high ? high : s.initial;
    return s.origin + e - position + length;
  }

  /** A periodic counter takes its new count where the current period (mode 3: half) ends. */
  #settle(now: number): void {
    const s = this.state;
    if (s.phase !== 'running' || !this.#periodic || !s.nullCount || s.written === null) return;
    if (now < s.loadAt) return;
    const half = s.mode === 3 && (s.loadAt - s.origin) % s.initial !== 0;
    s.initial = s.written;
    s.origin = half ? s.loadAt - ((s.initial + 1) >> 1) : s.loadAt;
    s.nullCount = false;
  }

  #newCount(count: number, now: number): void {
    const s = this.state;
    this.#settle(now);
    s.written = count;
    if (this.#triggered) {
      s.nullCount = true;
    } else if (this.#periodic && s.phase === 'running') {
      if (!s.nullCount) s.loadAt = this.#boundary(now);
      s.nullCount = true;
    } else {
      this.#load(now);
    }
  }

  /** The counting element is loaded on the next CLK pulse; with the gate low it then stands still. */
  #load(now: number): void {
    const s = this.state;
    const out = s.mode === 0 ? false : this.out(now);
    this.#hold(now, out);
    s.initial = s.written ?? s.initial;
    s.nullCount = false;
    s.origin = now + 1;
    s.elapsed = 0;
    s.phase = s.gate || this.#triggered ? 'running' : 'paused';
  }

  #hold(now: number, out: boolean): void {
    const s = this.state;
    s.heldCount = this.count(now);
    s.heldOut = out;
    s.phase = 'idle';
  }

  #gateRises(now: number): void {
    const s = this.state;
    if (this.#triggered) {
      if (s.written !== null) this.#load(now);
    } else if (s.phase === 'paused') {
      if (this.#periodic) {
        this.#load(now);
      } else {
        s.origin = now - s.elapsed;
        s.phase = 'running';
      }
    }
  }

  #gateFalls(now: number): void {
    const s = this.state;
    if (this.#triggered || s.phase !== 'running') return;
    s.elapsed = Math.max(now - s.origin, 0);
    s.phase = 'paused';
  }
}
