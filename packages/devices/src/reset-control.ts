import { byteRegistersAt, type PortBus } from './port-bus';
import { requireVersion } from './saved-state';

// PIIX3 (82371SB) "Reset Control Register", port CF9h.
const SYSTEM_RESET = 0x02;
const RESET_CPU = 0x04;

/** The saved register at CF9h. */
export interface ResetControlState {
  readonly version: 1;
  readonly value: number;
}

/** Port CF9h. It lies within the PCI address register, so it is mapped by PciHost, or by `attach` without PCI. */
export class ResetControl {
  readonly #reset: (kind: 'hard' | 'soft') => void;
  #value = 0;

  constructor(reset: (kind: 'hard' | 'soft') => void) {
    this.#reset = reset;
  }

  attach(bus: PortBus): void {
    bus.map(0xcf9, 1, byteRegistersAt(0xcf9, this), 'reset control');
  }

  read(): number {
    return this.#value;
  }

  /** The rise of bit 2 resets: the whole board if bit 1 is set, else the processor. */
  write(_offset: number, value: number): void {
    const rises = value & ~this.#value;
    this.#value = value & (SYSTEM_RESET | RESET_CPU);
    if (rises & RESET_CPU) this.#reset(value & SYSTEM_RESET ? 'hard' : 'soft');
  }

  saveState(): ResetControlState {
    return { version: 1, value: this.#value };
  }

  /** @throws StateVersionError */
  restoreState(state: ResetControlState): void {
    requireVersion('reset control', state, 1);
    this.#value = state.value;
  }
}
