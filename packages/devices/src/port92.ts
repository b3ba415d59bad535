import { byteRegistersAt, type PortBus } from './port-bus';
import { requireVersion } from './saved-state';
import type { InterruptLine, Signal } from './wires';

const FAST_RESET = 0x01;
const FAST_A20 = 0x02;

/** What port 92h takes from its board. */
export interface Port92Needs {
  /** The fast A20 gate. The board joins it with the keyboard controller's: see WiredOr. */
  readonly a20: InterruptLine;
  readonly reset: Signal;
}

/** The saved port 92h. */
export interface Port92State {
  readonly version: 1;
  readonly value: number;
}

/** System control port A, port 92h: fast A20 and fast reset. */
export class Port92 {
  readonly #needs: Port92Needs;
  #value = 0;

  constructor(needs: Port92Needs) {
    this.#needs = needs;
  }

  attach(bus: PortBus): void {
    bus.map(0x92, 1, byteRegistersAt(0x92, this), 'port 92h');
  }

  read(): number {
    return this.#value;
  }

  /** Reset comes with the rise of its bit. */
  write(_offset: number, value: number): void {
    const rises = value & ~this.#value;
    this.#value = value & (FAST_RESET | FAST_A20);
    this.#needs.a20.set((value & FAST_A20) !== 0);
    if (rises & FAST_RESET) this.#needs.reset();
  }

  saveState(): Port92State {
    return { version: 1, value: this.#value };
  }

  /** @throws StateVersionError */
  restoreState(state: Port92State): void {
    requireVersion('port 92h', state, 1);
    this.#value = state.value;
    this.#needs.a20.set((state.value & FAST_A20) !== 0);
  }
}
