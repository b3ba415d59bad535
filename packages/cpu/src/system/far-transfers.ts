import { AT, SEGMENT } from '../state/layout';
import { isProtected, isVirtual8086, setCpl, updateMode } from '../state/mode';
import { transferThroughCallGate } from './call-gates';
import type { HostFunction, HostInstruction, SystemContext } from './context';
import {
  attributesOf,
  baseOf,
  dplOf,
  isCode,
  isConformingCode,
  isNull,
  isPresent,
  limitOf,
  markAccessed,
  readHigh,
  readLow,
  requireDescriptor,
  selectorError,
  setSegment,
  SYSTEM_TYPE,
  systemTypeOf,
} from './descriptors';
import { checkReturnCode, checkReturnStack, loadOuterStack, requireReturnDescriptor } from './outer-returns';
import { isUser, moveStackPointer, peekStack, pushReturnAddress, requireReturnRoom } from './segment-access';
import { dropInnerSegments, loadRealSegment, loadV86Segment } from './segmentation';
import { transferToTask } from './task-gates';
import { afterTransfer } from './transfer';
import { VECTOR } from './vectors';

/** JMP far and CALL far, ptr16:xx and m16:xx. */
const farTransfer =
  (call: boolean): HostFunction =>
  (cpu, instruction, linear) => {
    const { state } = cpu;
    const { decoded } = instruction;
    const mode = state.i32(AT.mode);
    const size = decoded.operandSize === 16 ? 2 : 4;
    const offset = farOffset(cpu, instruction, linear, size);
    const selector = farSelector(cpu, instruction, linear, size);
    if (!isProtected(state) || isVirtual8086(state)) transferReal(cpu, call, selector, offset, size);
    else transferProtected(cpu, call, selector, offset, size);
    return afterTransfer(cpu, mode);
  };

const farSelector = (
  cpu: SystemContext,
  { decoded }: HostInstruction,
  linear: number,
  size: number,
): number =>
  decoded.memory ? cpu.memory.read16((linear + size) >>> 0, isUser(cpu)) : decoded.immediate2 & 0xffff;

function farOffset(cpu: SystemContext, { decoded }: HostInstruction, linear: number, size: number): number {
  if (!decoded.memory) return size === 4 ? decoded.immediate >>> 0 : decoded.immediate & 0xffff;
  return size === 4 ? cpu.memory.read32(linear, isUser(cpu)) >>> 0 : cpu.memory.read16(linear, isUser(cpu));
}

/** Real-address and virtual-8086 mode. */
function transferReal(
  cpu: SystemContext,
  call: boolean,
  selector: number,
  offset: number,
  size: number,
): void {
  const { state } = cpu;
  if (offset > (isVirtual8086(state) ? 0xffff : state.u32(AT.segmentLimit + 4 * SEGMENT.cs)))
    cpu.raise(VECTOR.gp, 0);
  if (call) pushReturnAddress(cpu, size);
  if (isVirtual8086(state)) loadV86Segment(cpu, SEGMENT.cs, selector);
  else loadRealSegment(cpu, SEGMENT.cs, selector);
  state.set32(AT.rip, offset);
  updateMode(state);
}

/** Protected mode: to a code segment, or through a call gate, task gate or TSS (SDM vol. 2, JMP and CALL, operation). */
function transferProtected(
  cpu: SystemContext,
  call: boolean,
  selector: number,
  offset: number,
  size: number,
): void {
  if (isNull(selector)) cpu.raise(VECTOR.gp, 0);
  const address = requireDescriptor(cpu, selector, VECTOR.gp);
  const high = readHigh(cpu, address);
  const attributes = attributesOf(high);
  if (isCode(attributes)) {
    transferToCode(cpu, call, selector, address, high, offset, size);
    return;
  }
  const type = systemTypeOf(attributes);
  const dpl = dplOf(attributes);
  const { tss16, tss32, taskGate, callGate16, callGate32 } = SYSTEM_TYPE;
  const usable =
    type === tss16 || type === tss32 || type === taskGate || type === callGate16 || type === callGate32;
  if (!usable || dpl < cpu.state.i32(AT.cpl) || dpl < (selector & 3))
    cpu.raise(VECTOR.gp, selectorError(selector));
  if (!isPresent(attributes)) cpu.raise(VECTOR.np, selectorError(selector));
  const low = readLow(cpu, address);
  if (type === taskGate) transferToTask(cpu, low >>> 16, call);
  else if (type === callGate16 || type === callGate32) transferThroughCallGate(cpu, call, low, high);
  else transferToTask(cpu, selector, call);
}

