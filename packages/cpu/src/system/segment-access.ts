import { AT, SEGMENT } from '../state/layout';
import { ATTRIBUTE } from '../state/mode';
import { isReadable, isWritableData } from './descriptors';
import type { SystemContext } from './context';
import { VECTOR } from './vectors';

/** Whether `length` bytes at `offset` lie within a segment (SDM vol. 3A, 5.3), expand-down included. */
export function offsetsValid(attributes: number, limit: number, offset: number, length: number): boolean {
  const last = offset + length - 1;
  const expandDown = (attributes & (ATTRIBUTE.code | ATTRIBUTE.expandDown)) === ATTRIBUTE.expandDown;
  if (!expandDown) return last <= limit;
  return offset > limit && last <= (attributes & ATTRIBUTE.big ? 0xffff_ffff : 0xffff);
}

/**
 * Linear address of `length` bytes at `segment:offset`, checked as an access of the running code: #SS(0) for the stack
 * segment, else #GP(0). `offset` is already cut to the address size.
 */
export function segmentLinear(
  cpu: SystemContext,
  segment: number,
  offset: number,
  length: number,
  write: boolean,
): number {
  const { state } = cpu;
  const attributes = state.i32(AT.segmentAttributes + 4 * segment);
  const usable =
    (attributes & ATTRIBUTE.present) !== 0 && (write ? isWritableData(attributes) : isReadable(attributes));
  if (!usable || !offsetsValid(attributes, state.u32(AT.segmentLimit + 4 * segment), offset, length)) {
    cpu.raise(segment === SEGMENT.ss ? VECTOR.ss : VECTOR.gp, 0);
  }
  return (state.i32(AT.segmentBase + 8 * segment) + offset) >>> 0;
}

export const isUser = (cpu: SystemContext): boolean => cpu.state.i32(AT.cpl) === 3;

/** `size` bytes (2 or 4) at `depth` bytes above the top of the current stack, without popping. */
export function peekStack(cpu: SystemContext, depth: number, size: number): number {
  const { state } = cpu;
  const offset = ((state.i32(AT.gpr + 32) + depth) & state.i32(AT.stackMask)) >>> 0;
  const linear = segmentLinear(cpu, SEGMENT.ss, offset, size, false);
  return size === 4 ? cpu.memory.read32(linear, isUser(cpu)) >>> 0 : cpu.memory.read16(linear, isUser(cpu));
}

/** Adds `bytes` to (E)SP, in the width of the stack. */
export function moveStackPointer(cpu: SystemContext, bytes: number): void {
  const { state } = cpu;
  const mask = state.i32(AT.stackMask);
  const esp = state.i32(AT.gpr + 32);
  state.set32(AT.gpr + 32, (esp & ~mask) | ((esp + bytes) & mask));
}

/** PUSH of `size` bytes (2 or 4) on the current stack; (E)SP moves only if the write does not fault. */
export function push(cpu: SystemContext, value: number, size: number): void {
  const { state } = cpu;
  const offset = ((state.i32(AT.gpr + 32) - size) & state.i32(AT.stackMask)) >>> 0;
  const linear = segmentLinear(cpu, SEGMENT.ss, offset, size, true);
  if (size === 4) cpu.memory.write32(linear, value, isUser(cpu));
  else cpu.memory.write16(linear, value & 0xffff, isUser(cpu));
  moveStackPointer(cpu, -size);
}

/** Whether `bytes` more can be pushed in items of `size` bytes below `pointer` (limit check of the stack segment). */
export function stackHasRoom(
  attributes: number,
  limit: number,
  pointer: number,
  bytes: number,
  size: number,
): boolean {
  const mask = attributes & ATTRIBUTE.big ? -1 : 0xffff;
  const first = ((pointer - bytes) & mask) >>> 0;
  const end = (pointer & mask) >>> 0;
  if (first < end || end === 0) return offsetsValid(attributes, limit, first, bytes);
  for (let pushed = size; pushed <= bytes; pushed += size) {
    if (!offsetsValid(attributes, limit, ((pointer - pushed) & mask) >>> 0, size)) return false;
  }
  return true;
}

/** Checks that CS and EIP can be pushed on the current stack: limits only. */
export function requireReturnRoom(cpu: SystemContext, size: number): void {
  const esp = cpu.state.i32(AT.gpr + 32);
  const mask = cpu.state.i32(AT.stackMask);
  segmentLinear(cpu, SEGMENT.ss, ((esp - size) & mask) >>> 0, size, true);
  segmentLinear(cpu, SEGMENT.ss, ((esp - 2 * size) & mask) >>> 0, size, true);
}

/**
 * Pushes CS and the return address (the next instruction's) on the current stack. Where the second store faults, the first
 * has been done, but (E)SP has not moved.
 */
export function pushReturnAddress(cpu: SystemContext, size: number): void {
  const esp = AT.gpr + 32;
  const before = cpu.state.i32(esp);
  push(cpu, cpu.state.u16(AT.selector + 2 * SEGMENT.cs), size);
  const after = cpu.state.i32(esp);
  cpu.state.set32(esp, before);
  const offset = ((before - 2 * size) & cpu.state.i32(AT.stackMask)) >>> 0;
  const linear = segmentLinear(cpu, SEGMENT.ss, offset, size, true);
  if (size === 4) cpu.memory.write32(linear, cpu.nextIp, isUser(cpu));
  else cpu.memory.write16(linear, cpu.nextIp & 0xffff, isUser(cpu));
  cpu.state.set32(esp, after);
  moveStackPointer(cpu, -size);
}
