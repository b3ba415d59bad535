import type { Clock } from './clock';
import type { I8254 } from './i8254';
import { byteRegistersAt, type PortBus } from './port-bus';
import { requireVersion } from './saved-state';

// System control port B (PIIX3 "NMI Status and Control", port 61h).
const GATE_2 = 0x01;
const SPEAKER_DATA = 0x02;
const WRITABLE = 0x0f;
const REFRESH = 0x10;
const OUT_2 = 0x20;

/** Half a refresh cycle: 18 pulses of the 8254. */
const REFRESH_NS = 15_085;

/** What port 61h takes from its board. */
export interface Port61Needs {
  readonly clock: Clock;
  readonly timer: Pick<I8254, 'setGate' | 'out'>;
  /** The speaker is fed from counter 2. */
  readonly speaker?: (on: boolean) => void;
}

/** The saved port 61h. */
export interface Port61State {
  readonly version: 1;
  readonly value: number;
}

/** Port 61h: gate and output of counter 2, speaker, refresh toggle. */
export class Port61 {
  readonly #needs: Port61Needs;
  #value = 0;

  constructor(needs: Port61Needs) {
    this.#needs = needs;
  }

  attach(bus: PortBus): void {
    bus.map(0x61, 1, byteRegistersAt(0x61, this), 'port 61h');
  }

  read(): number {
    const refresh = Math.floor(this.#needs.clock.now() / REFRESH_NS) & 1 ? REFRESH : 0;
    return this.#value | refresh | (this.#needs.timer.out(2) ? OUT_2 : 0);
  }

  write(_offset: number, value: number): void {
    const speaker = (value ^ this.#value) & SPEAKER_DATA;
    this.#value = value & WRITABLE;
    this.#needs.timer.setGate(2, (value & GATE_2) !== 0);
    if (speaker) this.#needs.speaker?.((value & SPEAKER_DATA) !== 0);
  }

  saveState(): Port61State {
    return { version: 1, value: this.#value };
  }

  /** @throws StateVersionError */
  restoreState(state: Port61State): void {
    requireVersion('port 61h', state, 1);
    this.#value = state.value;
  }
}
