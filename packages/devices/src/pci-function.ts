import { requireVersion } from './saved-state';

// PCI Local Bus Specification 2.1, chapter 6 "Configuration Space".
const VENDOR_ID = 0x00;
const COMMAND = 0x04;
const STATUS = 0x06;
const REVISION = 0x08;
const CLASS_CODE = 0x09;
const LATENCY_TIMER = 0x0d;
const CACHE_LINE = 0x0c;
const HEADER_TYPE = 0x0e;
const BASE_ADDRESS = 0x10;
const SUBSYSTEM = 0x2c;
const INTERRUPT_LINE = 0x3c;
const INTERRUPT_PIN = 0x3d;

const COMMAND_IO = 0x01;
const COMMAND_MEMORY = 0x02;
const COMMAND_WRITABLE = 0x0547; // I/O, memory, master, parity, SERR, INTx disable
const STATUS_CLEARED_BY_ONE = 0xf9; // of its high byte
const MULTI_FUNCTION = 0x80;
const BAR_IO = 0x01;

const CONFIG_SIZE = 256;

/** What the first registers of a configuration space say. */
export interface PciIdentity {
  readonly vendor: number;
  readonly device: number;
  readonly revision: number;
  /** Class, subclass and programming interface: 24 bits. */
  readonly classCode: number;
  readonly subsystemVendor?: number;
  readonly subsystem?: number;
  readonly status?: number;
  readonly multiFunction?: boolean;
  /** 1 is INTA#. */
  readonly interruptPin?: number;
}

/** A base address register: what a function wants mapped, and how much of it. */
export interface PciBar {
  /** 0-5. */
  readonly index: number;
  readonly space: 'io' | 'memory';
  /** Bytes; a power of two, at least 4 (I/O) or 16 (memory). */
  readonly size: number;
  /** The range moved to `base`; null: it is disabled. */
  readonly moved: (base: number | null) => void;
}

/** A base address register that does not exist, or a size that it cannot decode. */
export class PciBarError extends Error {
  override readonly name = 'PciBarError';
  readonly code = 'PCI_BAR';

  constructor(
    readonly index: number,
    readonly size: number,
  ) {
    super(
      `base address register ${index} of ${size} bytes: want index 0-5 and a power of two from 4 (I/O) or 16`,
    );
  }
}

/** A saved configuration space. */
export interface PciFunctionState {
  readonly version: 1;
  readonly config: readonly number[];
}

/** The configuration space of one function, header type 0. */
export class PciFunction {
  readonly config = new Uint8Array(CONFIG_SIZE);
  readonly #writable = new Uint8Array(CONFIG_SIZE);
  readonly #bars: { readonly bar: PciBar; base: number | null }[] = [];
  readonly #watchers: { readonly first: number; readonly end: number; readonly changed: () => void }[] = [];

  constructor(identity: PciIdentity) {
    this.#put(VENDOR_ID, 2, identity.vendor);
    this.#put(VENDOR_ID + 2, 2, identity.device);
    this.#put(STATUS, 2, identity.status ?? 0);
    this.#put(REVISION, 1, identity.revision);
    this.#put(CLASS_CODE, 3, identity.classCode);
    this.#put(HEADER_TYPE, 1, identity.multiFunction ? MULTI_FUNCTION : 0);
    this.#put(SUBSYSTEM, 2, identity.subsystemVendor ?? 0);
    this.#put(SUBSYSTEM + 2, 2, identity.subsystem ?? 0);
    this.#put(INTERRUPT_PIN, 1, identity.interruptPin ?? 0);
    this.allowWrites(COMMAND, 2, COMMAND_WRITABLE);
    this.allowWrites(CACHE_LINE, 1, 0xff);
    this.allowWrites(LATENCY_TIMER, 1, 0xff);
    this.allowWrites(INTERRUPT_LINE, 1, 0xff);
  }

  /** Makes the bits of `mask` (little-endian, `count` bytes) writable. Others stay as they are. */
  allowWrites(offset: number, count: number, mask: number): void {
    for (let i = 0; i < count; i++) this.#writable[offset + i] = (mask >>> (8 * i)) & 0xff;
  }

  /** Calls back after a write to any of `count` bytes, and after a state was restored. */
  watch(offset: number, count: number, changed: () => void): void {
    this.#watchers.push({ first: offset, end: offset + count, changed });
  }

  /** @throws PciBarError */
  addBar(bar: PciBar): void {
    const least = bar.space === 'io' ? 4 : 16;
    const valid = bar.size >= least && bar.size <= 0x8000_0000 && Number.isInteger(Math.log2(bar.size));
    if (!valid || ![0, 1, 2, 3, 4, 5].includes(bar.index)) throw new PciBarError(bar.index, bar.size);
    const offset = BASE_ADDRESS + 4 * bar.index;
    this.#put(offset, 4, bar.space === 'io' ? BAR_IO : 0);
    this.allowWrites(offset, 4, ~(bar.size - 1) >>> 0);
    this.#bars.push({ bar, base: null });
  }

  /** Little-endian value of 1, 2 or 4 bytes of the configuration space, as the function itself sees it. */
  get(offset: number, size: 1 | 2 | 4): number {
    let value = 0;
    for (let i = size - 1; i >= 0; i--) value = value * 256 + this.config[offset + i]!;
    return value;
  }

  /** A configuration read by the guest. */
  read(offset: number): number {
    return this.config[offset]!;
  }

  /** A configuration write by the guest, of `size` bytes at once. */
  write(offset: number, size: 1 | 2 | 4, value: number): void {
    for (let i = 0; i < size; i++) {
      const at = offset + i;
      const byte = (value >>> (8 * i)) & 0xff;
      const mask = this.#writable[at]!;
      this.config[at] = (this.config[at]! & ~mask) | (byte & mask);
      if (at === STATUS + 1) this.config[at]! &= ~(byte & STATUS_CLEARED_BY_ONE);
    }
    this.#moveBars();
    for (const { first, end, changed } of this.#watchers) {
      if (offset < end && offset + size > first) changed();
    }
  }

  saveState(): PciFunctionState {
    return { version: 1, config: [...this.config] };
  }

  /** @throws StateVersionError */
  restoreState(state: PciFunctionState): void {
    requireVersion('PCI function', state, 1);
    this.config.set(state.config);
    this.#moveBars();
    for (const { changed } of this.#watchers) changed();
  }

  #put(offset: number, count: number, value: number): void {
    for (let i = 0; i < count; i++) this.config[offset + i] = (value >>> (8 * i)) & 0xff;
  }

  #moveBars(): void {
    const command = this.config[COMMAND]!;
    for (const entry of this.#bars) {
      const { bar } = entry;
      const enabled = (command & (bar.space === 'io' ? COMMAND_IO : COMMAND_MEMORY)) !== 0;
      const address = (this.get(BASE_ADDRESS + 4 * bar.index, 4) & ~(bar.size - 1)) >>> 0;
      // A guest that sizes a register writes all ones; nothing is decoded there, nor at 0.
      const nowhere = address === 0 || address === ~(bar.size - 1) >>> 0;
      const base = enabled && !nowhere ? address : null;
      if (base === entry.base) continue;
      entry.base = base;
      bar.moved(base);
    }
  }
}
