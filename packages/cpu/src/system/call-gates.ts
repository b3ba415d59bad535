import { AT, GPR, SEGMENT } from '../state/layout';
import { setCpl, updateMode } from '../state/mode';
import type { SystemContext } from './context';
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
} from './descriptors';
import { checkInnerStack, innerStackOffset, requireInnerStack } from './interrupt-gates';
import { isUser, pushReturnAddress, requireReturnRoom, segmentLinear, stackHasRoom } from './segment-access';
import { VECTOR } from './vectors';

const ESP = AT.gpr + 8 * GPR.esp;

/** JMP or CALL through a call gate (`low`, `high`) whose own checks have been made (SDM vol. 3A, 5.8.4). */
export function transferThroughCallGate(cpu: SystemContext, call: boolean, low: number, high: number): void {
  const { state } = cpu;
  const cpl = state.i32(AT.cpl);
  const wide = (attributesOf(high) & 8) !== 0;
  const selector = low >>> 16;
  const entry = wide ? ((high & 0xffff_0000) | (low & 0xffff)) >>> 0 : low & 0xffff;
  if (isNull(selector)) cpu.raise(VECTOR.gp, 0);
  const address = requireDescriptor(cpu, selector, VECTOR.gp);
  const codeHigh = readHigh(cpu, address);
  const attributes = attributesOf(codeHigh);
  const dpl = dplOf(attributes);
  const conforming = isConformingCode(attributes);
  const allowed = isCode(attributes) && (call || conforming ? dpl <= cpl : dpl === cpl);
  if (!allowed) cpu.raise(VECTOR.gp, selectorError(selector));
  if (!isPresent(attributes)) cpu.raise(VECTOR.np, selectorError(selector));
  const codeLow = readLow(cpu, address);
  const limit = limitOf(codeLow, codeHigh);
  const size = wide ? 4 : 2;
  const inner = call && !conforming && dpl < cpl;
  if (call && !inner) requireReturnRoom(cpu, size);
  const loaded = (): number => markAccessed(cpu, address, attributes);
  let marked: number;
  if (inner) {
    marked = pushOnInnerStack(cpu, dpl, size, high & 31, entry, limit, loaded);
    setCpl(state, dpl);
  } else {
    if (entry > limit) cpu.raise(VECTOR.gp, 0);
    marked = loaded();
    if (call) pushReturnAddress(cpu, size);
  }
  setSegment(
    cpu,
    SEGMENT.cs,
    (selector & 0xfffc) | (inner ? dpl : cpl),
    baseOf(codeLow, codeHigh),
    limit,
    marked,
  );
  state.set32(AT.rip, entry);
  updateMode(state);
}

/**
 * Switches to the stack of level `dpl`: pushes the old SS:ESP, `count` parameters copied from the old stack, and the old
 * CS:EIP. `mark` sets the accessed bit of the code segment once everything else has succeeded; its result is returned.
 */
function pushOnInnerStack(
  cpu: SystemContext,
  dpl: number,
  size: number,
  count: number,
  entry: number,
  codeLimit: number,
  mark: () => number,
): number {
  const { state, memory } = cpu;
  const offset = innerStackOffset(cpu, dpl, 0);
  const wideTss = (state.i32(AT.segmentAttributes + 4 * SEGMENT.tr) & 8) !== 0;
  const slot = (state.i32(AT.segmentBase + 8 * SEGMENT.tr) + offset) >>> 0;
  const esp = wideTss ? memory.read32(slot, 'system') : memory.read16(slot, 'system');
  const ss = memory.read16((slot + (wideTss ? 4 : 2)) >>> 0, 'system');
  const address = requireInnerStack(cpu, ss, 0);
  const high = readHigh(cpu, address);
  const attributes = attributesOf(high);
  checkInnerStack(cpu, ss, attributes, dpl, 0);
  const low = readLow(cpu, address);
  const bytes = size * (4 + count);
  if (!stackHasRoom(attributes, limitOf(low, high), esp, bytes, size))
    cpu.raise(VECTOR.ss, selectorError(ss));
  if (entry > codeLimit) cpu.raise(VECTOR.gp, 0);
  const base = baseOf(low, high);
  const stackMask = high & 0x40_0000 ? -1 : 0xffff;
  let sp = esp;
  const store = (value: number): void => {
    sp -= size;
    const linear = (base + ((sp & stackMask) >>> 0)) >>> 0;
    if (size === 4) memory.write32(linear, value, false);
    else memory.write16(linear, value & 0xffff, false);
  };
  store(state.u16(AT.selector + 2 * SEGMENT.ss));
  store(state.i32(ESP));
  for (let n = count - 1; n >= 0; n--) store(readParameter(cpu, n, size));
  store(state.u16(AT.selector + 2 * SEGMENT.cs));
  store(cpu.nextIp);
  const loaded = markAccessed(cpu, address, attributes);
  const marked = mark();
  setSegment(cpu, SEGMENT.ss, ss, base, limitOf(low, high), loaded);
  state.set32(ESP, (esp & ~stackMask) | ((esp - bytes) & stackMask));
  return marked;
}

function readParameter(cpu: SystemContext, n: number, size: number): number {
  const { state } = cpu;
  const offset = ((state.i32(ESP) + n * size) & state.i32(AT.stackMask)) >>> 0;
  const linear = segmentLinear(cpu, SEGMENT.ss, offset, size, false);
  return size === 4 ? cpu.memory.read32(linear, isUser(cpu)) : cpu.memory.read16(linear, isUser(cpu));
}
