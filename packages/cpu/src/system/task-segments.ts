import { SEGMENT } from '../state/layout';
import { ATTRIBUTE } from '../state/mode';
import type { SystemContext } from './context';
import {
  attributesOf,
  baseOf,
  descriptorAddress,
  dplOf,
  isCode,
  isConformingCode,
  isNull,
  isPresent,
  isReadable,
  isWritableData,
  limitOf,
  readHigh,
  readLow,
  requireDescriptor,
  selectorError,
  setSegment,
  SYSTEM_TYPE,
  systemTypeOf,
} from './descriptors';
import { loadChecked, loadV86Segment } from './segmentation';
import { VECTOR } from './vectors';

/*
 * The checks of a new task's selectors (SDM vol. 3A, table 7-1): what is #GP when software loads a segment register is
 * #TS here.
 */

/** LDTR. A null selector means no LDT. */
export function loadTaskLocalTable(cpu: SystemContext, selector: number, external: number): void {
  if (isNull(selector)) return;
  const error = selectorError(selector, external);
  const address = selector & 4 ? -1 : descriptorAddress(cpu, selector);
  if (address < 0) cpu.raise(VECTOR.ts, error);
  const high = readHigh(cpu, address);
  const attributes = attributesOf(high);
  if (systemTypeOf(attributes) !== SYSTEM_TYPE.ldt || !isPresent(attributes)) cpu.raise(VECTOR.ts, error);
  const low = readLow(cpu, address);
  setSegment(cpu, SEGMENT.ldtr, selector, baseOf(low, high), limitOf(low, high), attributes);
}

/** ES, CS, SS, DS, FS, GS by number; CS first, whose RPL is the new CPL. */
export function loadTaskSegments(
  cpu: SystemContext,
  selectors: readonly number[],
  v86: boolean,
  external: number,
): void {
  if (v86) {
    selectors.forEach((selector, segment) => loadV86Segment(cpu, segment, selector));
    return;
  }
  const cs = selectors[SEGMENT.cs]!;
  const cpl = cs & 3;
  loadCode(cpu, cs, external);
  loadStack(cpu, selectors[SEGMENT.ss]!, cpl, external);
  for (const segment of [SEGMENT.ds, SEGMENT.es, SEGMENT.fs, SEGMENT.gs]) {
    loadData(cpu, segment, selectors[segment]!, cpl, external);
  }
}

function loadCode(cpu: SystemContext, selector: number, external: number): void {
  const error = selectorError(selector, external);
  if (isNull(selector)) cpu.raise(VECTOR.ts, error);
  const address = requireDescriptor(cpu, selector, VECTOR.ts, external);
  const high = readHigh(cpu, address);
  const attributes = attributesOf(high);
  const rpl = selector & 3;
  const dpl = dplOf(attributes);
  if (!isCode(attributes) || (isConformingCode(attributes) ? dpl > rpl : dpl !== rpl))
    cpu.raise(VECTOR.ts, error);
  if (!isPresent(attributes)) cpu.raise(VECTOR.np, error);
  loadChecked(cpu, SEGMENT.cs, selector, address, readLow(cpu, address), high);
}

function loadStack(cpu: SystemContext, selector: number, cpl: number, external: number): void {
  const error = selectorError(selector, external);
  if (isNull(selector)) cpu.raise(VECTOR.ts, error);
  const address = requireDescriptor(cpu, selector, VECTOR.ts, external);
  const high = readHigh(cpu, address);
  const attributes = attributesOf(high);
  if (!isWritableData(attributes)) cpu.raise(VECTOR.ts, error);
  if (!isPresent(attributes)) cpu.raise(VECTOR.ss, error);
  if (dplOf(attributes) !== cpl || (selector & 3) !== cpl) cpu.raise(VECTOR.ts, error);
  loadChecked(cpu, SEGMENT.ss, selector, address, readLow(cpu, address), high);
}

function loadData(
  cpu: SystemContext,
  segment: number,
  selector: number,
  cpl: number,
  external: number,
): void {
  if (isNull(selector)) return;
  const error = selectorError(selector, external);
  const address = requireDescriptor(cpu, selector, VECTOR.ts, external);
  const high = readHigh(cpu, address);
  const attributes = attributesOf(high);
  if ((attributes & ATTRIBUTE.nonSystem) === 0 || !isReadable(attributes)) cpu.raise(VECTOR.ts, error);
  const dpl = dplOf(attributes);
  const allowed = isConformingCode(attributes) || ((selector & 3) <= dpl && cpl <= dpl);
  if (!allowed) cpu.raise(VECTOR.ts, error);
  if (!isPresent(attributes)) cpu.raise(VECTOR.np, error);
  loadChecked(cpu, segment, selector, address, readLow(cpu, address), high);
}
