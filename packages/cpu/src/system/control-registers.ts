import { AT } from '../state/layout';
import { CR0, CR4, isProtected, setCpl, updateMode } from '../state/mode';
import { STATUS, type HostFunction, type Status, type SystemContext } from './context';
import { cpuModel } from './cpu-models';
import { readGpr, readRm16, requireCpl0, writeGpr, writeRm16 } from './operands';
import { afterChange, refetch } from './transfer';
import { VECTOR } from './vectors';

const CR0_WRITABLE = CR0.pe | CR0.mp | CR0.em | CR0.ts | CR0.ne | CR0.wp | CR0.am | CR0.nw | CR0.cd | CR0.pg;
/** A change of these drops the TLB (SDM vol. 3A, 4.10.4.1). */
const CR0_PAGING = CR0.pe | CR0.wp | CR0.pg;
const CR4_PAGING = CR4.pse | CR4.pae | CR4.pge | CR4.smep | CR4.smap;
/** A change of these under PAE paging loads the page-directory-pointer-table entries (4.4.1). */
const CR0_LOADS_PDPTES = CR0.cd | CR0.nw | CR0.pg;
const CR4_LOADS_PDPTES = CR4.pae | CR4.pge | CR4.pse | CR4.smep;

/** Reserved bits of a present PDPTE's low word (4.4.1, table 4-8). */
const PDPTE_RESERVED = 0x1e6;

/**
 * Loads the four PDPTEs that CR3 value `cr3` points to (SDM vol. 3A, 4.4.1). #GP(0) if one is present with a reserved
 * bit, and then none is loaded.
 */
function loadPdptes(cpu: SystemContext, cr3: number): void {
  const { state } = cpu;
  const table = (cr3 & ~31) >>> 0;
  const reservedHigh = -1 << (cpuModel(cpu.model).physicalAddressBits - 32);
  const words: number[] = [];
  for (let n = 0; n < 4; n++) {
    const low = cpu.readPhysical32((table + 8 * n) >>> 0) | 0;
    const high = cpu.readPhysical32((table + 8 * n + 4) >>> 0) | 0;
    if ((low & 1) !== 0 && ((low & PDPTE_RESERVED) !== 0 || (high & reservedHigh) !== 0))
      cpu.raise(VECTOR.gp, 0);
    words.push(low, high);
  }
  for (let n = 0; n < 8; n++) state.set32(AT.pdpte + 4 * n, words[n]!);
}

const usesPae = (cr0: number, cr4: number): boolean => (cr0 & CR0.pg) !== 0 && (cr4 & CR4.pae) !== 0;

/** Writes CR0 with the checks of MOV CR0 (SDM vol. 2, MOV to control registers; vol. 3A, 2.5): #GP(0). */
export function writeCr0(cpu: SystemContext, value: number): void {
  const { state } = cpu;
  const old = state.i32(AT.cr0);
  const cr4 = state.i32(AT.cr4);
  const next = (value & CR0_WRITABLE) | CR0.et;
  if ((next & CR0.pg) !== 0 && (next & CR0.pe) === 0) cpu.raise(VECTOR.gp, 0);
  if ((next & CR0.nw) !== 0 && (next & CR0.cd) === 0) cpu.raise(VECTOR.gp, 0);
  const changed = old ^ next;
  if (usesPae(next, cr4) && (changed & CR0_LOADS_PDPTES) !== 0) loadPdptes(cpu, state.i32(AT.cr3));
  state.set32(AT.cr0, next);
  if (changed & CR0.pe) setCpl(state, 0);
  if (changed & CR0_PAGING) cpu.flushTlb();
  updateMode(state);
}

/** Writes CR3; under PAE paging the PDPTEs are loaded and checked. Drops the TLB. */
export function writeCr3(cpu: SystemContext, value: number): void {
  const { state } = cpu;
  if (usesPae(state.i32(AT.cr0), state.i32(AT.cr4))) loadPdptes(cpu, value);
  state.set32(AT.cr3, value);
  cpu.flushAddressSpace();
}

/** Writes CR4; #GP(0) for bits that the processor model does not have. */
export function writeCr4(cpu: SystemContext, value: number): void {
  const { state } = cpu;
  if (value & ~cpuModel(cpu.model).cr4Bits) cpu.raise(VECTOR.gp, 0);
  const cr0 = state.i32(AT.cr0);
  const changed = state.i32(AT.cr4) ^ value;
  if (usesPae(cr0, value) && (changed & CR4_LOADS_PDPTES) !== 0) loadPdptes(cpu, state.i32(AT.cr3));
  state.set32(AT.cr4, value);
  cpu.timePassed();
  if (changed & CR4_PAGING) cpu.flushTlb();
  updateMode(state);
}

/** Writes a control register and goes on with a fresh look at paging and mode. */
function writeControl(cpu: SystemContext, register: number, value: number): Status {
  const mode = cpu.state.i32(AT.mode);
  if (register === 0) {
    const wasProtected = isProtected(cpu.state);
    writeCr0(cpu, value);
    if (wasProtected !== isProtected(cpu.state)) {
      cpu.state.set32(AT.rip, cpu.nextIp);
      return STATUS.exit;
    }
  } else if (register === 2) cpu.state.set32(AT.cr2, value);
  else if (register === 3) writeCr3(cpu, value);
  else writeCr4(cpu, value);
  return refetch(cpu, mode);
}

const CONTROL_REGISTERS: Readonly<Record<number, number>> = { 0: AT.cr0, 2: AT.cr2, 3: AT.cr3, 4: AT.cr4 };

/** MOV r32, CRn and MOV CRn, r32. */
const movCreg: HostFunction = (cpu, { form, decoded }) => {
  const at = CONTROL_REGISTERS[decoded.reg];
  if (at === undefined) return cpu.raise(VECTOR.ud);
  requireCpl0(cpu);
  if (form.operands[0]!.kind === 'creg')
    return writeControl(cpu, decoded.reg, readGpr(cpu, decoded.rm, 32) | 0);
  writeGpr(cpu, decoded.rm, 32, cpu.state.i32(at));
  return STATUS.next;
};

const clts: HostFunction = (cpu) => {
  requireCpl0(cpu);
  const { state } = cpu;
  const mode = state.i32(AT.mode);
  state.set32(AT.cr0, state.i32(AT.cr0) & ~CR0.ts);
  updateMode(state);
  return afterChange(cpu, mode);
};

/** LMSW loads CR0 bits 3:0, but cannot clear PE. */
const lmsw: HostFunction = (cpu, instruction, linear) => {
  requireCpl0(cpu);
  const value = readRm16(cpu, instruction, linear);
  const cr0 = cpu.state.i32(AT.cr0);
  return writeControl(cpu, 0, (cr0 & ~14) | (value & 15));
};

const smsw: HostFunction = (cpu, instruction, linear) => {
  const { decoded } = instruction;
  const cr0 = cpu.state.i32(AT.cr0);
  if (decoded.memory) writeRm16(cpu, instruction, linear, cr0 & 0xffff);
  else writeGpr(cpu, decoded.rm, decoded.operandSize, cr0);
  return STATUS.next;
};

export const controlRegisterInstructions: readonly (readonly [string, HostFunction])[] = [
  ['mov creg', movCreg],
  ['clts', clts],
  ['lmsw', lmsw],
  ['smsw', smsw],
];
