/**
 * Linux bzImage by the 32-bit boot protocol (Documentation/arch/x86/boot.rst and zero-page.rst of the kernel).
 * The real-mode set-up code is not run: this loader fills the zero page in its place.
 */
import { ByteWriter, encodeText, viewOf } from '../byte-writer';
import { HIGH_RAM_BASE, KIB, MIB, memoryMap, type MemoryRange } from '../board/memory-map';
import { ImageError } from '../errors';
import type { BootMachine, BootPlan, LoadableImage, Placement } from './boot-image';
import { FLAT_CODE, FLAT_DATA, FLAT_GDT_BYTES, flatGdt } from './flat-gdt';

/** Fields of the set-up header, at the same offsets in the file and in the zero page. */
const SETUP_SECTS = 0x1f1;
const SYSSIZE = 0x1f4;
const VID_MODE = 0x1fa;
const BOOT_FLAG = 0x1fe;
const HEADER_LENGTH = 0x201;
const HEADER_MAGIC = 0x202;
const VERSION = 0x206;
const TYPE_OF_LOADER = 0x210;
const LOADFLAGS = 0x211;
const CODE32_START = 0x214;
const RAMDISK_IMAGE = 0x218;
const RAMDISK_SIZE = 0x21c;
const CMD_LINE_PTR = 0x228;
const INITRD_ADDR_MAX = 0x22c;
const CMDLINE_SIZE = 0x238;
const PREF_ADDRESS = 0x258;
const INIT_SIZE = 0x260;

/** Fields of the zero page outside the set-up header. */
const EXT_MEM_K = 0x002;
const ACPI_RSDP_ADDR = 0x070;
const ALT_MEM_K = 0x1e0;
const E820_ENTRIES = 0x1e8;
const E820_TABLE = 0x2d0;
const E820_ENTRY_BYTES = 20;
const ZERO_PAGE_BYTES = 4096;

const MAGIC_HDRS = 0x53726448; // "HdrS"
const LOADED_HIGH = 0x01;
const CAN_USE_HEAP = 0x80;
const LOADER_UNDEFINED = 0xff;
const VIDEO_NORMAL = 0xffff;
const SECTOR = 512;
const PAGE = 4096;
/** The 32-bit entry point and `init_size` are described from protocol 2.10 on (Linux 2.6.31). */
const OLDEST_PROTOCOL = 0x020a;
const DEFAULT_COMMAND_LINE_BYTES = 255;

/** Where the loader's own structures go; the kernel copies all of them before it reuses low memory. */
const GDT_ADDRESS = 0x1000;
const ZERO_PAGE_ADDRESS = 0x10000;
const COMMAND_LINE_ADDRESS = 0x20000;
const STACK_TOP = 0x9000;

/** True if `kernel` carries the boot sector mark and the set-up header's "HdrS". */
export function isBzImage(kernel: Uint8Array): boolean {
  if (kernel.length < HEADER_MAGIC + 4) return false;
  const view = viewOf(kernel);
  return view.getUint16(BOOT_FLAG, true) === 0xaa55 && view.getUint32(HEADER_MAGIC, true) === MAGIC_HDRS;
}

interface SetupHeader {
  readonly setupBytes: number;
  readonly systemBytes: number;
  readonly headerEnd: number;
  readonly initrdAddressMax: number;
  readonly commandLineBytes: number;
  /** End of the memory that the kernel needs before it looks at the memory map. */
  readonly initEnd: number;
}

function readHeader(kernel: Uint8Array): SetupHeader {
  const view = viewOf(kernel);
  const setupBytes = ((view.getUint8(SETUP_SECTS) || 4) + 1) * SECTOR;
  const headerEnd = HEADER_MAGIC + view.getUint8(HEADER_LENGTH);
  if (kernel.length < setupBytes || kernel.length < INIT_SIZE + 4) throw truncated(kernel.length, setupBytes);
  const version = view.getUint16(VERSION, true);
  if (version < OLDEST_PROTOCOL) {
    const text = `${version >> 8}.${String(version & 0xff).padStart(2, '0')}`;
    throw new ImageError(
      'ERR_IMAGE_UNSUPPORTED',
      `the Linux kernel speaks boot protocol ${text}, but 2.10 (Linux 2.6.31) or later is needed`,
      { version },
    );
  }
  if (!(view.getUint8(LOADFLAGS) & LOADED_HIGH)) {
    throw new ImageError(
      'ERR_IMAGE_UNSUPPORTED',
      'the Linux kernel is a zImage (loads low); a bzImage is needed',
    );
  }
  const systemBytes = view.getUint32(SYSSIZE, true) * 16;
  // syssize counts paragraphs, so the file may end up to 15 bytes early.
  if (kernel.length + 15 < setupBytes + systemBytes) throw truncated(kernel.length, setupBytes + systemBytes);
  const preferred = view.getUint32(PREF_ADDRESS, true) + view.getUint32(PREF_ADDRESS + 4, true) * 2 ** 32;
  return {
    setupBytes,
    systemBytes,
    headerEnd,
    initrdAddressMax: view.getUint32(INITRD_ADDR_MAX, true),
    commandLineBytes: view.getUint32(CMDLINE_SIZE, true) || DEFAULT_COMMAND_LINE_BYTES,
    initEnd: Math.max(preferred, HIGH_RAM_BASE) + view.getUint32(INIT_SIZE, true),
  };
}

