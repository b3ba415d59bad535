import { FLAG, readFlags, writeFlags } from '../state/flags';
import { AT } from '../state/layout';
import { isProtected, isVirtual8086 } from '../state/mode';
import { STATUS, type HostFunction, type SystemContext } from './context';
import { moveStackPointer, peekStack, push } from './segment-access';
import { afterChange } from './transfer';
import { VECTOR } from './vectors';

const { cf, pf, af, zf, sf, tf, df, of, nt, rf, ac, id, iopl, vm } = FLAG;
const POPPED_16 = cf | pf | af | zf | sf | tf | df | of | nt;
const POPPED_32 = POPPED_16 | ac | id;

/** `interruptShadow` after STI (SDM vol. 3A, 6.8.1). */
const STI_SHADOW = 1;

const ioplOf = (eflags: number): number => (eflags >>> 12) & 3;

/** #GP(0) unless CPL <= IOPL; in virtual-8086 mode (CPL 3) that means IOPL = 3. Real-address mode always may. */
function requireIopl(cpu: SystemContext): void {
  const { state } = cpu;
  if (isProtected(state) && state.i32(AT.cpl) > ioplOf(state.i32(AT.eflags))) cpu.raise(VECTOR.gp, 0);
}

const cli: HostFunction = (cpu) => {
  requireIopl(cpu);
  cpu.state.set32(AT.eflags, cpu.state.i32(AT.eflags) & ~FLAG.if);
  return STATUS.next;
};

/** STI: if IF was clear, interrupts stay inhibited until after the next instruction. */
const sti: HostFunction = (cpu) => {
  requireIopl(cpu);
  const { state } = cpu;
  const eflags = state.i32(AT.eflags);
  if (eflags & FLAG.if) return STATUS.next;
  state.set32(AT.eflags, eflags | FLAG.if);
  state.set32(AT.interruptShadow, STI_SHADOW);
  state.set32(AT.rip, cpu.nextIp);
  return STATUS.exit;
};

/** PUSHF, PUSHFD: VM and RF of the image are 0; virtual-8086 mode needs IOPL 3. */
const pushFlags: HostFunction = (cpu, { form }) => {
  const { state } = cpu;
  if (isVirtual8086(state) && ioplOf(state.i32(AT.eflags)) < 3) cpu.raise(VECTOR.gp, 0);
  push(cpu, readFlags(state) & ~(vm | rf), form.operandSize === 16 ? 2 : 4);
  return STATUS.next;
};

/** POPF, POPFD: IOPL changes at CPL 0 only, IF when CPL <= IOPL, VM, VIF and VIP never; a 32-bit image clears RF. */
const popFlags: HostFunction = (cpu, { form }) => {
  const { state } = cpu;
  const eflags = state.i32(AT.eflags);
  const cpl = state.i32(AT.cpl);
  if (isVirtual8086(state) && ioplOf(eflags) < 3) cpu.raise(VECTOR.gp, 0);
  const size = form.operandSize === 16 ? 2 : 4;
  const image = peekStack(cpu, 0, size);
  let mask = size === 4 ? POPPED_32 : POPPED_16;
  if (cpl <= ioplOf(eflags)) mask |= FLAG.if;
  if (cpl === 0) mask |= iopl;
  moveStackPointer(cpu, size);
  writeFlags(state, (readFlags(state) & ~(size === 4 ? mask | rf : mask)) | (image & mask));
  return afterChange(cpu, state.i32(AT.mode));
};

export const flagInstructions: readonly (readonly [string, HostFunction])[] = [
  ['cli', cli],
  ['sti', sti],
  ['pushf', pushFlags],
  ['pushfd', pushFlags],
  ['popf', popFlags],
  ['popfd', popFlags],
];
