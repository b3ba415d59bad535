import { AT, SEGMENT } from '../state/layout';
import { ATTRIBUTE, isProtected, isVirtual8086, updateMode } from '../state/mode';
import type { SystemContext } from './context';
import {
  attributesOf,
  baseOf,
  descriptorAddress,
  dplOf,
  isConformingCode,
  isNull,
  isPresent,
  isReadable,
  isWritableData,
  limitOf,
  markAccessed,
  readHigh,
  readLow,
  requireDescriptor,
  selectorError,
  setSegment,
  systemTypeOf,
  SYSTEM_TYPE,
} from './descriptors';
import { VECTOR } from './vectors';

/** Attributes of every segment in virtual-8086 mode: writable data, accessed, DPL 3, present, 16-bit (SDM vol. 3B, 20.2.1). */
export const V86_ATTRIBUTES = 0xf3;
/** The same at DPL 0, for real-address mode. */
const REAL_ATTRIBUTES = 0x93;
/** AVL, L, D/B, G: what a real-mode load leaves as it was. */
const KEPT_IN_REAL_MODE = 0xf000;

/** Loads a segment register as real-address mode does: base = selector * 16; the limit stays. */
export function loadRealSegment(cpu: SystemContext, segment: number, selector: number): void {
  const { state } = cpu;
  const attributes = (state.i32(AT.segmentAttributes + 4 * segment) & KEPT_IN_REAL_MODE) | REAL_ATTRIBUTES;
  setSegment(cpu, segment, selector, selector << 4, state.i32(AT.segmentLimit + 4 * segment), attributes);
}

/** Loads a segment register as virtual-8086 mode does: base = selector * 16, limit FFFFh. */
export function loadV86Segment(cpu: SystemContext, segment: number, selector: number): void {
  setSegment(cpu, segment, selector, selector << 4, 0xffff, V86_ATTRIBUTES);
}

/** Makes a segment register unusable; the selector's RPL is kept. */
export function loadNullSegment(cpu: SystemContext, segment: number, selector: number): void {
  setSegment(cpu, segment, selector, 0, 0, 0);
}

/** Loads a segment register from its descriptor, whose checks have been made, and sets the accessed bit in memory. */
export function loadChecked(
  cpu: SystemContext,
  segment: number,
  selector: number,
  address: number,
  low: number,
  high: number,
): void {
  const attributes = markAccessed(cpu, address, attributesOf(high));
  setSegment(cpu, segment, selector, baseOf(low, high), limitOf(low, high), attributes);
}

/** SS in protected mode (SDM vol. 2, MOV, segment register loads). */
function loadStackSegment(cpu: SystemContext, selector: number): void {
  if (isNull(selector)) cpu.raise(VECTOR.gp, 0);
  const cpl = cpu.state.i32(AT.cpl);
  const address = requireDescriptor(cpu, selector, VECTOR.gp);
  const high = readHigh(cpu, address);
  const attributes = attributesOf(high);
  if ((selector & 3) !== cpl || !isWritableData(attributes) || dplOf(attributes) !== cpl) {
    cpu.raise(VECTOR.gp, selectorError(selector));
  }
  if (!isPresent(attributes)) cpu.raise(VECTOR.ss, selectorError(selector));
  loadChecked(cpu, SEGMENT.ss, selector, address, readLow(cpu, address), high);
}

/** DS, ES, FS, GS in protected mode. */
function loadDataSegment(cpu: SystemContext, segment: number, selector: number): void {
  if (isNull(selector)) {
    loadNullSegment(cpu, segment, selector);
    return;
  }
  const address = requireDescriptor(cpu, selector, VECTOR.gp);
  const high = readHigh(cpu, address);
  const attributes = attributesOf(high);
  const dpl = dplOf(attributes);
  const allowed =
    isReadable(attributes) &&
    (isConformingCode(attributes) || ((selector & 3) <= dpl && cpu.state.i32(AT.cpl) <= dpl));
  if (!allowed) cpu.raise(VECTOR.gp, selectorError(selector));
  if (!isPresent(attributes)) cpu.raise(VECTOR.np, selectorError(selector));
  loadChecked(cpu, segment, selector, address, readLow(cpu, address), high);
}

/** MOV, POP, LDS and the like to ES, SS, DS, FS or GS, in every mode. Updates the mode word. */
export function loadSegment(cpu: SystemContext, segment: number, selector: number): void {
  if (!isProtected(cpu.state)) loadRealSegment(cpu, segment, selector);
  else if (isVirtual8086(cpu.state)) loadV86Segment(cpu, segment, selector);
  else if (segment === SEGMENT.ss) loadStackSegment(cpu, selector);
  else loadDataSegment(cpu, segment, selector);
  updateMode(cpu.state);
}

/** After a return to an outer level: data segments that the new level must not see become null (SDM vol. 2, RET, IRET). */
export function dropInnerSegments(cpu: SystemContext, cpl: number): void {
  const { state } = cpu;
  for (let segment: number = SEGMENT.es; segment <= SEGMENT.gs; segment++) {
    if (segment === SEGMENT.cs || segment === SEGMENT.ss) continue;
    const attributes = state.i32(AT.segmentAttributes + 4 * segment);
    if (attributes !== 0 && dplOf(attributes) < cpl && !isConformingCode(attributes))
      loadNullSegment(cpu, segment, 0);
  }
}

/** LLDT (CPL already checked). `vector`: what a bad descriptor raises, #GP here and #TS in a task switch. */
export function loadLocalTable(cpu: SystemContext, selector: number): void {
  if (isNull(selector)) {
    loadNullSegment(cpu, SEGMENT.ldtr, selector);
    return;
  }
  const address = selector & 4 ? -1 : descriptorAddress(cpu, selector);
  if (address < 0) cpu.raise(VECTOR.gp, selectorError(selector));
  const high = readHigh(cpu, address);
  const attributes = attributesOf(high);
  if (systemTypeOf(attributes) !== SYSTEM_TYPE.ldt) cpu.raise(VECTOR.gp, selectorError(selector));
  if (!isPresent(attributes)) cpu.raise(VECTOR.np, selectorError(selector));
  const low = readLow(cpu, address);
  setSegment(cpu, SEGMENT.ldtr, selector, baseOf(low, high), limitOf(low, high), attributes);
}

/** LTR (CPL already checked): the TSS becomes busy. */
export function loadTaskRegister(cpu: SystemContext, selector: number): void {
  if (isNull(selector)) cpu.raise(VECTOR.gp, 0);
  const address = selector & 4 ? -1 : descriptorAddress(cpu, selector);
  if (address < 0) cpu.raise(VECTOR.gp, selectorError(selector));
  const high = readHigh(cpu, address);
  const attributes = attributesOf(high);
  const type = systemTypeOf(attributes);
  if (type !== SYSTEM_TYPE.tss16 && type !== SYSTEM_TYPE.tss32) cpu.raise(VECTOR.gp, selectorError(selector));
  if (!isPresent(attributes)) cpu.raise(VECTOR.np, selectorError(selector));
  const low = readLow(cpu, address);
  cpu.memory.write8((address + 5) >>> 0, (attributes & 0xff) | TSS_BUSY, 'system');
  setSegment(cpu, SEGMENT.tr, selector, baseOf(low, high), limitOf(low, high), attributes | TSS_BUSY);
}

/** Busy bit of a TSS descriptor's type. */
export const TSS_BUSY = ATTRIBUTE.writable;
