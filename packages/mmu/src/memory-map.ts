/**
 * Where everything lies in a machine's one linear memory (byte addresses). The places do not depend on the amount of
 * RAM, so that one compiled module serves every machine; pages that are never touched cost the host nothing.
 */
export const MEMORY_MAP = {
  /** Processor n's block (state, fetch cache, TLB) begins at `processors + n * processorStride`. */
  processors: 0x1_0000,
  processorStride: 0x1_0000,
  maximumProcessors: 8,
  /** The jump cache of the first processor; see JUMP_CACHE. */
  jumpCache: 0xa_0000,
  /** What the first processor's flushes of one address space or of one page have to look at; see FLUSH_NOTES. */
  flushNotes: 0xb_2000,
  /** Counters of translated code; see TRANSLATION_COUNTERS. */
  translationCounters: 0xb_8000,
  /** One 32-bit address per physical page: the lookup table of the page's decoded code, or 0. */
  codeDirectory: 0x10_0000,
  /** One 64-bit word per physical page: bit n is set when the page's n-th 64-byte line holds decoded code. */
  codeLines: 0x50_0000,
  /** Decoded code: lookup tables and records. */
  codeArena: 0x100_0000,
  codeArenaEnd: 0x500_0000,
  /** Guest-physical address 0. */
  ram: 0x500_0000,
} as const;

/** Offsets in a processor's block. */
export const PROCESSOR_MAP = {
  state: 0,
  fetchCache: 0x2000,
  tlb: 0x4000,
  /** How often code has been entered, by a hash of its address; see PROFILE. */
  profile: 0xc000,
} as const;

/** Entry counters of the translator's profile: 32-bit words. */
export const PROFILE = { entries: 4096 } as const;

/** The TLB: direct-mapped, `entries` entries of `entryBytes`, indexed by the low bits of the linear page number. */
export const TLB = {
  entries: 1024,
  entryShift: 5,
  tagRead: 0,
  tagWrite: 8,
  tagExecute: 16,
  /** 1: a global page (SDM 3A, 4.10.2.4), for a code page's fetch and jump cache entries. */
  global: 20,
  addend: 24,
  physicalPage: 28,
} as const;

/** The fetch cache: linear code page -> lookup table; an entry is tag (32 bits), table, whether the page is global, a spare word. */
export const FETCH_CACHE = { entries: 512, entryShift: 4, tag: 0, table: 4, global: 8 } as const;

/**
 * The jump cache: where translated code finds the translation of an address. An entry is the address, the TLB context
 * under which it was entered (both are compared as one word), and the slot of the translation. Behind the entries, a byte for each residue of the linear page
 * number tells whether an entry of such a page exists.
 */
export const JUMP_CACHE = {
  entries: 4096,
  entryShift: 4,
  ip: 0,
  context: 4,
  slot: 8,
  pages: 4096 << 4,
  pageMask: 4095,
} as const;

/**
 * Notes for flushes (32-bit words): lists of the offsets of TLB and jump cache entries that were made from pages that are not
 * global since the last flush, each a count and `most` offsets, the count one more than that if there were more; and
 * a bit for each 4 MB of linear memory where a piece of a large page is in the TLB.
 */
export const FLUSH_NOTES = {
  tlb: 0,
  jumps: 0x1000,
  most: 1022,
  large: 0x2000,
  largeBytes: 128,
  bytes: 0x2080,
} as const;

/** 64-bit counters: instructions executed in translated code; transfers from one translation to another that it made itself. */
export const TRANSLATION_COUNTERS = { instructions: 0, chained: 8 } as const;

/** The video window, which is no RAM: A0000h..BFFFFh. */
export const VIDEO_WINDOW = { first: 0xa0000, length: 0x20000 } as const;
