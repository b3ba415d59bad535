import { FLAG, readFlags } from '../state/flags';
import { AT } from '../state/layout';
import { isVirtual8086 } from '../state/mode';
import type { HostFunction, Status, SystemContext } from './context';
import { STATUS } from './context';
import { enterHandler } from './interrupt-gates';
import { isUser } from './segment-access';
import { systemCall } from './system-calls';
import { afterTransfer } from './transfer';
import { VECTOR } from './vectors';
import { redirectInterrupt } from './virtual-interrupts';

/** Enters the handler of a software interrupt; a fault on the way is the instruction's own (EXT = 0). */
function interrupt(cpu: SystemContext, vector: number): Status {
  const { state } = cpu;
  const mode = state.i32(AT.mode);
  const stepping = (state.i32(AT.eflags) & FLAG.tf) !== 0;
  const call = systemCall(cpu, 'int', vector);
  enterHandler(cpu, vector, 'software', -1, cpu.nextIp, 0);
  cpu.noteSystemCall(call);
  if (stepping) cpu.suppressStep = true;
  return afterTransfer(cpu, mode);
}

/** INT n; in virtual-8086 mode see {@link redirectInterrupt}. */
const int: HostFunction = (cpu, { decoded }) => {
  const { state } = cpu;
  const vector = decoded.immediate & 0xff;
  if (!isVirtual8086(state)) return interrupt(cpu, vector);
  const mode = state.i32(AT.mode);
  const stepping = (state.i32(AT.eflags) & FLAG.tf) !== 0;
  const call = systemCall(cpu, 'int', vector);
  if (!redirectInterrupt(cpu, vector)) return interrupt(cpu, vector);
  cpu.noteSystemCall(call);
  if (stepping) cpu.suppressStep = true;
  return afterTransfer(cpu, mode);
};

/** INT3 is not IOPL-sensitive. */
const int3: HostFunction = (cpu) => interrupt(cpu, VECTOR.bp);

const into: HostFunction = (cpu) =>
  readFlags(cpu.state) & FLAG.of ? interrupt(cpu, VECTOR.of) : STATUS.next;

/** INT1: a #DB that checks no gate DPL and leaves DR6 alone; faults on the way have EXT = 1. */
const int1: HostFunction = (cpu) => {
  const { state } = cpu;
  const mode = state.i32(AT.mode);
  const stepping = (state.i32(AT.eflags) & FLAG.tf) !== 0;
  enterHandler(cpu, VECTOR.db, 'exception', -1, cpu.nextIp, 1);
  if (stepping) cpu.suppressStep = true;
  return afterTransfer(cpu, mode);
};

/** BOUND: the index is signed; the bounds are inclusive. */
const bound: HostFunction = (cpu, { decoded }, linear) => {
  const { state, memory } = cpu;
  const user = isUser(cpu);
  const narrow = decoded.operandSize === 16;
  const raw = state.i32(AT.gpr + 8 * decoded.reg);
  const index = narrow ? (raw << 16) >> 16 : raw;
  const lower = narrow ? (memory.read16(linear, user) << 16) >> 16 : memory.read32(linear, user) | 0;
  const next = (linear + (narrow ? 2 : 4)) >>> 0;
  const upper = narrow ? (memory.read16(next, user) << 16) >> 16 : memory.read32(next, user) | 0;
  if (index < lower || index > upper) cpu.raise(VECTOR.br);
  return STATUS.next;
};

export const softwareInterruptInstructions: readonly (readonly [string, HostFunction])[] = [
  ['int', int],
  ['int3', int3],
  ['int1', int1],
  ['into', into],
  ['bound', bound],
];
