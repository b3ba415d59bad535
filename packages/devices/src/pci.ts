import type { PciFunction } from './pci-function';
import type { AccessSize, PortBus, PortDevice } from './port-bus';
import { requireVersion } from './saved-state';
import type { ResetControl } from './reset-control';

// PCI Local Bus Specification 2.1, section 3.7.4.1 "Configuration Mechanism #1".
const CONFIG_ADDRESS = 0xcf8;
const CONFIG_DATA = 0xcfc;
const RESET_CONTROL = 0xcf9;
const ENABLE = 0x8000_0000;
const ADDRESS_WRITABLE = 0x80ff_fffc;

/** Two functions at the same place of the bus, or a place that does not exist. */
export class PciConflictError extends Error {
  override readonly name = 'PciConflictError';
  readonly code = 'PCI_CONFLICT';

  constructor(
    readonly device: number,
    readonly functionNumber: number,
  ) {
    super(`PCI 0:${device}.${functionNumber} is taken, or is no device 0-31 with a function 0-7`);
  }
}

/** The saved address register (CF8h); each function saves its own configuration space. */
export interface PciHostState {
  readonly version: 1;
  readonly address: number;
}

/** Bus 0 behind ports CF8h-CFFh. The functions save their own states. */
export class PciHost implements PortDevice {
  readonly widestAccess = 4;
  readonly #functions = new Map<number, PciFunction>();
  readonly #resetControl: ResetControl | null;
  #address = 0;

  /** @param resetControl answers byte accesses to port CF9h */
  constructor(resetControl: ResetControl | null = null) {
    this.#resetControl = resetControl;
  }

  attach(bus: PortBus): void {
    bus.map(CONFIG_ADDRESS, 8, this, 'PCI configuration');
  }

  /** @throws PciConflictError */
  add(device: number, functionNumber: number, pciFunction: PciFunction): void {
    const place = (device << 3) | functionNumber;
    const exists = device >= 0 && device < 32 && functionNumber >= 0 && functionNumber < 8;
    if (!exists || this.#functions.has(place)) throw new PciConflictError(device, functionNumber);
    this.#functions.set(place, pciFunction);
  }

  /** What answers at a device and function number. */
  at(device: number, functionNumber: number): PciFunction | undefined {
    return this.#functions.get((device << 3) | functionNumber);
  }

  readPort(port: number, size: AccessSize): number {
    if (port < CONFIG_DATA) {
      if (port === CONFIG_ADDRESS && size === 4) return this.#address;
      if (port === RESET_CONTROL && size === 1 && this.#resetControl) return this.#resetControl.read();
      return 0xffff_ffff;
    }
    const target = this.#selected();
    if (target === undefined) return 0xffff_ffff;
    let value = 0;
    for (let i = size - 1; i >= 0; i--) value = (value << 8) | target.read(this.#register(port, i));
    return value >>> 0;
  }

  writePort(port: number, size: AccessSize, value: number): void {
    if (port >= CONFIG_DATA) this.#selected()?.write(this.#register(port, 0), size, value);
    else if (port === CONFIG_ADDRESS && size === 4) this.#address = (value & ADDRESS_WRITABLE) >>> 0;
    else if (port === RESET_CONTROL && size === 1) this.#resetControl?.write(0, value);
  }

  saveState(): PciHostState {
    return { version: 1, address: this.#address };
  }

  /** @throws StateVersionError */
  restoreState(state: PciHostState): void {
    requireVersion('PCI host', state, 1);
    this.#address = state.address;
  }

  #register(port: number, byte: number): number {
    return (this.#address & 0xfc) + port - CONFIG_DATA + byte;
  }

  #selected(): PciFunction | undefined {
    const bus = (this.#address >>> 16) & 0xff;
    if ((this.#address & ENABLE) === 0 || bus !== 0) return undefined;
    return this.#functions.get((this.#address >>> 8) & 0xff);
  }
}
