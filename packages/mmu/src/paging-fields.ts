import type { FieldRow } from '@trapgate/wasm-assembler';

/**
 * The part of the processor's state that address translation reads and writes; the cpu package places these rows in its
 * state block. Sections are of the Intel SDM, volume 3A.
 */
export const PAGING_FIELDS = [
  { name: 'cr0', width: 64, source: '2.5' },
  { name: 'cr2', width: 64, source: '2.5' },
  { name: 'cr3', width: 64, source: '2.5' },
  { name: 'cr4', width: 64, source: '2.5' },
  { name: 'efer', width: 64, source: '2.2.1' },
  /** PAE: the four page-directory-pointer-table entries that MOV CR3 loaded (4.4.1). */
  { name: 'pdpte', width: 64, count: 4, source: '4.4.1' },
  /** Low 12 bits of a current TLB tag: bit 0 = CPL 3, bits 1..11 = generation (never 0). */
  { name: 'tlbContext', width: 32 },
  /** Not zero once a 2 MB or 4 MB page has been entered since the last whole flush: see FLUSH_NOTES for where. */
  { name: 'largePagesCached', width: 32 },
  /** ANDed to every physical address; bit 20 is clear while A20 is masked. */
  { name: 'a20Mask', width: 32 },
  { name: 'ramBytes', width: 32 },
  /** Not zero while CR0.AM, EFLAGS.AC and CPL 3 demand aligned data: nothing is cached then, and the slow paths check (6.15, interrupt 17). */
  { name: 'alignmentCheck', width: 32 },
  /** Supervisor-mode access prevention (4.6): bit 0 is CR4.SMAP; bit 1 is set with it while EFLAGS.AC is clear. */
  { name: 'smap', width: 32 },
  /** One more than the physical page whose translated code is running, or 0: writes to its code are refused (`faulted` 2). */
  { name: 'translatedPage', width: 32 },
  /**
   * Not zero while data accesses are watched - bit 0: data breakpoints are enabled (17.2.4); bit 1: the host records what is
   * written: nothing is cached then, and the slow paths tell of every access (the imports `accessed` and `marked`).
   */
  { name: 'watching', width: 32 },
  /** Not zero: every TLB fill is reported (the import `filled`). */
  { name: 'observeFills', width: 32 },
  /** Result of the last successful walk: the physical address (full width). */
  { name: 'walkPhysical', width: 64 },
  /** Leaf permissions of that walk: bit 0 writable (and dirty) now, bit 1 executable, bit 2 large page, bit 8 global. */
  { name: 'walkRights', width: 32 },
  /** A fault that the running instruction has raised: 1 while pending delivery; 2: a write refused, see translatedPage. */
  { name: 'faulted', width: 32 },
  { name: 'faultVector', width: 32, source: '6.3.1' },
  /** Error code, or -1 if the exception has none. */
  { name: 'faultError', width: 32, source: '6.13' },
  /** Linear address of a page fault, to become CR2. */
  { name: 'faultAddress', width: 64, source: '6.15, interrupt 14' },
  /** Where an access that is not plain RAM within one page is assembled (page-crossing, MMIO, code pages). */
  { name: 'bounce', width: 128, count: 2 },
  /** Where the bounce buffer's operand lies: the physical address of its first byte, and of the second page if it crosses into one. */
  { name: 'bounceAddress', width: 64, count: 2 },
  /** Length of that operand in bytes. */
  { name: 'bounceLength', width: 32 },
] as const satisfies readonly FieldRow[];

/** The name of one of `PAGING_FIELDS`. */
export type PagingField = (typeof PAGING_FIELDS)[number]['name'];
