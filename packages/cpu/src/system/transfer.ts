import { FLAG } from '../state/flags';
import { AT } from '../state/layout';
import { STATUS, type Status, type SystemContext } from './context';

/**
 * The status of an instruction that has set rip: `jump` if the engine may go on as it is, `exit` if it has to look at the
 * mode word, the privilege level, a single step or an interrupt. `mode` and `cpl` are those before the instruction.
 */
export function afterTransfer(cpu: SystemContext, mode: number, cpl: number): Status {
  const { state } = cpu;
  if (state.i32(AT.mode) !== mode || state.i32(AT.cpl) !== cpl) return STATUS.exit;
  return mustLeave(cpu) ? STATUS.exit : STATUS.jump;
}

/** The status of an instruction that goes on behind itself, but may have changed the mode word, IF or TF. */
export function afterChange(cpu: SystemContext, mode: number): Status {
  const { state } = cpu;
  if (state.i32(AT.mode) === mode && !mustLeave(cpu)) return STATUS.next;
  state.set32(AT.rip, cpu.nextIp);
  return STATUS.exit;
}

/** Goes on behind the instruction, with a fresh look at the code there (paging has changed). */
export function refetch(cpu: SystemContext, mode: number): Status {
  cpu.state.set32(AT.rip, cpu.nextIp);
  return afterTransfer(cpu, mode, cpu.state.i32(AT.cpl));
}

function mustLeave(cpu: SystemContext): boolean {
  const eflags = cpu.state.i32(AT.eflags);
  if (eflags & FLAG.tf) return true;
  return (eflags & FLAG.if) !== 0 && cpu.state.i32(AT.interruptPending) !== 0;
}
