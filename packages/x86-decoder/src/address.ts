import type { DecodeError, Instruction } from './instruction';

// 16-bit addressing (Intel SDM vol. 2, table 2-1), by ModRM.rm: base and index.
const base16 = [3, 3, 5, 5, 6, 7, 5, 3];
const index16 = [6, 7, 6, 7, -1, -1, -1, -1];

// Bits of `Instruction.used`.
export const usedPrefixes = 1;
export const usedImmediate = 2;
export const usedVector = 4;

/** Resets what the instruction before has left behind; the memory operand is reset by whoever has none. */
export function clear(out: Instruction): void {
  const { used } = out;
  if ((used & usedPrefixes) !== 0) {
    out.lock = false;
    out.rep = 0;
    out.segmentOverride = false;
    out.segmentPrefix = -1;
    out.operandSizePrefix = false;
    out.addressSizePrefix = false;
  }
  if ((used & usedImmediate) !== 0) {
    out.displacementHigh = 0;
    out.immediate = 0;
    out.immediateHigh = 0;
    out.immediate2 = 0;
    out.branch = 0;
  }
  if ((used & usedVector) !== 0) {
    out.vvvv = 0;
    out.is4 = 0;
    out.mask = 0;
    out.zeroing = false;
    out.broadcast = false;
    out.rounding = -1;
    out.sae = false;
  }
  out.used = 0;
}

export function clearMemory(out: Instruction): void {
  out.memory = false;
  out.base = -1;
  out.index = -1;
  out.scale = 1;
  out.displacementSize = 0;
  out.displacement = 0;
}

export function clearModrm(out: Instruction): void {
  out.modrm = -1;
  out.mod = 0;
  out.reg = 0;
  out.rm = 0;
}

/** Of an instruction that does not decode nothing but its length and the reason is told. */
export function fail(out: Instruction, error: DecodeError, length: number): Instruction {
  clear(out);
  clearMemory(out);
  clearModrm(out);
  out.form = 0;
  out.opcode = 0;
  out.rex = 0;
  out.segment = 3;
  out.operandSize = 32;
  out.addressSize = out.mode;
  out.error = error;
  out.length = length;
  return out;
}

/** More bytes are needed than there are, or than 15. */
export function outOfBytes(out: Instruction, offset: number, limit: number): Instruction {
  const length = limit - offset;
  return fail(out, length === 15 ? 'too-long' : 'truncated', Math.max(length, 0));
}

/** Returns the offset behind the memory operand, or -1 if bytes are missing; so does `address32`. */
export function address16(bytes: Uint8Array, start: number, limit: number, out: Instruction): number {
  const rm = out.modrm & 7;
  const mod = out.modrm >> 6;
  const base = mod === 0 && rm === 6 ? -1 : base16[rm];
  const size = mod === 1 ? 1 : mod === 2 || base < 0 ? 2 : 0;
  if (start + size > limit) return -1;
  out.memory = true;
  out.base = base;
  out.index = index16[rm];
  out.scale = 1;
  if (base === 5 && !out.segmentOverride) out.segment = 2;
  out.displacementSize = size;
  out.displacement =
    size === 0
      ? 0
      : size === 1
        ? (bytes[start] << 24) >> 24
        : ((bytes[start] | (bytes[start + 1] << 8)) << 16) >> 16;
  return start + size;
}

/** `rex` has X and B as a REX prefix has them. */
export function address32(
  bytes: Uint8Array,
  start: number,
  limit: number,
  rex: number,
  out: Instruction,
): number {
  const modrm = out.modrm;
  let at = start;
  let base = modrm & 7;
  let index = -1;
  let scale = 1;
  let size = modrm < 0x40 ? 0 : modrm < 0x80 ? 1 : 4;
  if (base === 4) {
    if (at >= limit) return -1;
    const sib = bytes[at++];
    base = sib & 7;
    index = ((sib >> 3) & 7) | ((rex & 2) << 2);
    if (index === 4) index = -1;
    else scale = 1 << (sib >> 6);
    if (base === 5 && size === 0) {
      base = -1;
      size = 4;
    }
  } else if (base === 5 && size === 0) {
    base = out.mode === 64 ? 16 : -1;
    size = 4;
  }
  if (base === 4 || base === 5) {
    if ((rex & 1) === 0 && !out.segmentOverride) out.segment = 2;
  }
  out.memory = true;
  out.base = base < 0 || base === 16 ? base : base | ((rex & 1) << 3);
  out.index = index;
  out.scale = scale;
  out.displacementSize = size;
  if (size === 0) {
    out.displacement = 0;
    return at;
  }
  if (at + size > limit) return -1;
  out.displacement = size === 1 ? (bytes[at] << 24) >> 24 : read32(bytes, at);
  return at + size;
}

export function read16(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8);
}

export function read32(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
}
