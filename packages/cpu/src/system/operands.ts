import { AT } from '../state/layout';
import { isProtected, isVirtual8086 } from '../state/mode';
import type { HostInstruction, SystemContext } from './context';
import { isUser } from './segment-access';
import { VECTOR } from './vectors';

/** A general register's low 16 or 32 bits (`bits`), unsigned. */
export function readGpr(cpu: SystemContext, register: number, bits: number): number {
  const at = AT.gpr + 8 * register;
  return bits === 16 ? cpu.state.u16(at) : cpu.state.u32(at);
}

/** Writes 16 bits of a general register, or all 32. */
export function writeGpr(cpu: SystemContext, register: number, bits: number, value: number): void {
  const at = AT.gpr + 8 * register;
  if (bits === 16) cpu.state.set16(at, value & 0xffff);
  else cpu.state.set32(at, value);
}

/** The r/m16 operand of LLDT, MOV to sreg and the like. */
export function readRm16(cpu: SystemContext, { decoded }: HostInstruction, linear: number): number {
  return decoded.memory ? cpu.memory.read16(linear, isUser(cpu)) : cpu.state.u16(AT.gpr + 8 * decoded.rm);
}

/** The destination of MOV from sreg, SLDT, STR, SMSW: 16 bits of memory, or a register of the operand size, zero-extended. */
export function writeRm16(
  cpu: SystemContext,
  { decoded }: HostInstruction,
  linear: number,
  value: number,
): void {
  if (decoded.memory) cpu.memory.write16(linear, value & 0xffff, isUser(cpu));
  else writeGpr(cpu, decoded.rm, decoded.operandSize, value);
}

/** #GP(0) unless CPL = 0 (real-address mode runs at CPL 0, virtual-8086 mode at CPL 3). */
export function requireCpl0(cpu: SystemContext): void {
  if (cpu.state.i32(AT.cpl) !== 0) cpu.raise(VECTOR.gp, 0);
}

/** #UD in real-address and virtual-8086 mode. */
export function requireProtected(cpu: SystemContext): void {
  if (!isProtected(cpu.state) || isVirtual8086(cpu.state)) cpu.raise(VECTOR.ud);
}
