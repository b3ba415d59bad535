import { MachineError } from '../errors';
import type { MachineCore } from '../machine-core';
import { translateAddress } from './page-walk';

const PAGE = 0x1000;
const MOST_BYTES = 2 ** 32;

function noMemory(address: number, length: number, space: string): MachineError {
  const text = `0x${address.toString(16)}`;
  return new MachineError(
    'ERR_ADDRESS',
    space === 'linear'
      ? `no RAM is mapped at linear address ${text}`
      : `there is no RAM at physical address ${text} (${length} bytes)`,
    { address, length, space },
  );
}

/** An embedder's access to guest memory, by physical or linear addresses. */
export class GuestMemory {
  constructor(private readonly machine: MachineCore) {}

  private get paged(): Parameters<typeof translateAddress>[0] {
    return { registers: this.machine.processor.registers, memory: this.machine.memory };
  }

  private check(address: number, length: number): void {
    const valid = Number.isInteger(address) && Number.isInteger(length) && address >= 0 && length >= 0;
    const { ramBytes } = this.machine.memory;
    if (valid && address + length <= MOST_BYTES && length <= ramBytes) return;
    throw new MachineError(
      'ERR_ARGUMENT',
      `want an address below 4 GiB and a length of at most ${ramBytes} bytes, not ${address} and ${length}`,
      { address, length },
    );
  }

  /** The physical addresses of a range, page by page; null where there is no RAM. */
  private *pieces(
    address: number,
    length: number,
    space: 'physical' | 'linear',
  ): Generator<{ physical: number | null; at: number; length: number }> {
    for (let at = 0; at < length;) {
      const here = address + at;
      const piece = Math.min(length - at, PAGE - (here % PAGE));
      yield { physical: this.physical(here, space), at, length: piece };
      at += piece;
    }
  }

  private physical(address: number, space: 'physical' | 'linear'): number | null {
    let physical = address;
    if (space === 'linear') {
      const translation = translateAddress(this.paged, address);
      if (translation.kind === 'fault') return null;
      physical = translation.physical;
    }
    return this.machine.memory.isRam(physical) ? physical : null;
  }

  /** Throws `MachineError` where a byte of the range is not RAM. */
  read(address: number, length: number, space: 'physical' | 'linear'): Uint8Array<ArrayBuffer> {
    this.check(address, length);
    const pieces = [...this.pieces(address, length, space)];
    const missing = pieces.find(({ physical }) => physical === null);
    if (missing) throw noMemory(address + missing.at, length, space);
    const bytes = new Uint8Array(length);
    for (const piece of pieces)
      bytes.set(this.machine.memory.readBytes(piece.physical!, piece.length), piece.at);
    return bytes;
  }

  /** As many bytes as there are, up to the first that is not RAM. */
  readAvailable(linear: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    let end = 0;
    for (const { physical, at, length: piece } of this.pieces(linear, length, 'linear')) {
      if (physical === null || linear + at >= MOST_BYTES) break;
      bytes.set(this.machine.memory.readBytes(physical, piece), at);
      end = at + piece;
    }
    return bytes.subarray(0, end);
  }

  /** Writes all or, where a byte of the range is not RAM, nothing: throws `MachineError`. */
  write(address: number, bytes: Uint8Array, space: 'physical' | 'linear'): void {
    this.check(address, bytes.length);
    const pieces = [...this.pieces(address, bytes.length, space)];
    const missing = pieces.find(({ physical }) => physical === null);
    if (missing) throw noMemory(address + missing.at, bytes.length, space);
    for (const { physical, at, length } of pieces)
      this.machine.memory.writeBytes(physical!, bytes.subarray(at, at + length));
  }
}
