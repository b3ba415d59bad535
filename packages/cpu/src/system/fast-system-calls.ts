import { FLAG } from '../state/flags';
import { AT, GPR, SEGMENT } from '../state/layout';
import { EFER, isProtected, setCpl, updateMode } from '../state/mode';
import type { HostFunction, SystemContext } from './context';
import { isNull, setSegment } from './descriptors';
import { requireCpl0 } from './operands';
import { systemCall } from './system-calls';
import { afterTransfer } from './transfer';
import { VECTOR } from './vectors';

const FLAT_CODE = 0xc09b;
const FLAT_DATA = 0xc093;

/** Loads CS and SS with flat 32-bit segments of level `cpl` without looking at the GDT, and sets CPL. */
function loadFlat(cpu: SystemContext, cs: number, ss: number, cpl: number): void {
  const dpl = cpl << 5;
  setSegment(cpu, SEGMENT.cs, (cs & 0xfffc) | cpl, 0, -1, FLAT_CODE | dpl);
  setSegment(cpu, SEGMENT.ss, (ss & 0xfffc) | cpl, 0, -1, FLAT_DATA | dpl);
  setCpl(cpu.state, cpl);
  updateMode(cpu.state);
}

/** SYSENTER (SDM vol. 2): CS from MSR 174h, SS the descriptor after it. */
const sysenter: HostFunction = (cpu) => {
  const { state } = cpu;
  const mode = state.i32(AT.mode);
  const cs = state.i32(AT.sysenterCs) & 0xffff;
  if (!isProtected(state) || isNull(cs)) cpu.raise(VECTOR.gp, 0);
  cpu.noteSystemCall(systemCall(cpu, 'sysenter'));
  state.set32(AT.eflags, state.i32(AT.eflags) & ~(FLAG.vm | FLAG.if | FLAG.rf));
  loadFlat(cpu, cs, cs + 8, 0);
  state.set32(AT.gpr + 8 * GPR.esp, state.i32(AT.sysenterEsp));
  state.set32(AT.rip, state.i32(AT.sysenterEip));
  return afterTransfer(cpu, mode);
};

/** SYSEXIT: CS is MSR 174h + 16, SS + 24; EIP from EDX, ESP from ECX. */
const sysexit: HostFunction = (cpu) => {
  const { state } = cpu;
  const mode = state.i32(AT.mode);
  const cs = state.i32(AT.sysenterCs) & 0xffff;
  if (!isProtected(state) || isNull(cs)) cpu.raise(VECTOR.gp, 0);
  requireCpl0(cpu);
  loadFlat(cpu, cs + 16, cs + 24, 3);
  state.set32(AT.gpr + 8 * GPR.esp, state.i32(AT.gpr + 8 * GPR.ecx));
  state.set32(AT.rip, state.i32(AT.gpr + 8 * GPR.edx));
  return afterTransfer(cpu, mode);
};

function requireSystemCalls(cpu: SystemContext): void {
  if ((cpu.state.i32(AT.efer) & EFER.sce) === 0) cpu.raise(VECTOR.ud);
}

/** SYSCALL in legacy mode (APM vol. 3): EIP from STAR 31:0, CS from STAR 47:32, SS + 8; the return address goes to ECX. */
const syscall: HostFunction = (cpu) => {
  const { state } = cpu;
  requireSystemCalls(cpu);
  if (!isProtected(state)) cpu.raise(VECTOR.ud);
  const mode = state.i32(AT.mode);
  const cs = state.i32(AT.star + 4) & 0xffff;
  cpu.noteSystemCall(systemCall(cpu, 'syscall'));
  state.set32(AT.gpr + 8 * GPR.ecx, cpu.nextIp);
  state.set32(AT.eflags, state.i32(AT.eflags) & ~(FLAG.vm | FLAG.if | FLAG.rf));
  loadFlat(cpu, cs, cs + 8, 0);
  state.set32(AT.rip, state.i32(AT.star));
  return afterTransfer(cpu, mode);
};

/** SYSRET in legacy mode: CS from STAR 63:48, SS + 8, EIP from ECX; IF is set. */
const sysret: HostFunction = (cpu) => {
  const { state } = cpu;
  requireSystemCalls(cpu);
  if (!isProtected(state)) cpu.raise(VECTOR.ud);
  requireCpl0(cpu);
  const mode = state.i32(AT.mode);
  const cs = state.i32(AT.star + 4) >>> 16;
  loadFlat(cpu, cs, cs + 8, 3);
  state.set32(AT.eflags, state.i32(AT.eflags) | FLAG.if);
  state.set32(AT.rip, state.i32(AT.gpr + 8 * GPR.ecx));
  return afterTransfer(cpu, mode);
};

export const fastSystemCallInstructions: readonly (readonly [string, HostFunction])[] = [
  ['sysenter', sysenter],
  ['sysexit', sysexit],
  ['syscall', syscall],
  ['sysret', sysret],
];
