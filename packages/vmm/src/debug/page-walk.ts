import type { ProcessorRegisters } from '@trapgate/cpu';
import type { PhysicalMemory } from '@trapgate/mmu';

/** A structure of 32-bit or PAE paging (SDM vol. 3A, 4.3 and 4.4). */
export type PagingLevel = 'page-directory-pointer' | 'page-directory' | 'page-table';

/** One entry that a walk reads. */
export interface PagingEntry {
  readonly level: PagingLevel;
  /** Physical address of the entry; of a PDPTE, which the processor holds in a register, where it was loaded from. */
  readonly entryAddress: number;
  /** Index of the entry in its table. */
  readonly index: number;
  readonly value: bigint;
  readonly present: boolean;
  readonly writable: boolean;
  readonly user: boolean;
  readonly accessed: boolean;
  readonly dirty: boolean;
  /** The entry maps a page of 2 MB or 4 MB itself. */
  readonly large: boolean;
  readonly global: boolean;
  readonly executable: boolean;
}

/** How the processor would translate a linear address now. `entries` are those read, from the top. */
export type AddressTranslation =
  /** Paging is off: linear addresses are physical. */
  | { readonly kind: 'unpaged'; readonly linear: number; readonly physical: number; readonly entries: [] }
  | {
      readonly kind: 'mapped';
      readonly linear: number;
      readonly physical: number;
      /** Bytes of the page: 4 KiB, 2 MiB or 4 MiB. */
      readonly pageSize: number;
      /** Rights of all levels together. */
      readonly writable: boolean;
      readonly user: boolean;
      readonly executable: boolean;
      readonly entries: readonly PagingEntry[];
    }
  /** A page fault for any access: the last entry is not present, or has a reserved bit set. */
  | {
      readonly kind: 'fault';
      readonly linear: number;
      readonly reason: 'not-present' | 'reserved-bit';
      readonly entries: readonly PagingEntry[];
    };

const CR0_PG = 0x8000_0000;
const CR4_PSE = 1 << 4;
const CR4_PAE = 1 << 5;
const EFER_NXE = 1 << 11;
const PTE = {
  present: 1,
  write: 2,
  user: 4,
  accessed: 0x20,
  dirty: 0x40,
  large: 0x80,
  global: 0x100,
} as const;
const PAE_NO_EXECUTE = 1n << 63n;
/** Bits 62:36: there are 36 physical address bits. */
const PAE_RESERVED = 0x7fff_fff0_0000_0000n;
const PAE_ADDRESS = 0xf_ffff_f000n;
/** Of a present PDPTE (4.4.1, table 4-8). */
const PDPTE_RESERVED = PAE_RESERVED | PAE_NO_EXECUTE | 0x1e6n;
const LARGE_PAE_RESERVED = 0x1f_e000n;
const PSE36_RESERVED = 0x3e_0000;
const KIB4 = 0x1000;
const MIB2 = 0x20_0000;
const MIB4 = 0x40_0000;

/** What a walk reads; nothing is changed, the accessed and dirty bits neither. */
export interface PagedMachine {
  readonly registers: Pick<ProcessorRegisters, 'cr0' | 'cr3' | 'cr4' | 'efer' | 'pageDirectoryPointer'>;
  readonly memory: Pick<PhysicalMemory, 'isRam' | 'read32'>;
}

function entry(level: PagingLevel, entryAddress: number, index: number, value: bigint): PagingEntry {
  const low = Number(value & 0xffff_ffffn);
  const bit = (mask: number): boolean => (low & mask) !== 0;
  const table = level === 'page-directory-pointer';
  return {
    level,
    entryAddress,
    index,
    value,
    present: bit(PTE.present),
    writable: table || bit(PTE.write),
    user: table || bit(PTE.user),
    accessed: !table && bit(PTE.accessed),
    dirty: bit(PTE.dirty),
    large: level === 'page-directory' && bit(PTE.large),
    global: bit(PTE.global),
    executable: (value & PAE_NO_EXECUTE) === 0n,
  };
}

function mapped(
  linear: number,
  physical: number,
  pageSize: number,
  entries: readonly PagingEntry[],
): AddressTranslation {
  const all = (right: 'writable' | 'user' | 'executable'): boolean => entries.every((each) => each[right]);
  return {
    kind: 'mapped',
    linear,
    physical,
    pageSize,
    writable: all('writable'),
    user: all('user'),
    executable: all('executable'),
    entries,
  };
}

const read32 = ({ memory }: PagedMachine, address: number): number =>
  memory.isRam(address) ? memory.read32(address) : 0;

