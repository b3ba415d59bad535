import { MEMORY_MAP, TLB } from './memory-map';

/** A translation that the TLB holds: of 4 KBytes, whatever the size of the page it comes from. */
export interface TlbEntry {
  /** Linear address of the page. */
  readonly linear: number;
  /** Physical address of the page. */
  readonly physical: number;
  /** Filled by an access at CPL 3, and good for such accesses only; else for CPL 0 to 2. */
  readonly user: boolean;
  /** Writes hit. The first one finds the page's dirty bit set or sets it; one into a page of decoded code never hits. */
  readonly writable: boolean;
  /** Instruction fetches hit. */
  readonly executable: boolean;
}

const PAGE_MASK = ~0xfff;
const CONTEXT_MASK = 0xfff;

/**
 * The entries of the TLB at `place` in a machine's memory that are valid under `context` (`tlbContext` of
 * `PAGING_FIELDS`), for any privilege level, in the order of their linear addresses.
 */
export function tlbEntries(buffer: ArrayBufferLike, place: number, context: number): TlbEntry[] {
  const words = new Uint32Array(buffer, place, (TLB.entries << TLB.entryShift) / 4);
  const entries: TlbEntry[] = [];
  for (let n = 0; n < TLB.entries; n++) {
    const at = (field: number): number => words[((n << TLB.entryShift) + field) >> 2]!;
    const tag = at(TLB.tagRead);
    if ((tag & CONTEXT_MASK & ~1) !== (context & CONTEXT_MASK & ~1)) continue;
    const linear = (tag & PAGE_MASK) >>> 0;
    entries.push({
      linear,
      physical: (at(TLB.addend) + linear - MEMORY_MAP.ram) >>> 0,
      user: (tag & 1) !== 0,
      writable: at(TLB.tagWrite) === tag,
      executable: at(TLB.tagExecute) === tag,
    });
  }
  return entries.sort((a, b) => a.linear - b.linear);
}
