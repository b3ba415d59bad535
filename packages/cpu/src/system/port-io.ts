import { AT, GPR, SEGMENT } from '../state/layout';
import { isProtected, isVirtual8086 } from '../state/mode';
import type { HostFunction, HostInstruction, SystemContext } from './context';
import { SYSTEM_TYPE } from './descriptors';
import { afterChange } from './transfer';
import { VECTOR } from './vectors';

/** Offset of the I/O map base in a 32-bit TSS (SDM vol. 3A, figure 7-2). */
const IO_MAP_BASE = 0x66;

/**
 * IN, OUT, INS, OUTS: CPL <= IOPL, or every port's bit in the I/O permission bitmap is clear; in virtual-8086 mode only
 * the bitmap counts (SDM vol. 1, 19.5). #GP(0) otherwise.
 */
export function requirePort(cpu: SystemContext, port: number, size: number): void {
  const { state, memory } = cpu;
  if (!isProtected(state)) return;
  const allowedByLevel = state.i32(AT.cpl) <= ((state.i32(AT.eflags) >>> 12) & 3);
  if (allowedByLevel && !isVirtual8086(state)) return;
  const type = state.i32(AT.segmentAttributes + 4 * SEGMENT.tr) & 15;
  const limit = state.u32(AT.segmentLimit + 4 * SEGMENT.tr);
  if (type !== SYSTEM_TYPE.busyTss32 || limit < IO_MAP_BASE + 1) cpu.raise(VECTOR.gp, 0);
  const tss = state.i32(AT.segmentBase + 8 * SEGMENT.tr);
  // Two bytes are always read, so the map needs a byte of ones behind it.
  const offset = memory.read16((tss + IO_MAP_BASE) >>> 0, 'system') + (port >>> 3);
  if (offset + 1 > limit) cpu.raise(VECTOR.gp, 0);
  const bits = memory.read16((tss + offset) >>> 0, 'system') >>> (port & 7);
  if (bits & ((1 << size) - 1)) cpu.raise(VECTOR.gp, 0);
}

const portOf = (cpu: SystemContext, { decoded }: HostInstruction, kind: string): number =>
  kind === 'imm' ? decoded.immediate & 0xff : cpu.state.u16(AT.gpr + 8 * GPR.edx);

const input: HostFunction = (cpu, instruction) => {
  const [accumulator, source] = instruction.form.operands;
  const size = (accumulator!.size >> 3) as 1 | 2 | 4;
  const port = portOf(cpu, instruction, source!.kind);
  requirePort(cpu, port, size);
  const value = cpu.readPort(port, size);
  if (size === 1) cpu.state.set8(AT.gpr, value);
  else if (size === 2) cpu.state.set16(AT.gpr, value);
  else cpu.state.set32(AT.gpr, value);
  return afterChange(cpu, cpu.state.i32(AT.mode));
};

const output: HostFunction = (cpu, instruction) => {
  const [destination, accumulator] = instruction.form.operands;
  const size = (accumulator!.size >> 3) as 1 | 2 | 4;
  const port = portOf(cpu, instruction, destination!.kind);
  requirePort(cpu, port, size);
  const eax = cpu.state.u32(AT.gpr);
  cpu.writePort(port, size, size === 4 ? eax : eax & (size === 1 ? 0xff : 0xffff));
  return afterChange(cpu, cpu.state.i32(AT.mode));
};

export const portInstructions: readonly (readonly [string, HostFunction])[] = [
  ['in', input],
  ['out', output],
];
