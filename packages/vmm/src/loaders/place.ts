import type { WritableMemory } from '../board/firmware';
import type { Placement } from './boot-image';

const ZEROS = 1 << 20;

/** Writes planned bytes, and the zeros after them, to guest memory. */
export function place(memory: WritableMemory, placements: readonly Placement[]): void {
  for (const { address, bytes, zeroTo } of placements) {
    memory.writeBytes(address, bytes);
    let at = address + bytes.length;
    const zeros = zeroTo !== undefined && zeroTo > at ? new Uint8Array(Math.min(ZEROS, zeroTo - at)) : null;
    while (zeros && at < zeroTo!) {
      const part = zeros.subarray(0, Math.min(zeros.length, zeroTo! - at));
      memory.writeBytes(at, part);
      at += part.length;
    }
  }
}