function truncated(length: number, needed: number): ImageError {
  return new ImageError(
    'ERR_IMAGE_TRUNCATED',
    `the Linux kernel is cut off: it has ${length} bytes, its header says ${needed}`,
    { length, needed },
  );
}

/** The initial RAM disk as high as the kernel allows, on a page boundary, clear of the kernel's own memory. */
function placeInitrd(initrd: Uint8Array, header: SetupHeader, ramBytes: number): Placement {
  const top = Math.min(ramBytes, header.initrdAddressMax + 1);
  const address = Math.floor((top - initrd.length) / PAGE) * PAGE;
  if (address < header.initEnd) {
    const needed = Math.ceil((header.initEnd + initrd.length) / MIB) + 1;
    const advice =
      header.initEnd + initrd.length > header.initrdAddressMax
        ? `the kernel takes it below ${Math.floor((header.initrdAddressMax + 1) / MIB)} MiB only`
        : `at least ${needed} MiB of memory are needed`;
    throw new ImageError(
      'ERR_INITRD_TOO_LARGE',
      `the initial RAM disk (${Math.ceil(initrd.length / KIB)} KiB) does not fit beside the kernel in ` +
        `${Math.floor(ramBytes / MIB)} MiB of memory: ${advice}`,
      { length: initrd.length, ramBytes, neededMiB: needed },
    );
  }
  return { address, bytes: initrd };
}

function writeMemoryMap(page: ByteWriter, ranges: readonly MemoryRange[], ramBytes: number): void {
  page.u8(E820_ENTRIES, ranges.length);
  ranges.forEach((range, index) => {
    const entry = E820_TABLE + index * E820_ENTRY_BYTES;
    page
      .u64(entry, range.start)
      .u64(entry + 8, range.length)
      .u32(entry + 16, range.type);
  });
  const extendedKiB = Math.max(0, ramBytes - HIGH_RAM_BASE) / KIB;
  page.u16(EXT_MEM_K, Math.min(extendedKiB, 0xfc00)).u32(ALT_MEM_K, extendedKiB);
}

function commandLineBytes(image: LoadableImage, header: SetupHeader): Uint8Array {
  const bytes = encodeText(image.commandLine ?? '');
  if (bytes.length > header.commandLineBytes) {
    throw new ImageError(
      'ERR_COMMAND_LINE_TOO_LONG',
      `the kernel command line has ${bytes.length} bytes; this kernel takes at most ${header.commandLineBytes}`,
      { length: bytes.length, limit: header.commandLineBytes },
    );
  }
  const terminated = new Uint8Array(bytes.length + 1);
  terminated.set(bytes);
  return terminated;
}

/** Plans a Linux kernel, its zero page, command line and initial RAM disk. Throws `ImageError`. */
export function planBzImage(image: LoadableImage, machine: BootMachine): BootPlan {
  const header = readHeader(image.kernel);
  if (header.initEnd > machine.ramBytes) {
    const needed = Math.ceil(header.initEnd / MIB);
    throw new ImageError(
      'ERR_IMAGE_TOO_LARGE',
      `the Linux kernel needs at least ${needed} MiB of memory, the machine has ${Math.floor(machine.ramBytes / MIB)}`,
      { neededMiB: needed, ramBytes: machine.ramBytes },
    );
  }
  const system = image.kernel.subarray(header.setupBytes, header.setupBytes + header.systemBytes);
  const placements: Placement[] = [flatGdt(GDT_ADDRESS), { address: HIGH_RAM_BASE, bytes: system }];

  const page = new ByteWriter(ZERO_PAGE_BYTES);
  page.set(SETUP_SECTS, image.kernel.subarray(SETUP_SECTS, Math.min(header.headerEnd, E820_TABLE)));
  page.u8(TYPE_OF_LOADER, LOADER_UNDEFINED).u16(VID_MODE, VIDEO_NORMAL);
  page.u8(LOADFLAGS, LOADED_HIGH | (page.bytes[LOADFLAGS]! & ~CAN_USE_HEAP)).u32(CODE32_START, HIGH_RAM_BASE);
  page.u64(ACPI_RSDP_ADDR, machine.rsdpAddress);
  // screen_info stays zero: no lines and columns means "no text console", and Linux uses its dummy console.
  writeMemoryMap(page, memoryMap(machine.ramBytes), machine.ramBytes);
  if (image.initrd) {
    const initrd = placeInitrd(image.initrd, header, machine.ramBytes);
    placements.push(initrd);
    page.u32(RAMDISK_IMAGE, initrd.address).u32(RAMDISK_SIZE, image.initrd.length);
  }
  placements.push({ address: COMMAND_LINE_ADDRESS, bytes: commandLineBytes(image, header) });
  page.u32(CMD_LINE_PTR, COMMAND_LINE_ADDRESS);
  placements.push({ address: ZERO_PAGE_ADDRESS, bytes: page.bytes });

  return {
    format: 'bzImage',
    placements,
    entry: {
      eip: HIGH_RAM_BASE,
      eax: 0,
      ebx: 0,
      esi: ZERO_PAGE_ADDRESS,
      esp: STACK_TOP,
      codeSelector: FLAT_CODE,
      dataSelector: FLAT_DATA,
      gdtBase: GDT_ADDRESS,
      gdtLimit: FLAT_GDT_BYTES - 1,
    },
  };
}