const read64 = (machine: PagedMachine, address: number): bigint =>
  BigInt(read32(machine, address)) | (BigInt(read32(machine, address + 4)) << 32n);

/** 32-bit paging, 4 KB and 4 MB pages (SDM vol. 3A, 4.3). */
function walkLegacy(machine: PagedMachine, linear: number): AddressTranslation {
  const { cr3, cr4 } = machine.registers;
  const entries: PagingEntry[] = [];
  const fault = (reason: 'not-present' | 'reserved-bit'): AddressTranslation => ({
    kind: 'fault',
    linear,
    reason,
    entries,
  });
  const read = (level: PagingLevel, table: number, index: number): number => {
    const address = table + 4 * index;
    const value = read32(machine, address);
    const made = entry(level, address, index, BigInt(value));
    entries.push(cr4 & CR4_PSE ? made : { ...made, large: false });
    return value;
  };
  const pde = read('page-directory', (cr3 & ~0xfff) >>> 0, linear >>> 22);
  if ((pde & PTE.present) === 0) return fault('not-present');
  if (entries[0]!.large) {
    if (pde & PSE36_RESERVED) return fault('reserved-bit');
    const high = ((pde >>> 13) & 0xf) * 2 ** 32;
    return mapped(linear, high + (((pde & ~(MIB4 - 1)) | (linear & (MIB4 - 1))) >>> 0), MIB4, entries);
  }
  const pte = read('page-table', (pde & ~0xfff) >>> 0, (linear >>> 12) & 0x3ff);
  if ((pte & PTE.present) === 0) return fault('not-present');
  return mapped(linear, ((pte & ~0xfff) | (linear & 0xfff)) >>> 0, KIB4, entries);
}

/** PAE paging, 4 KB and 2 MB pages (SDM vol. 3A, 4.4). */
function walkPae(machine: PagedMachine, linear: number): AddressTranslation {
  const { registers } = machine;
  const noExecute = (registers.efer & EFER_NXE) !== 0;
  const entries: PagingEntry[] = [];
  const fault = (reason: 'not-present' | 'reserved-bit'): AddressTranslation => ({
    kind: 'fault',
    linear,
    reason,
    entries,
  });
  /** Reads the next entry; what is wrong with it, if anything. */
  const take = (level: PagingLevel, address: number, index: number, value: bigint, reserved: bigint) => {
    entries.push(entry(level, address, index, value));
    if ((value & 1n) === 0n) return 'not-present' as const;
    return value & (noExecute ? reserved : reserved | PAE_NO_EXECUTE) ? ('reserved-bit' as const) : null;
  };
  const top = linear >>> 30;
  const pdpte = registers.pageDirectoryPointer(top);
  const pointer = ((registers.cr3 & ~31) >>> 0) + 8 * top;
  const bad = take('page-directory-pointer', pointer, top, pdpte, PDPTE_RESERVED);
  if (bad) return fault(bad);
  const directoryIndex = (linear >>> 21) & 0x1ff;
  const directoryAt = Number(pdpte & PAE_ADDRESS) + 8 * directoryIndex;
  const pde = read64(machine, directoryAt);
  const large = (pde & BigInt(PTE.large)) !== 0n;
  const pdeReserved = large ? PAE_RESERVED | LARGE_PAE_RESERVED : PAE_RESERVED;
  const badPde = take('page-directory', directoryAt, directoryIndex, pde, pdeReserved);
  if (badPde) return fault(badPde);
  if (large) {
    const base = Number(pde & PAE_ADDRESS & ~BigInt(MIB2 - 1));
    return mapped(linear, base + (linear & (MIB2 - 1)), MIB2, entries);
  }
  const tableIndex = (linear >>> 12) & 0x1ff;
  const tableAt = Number(pde & PAE_ADDRESS) + 8 * tableIndex;
  const pte = read64(machine, tableAt);
  const badPte = take('page-table', tableAt, tableIndex, pte, PAE_RESERVED);
  if (badPte) return fault(badPte);
  return mapped(linear, Number(pte & PAE_ADDRESS) + (linear & 0xfff), KIB4, entries);
}

/** Translates a linear address by the page tables as they are in memory, past the TLB. */
export function translateAddress(machine: PagedMachine, linear: number): AddressTranslation {
  const { cr0, cr4 } = machine.registers;
  const address = linear >>> 0;
  if ((cr0 & CR0_PG) === 0) return { kind: 'unpaged', linear: address, physical: address, entries: [] };
  return cr4 & CR4_PAE ? walkPae(machine, address) : walkLegacy(machine, address);
}
