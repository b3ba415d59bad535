import { byteRegistersAt, type PortBus } from './port-bus';

/** What a read of port E9h gives on emulators that have the port: guests probe for it with this. */
const PRESENT = 0xe9;

/** A port that takes text: E9h (Bochs), 402h (SeaBIOS). */
export class DebugConsole {
  readonly #output: (byte: number) => void;

  constructor(output: (byte: number) => void) {
    this.#output = output;
  }

  attach(bus: PortBus, port = 0xe9): void {
    bus.map(port, 1, byteRegistersAt(port, this), 'debug console');
  }

  read(): number {
    return PRESENT;
  }

  write(_offset: number, value: number): void {
    this.#output(value);
  }
}
