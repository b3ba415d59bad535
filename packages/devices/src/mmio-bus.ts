import type { AccessSize } from './port-bus';

/** What answers at memory addresses. Offsets count from the start of its range. */
export interface MmioDevice {
  readMmio(offset: number, size: AccessSize): number;
  writeMmio(offset: number, size: AccessSize, value: number): void;
}

/** Two devices claim the same physical address, or a range is empty. */
export class MmioConflictError extends Error {
  override readonly name = 'MmioConflictError';
  readonly code = 'MMIO_CONFLICT';

  constructor(
    readonly base: number,
    readonly length: number,
    readonly device: string,
    readonly owner: string | null,
  ) {
    const range = `physical ${base.toString(16)}h + ${length.toString(16)}h`;
    super(
      owner === null ? `${device}: ${range} is no range` : `${device}: ${range} already belongs to ${owner}`,
    );
  }
}

interface MmioRange {
  readonly base: number;
  readonly end: number;
  readonly device: MmioDevice;
  readonly name: string;
}

/** The memory-mapped devices of one machine. An access belongs to the range that its first byte is in. */
export class MmioBus {
  readonly #ranges: MmioRange[] = [];
  #last: MmioRange | undefined;

  /** @throws MmioConflictError if the range overlaps another, or is empty */
  map(base: number, length: number, device: MmioDevice, name: string): void {
    const end = base + length;
    if (!(base >= 0 && length > 0)) throw new MmioConflictError(base, length, name, null);
    const owner = this.#ranges.find((range) => base < range.end && range.base < end);
    if (owner !== undefined) throw new MmioConflictError(base, length, name, owner.name);
    this.#ranges.push({ base, end, device, name });
  }

  /** Removes the range that `physical` belongs to, if any. */
  unmap(physical: number): void {
    const index = this.#ranges.findIndex((range) => physical >= range.base && physical < range.end);
    if (index >= 0) this.#ranges.splice(index, 1);
    this.#last = undefined;
  }

  /** All ones where nothing is mapped. */
  read(physical: number, size: AccessSize): number {
    const ones = 0xffff_ffff >>> (32 - 8 * size);
    const range = this.#find(physical);
    return range === undefined ? ones : (range.device.readMmio(physical - range.base, size) & ones) >>> 0;
  }

  /** Lost where nothing is mapped. */
  write(physical: number, size: AccessSize, value: number): void {
    const range = this.#find(physical);
    range?.device.writeMmio(physical - range.base, size, (value & (0xffff_ffff >>> (32 - 8 * size))) >>> 0);
  }

  #find(physical: number): MmioRange | undefined {
    const last = this.#last;
    if (last !== undefined && physical >= last.base && physical < last.end) return last;
    return (this.#last = this.#ranges.find((range) => physical >= range.base && physical < range.end));
  }
}
