import { FLAG, readFlags } from '../state/flags';
import { AT, GPR, SEGMENT } from '../state/layout';
import { CR4, isProtected, isVirtual8086, updateMode } from '../state/mode';
import type { SystemContext } from './context';
import { SYSTEM_TYPE } from './descriptors';
import { push, segmentLinear } from './segment-access';
import { loadV86Segment } from './segmentation';
import { VECTOR } from './vectors';

/*
 * Virtual interrupts: virtual-8086 mode extensions (CR4.VME; SDM vol. 3B, 20.3) and protected-mode virtual interrupts
 * (CR4.PVI; 20.4). Code without the right to change IF changes VIF instead; VIP makes it fault when it sets VIF.
 */

const ESP = AT.gpr + 8 * GPR.esp;
/** Offset of the I/O map base in a 32-bit TSS; the redirection bitmap is the 32 bytes before the map (figure 20-5). */
const IO_MAP_BASE = 0x66;
const REDIRECTION_BYTES = 32;

const ioplOf = (eflags: number): number => (eflags >>> 12) & 3;

/** Whether the running code may change IF: CPL <= IOPL; in virtual-8086 mode (CPL 3) that means IOPL = 3. */
function mayChangeIf(cpu: SystemContext): boolean {
  const { state } = cpu;
  return !isProtected(state) || state.i32(AT.cpl) <= ioplOf(state.i32(AT.eflags));
}

/** Which flag CLI and STI change; #GP(0) if none. STI is refused while an interrupt is pending (VIP). */
export function interruptFlag(cpu: SystemContext, set: boolean): number {
  if (mayChangeIf(cpu)) return FLAG.if;
  const { state } = cpu;
  const cr4 = state.i32(AT.cr4);
  const virtual = isVirtual8086(state) ? cr4 & CR4.vme : state.i32(AT.cpl) === 3 && cr4 & CR4.pvi;
  if (!virtual || (set && state.i32(AT.eflags) & FLAG.vip)) return cpu.raise(VECTOR.gp, 0);
  return FLAG.vif;
}

/**
 * Whether PUSHF, POPF and IRET of the operand size work on VIF: in virtual-8086 mode without IOPL 3. There only 16-bit
 * forms exist, and those with CR4.VME only: else #GP(0).
 */
export function usesVirtualFlag(cpu: SystemContext, size: number): boolean {
  const { state } = cpu;
  if (!isVirtual8086(state) || ioplOf(state.i32(AT.eflags)) === 3) return false;
  if ((state.i32(AT.cr4) & CR4.vme) === 0 || size !== 2) cpu.raise(VECTOR.gp, 0);
  return true;
}

/** FLAGS as virtual-8086 code with IOPL < 3 sees them: IOPL 3, and VIF in place of IF. */
export function virtualFlags(flags: number): number {
  return (flags & 0xffff & ~FLAG.if) | FLAG.iopl | (flags & FLAG.vif ? FLAG.if : 0);
}

/** `flags` after virtual-8086 code has loaded `image` under `mask` (without IF and IOPL); #GP(0) for TF, and for IF while VIP is set. */
export function loadVirtualFlags(cpu: SystemContext, image: number, mask: number): number {
  const flags = readFlags(cpu.state);
  if (image & FLAG.tf || (image & FLAG.if && flags & FLAG.vip)) cpu.raise(VECTOR.gp, 0);
  return (flags & ~mask & ~FLAG.vif) | (image & mask) | (image & FLAG.if ? FLAG.vif : 0);
}

/** The bit of a vector in the redirection bitmap of the TSS: clear means the handler of the virtual-8086 program. */
function isRedirected(cpu: SystemContext, vector: number): boolean {
  const { state, memory } = cpu;
  const type = state.i32(AT.segmentAttributes + 4 * SEGMENT.tr) & 15;
  const limit = state.u32(AT.segmentLimit + 4 * SEGMENT.tr);
  if (type !== SYSTEM_TYPE.busyTss32 || limit < IO_MAP_BASE + 1) cpu.raise(VECTOR.gp, 0);
  const tss = state.i32(AT.segmentBase + 8 * SEGMENT.tr);
  const map = memory.read16((tss + IO_MAP_BASE) >>> 0, 'system');
  const offset = map - REDIRECTION_BYTES + (vector >>> 3);
  if (offset > limit) cpu.raise(VECTOR.gp, 0);
  return ((memory.read8((tss + offset) >>> 0, 'system') >>> (vector & 7)) & 1) === 0;
}

/**
 * INT n in virtual-8086 mode (SDM vol. 3B, 20.3.3, methods 1 to 6): true if the program's own handler has been entered;
 * false if it goes through the IDT; #GP(0) if it is the monitor's to emulate.
 */
export function redirectInterrupt(cpu: SystemContext, vector: number): boolean {
  const { state } = cpu;
  const iopl = ioplOf(state.i32(AT.eflags));
  if (state.i32(AT.cr4) & CR4.vme && isRedirected(cpu, vector)) {
    enterVirtualHandler(cpu, vector, iopl);
    return true;
  }
  if (iopl < 3) cpu.raise(VECTOR.gp, 0);
  return false;
}

/** Checks that `count` words can be pushed, so that all are or none. */
function probeWords(cpu: SystemContext, count: number): void {
  const { state, memory } = cpu;
  for (let n = 1; n <= count; n++) {
    const offset = ((state.i32(ESP) - 2 * n) & state.i32(AT.stackMask)) >>> 0;
    memory.probeWrite(segmentLinear(cpu, SEGMENT.ss, offset, 2, true), 2, true);
  }
}

/** Methods 5 and 6: as an 8086 does, by the vector table at linear address 0. */
function enterVirtualHandler(cpu: SystemContext, vector: number, iopl: number): void {
  const { state, memory } = cpu;
  const entry = memory.read32(vector * 4, true);
  const flags = readFlags(state) & ~FLAG.rf;
  probeWords(cpu, 3);
  push(cpu, iopl < 3 ? virtualFlags(flags) : flags & 0xffff, 2);
  push(cpu, state.u16(AT.selector + 2 * SEGMENT.cs), 2);
  push(cpu, cpu.nextIp, 2);
  loadV86Segment(cpu, SEGMENT.cs, entry >>> 16);
  state.set32(AT.rip, entry & 0xffff);
  const cleared = FLAG.tf | FLAG.rf | (iopl < 3 ? FLAG.vif : FLAG.if);
  state.set32(AT.eflags, state.i32(AT.eflags) & ~cleared);
  updateMode(state);
}
