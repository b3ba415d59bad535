import { MEMORY_MAP, VIDEO_WINDOW } from './memory-map';

const PAGE = 0x1_0000;
const MAXIMUM_RAM = 0x1_0000_0000 - MEMORY_MAP.ram - PAGE;

/** RAM of a size that cannot be had. */
export class MemorySizeError extends RangeError {
  readonly code = 'MEMORY_SIZE';
  override readonly name = 'MemorySizeError';
  constructor(readonly ramBytes: number) {
    super(
      `RAM must be a multiple of 64 KB between 1 MB and ${Math.floor(MAXIMUM_RAM / 0x10_0000)} MB, not ${ramBytes} bytes`,
    );
  }
}

/** A host access to guest-physical memory outside RAM. */
export class PhysicalAddressError extends RangeError {
  readonly code = 'PHYSICAL_ADDRESS';
  override readonly name = 'PhysicalAddressError';
  constructor(
    readonly physical: number,
    readonly length: number,
  ) {
    super(`no RAM at physical address 0x${physical.toString(16)} (${length} bytes)`);
  }
}

/** Told when the host or a device writes where decoded code may be. */
export type CodeWriteObserver = (physical: number, length: number) => void;

/** A machine's one linear memory (see {@link MEMORY_MAP}) and the RAM in it. */
export class PhysicalMemory {
  readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly observers: CodeWriteObserver[] = [];

  private constructor(
    readonly wasm: WebAssembly.Memory,
    /** Bytes of RAM; guest-physical addresses 0 up to this, less the video window. */
    readonly ramBytes: number,
  ) {
    this.bytes = new Uint8Array(wasm.buffer);
    this.view = new DataView(wasm.buffer);
  }

  /** @throws MemorySizeError */
  static create(options: { ramBytes: number }): PhysicalMemory {
    const { ramBytes } = options;
    if (
      !Number.isInteger(ramBytes) ||
      ramBytes < 0x10_0000 ||
      ramBytes > MAXIMUM_RAM ||
      ramBytes % PAGE !== 0
    ) {
      throw new MemorySizeError(ramBytes);
    }
    const pages = (MEMORY_MAP.ram + ramBytes) / PAGE + 1;
    let wasm: WebAssembly.Memory;
    try {
      wasm = new WebAssembly.Memory({ initial: pages, maximum: pages });
    } catch {
      throw new MemorySizeError(ramBytes);
    }
    return new PhysicalMemory(wasm, ramBytes);
  }

  get buffer(): ArrayBufferLike {
    return this.wasm.buffer;
  }

  /** Adds an observer of host writes to pages with decoded code. */
  observeCodeWrites(observer: CodeWriteObserver): void {
    this.observers.push(observer);
  }

  isRam(physical: number): boolean {
    return (
      physical >= 0 &&
      physical < this.ramBytes &&
      !(physical >= VIDEO_WINDOW.first && physical < VIDEO_WINDOW.first + VIDEO_WINDOW.length)
    );
  }

  private place(physical: number, length: number): number {
    if (length > 0 && !(physical >= 0 && physical + length <= this.ramBytes))
      throw new PhysicalAddressError(physical, length);
    return MEMORY_MAP.ram + physical;
  }

  private written(physical: number, length: number): void {
    for (const observer of this.observers) observer(physical, length);
  }

  /** A copy of `length` bytes. @throws PhysicalAddressError */
  readBytes(physical: number, length: number): Uint8Array {
    const place = this.place(physical, length);
    return this.bytes.slice(place, place + length);
  }

  /** Writes as DMA does: decoded code there is dropped. @throws PhysicalAddressError */
  writeBytes(physical: number, bytes: Uint8Array): void {
    this.bytes.set(bytes, this.place(physical, bytes.length));
    this.written(physical, bytes.length);
  }

  read8(physical: number): number {
    return this.view.getUint8(this.place(physical, 1));
  }
  read16(physical: number): number {
    return this.view.getUint16(this.place(physical, 2), true);
  }
  read32(physical: number): number {
    return this.view.getUint32(this.place(physical, 4), true);
  }
  write8(physical: number, value: number): void {
    this.view.setUint8(this.place(physical, 1), value);
    this.written(physical, 1);
  }
  write16(physical: number, value: number): void {
    this.view.setUint16(this.place(physical, 2), value, true);
    this.written(physical, 2);
  }
  write32(physical: number, value: number): void {
    this.view.setUint32(this.place(physical, 4), value, true);
    this.written(physical, 4);
  }
}
