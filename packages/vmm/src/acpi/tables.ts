/** The ACPI tables that the board's firmware leaves in memory (ACPI 6.5 chapter 5). */
import { ACPI_DISABLE, ACPI_ENABLE } from '@trapgate/devices';
import { ByteWriter } from '../byte-writer';
import { dsdtBody } from './dsdt';
import {
  GPE0_BASE,
  PM1A_CONTROL,
  PM1A_EVENT,
  PM_TIMER,
  RESET_CONTROL,
  RESET_VALUE,
  RTC_CENTURY,
  SCI_LINE,
  SMI_COMMAND,
} from './pm-registers';

const HEADER_BYTES = 36;
const RSDP_BYTES = 20;
const FADT_BYTES = 244;
const FACS_BYTES = 64;
const OEM_ID = 'TRAPG ';
const OEM_TABLE_ID = 'TRAPGATE';
const CREATOR_ID = 'TRPG';

/** FADT flags (table 5.10). */
const WBINVD = 1 << 0;
const PROC_C1 = 1 << 2;
const POWER_BUTTON_IS_METHOD = 1 << 4;
const SLEEP_BUTTON_IS_METHOD = 1 << 5;
const RTC_NOT_FIXED = 1 << 6;
const RESET_REGISTER = 1 << 10;
/** FADT boot architecture flags (table 5.11). */
const LEGACY_DEVICES = 1 << 0;
const KEYBOARD_CONTROLLER = 1 << 1;
const NO_VGA = 1 << 2;

/** One block of memory with all tables, and the address of the root pointer in it. */
export interface AcpiTables {
  readonly base: number;
  readonly bytes: Uint8Array;
  readonly rsdpAddress: number;
}

/** The byte that makes `bytes` sum to zero. */
function checksum(bytes: Uint8Array): number {
  return -bytes.reduce((sum, byte) => sum + byte, 0) & 0xff;
}

function table(signature: string, revision: number, body: Uint8Array): Uint8Array {
  const out = new ByteWriter(HEADER_BYTES + body.length);
  out.ascii(0, signature).u32(4, out.bytes.length).u8(8, revision);
  out.ascii(10, OEM_ID).ascii(16, OEM_TABLE_ID).u32(24, 1).ascii(28, CREATOR_ID).u32(32, 1);
  out.set(HEADER_BYTES, body);
  out.u8(9, checksum(out.bytes));
  return out.bytes;
}

/** A generic address of `bytes` I/O ports (5.2.3.2). */
function ioAddress(out: ByteWriter, offset: number, port: number, bytes: number): void {
  out
    .u8(offset, 1)
    .u8(offset + 1, bytes * 8)
    .u64(offset + 4, port);
}

function fadt(facs: number, dsdt: number): Uint8Array {
  const out = new ByteWriter(FADT_BYTES);
  out.u32(36, facs).u32(40, dsdt);
  out.u16(46, SCI_LINE).u32(48, SMI_COMMAND).u8(52, ACPI_ENABLE).u8(53, ACPI_DISABLE);
  out.u32(56, PM1A_EVENT).u32(64, PM1A_CONTROL).u32(76, PM_TIMER).u32(80, GPE0_BASE);
  out.u8(88, 4).u8(89, 2).u8(91, 4).u8(92, 4);
  out.u16(96, 0x0fff).u16(98, 0x0fff); // C2 and C3 latencies: not supported
  out.u8(108, RTC_CENTURY).u16(109, LEGACY_DEVICES | KEYBOARD_CONTROLLER | NO_VGA);
  const buttons = POWER_BUTTON_IS_METHOD | SLEEP_BUTTON_IS_METHOD | RTC_NOT_FIXED;
  out.u32(112, WBINVD | PROC_C1 | buttons | RESET_REGISTER);
  ioAddress(out, 116, RESET_CONTROL, 1);
  out.u8(128, RESET_VALUE);
  out.u64(140, dsdt); // X_FIRMWARE_CTRL stays zero, since FIRMWARE_CTRL is given
  ioAddress(out, 148, PM1A_EVENT, 4);
  ioAddress(out, 172, PM1A_CONTROL, 2);
  ioAddress(out, 208, PM_TIMER, 4);
  ioAddress(out, 220, GPE0_BASE, 4);
  return table('FACP', 3, out.bytes.subarray(HEADER_BYTES));
}

function facs(): Uint8Array {
  return new ByteWriter(FACS_BYTES).ascii(0, 'FACS').u32(4, FACS_BYTES).u8(32, 1).bytes;
}

function rsdp(rsdt: number): Uint8Array {
  const out = new ByteWriter(RSDP_BYTES).ascii(0, 'RSD PTR ').ascii(9, OEM_ID).u32(16, rsdt);
  return out.u8(8, checksum(out.bytes)).bytes;
}

function align(address: number, boundary: number): number {
  return Math.ceil(address / boundary) * boundary;
}

/** Lays all tables out from `base` (a multiple of 64) upwards: RSDP, FACS, RSDT, FADT, DSDT. */
export function acpiTables(base: number): AcpiTables {
  const dsdt = table('DSDT', 1, dsdtBody());
  const rsdpAddress = base;
  const facsAddress = align(base + RSDP_BYTES, 64); // alignment: 5.2.10
  const rsdtAddress = facsAddress + FACS_BYTES;
  const fadtAddress = align(rsdtAddress + HEADER_BYTES + 4, 16);
  const dsdtAddress = align(fadtAddress + FADT_BYTES, 16);
  const out = new ByteWriter(dsdtAddress + dsdt.length - base);
  out.set(rsdpAddress - base, rsdp(rsdtAddress));
  out.set(facsAddress - base, facs());
  out.set(rsdtAddress - base, table('RSDT', 1, new ByteWriter(4).u32(0, fadtAddress).bytes));
  out.set(fadtAddress - base, fadt(facsAddress, dsdtAddress));
  out.set(dsdtAddress - base, dsdt);
  return { base, bytes: out.bytes, rsdpAddress };
}
