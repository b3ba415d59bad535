import type { DecodeError, Instruction } from './instruction';

// 16-bit addressing (Intel SDM vol. 2, table 2-1), by ModRM.rm: base and index.
const base16 = [3, 3, 5, 5, 6, 7, 5, 3];
const index16 = [6, 7, 6, 7, -1, -1, -1, -1];

export function fail(out: Instruction, error: DecodeError, length: number): Instruction {
  out.form = 0;
  out.error = error;
  out.length = length;
  return out;
}

/** More bytes are needed than there are, or than 15. */
export function outOfBytes(out: Instruction, length: number, available: number): Instruction {
  return fail(out, available >= 15 ? 'too-long' : 'truncated', Math.min(length, available, 15));
}

export function address16(bytes: Uint8Array, start: number, limit: number, out: Instruction): number {
  const rm = out.rm & 7;
  const mod = out.mod;
  let at = start;
  out.memory = true;
  out.base = mod === 0 && rm === 6 ? -1 : base16[rm];
  out.index = index16[rm];
  if (out.base === 5 && !out.segmentOverride) out.segment = 2;
  if (mod === 1) {
    if (at >= limit) return -1;
    out.displacement = (bytes[at++] << 24) >> 24;
    out.displacementSize = 1;
  } else if (mod === 2 || out.base === -1) {
    if (at + 2 > limit) return -1;
    out.displacement = ((bytes[at] | (bytes[at + 1] << 8)) << 16) >> 16;
    out.displacementSize = 2;
    at += 2;
  }
  return at;
}

/** `rex` has X and B as a REX prefix has them. */
export function address32(
  bytes: Uint8Array,
  start: number,
  limit: number,
  rex: number,
  out: Instruction,
): number {
  const mod = out.mod;
  let at = start;
  let base = out.rm;
  let size = mod === 1 ? 1 : mod === 2 ? 4 : 0;
  out.memory = true;
  if ((base & 7) === 4) {
    if (at >= limit) return -1;
    const sib = bytes[at++];
    const index = ((sib >> 3) & 7) | ((rex & 2) << 2);
    base = (sib & 7) | ((rex & 1) << 3);
    if (index !== 4) {
      out.index = index;
      out.scale = 1 << (sib >> 6);
    }
    if ((base & 7) === 5 && mod === 0) {
      base = -1;
      size = 4;
    }
  } else if ((base & 7) === 5 && mod === 0) {
    base = out.mode === 64 ? 16 : -1;
    size = 4;
  }
  out.base = base;
  if ((base === 4 || base === 5) && !out.segmentOverride) out.segment = 2;
  out.displacementSize = size;
  if (size === 1) {
    if (at >= limit) return -1;
    out.displacement = (bytes[at++] << 24) >> 24;
  } else if (size === 4) {
    if (at + 4 > limit) return -1;
    out.displacement = read32(bytes, at);
    at += 4;
  }
  return at;
}

export function read16(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8);
}

export function read32(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
}