/** Directly to a code segment of the same level (or a conforming one of an inner level, at the current level). */
function transferToCode(
  cpu: SystemContext,
  call: boolean,
  selector: number,
  address: number,
  high: number,
  offset: number,
  size: number,
): void {
  const { state } = cpu;
  const cpl = state.i32(AT.cpl);
  const attributes = attributesOf(high);
  const dpl = dplOf(attributes);
  const allowed = isConformingCode(attributes) ? dpl <= cpl : (selector & 3) <= cpl && dpl === cpl;
  if (!allowed) cpu.raise(VECTOR.gp, selectorError(selector));
  if (!isPresent(attributes)) cpu.raise(VECTOR.np, selectorError(selector));
  const low = readLow(cpu, address);
  const limit = limitOf(low, high);
  if (call) requireReturnRoom(cpu, size);
  // The return address is on the stack already when the offset turns out to be beyond the limit.
  const esp = state.i32(AT.gpr + 32);
  if (call) pushReturnAddress(cpu, size);
  if (offset > limit) {
    state.set32(AT.gpr + 32, esp);
    cpu.raise(VECTOR.gp, 0);
  }
  const loaded = markAccessed(cpu, address, attributes);
  setSegment(cpu, SEGMENT.cs, (selector & 0xfffc) | cpl, baseOf(low, high), limit, loaded);
  state.set32(AT.rip, offset);
  updateMode(state);
}

/** RETF and RETF imm16 (SDM vol. 2, RET, operation). */
const farReturn: HostFunction = (cpu, { form, decoded }) => {
  const { state } = cpu;
  const mode = state.i32(AT.mode);
  const size = decoded.operandSize === 16 ? 2 : 4;
  const release = form.operands.length > 0 ? decoded.immediate & 0xffff : 0;
  // The selector is read first.
  const cs = peekStack(cpu, size, size) & 0xffff;
  const eip = peekStack(cpu, 0, size);
  if (!isProtected(state) || isVirtual8086(state)) {
    if (eip > (isVirtual8086(state) ? 0xffff : state.u32(AT.segmentLimit + 4 * SEGMENT.cs)))
      cpu.raise(VECTOR.gp, 0);
    moveStackPointer(cpu, 2 * size + release);
    if (isVirtual8086(state)) loadV86Segment(cpu, SEGMENT.cs, cs);
    else loadRealSegment(cpu, SEGMENT.cs, cs);
    state.set32(AT.rip, eip);
    updateMode(state);
  } else returnProtected(cpu, eip, cs, size, release);
  return afterTransfer(cpu, mode);
};

function returnProtected(cpu: SystemContext, eip: number, cs: number, size: number, release: number): void {
  const { state } = cpu;
  const rpl = cs & 3;
  const outer = rpl > state.i32(AT.cpl);
  // A selector of another level has the stack pointer read before anything is known of its descriptor.
  const differs = rpl !== state.i32(AT.cpl);
  const ss = differs ? peekStack(cpu, 3 * size + release, size) & 0xffff : 0;
  const esp = differs ? peekStack(cpu, 2 * size + release, size) : 0;
  const address = requireReturnDescriptor(cpu, cs);
  const high = readHigh(cpu, address);
  checkReturnCode(cpu, cs, high);
  const low = readLow(cpu, address);
  const limit = limitOf(low, high);
  const stack = outer ? requireReturnDescriptor(cpu, ss) : 0;
  const stackHigh = outer ? readHigh(cpu, stack) : 0;
  if (outer) checkReturnStack(cpu, ss, stackHigh, rpl);
  if (eip > limit) cpu.raise(VECTOR.gp, 0);
  const loaded = markAccessed(cpu, address, attributesOf(high));
  if (outer) loadOuterStack(cpu, stack, stackHigh, ss, esp);
  else moveStackPointer(cpu, 2 * size + release);
  setSegment(cpu, SEGMENT.cs, cs, baseOf(low, high), limit, loaded);
  state.set32(AT.rip, eip);
  if (outer) {
    setCpl(state, rpl);
    dropInnerSegments(cpu, rpl);
    updateMode(state);
    moveStackPointer(cpu, release);
  }
  updateMode(state);
}

export const farTransferInstructions: readonly (readonly [string, HostFunction])[] = [
  ['jmp far', farTransfer(false)],
  ['call far', farTransfer(true)],
  ['retf', farReturn],
];
