import { ByteWriter } from '../byte-writer';
import type { Placement } from './boot-image';

/** Flat 4 GiB descriptors, present, DPL 0, 32-bit, accessed: SDM vol. 3A section 3.4.5. */
const CODE_HIGH = 0x00cf9b00;
const DATA_HIGH = 0x00cf9300;
const LIMIT_LOW = 0x0000ffff;

/** Selectors of the flat segments, as the Linux 32-bit boot protocol wants them (boot.rst: __BOOT_CS, __BOOT_DS). */
export const FLAT_CODE = 0x10;
export const FLAT_DATA = 0x18;
export const FLAT_GDT_BYTES = 32;

/** A global descriptor table with only the two flat segments, at `address`. */
export function flatGdt(address: number): Placement {
  const table = new ByteWriter(FLAT_GDT_BYTES);
  table.u32(FLAT_CODE, LIMIT_LOW).u32(FLAT_CODE + 4, CODE_HIGH);
  table.u32(FLAT_DATA, LIMIT_LOW).u32(FLAT_DATA + 4, DATA_HIGH);
  return { address, bytes: table.bytes };
}
