import { AT, GPR, SEGMENT } from '../state/layout';
import type { SystemContext } from './context';
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
  readLow,
  requireDescriptor,
  selectorError,
  setSegment,
} from './descriptors';
import { VECTOR } from './vectors';

/*
 * What RETF and IRET have in common (SDM vol. 2, RET and IRET, operation): the checks of the code and stack segments that
 * they go back to. `high` is the second word of the descriptor.
 */

/** Address of the descriptor of a selector that was popped: #GP if it is null or beyond its table. */
export function requireReturnDescriptor(cpu: SystemContext, selector: number): number {
  if (isNull(selector)) cpu.raise(VECTOR.gp, 0);
  return requireDescriptor(cpu, selector, VECTOR.gp);
}

export function checkReturnCode(cpu: SystemContext, cs: number, high: number): void {
  const attributes = attributesOf(high);
  const rpl = cs & 3;
  const dpl = dplOf(attributes);
  const allowed =
    isCode(attributes) &&
    rpl >= cpu.state.i32(AT.cpl) &&
    (isConformingCode(attributes) ? dpl <= rpl : dpl === rpl);
  if (!allowed) cpu.raise(VECTOR.gp, selectorError(cs));
  if (!isPresent(attributes)) cpu.raise(VECTOR.np, selectorError(cs));
}

/** The stack segment of an outer level `rpl`. */
export function checkReturnStack(cpu: SystemContext, ss: number, high: number, rpl: number): void {
  const attributes = attributesOf(high);
  if ((ss & 3) !== rpl || !isWritableData(attributes) || dplOf(attributes) !== rpl)
    cpu.raise(VECTOR.gp, selectorError(ss));
  if (!isPresent(attributes)) cpu.raise(VECTOR.ss, selectorError(ss));
}

/** Loads SS from its checked descriptor at `address`, and (E)SP; a 16-bit stack leaves the upper half of ESP alone. */
export function loadOuterStack(
  cpu: SystemContext,
  address: number,
  high: number,
  ss: number,
  esp: number,
): void {
  const { state } = cpu;
  const low = readLow(cpu, address);
  const attributes = markAccessed(cpu, address, attributesOf(high));
  setSegment(cpu, SEGMENT.ss, ss, baseOf(low, high), limitOf(low, high), attributes);
  const pointer = AT.gpr + 8 * GPR.esp;
  if (high & 0x40_0000) state.set32(pointer, esp);
  else state.set16(pointer, esp & 0xffff);
}
