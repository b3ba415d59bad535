import { FLAG, updateAccessPrevention } from './flags';
import { AT, SEGMENT } from './layout';
import type { ProcessorState } from './processor-state';

/** Bits of the mode word: what decoded (and translated) code assumes besides its bytes. */
export const MODE = {
  /** CS.D: 32-bit code. */
  code32: 1,
  /** CS.L in long mode: 64-bit code. */
  code64: 2,
  /** CS, SS, DS and ES are present, base 0, limit 4 GB, SS, DS and ES writable, CS readable, and SS.B = 1. */
  flat: 4,
} as const;

/** Segment attribute bits (see layout.ts, segmentAttributes). */
export const ATTRIBUTE = {
  accessed: 1,
  writable: 2,
  expandDown: 4,
  conforming: 4,
  readable: 2,
  code: 8,
  nonSystem: 0x10,
  dplShift: 5,
  dpl: 0x60,
  present: 0x80,
  available: 0x1000,
  long: 0x2000,
  big: 0x4000,
  granularity: 0x8000,
} as const;

export const CR0 = {
  pe: 1,
  mp: 2,
  em: 4,
  ts: 8,
  et: 16,
  ne: 32,
  wp: 1 << 16,
  am: 1 << 18,
  nw: 1 << 29,
  cd: 1 << 30,
  pg: 0x8000_0000,
} as const;
export const CR4 = {
  vme: 1,
  pvi: 2,
  tsd: 4,
  de: 8,
  pse: 16,
  pae: 32,
  mce: 64,
  pge: 128,
  pce: 256,
  osfxsr: 512,
  osxmmexcpt: 1024,
  umip: 2048,
  smep: 1 << 20,
  smap: 1 << 21,
} as const;
export const EFER = { sce: 1, lme: 0x100, lma: 0x400, nxe: 0x800, svme: 0x1000 } as const;

export const isProtected = (state: ProcessorState): boolean => (state.i32(AT.cr0) & CR0.pe) !== 0;
export const isVirtual8086 = (state: ProcessorState): boolean => (state.i32(AT.eflags) & FLAG.vm) !== 0;

function isFlat(state: ProcessorState, segment: number, needed: number, forbidden: number): boolean {
  const attributes = state.u32(AT.segmentAttributes + 4 * segment);
  return (
    state.i32(AT.segmentBase + 8 * segment) === 0 &&
    state.i32(AT.segmentLimit + 4 * segment) === -1 &&
    (attributes & needed) === needed &&
    (attributes & forbidden) === 0
  );
}

/**
 * Recomputes what is derived from the segment registers: the mode word and the stack mask. To be called whenever a
 * segment register, CR0.PE, CR4.SMAP or EFLAGS.VM has changed. (CPL is set by whoever changes it, with {@link setCpl}.)
 */
export function updateMode(state: ProcessorState): void {
  const cs = state.u32(AT.segmentAttributes + 4 * SEGMENT.cs);
  const ss = state.u32(AT.segmentAttributes + 4 * SEGMENT.ss);
  const { present, writable, expandDown, code, big, readable } = ATTRIBUTE;
  const data = present | writable;
  const flat =
    isFlat(state, SEGMENT.ds, data, expandDown | code) &&
    isFlat(state, SEGMENT.ss, data | big, expandDown | code) &&
    isFlat(state, SEGMENT.es, data, expandDown | code) &&
    isFlat(state, SEGMENT.cs, present | code | readable | big, 0);
  state.set32(AT.mode, (cs & big ? MODE.code32 : 0) | (flat ? MODE.flat : 0));
  state.set32(AT.stackMask, ss & big ? -1 : 0xffff);
  updateAccessPrevention(state);
}

/** Changes the privilege level: TLB entries belong to user or supervisor (bit 0 of their context). */
export function setCpl(state: ProcessorState, cpl: number): void {
  state.set32(AT.cpl, cpl);
  state.set32(AT.tlbContext, (state.i32(AT.tlbContext) & ~1) | (cpl === 3 ? 1 : 0));
  state.set32(AT.translationEpoch, state.i32(AT.translationEpoch) + 1);
}
