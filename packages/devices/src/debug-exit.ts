import type { AccessSize, PortBus, PortDevice } from './port-bus';

/** The debug-exit port: a guest's tests end the machine with it. Known from QEMU as isa-debug-exit. */
export class DebugExit implements PortDevice {
  readonly widestAccess = 4;
  readonly #exit: (code: number) => void;

  /** @param exit gets (value << 1) | 1, unsigned 32-bit: always odd */
  constructor(exit: (code: number) => void) {
    this.#exit = exit;
  }

  attach(bus: PortBus, base = 0xf4, size = 4): void {
    bus.map(base, size, this, 'debug exit');
  }

  readPort(): number {
    return 0;
  }

  writePort(_port: number, _size: AccessSize, value: number): void {
    this.#exit(((value << 1) | 1) >>> 0);
  }
}
