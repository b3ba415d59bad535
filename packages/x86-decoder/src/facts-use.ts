// Collects what an instruction reads and writes.
import { vectorTable } from './format-names';
import type { Instruction } from './instruction';
import { registerName, segmentNames } from './registers';

/** r: read, w: written; c before one of them: only under a condition (of flags, masks, counts or values). */
export type Access = 'r' | 'w' | 'rw' | 'cr' | 'cw' | 'rcw' | 'crw' | 'crcw' | 'none';

/** A register and how it is used as a whole or in part. */
export interface RegisterUse {
  /**
   * The part that is used: al, ax, eax or rax. A 32-bit register written in 64-bit code appears as its 64-bit
   * register: the upper half is cleared.
   */
  readonly register: string;
  readonly access: Access;
}

/** An access to memory at segment:[base + index * scale + displacement]. */
export interface MemoryUse {
  readonly segment: string;
  /** Name of the base register, '' if none; rip or eip for addresses relative to the next instruction. */
  readonly base: string;
  readonly index: string;
  readonly scale: number;
  /** Signed beside a base or an index, else the address. */
  readonly displacement: bigint;
  /** Bytes; 0 where state decides (XSAVE). */
  readonly size: number;
  readonly access: Access;
}

export const read = 1;
export const write = 2;
export const mayRead = 4;
export const mayWrite = 8;

export function accessMask(access: string): number {
  const plain = access.replace(/c[rw]/g, '');
  if (access === 'none') return 0;
  return (
    (plain.includes('r') ? read : 0) |
    (plain.includes('w') ? write : 0) |
    (access.includes('cr') ? mayRead : 0) |
    (access.includes('cw') ? mayWrite : 0)
  );
}

export function accessName(mask: number): Access {
  const reads = mask & read ? 'r' : mask & mayRead ? 'cr' : '';
  const writes = mask & write ? 'w' : mask & mayWrite ? 'cw' : '';
  return mask === 0 ? 'none' : ((reads + writes) as Access);
}

/** Bits of the stack pointer that code of a mode uses; that of 16- and 32-bit code really depends on SS.B. */
export function stackSize(instruction: Instruction): number {
  return instruction.mode;
}

export class Uses {
  private readonly masks = new Map<string, number>();
  readonly memory: MemoryUse[] = [];

  constructor(readonly instruction: Instruction) {}

  register(name: string, mask: number): void {
    if (mask !== 0) this.masks.set(name, (this.masks.get(name) ?? 0) | mask);
  }

  /** A general register, or with `low` the lowest byte of one. Writing 32 bits of it in 64-bit code clears the others: also under a false condition. */
  general(number: number, size: number, mask: number, low = false): void {
    const wide = size === 32 && this.instruction.mode === 64;
    const writes = write | mayWrite;
    const name = registerName(number, size, low || this.instruction.rex !== 0);
    if (!wide) return this.register(name, mask);
    this.register(name, mask & ~writes);
    this.register(registerName(number, 64, true), mask & writes);
  }

  /** A vector register. VEX, EVEX and XOP encodings clear what is above the bits that they write. */
  vector(number: number, size: number, mask: number, clears: boolean): void {
    const name = `${vectorTable(size)}${number}`;
    const writes = write | mayWrite;
    this.register(name, clears ? mask & ~writes : mask);
    if (clears) this.register(`zmm${number}`, mask & writes);
  }

  /** A segment register, as a part of an address: in 64-bit code only fs and gs are. */
  segment(name: string, mask = read): void {
    if (this.instruction.mode !== 64 || name === 'fs' || name === 'gs') this.register(name, mask);
  }

  access(segment: string, base: string, displacement: bigint, size: number, mask: number, index = ''): void {
    this.segment(segment, mask & (read | write) ? read : mayRead);
    this.memory.push({ segment, base, index, scale: 1, displacement, size, access: accessName(mask) });
  }

  get registers(): RegisterUse[] {
    return Array.from(this.masks, ([register, mask]) => ({ register, access: accessName(mask) }));
  }
}

/** The segment that instructions use which have no memory operand but obey a prefix. */
export function sourceSegment(instruction: Instruction): string {
  return segmentNames[instruction.segmentOverride ? instruction.segment : 3];
}
