import { FLAG, readFlags, writeFlags } from '../state/flags';
import { AT, GPR, SEGMENT } from '../state/layout';
import { isProtected, setCpl, updateMode } from '../state/mode';
import type { HostFunction, SystemContext } from './context';
import {
  attributesOf,
  baseOf,
  dplOf,
  isCode,
  isConformingCode,
  isNull,
  isPresent,
  isWritableData,
  limitOf,
  markAccessed,
  readHigh,
  readLow,
  requireDescriptor,
  selectorError,
  setSegment,
} from './descriptors';
import { moveStackPointer, peekStack } from './segment-access';
import { dropInnerSegments, loadRealSegment, loadV86Segment } from './segmentation';
import { returnFromNestedTask } from './task-gates';
import { afterTransfer } from './transfer';
import { VECTOR } from './vectors';

const ESP = AT.gpr + 8 * GPR.esp;
const { cf, pf, af, zf, sf, tf, df, of, nt, rf, ac, id, vif, vip, iopl, vm } = FLAG;

/** EFLAGS bits that every IRET loads: of a 16-bit image, and what a 32-bit image adds. */
const RETURNED_16 = cf | pf | af | zf | sf | tf | df | of | nt;
const RETURNED_32 = RETURNED_16 | rf | ac | id;

/** IRET, IRETD (SDM vol. 2, IRET, operation). */
const iret: HostFunction = (cpu, { form }) => {
  const { state } = cpu;
  const mode = state.i32(AT.mode);
  const cpl = state.i32(AT.cpl);
  const size = form.operandSize === 16 ? 2 : 4;
  const eflags = state.i32(AT.eflags);
  if (!isProtected(state)) returnReal(cpu, size);
  else if (eflags & vm) returnWithinV86(cpu, size);
  else if (eflags & nt) returnFromNestedTask(cpu);
  else returnProtected(cpu, size);
  cpu.unblockNmi();
  return afterTransfer(cpu, mode, cpl);
};

/** Loads those flags of `image` that `mask` allows; with no breakpoint enabled in DR7, RF would be unobservable. */
function loadFlags(cpu: SystemContext, image: number, mask: number): void {
  const { state } = cpu;
  const kept = state.i32(AT.dr + 56) & 0xff ? mask : mask & ~rf;
  writeFlags(state, (readFlags(state) & ~mask) | (image & kept));
}

function returnReal(cpu: SystemContext, size: number): void {
  const { state } = cpu;
  const eip = peekStack(cpu, 0, size);
  const cs = peekStack(cpu, size, size) & 0xffff;
  const image = peekStack(cpu, 2 * size, size);
  if (eip > state.u32(AT.segmentLimit + 4 * SEGMENT.cs)) cpu.raise(VECTOR.gp, 0);
  moveStackPointer(cpu, 3 * size);
  loadRealSegment(cpu, SEGMENT.cs, cs);
  state.set32(AT.rip, eip);
  loadFlags(cpu, image, (size === 4 ? RETURNED_32 : RETURNED_16) | FLAG.if | iopl);
  updateMode(state);
}

/** In virtual-8086 mode with IOPL 3 (without it: #GP, which is how a monitor gets to see IRET). */
function returnWithinV86(cpu: SystemContext, size: number): void {
  const { state } = cpu;
  if ((state.i32(AT.eflags) & iopl) !== iopl) cpu.raise(VECTOR.gp, 0);
  const eip = peekStack(cpu, 0, size);
  const cs = peekStack(cpu, size, size) & 0xffff;
  const image = peekStack(cpu, 2 * size, size);
  if (eip > 0xffff) cpu.raise(VECTOR.gp, 0);
  moveStackPointer(cpu, 3 * size);
  loadV86Segment(cpu, SEGMENT.cs, cs);
  state.set32(AT.rip, eip);
  loadFlags(cpu, image, (size === 4 ? RETURNED_32 : RETURNED_16) | FLAG.if);
  updateMode(state);
}

