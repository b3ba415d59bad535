/** Bytes of one access. */
export type AccessSize = 1 | 2 | 4;

/** What answers at I/O ports. Values are unsigned and as wide as the access. */
export interface PortDevice {
  /** Wider accesses are split into accesses of this size, lowest port first. Default 1. */
  readonly widestAccess?: AccessSize;
  readPort(port: number, size: AccessSize): number;
  writePort(port: number, size: AccessSize, value: number): void;
}

/** A chip as its data sheet shows it: byte registers, addressed by their offset. */
export interface ByteRegisters {
  read(offset: number): number;
  write(offset: number, value: number): void;
}

/** Puts the byte registers of a chip at ports `first`, `first + 1`, ... */
export function byteRegistersAt(first: number, chip: ByteRegisters): PortDevice {
  return {
    readPort: (port) => chip.read(port - first),
    writePort: (port, _size, value) => chip.write(port - first, value),
  };
}

/** Two devices claim the same port, or a range is not within 0-FFFFh. */
export class PortConflictError extends Error {
  override readonly name = 'PortConflictError';
  readonly code = 'PORT_CONFLICT';

  constructor(
    readonly first: number,
    readonly count: number,
    readonly device: string,
    readonly owner: string | null,
  ) {
    const range = `ports ${first.toString(16)}h + ${count}`;
    super(
      owner === null ? `${device}: ${range} do not exist` : `${device}: ${range} already belong to ${owner}`,
    );
  }
}

interface PortRange {
  readonly first: number;
  readonly end: number;
  readonly device: PortDevice;
  readonly name: string;
}

const PORTS = 0x1_0000;
const allOnes = (size: AccessSize): number => 0xffff_ffff >>> (32 - 8 * size);

/** The I/O address space of one machine. */
export class PortBus {
  readonly #owner: (PortRange | undefined)[] = new Array<PortRange | undefined>(PORTS);

  /** @throws PortConflictError if a port of the range is taken or does not exist */
  map(first: number, count: number, device: PortDevice, name: string): void {
    const end = first + count;
    const valid =
      Number.isInteger(first) && Number.isInteger(count) && first >= 0 && count > 0 && end <= PORTS;
    if (!valid) throw new PortConflictError(first, count, name, null);
    for (let port = first; port < end; port++) {
      const owner = this.#owner[port];
      if (owner !== undefined) throw new PortConflictError(first, count, name, owner.name);
    }
    this.#owner.fill({ first, end, device, name }, first, end);
  }

  /** Whether `map` would accept the range: to be asked before a guest's own choice of ports is mapped. */
  isFree(first: number, count: number): boolean {
    if (first < 0 || first + count > PORTS) return false;
    for (let port = first; port < first + count; port++) if (this.#owner[port] !== undefined) return false;
    return true;
  }

  /** Removes the whole range that `port` belongs to, if any. */
  unmap(port: number): void {
    const range = this.#owner[port];
    if (range !== undefined) this.#owner.fill(undefined, range.first, range.end);
  }

  /** The name that the device at `port` was mapped with. */
  nameOf(port: number): string | undefined {
    return this.#owner[port]?.name;
  }

  /** All ones where nothing is mapped. */
  read(port: number, size: AccessSize): number {
    const range = this.#owner[port];
    if (size === 1) return range === undefined ? 0xff : range.device.readPort(port, 1) & 0xff;
    if (range !== undefined && port + size <= range.end && size <= (range.device.widestAccess ?? 1)) {
      return (range.device.readPort(port, size) & allOnes(size)) >>> 0;
    }
    const half = size === 4 ? 2 : 1;
    const low = this.read(port, half);
    return ((this.read(port + half, half) << (8 * half)) | low) >>> 0;
  }

  /** Lost where nothing is mapped. */
  write(port: number, size: AccessSize, value: number): void {
    const range = this.#owner[port];
    if (size === 1) {
      range?.device.writePort(port, 1, value & 0xff);
    } else if (range !== undefined && port + size <= range.end && size <= (range.device.widestAccess ?? 1)) {
      range.device.writePort(port, size, (value & allOnes(size)) >>> 0);
    } else {
      const half = size === 4 ? 2 : 1;
      this.write(port, half, value);
      this.write(port + half, half, value >>> (8 * half));
    }
  }
}
