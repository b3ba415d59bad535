import { FLAG, readFlags, updateAccessPrevention, writeFlags } from '../state/flags';
import { AT } from '../state/layout';
import { STATUS, type HostFunction } from './context';
import { moveStackPointer, peekStack, push } from './segment-access';
import { afterChange } from './transfer';
import { VECTOR } from './vectors';
import { interruptFlag, loadVirtualFlags, usesVirtualFlag, virtualFlags } from './virtual-interrupts';

const { cf, pf, af, zf, sf, tf, df, of, nt, rf, ac, id, iopl, vm } = FLAG;
const POPPED_16 = cf | pf | af | zf | sf | tf | df | of | nt;
const POPPED_32 = POPPED_16 | ac | id;

/** `interruptShadow` after STI (SDM vol. 3A, 6.8.1). */
const STI_SHADOW = 1;

const ioplOf = (eflags: number): number => (eflags >>> 12) & 3;

/** CLI: clears IF, or VIF where the program has a virtual one. */
const cli: HostFunction = (cpu) => {
  const flag = interruptFlag(cpu, false);
  cpu.state.set32(AT.eflags, cpu.state.i32(AT.eflags) & ~flag);
  return STATUS.next;
};

/** STI: if IF was clear, interrupts stay inhibited until after the next instruction. */
const sti: HostFunction = (cpu) => {
  const { state } = cpu;
  const flag = interruptFlag(cpu, true);
  const eflags = state.i32(AT.eflags);
  if (eflags & flag) return STATUS.next;
  state.set32(AT.eflags, eflags | flag);
  if (flag === FLAG.vif) return STATUS.next;
  state.set32(AT.interruptShadow, STI_SHADOW);
  state.set32(AT.rip, cpu.nextIp);
  return STATUS.exit;
};

/** PUSHF, PUSHFD: VM and RF of the image are 0. */
const pushFlags: HostFunction = (cpu, { form }) => {
  const { state } = cpu;
  const size = form.operandSize === 16 ? 2 : 4;
  const virtual = usesVirtualFlag(cpu, size);
  const flags = readFlags(state);
  push(cpu, virtual ? virtualFlags(flags) : flags & ~(vm | rf), size);
  return STATUS.next;
};

/** POPF, POPFD: IOPL changes at CPL 0 only, IF when CPL <= IOPL, VM, VIF and VIP never; a 32-bit image clears RF. */
const popFlags: HostFunction = (cpu, { form }) => {
  const { state } = cpu;
  const eflags = state.i32(AT.eflags);
  const cpl = state.i32(AT.cpl);
  const size = form.operandSize === 16 ? 2 : 4;
  const virtual = usesVirtualFlag(cpu, size);
  const image = peekStack(cpu, 0, size);
  if (virtual) {
    const flags = loadVirtualFlags(cpu, image, POPPED_16);
    moveStackPointer(cpu, size);
    writeFlags(state, flags & ~rf);
    return afterChange(cpu, state.i32(AT.mode));
  }
  let mask = size === 4 ? POPPED_32 : POPPED_16;
  if (cpl <= ioplOf(eflags)) mask |= FLAG.if;
  if (cpl === 0) mask |= iopl;
  moveStackPointer(cpu, size);
  writeFlags(state, (readFlags(state) & ~(size === 4 ? mask | rf : mask)) | (image & mask));
  return afterChange(cpu, state.i32(AT.mode));
};

/** STAC and CLAC set and clear EFLAGS.AC at CPL 0, which lets the supervisor access user pages under CR4.SMAP; else #UD. */
const changeAc =
  (set: boolean): HostFunction =>
  (cpu) => {
    const { state } = cpu;
    if (state.i32(AT.cpl) !== 0) cpu.raise(VECTOR.ud);
    const eflags = state.i32(AT.eflags);
    state.set32(AT.eflags, set ? eflags | ac : eflags & ~ac);
    updateAccessPrevention(state);
    return STATUS.next;
  };

export const flagInstructions: readonly (readonly [string, HostFunction])[] = [
  ['stac', changeAc(true)],
  ['clac', changeAc(false)],
  ['cli', cli],
  ['sti', sti],
  ['pushf', pushFlags],
  ['pushfd', pushFlags],
  ['popf', popFlags],
  ['popfd', popFlags],
];