function returnProtected(cpu: SystemContext, size: number): void {
  const { state } = cpu;
  const cpl = state.i32(AT.cpl);
  const eip = peekStack(cpu, 0, size);
  const cs = peekStack(cpu, size, size) & 0xffff;
  const image = peekStack(cpu, 2 * size, size);
  if (size === 4 && (image & vm) !== 0 && cpl === 0) {
    returnToV86(cpu, eip, cs, image);
    return;
  }
  const address = checkReturnSegment(cpu, cs);
  const outer = (cs & 3) > cpl;
  const low = readLow(cpu, address);
  const high = readHigh(cpu, address);
  const limit = limitOf(low, high);
  const esp = outer ? peekStack(cpu, 3 * size, size) : 0;
  const ss = outer ? peekStack(cpu, 4 * size, size) & 0xffff : 0;
  const stack = outer ? checkReturnStack(cpu, ss, cs & 3) : 0;
  if (eip > limit) cpu.raise(VECTOR.gp, 0);

  const loaded = markAccessed(cpu, address, attributesOf(high));
  let mask = size === 4 ? RETURNED_32 : RETURNED_16;
  if (cpl <= ((state.i32(AT.eflags) >>> 12) & 3)) mask |= FLAG.if;
  if (cpl === 0) mask |= size === 4 ? iopl | vif | vip : iopl;
  if (outer) loadOuterStack(cpu, stack, ss, esp);
  else moveStackPointer(cpu, 3 * size);
  setSegment(cpu, SEGMENT.cs, cs, baseOf(low, high), limit, loaded);
  state.set32(AT.rip, eip);
  loadFlags(cpu, image, mask);
  if (outer) {
    setCpl(state, cs & 3);
    dropInnerSegments(cpu, cs & 3);
  }
  updateMode(state);
}

/** The code segment that RETF or IRET goes back to; returns its descriptor's address. */
export function checkReturnSegment(cpu: SystemContext, cs: number): number {
  if (isNull(cs)) cpu.raise(VECTOR.gp, 0);
  const address = requireDescriptor(cpu, cs, VECTOR.gp);
  const attributes = attributesOf(readHigh(cpu, address));
  const rpl = cs & 3;
  const dpl = dplOf(attributes);
  const allowed =
    isCode(attributes) &&
    rpl >= cpu.state.i32(AT.cpl) &&
    (isConformingCode(attributes) ? dpl <= rpl : dpl === rpl);
  if (!allowed) cpu.raise(VECTOR.gp, selectorError(cs));
  if (!isPresent(attributes)) cpu.raise(VECTOR.np, selectorError(cs));
  return address;
}

/** The stack segment of an outer level `rpl`; returns its descriptor's address. */
export function checkReturnStack(cpu: SystemContext, ss: number, rpl: number): number {
  if (isNull(ss)) cpu.raise(VECTOR.gp, 0);
  const address = requireDescriptor(cpu, ss, VECTOR.gp);
  const attributes = attributesOf(readHigh(cpu, address));
  if ((ss & 3) !== rpl || !isWritableData(attributes) || dplOf(attributes) !== rpl)
    cpu.raise(VECTOR.gp, selectorError(ss));
  if (!isPresent(attributes)) cpu.raise(VECTOR.ss, selectorError(ss));
  return address;
}

/** Loads SS from its checked descriptor and (E)SP; a 16-bit stack leaves the upper half of ESP alone. */
export function loadOuterStack(cpu: SystemContext, address: number, ss: number, esp: number): void {
  const { state } = cpu;
  const low = readLow(cpu, address);
  const high = readHigh(cpu, address);
  const attributes = markAccessed(cpu, address, attributesOf(high));
  setSegment(cpu, SEGMENT.ss, ss, baseOf(low, high), limitOf(low, high), attributes);
  if (high & 0x40_0000) state.set32(ESP, esp);
  else state.set16(ESP, esp & 0xffff);
}

/** From CPL 0 into virtual-8086 mode (SDM vol. 3B, 20.2.5): the frame also holds ESP, SS, ES, DS, FS, GS. */
function returnToV86(cpu: SystemContext, eip: number, cs: number, image: number): void {
  const { state } = cpu;
  const esp = peekStack(cpu, 12, 4);
  const ss = peekStack(cpu, 16, 4) & 0xffff;
  const es = peekStack(cpu, 20, 4) & 0xffff;
  const ds = peekStack(cpu, 24, 4) & 0xffff;
  const fs = peekStack(cpu, 28, 4) & 0xffff;
  const gs = peekStack(cpu, 32, 4) & 0xffff;
  if (eip > 0xffff) cpu.raise(VECTOR.gp, 0);
  loadFlags(cpu, image, RETURNED_32 | FLAG.if | iopl | vm | vif | vip);
  loadV86Segment(cpu, SEGMENT.cs, cs);
  loadV86Segment(cpu, SEGMENT.ss, ss);
  loadV86Segment(cpu, SEGMENT.es, es);
  loadV86Segment(cpu, SEGMENT.ds, ds);
  loadV86Segment(cpu, SEGMENT.fs, fs);
  loadV86Segment(cpu, SEGMENT.gs, gs);
  state.set32(AT.rip, eip);
  state.set32(ESP, esp);
  setCpl(state, 3);
  updateMode(state);
}

export const iretInstructions: readonly (readonly [string, HostFunction])[] = [
  ['iret', iret],
  ['iretd', iret],
];
