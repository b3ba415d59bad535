import { FLAG, readFlags, writeFlags } from '../state/flags';
import { AT, GPR, SEGMENT } from '../state/layout';
import { isProtected, setCpl, updateMode } from '../state/mode';
import { breakpointsEnabled } from './breakpoints';
import type { HostFunction, SystemContext } from './context';
import { attributesOf, baseOf, limitOf, markAccessed, readHigh, readLow, setSegment } from './descriptors';
import { checkReturnCode, checkReturnStack, loadOuterStack, requireReturnDescriptor } from './outer-returns';
import { moveStackPointer, peekStack } from './segment-access';
import { dropInnerSegments, loadRealSegment, loadV86Segment } from './segmentation';
import { returnFromNestedTask } from './task-gates';
import { afterTransfer } from './transfer';
import { VECTOR } from './vectors';
import { loadVirtualFlags, usesVirtualFlag } from './virtual-interrupts';

const ESP = AT.gpr + 8 * GPR.esp;
const { cf, pf, af, zf, sf, tf, df, of, nt, rf, ac, id, vif, vip, iopl, vm } = FLAG;

/** EFLAGS bits that every IRET loads: of a 16-bit image, and what a 32-bit image adds. */
const RETURNED_16 = cf | pf | af | zf | sf | tf | df | of | nt;
const RETURNED_32 = RETURNED_16 | rf | ac | id;

/** IRET, IRETD (SDM vol. 2, IRET, operation). */
const iret: HostFunction = (cpu, { form }) => {
  const { state } = cpu;
  const mode = state.i32(AT.mode);
  const size = form.operandSize === 16 ? 2 : 4;
  const eflags = state.i32(AT.eflags);
  if (!isProtected(state)) returnReal(cpu, size);
  else if (eflags & vm) returnWithinV86(cpu, size);
  else if (eflags & nt) returnFromNestedTask(cpu);
  else returnProtected(cpu, size);
  cpu.unblockNmi();
  return afterTransfer(cpu, mode);
};

/** Loads those flags of `image` that `mask` allows; with no breakpoint enabled in DR7, RF would be unobservable. */
function loadFlags(cpu: SystemContext, image: number, mask: number): void {
  const { state } = cpu;
  const kept = breakpointsEnabled(state) ? mask : mask & ~rf;
  cpu.keepResumeFlag = true;
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

/** In virtual-8086 mode with IOPL 3; without it #GP, which is how a monitor gets to see IRET, or a return that loads VIF. */
function returnWithinV86(cpu: SystemContext, size: number): void {
  const { state } = cpu;
  const virtual = usesVirtualFlag(cpu, size);
  const eip = peekStack(cpu, 0, size);
  const cs = peekStack(cpu, size, size) & 0xffff;
  const image = peekStack(cpu, 2 * size, size);
  if (eip > 0xffff) cpu.raise(VECTOR.gp, 0);
  const flags = virtual ? loadVirtualFlags(cpu, image, RETURNED_16) : 0;
  moveStackPointer(cpu, 3 * size);
  loadV86Segment(cpu, SEGMENT.cs, cs);
  state.set32(AT.rip, eip);
  if (virtual) writeFlags(state, flags & ~rf);
  else loadFlags(cpu, image, (size === 4 ? RETURNED_32 : RETURNED_16) | FLAG.if);
  updateMode(state);
}

function returnProtected(cpu: SystemContext, size: number): void {
  const { state } = cpu;
  const cpl = state.i32(AT.cpl);
  // From the last to the first.
  const image = peekStack(cpu, 2 * size, size);
  const cs = peekStack(cpu, size, size) & 0xffff;
  const eip = peekStack(cpu, 0, size);
  if (size === 4 && (image & vm) !== 0 && cpl === 0) {
    returnToV86(cpu, eip, cs, image);
    return;
  }
  const outer = (cs & 3) > cpl;
  // A selector of another level has the stack pointer read before anything is known of its descriptor.
  const differs = (cs & 3) !== cpl;
  const ss = differs ? peekStack(cpu, 4 * size, size) & 0xffff : 0;
  const esp = differs ? peekStack(cpu, 3 * size, size) : 0;
  const address = requireReturnDescriptor(cpu, cs);
  const high = readHigh(cpu, address);
  checkReturnCode(cpu, cs, high);
  const low = readLow(cpu, address);
  const limit = limitOf(low, high);
  const stack = outer ? requireReturnDescriptor(cpu, ss) : 0;
  const stackHigh = outer ? readHigh(cpu, stack) : 0;
  if (outer) checkReturnStack(cpu, ss, stackHigh, cs & 3);
  if (eip > limit) cpu.raise(VECTOR.gp, 0);

  const loaded = markAccessed(cpu, address, attributesOf(high));
  let mask = size === 4 ? RETURNED_32 : RETURNED_16;
  if (cpl <= ((state.i32(AT.eflags) >>> 12) & 3)) mask |= FLAG.if;
  if (cpl === 0) mask |= size === 4 ? iopl | vif | vip : iopl;
  if (outer) loadOuterStack(cpu, stack, stackHigh, ss, esp);
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
