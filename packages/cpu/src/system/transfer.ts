import { FLAG } from '../state/flags';
import { AT } from '../state/layout';
import { STATUS, type Status, type SystemContext } from './context';

/**
 * The status of an instruction that has set rip: `jump` if the engine may go on (at whatever privilege level), `exit` if
 * it has to look at the mode word, a single step, an interrupt, or a fault that a new task has raised. `mode` is the mode
 * word before the instruction.
 */
export function afterTransfer(cpu: SystemContext, mode: number): Status {
  const { state } = cpu;
  if (state.i32(AT.mode) !== mode || state.i32(AT.faulted) !== 0) return STATUS.exit;
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
  return afterTransfer(cpu, mode);
}

function mustLeave(cpu: SystemContext): boolean {
  const eflags = cpu.state.i32(AT.eflags);
  if (eflags & FLAG.tf) return true;
  return (eflags & FLAG.if) !== 0 && cpu.state.i32(AT.interruptPending) !== 0;
}
