/** What a PC's firmware leaves in memory: the BIOS data area and the ACPI tables. There is no firmware code. */
import { acpiTables } from '../acpi/tables';
import { ByteWriter } from '../byte-writer';
import { ACPI_TABLES_BASE, EBDA_BASE, KIB, LOW_RAM_END } from './memory-map';

const BIOS_DATA_AREA = 0x400;
const BIOS_DATA_BYTES = 0x100;
const COM1_PORT = 0x00;
const EBDA_SEGMENT = 0x0e;
const EQUIPMENT = 0x10;
const MEMORY_KIB = 0x13;
/** Equipment word: a coprocessor (bit 1), one serial port (bits 11-9), no diskette, no display. */
const EQUIPMENT_WORD = (1 << 9) | (1 << 1);

/** Memory that can be written by the host. */
export interface WritableMemory {
  writeBytes(physical: number, bytes: Uint8Array): void;
}

/** The firmware's data in memory, and the physical address of the ACPI root pointer in it. */
export interface Firmware {
  readonly rsdpAddress: number;
  /** Writes the data. */
  install(memory: WritableMemory): void;
}

/** What a PC's firmware leaves behind. */
export function firmware(): Firmware {
  const data = new ByteWriter(BIOS_DATA_BYTES).u16(COM1_PORT, 0x3f8).u16(EBDA_SEGMENT, EBDA_BASE >> 4);
  data.u16(EQUIPMENT, EQUIPMENT_WORD).u16(MEMORY_KIB, EBDA_BASE / KIB);
  // The first byte of the extended BIOS data area is its size in KiB.
  const extended = new ByteWriter(LOW_RAM_END - EBDA_BASE).u8(0, 1);
  const tables = acpiTables(ACPI_TABLES_BASE);
  return {
    rsdpAddress: tables.rsdpAddress,
    install: (memory) => {
      memory.writeBytes(BIOS_DATA_AREA, data.bytes);
      memory.writeBytes(EBDA_BASE, extended.bytes);
      memory.writeBytes(tables.base, tables.bytes);
    },
  };
}
