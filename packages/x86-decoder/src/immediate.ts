import { read16, read32, usedImmediate } from './address';
import { tail } from './form-facts';
import type { Instruction } from './instruction';

// Bytes of each tail, in the order of `tail`; moffs has the address size.
const tailSizes = [0, 1, 1, 2, 4, 4, 8, 3, 2, 1, 2, 4, 4, 6];

/** Immediates, branch displacements, far pointers, moffs. Returns the offset behind them, or -1. */
export function decodeTail(
  bytes: Uint8Array,
  at: number,
  limit: number,
  kind: number,
  out: Instruction,
): number {
  const next = at + (kind === tail.moffs ? out.addressSize >> 3 : tailSizes[kind]);
  if (next > limit) return -1;
  out.used |= usedImmediate;
  switch (kind) {
    case tail.imm8:
      out.immediate = bytes[at];
      break;
    case tail.imm8s:
      out.immediate = (bytes[at] << 24) >> 24;
      if (out.operandSize === 64) out.immediateHigh = out.immediate >> 31;
      break;
    case tail.imm16:
      out.immediate = read16(bytes, at);
      break;
    case tail.imm32:
      out.immediate = read32(bytes, at);
      break;
    case tail.imm32s:
      out.immediate = read32(bytes, at);
      out.immediateHigh = out.immediate >> 31;
      break;
    case tail.imm64:
      out.immediate = read32(bytes, at);
      out.immediateHigh = read32(bytes, at + 4);
      break;
    case tail.enter:
      out.immediate = read16(bytes, at);
      out.immediate2 = bytes[at + 2];
      break;
    case tail.twoBytes:
      out.immediate = bytes[at];
      out.immediate2 = bytes[at + 1];
      break;
    case tail.rel8:
      out.branch = (bytes[at] << 24) >> 24;
      break;
    case tail.rel16:
      out.branch = (read16(bytes, at) << 16) >> 16;
      break;
    case tail.rel32:
      out.branch = read32(bytes, at);
      break;
    case tail.far16:
      out.immediate = read16(bytes, at);
      out.immediate2 = read16(bytes, at + 2);
      break;
    case tail.far32:
      out.immediate = read32(bytes, at);
      out.immediate2 = read16(bytes, at + 4);
      break;
    default:
      moffs(bytes, at, out);
  }
  return next;
}

function moffs(bytes: Uint8Array, at: number, out: Instruction): void {
  out.memory = true;
  out.displacementSize = out.addressSize >> 3;
  out.displacement = out.addressSize === 16 ? read16(bytes, at) : read32(bytes, at) >>> 0;
  if (out.addressSize === 64) out.displacementHigh = read32(bytes, at + 4);
}
