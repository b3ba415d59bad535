import { FLAG } from '../state/flags';
import { AT } from '../state/layout';
import { CR4 } from '../state/mode';
import { breakpointsEnabled, updateWatching } from './breakpoints';
import { STATUS, type HostFunction, type SystemContext } from './context';
import { readGpr, requireCpl0, writeGpr } from './operands';
import { refetch } from './transfer';
import { VECTOR } from './vectors';

/** DR6 and DR7: bits that software can write, and bits that always read 1 (SDM vol. 3B, 17.2.3, 17.2.4). */
export const DR6 = { writable: 0xe00f, fixed: 0xffff_0ff0, bd: 1 << 13, bs: 1 << 14, bt: 1 << 15 } as const;
export const DR7 = { writable: 0xffff_23ff, fixed: 0x400, gd: 1 << 13 } as const;

const drOffset = (register: number): number => AT.dr + 8 * register;

/** Writes DR7; what data breakpoints watch may not be in the TLB. */
export function writeDr7(cpu: SystemContext, value: number): void {
  cpu.state.set32(drOffset(7), (value & DR7.writable) | DR7.fixed);
  if (updateWatching(cpu.state)) cpu.flushTlb();
}

/** Raises #DB with `cause` (DR6.BD, BS or BT) in DR6. */
export function raiseDebug(cpu: SystemContext, cause: number): never {
  cpu.state.set32(drOffset(6), cpu.state.i32(drOffset(6)) | cause);
  return cpu.raise(VECTOR.db);
}

/** MOV r32, DRn and MOV DRn, r32: DR4 and DR5 stand for DR6 and DR7 unless CR4.DE is set. */
const movDreg: HostFunction = (cpu, { form, decoded }) => {
  const { state } = cpu;
  let register = decoded.reg & 7;
  if (decoded.reg > 7) cpu.raise(VECTOR.ud);
  if (register === 4 || register === 5) {
    if (state.i32(AT.cr4) & CR4.de) cpu.raise(VECTOR.ud);
    register += 2;
  }
  requireCpl0(cpu);
  if (state.i32(drOffset(7)) & DR7.gd) {
    // A fault, whose saved RF is 1, unlike that of an instruction breakpoint (17.3.1.1).
    state.set32(AT.eflags, state.i32(AT.eflags) | FLAG.rf);
    raiseDebug(cpu, DR6.bd);
  }
  if (form.operands[0]!.kind !== 'dreg') {
    writeGpr(cpu, decoded.rm, 32, state.i32(drOffset(register)));
    return STATUS.next;
  }
  let value = readGpr(cpu, decoded.rm, 32);
  if (register === 6) value = (value & DR6.writable) | DR6.fixed;
  const wasEnabled = breakpointsEnabled(state);
  if (register === 7) writeDr7(cpu, value);
  else state.set32(drOffset(register), value);
  const status = refetch(cpu, state.i32(AT.mode));
  return wasEnabled || breakpointsEnabled(state) ? STATUS.exit : status;
};

export const debugRegisterInstructions: readonly (readonly [string, HostFunction])[] = [
  ['mov dreg', movDreg],
];
