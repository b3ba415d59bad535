/**
 * The board's physical address space, below 4 GiB:
 *
 *   00000000-0009FBFF  RAM             000A0000-000BFFFF  VGA window (nothing there: reads all ones)
 *   0009FC00-0009FFFF  EBDA            000C0000-000FFFFF  firmware area, RAM-backed: ACPI tables
 *   00100000-top       RAM             C0000000-FEBFFFFF  PCI memory (nothing there yet)
 */
export const KIB = 1024;
export const MIB = 1024 * 1024;

export const EBDA_BASE = 0x9fc00;
export const LOW_RAM_END = 0xa0000;
export const ACPI_TABLES_BASE = 0xe0000;
export const FIRMWARE_BASE = 0xe0000;
export const HIGH_RAM_BASE = 0x100000;
/** RAM never reaches above this address, so that no memory has to be remapped above 4 GiB. */
export const PCI_HOLE_BASE = 0xc0000000;
export const PCI_HOLE_END = 0xfec00000;

export const MINIMUM_MEMORY_MIB = 1;
export const MAXIMUM_MEMORY_MIB = PCI_HOLE_BASE / MIB;
export const DEFAULT_MEMORY_MIB = 128;

/** Address range types of ACPI 6.5 table 15.4 (INT 15h, E820h), which Multiboot uses too. */
export const RANGE_RAM = 1;
export const RANGE_RESERVED = 2;

/** One range of the map handed to guests: `start` and `length` in bytes. */
export interface MemoryRange {
  readonly start: number;
  readonly length: number;
  readonly type: typeof RANGE_RAM | typeof RANGE_RESERVED;
}

/** The ranges that a guest is told about, in ascending order. */
export function memoryMap(ramBytes: number): readonly MemoryRange[] {
  const ranges: MemoryRange[] = [
    { start: 0, length: EBDA_BASE, type: RANGE_RAM },
    { start: EBDA_BASE, length: LOW_RAM_END - EBDA_BASE, type: RANGE_RESERVED },
    { start: FIRMWARE_BASE, length: HIGH_RAM_BASE - FIRMWARE_BASE, type: RANGE_RESERVED },
  ];
  if (ramBytes > HIGH_RAM_BASE) {
    ranges.push({ start: HIGH_RAM_BASE, length: ramBytes - HIGH_RAM_BASE, type: RANGE_RAM });
  }
  return ranges;
}
