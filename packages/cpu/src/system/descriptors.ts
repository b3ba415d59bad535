import { AT, SEGMENT } from '../state/layout';
import { ATTRIBUTE } from '../state/mode';
import type { SystemContext } from './context';

/*
 * Segment descriptors as two 32-bit words, `low` and `high` (SDM vol. 3A, figure 3-8). Attributes are the word of the
 * state's `segmentAttributes`: the high word's bits 23..8 without the limit's.
 */

/** Types of system descriptors (SDM vol. 3A, table 3-2). */
export const SYSTEM_TYPE = {
  tss16: 1,
  ldt: 2,
  busyTss16: 3,
  callGate16: 4,
  taskGate: 5,
  interruptGate16: 6,
  trapGate16: 7,
  tss32: 9,
  busyTss32: 11,
  callGate32: 12,
  interruptGate32: 14,
  trapGate32: 15,
} as const;

export const attributesOf = (high: number): number => (high >>> 8) & 0xf0ff;

export const baseOf = (low: number, high: number): number =>
  ((low >>> 16) | ((high & 0xff) << 16) | (high & 0xff00_0000)) >>> 0;

/** The limit in bytes, granularity applied. */
export function limitOf(low: number, high: number): number {
  const raw = (low & 0xffff) | (high & 0xf_0000);
  return (high & 0x80_0000 ? (raw << 12) | 0xfff : raw) >>> 0;
}

export const dplOf = (attributes: number): number => (attributes >>> ATTRIBUTE.dplShift) & 3;
export const isPresent = (attributes: number): boolean => (attributes & ATTRIBUTE.present) !== 0;

const { nonSystem, code, writable, readable, conforming } = ATTRIBUTE;
export const isCode = (attributes: number): boolean =>
  (attributes & (nonSystem | code)) === (nonSystem | code);
export const isConformingCode = (attributes: number): boolean =>
  (attributes & (nonSystem | code | conforming)) === (nonSystem | code | conforming);
export const isWritableData = (attributes: number): boolean =>
  (attributes & (nonSystem | code | writable)) === (nonSystem | writable);
/** Data, or code that can be read. */
export const isReadable = (attributes: number): boolean =>
  (attributes & nonSystem) !== 0 && (attributes & (code | readable)) !== code;
/** The type of a system descriptor, or -1 for code and data. */
export const systemTypeOf = (attributes: number): number => (attributes & nonSystem ? -1 : attributes & 15);

export const isNull = (selector: number): boolean => (selector & 0xfffc) === 0;

/** Error code that names a selector (SDM vol. 3A, 6.13); `external` is the EXT bit. */
export const selectorError = (selector: number, external = 0): number => (selector & 0xfffc) | external;

/** Linear address of the selector's descriptor, or -1 if it lies outside its table (or there is no LDT). */
export function descriptorAddress(cpu: SystemContext, selector: number): number {
  const { state } = cpu;
  if (selector & 4) {
    if (!isPresent(state.i32(AT.segmentAttributes + 4 * SEGMENT.ldtr))) return -1;
    if ((selector | 7) > state.u32(AT.segmentLimit + 4 * SEGMENT.ldtr)) return -1;
    return (state.i32(AT.segmentBase + 8 * SEGMENT.ldtr) + (selector & 0xfff8)) >>> 0;
  }
  if ((selector | 7) > state.u32(AT.gdtrLimit)) return -1;
  return (state.i32(AT.gdtrBase) + (selector & 0xfff8)) >>> 0;
}

/** As {@link descriptorAddress}, but raises `vector` with the selector as error code if there is no descriptor. */
export function requireDescriptor(
  cpu: SystemContext,
  selector: number,
  vector: number,
  external = 0,
): number {
  const address = descriptorAddress(cpu, selector);
  if (address < 0) cpu.raise(vector, selectorError(selector, external));
  return address;
}

export const readLow = (cpu: SystemContext, address: number): number => cpu.memory.read32(address, 'system');
export const readHigh = (cpu: SystemContext, address: number): number =>
  cpu.memory.read32((address + 4) >>> 0, 'system');

/** Sets the accessed bit of a code or data descriptor in memory, if it is clear; returns the attributes with it. */
export function markAccessed(cpu: SystemContext, address: number, attributes: number): number {
  if (attributes & ATTRIBUTE.accessed) return attributes;
  cpu.memory.write8((address + 5) >>> 0, (attributes & 0xff) | ATTRIBUTE.accessed, 'system');
  return attributes | ATTRIBUTE.accessed;
}

/** Writes one segment register with its hidden part. */
export function setSegment(
  cpu: SystemContext,
  segment: number,
  selector: number,
  base: number,
  limit: number,
  attributes: number,
): void {
  const { state } = cpu;
  state.set16(AT.selector + 2 * segment, selector);
  state.set32(AT.segmentBase + 8 * segment, base);
  state.set32(AT.segmentBase + 8 * segment + 4, 0);
  state.set32(AT.segmentLimit + 4 * segment, limit);
  state.set32(AT.segmentAttributes + 4 * segment, attributes);
}
