/** Multiboot specification 0.6.96: images with a header in their first 8 KiB, as ELF or with address fields. */
import { ByteWriter, encodeText, viewOf } from '../byte-writer';
import { EBDA_BASE, HIGH_RAM_BASE, KIB, MIB, memoryMap } from '../board/memory-map';
import { ImageError } from '../errors';
import type { BootMachine, BootPlan, EntryState, LoadableImage, Placement } from './boot-image';
import { isElf, readElf } from './elf';
import { FLAT_CODE, FLAT_DATA, FLAT_GDT_BYTES, flatGdt } from './flat-gdt';

const HEADER_MAGIC = 0x1badb002;
const HEADER2_MAGIC = 0xe85250d6;
const BOOT_MAGIC = 0x2badb002;
const SEARCH_BYTES = 8192;
const HEADER2_SEARCH_BYTES = 32768;
const NEEDS_VIDEO_MODE = 1 << 2;
const HAS_ADDRESSES = 1 << 16;
/** Required features that this loader has: page-aligned modules, memory information. */
const KNOWN_REQUIREMENTS = 0x0003;

/** Flags and offsets of the boot information (section 3.3). */
const INFO_MEMORY = 1 << 0;
const INFO_COMMAND_LINE = 1 << 2;
const INFO_MODULES = 1 << 3;
const INFO_MEMORY_MAP = 1 << 6;
const INFO_LOADER_NAME = 1 << 9;
const INFO_BYTES = 88;
const MODULE_BYTES = 16;
const MAP_ENTRY_BYTES = 24;
const LOADER_NAME = 'Trapgate';

const PAGE = 4096;
/** Low memory in which the boot information may go, first choice first. */
const INFO_CANDIDATES = [0x9000, 0x20000, 0x40000, 0x80000];

/** The offset of the Multiboot header in `kernel`, or -1. */
export function findMultibootHeader(kernel: Uint8Array): number {
  const view = viewOf(kernel);
  const end = Math.min(kernel.length, SEARCH_BYTES) - 12;
  for (let at = 0; at <= end; at += 4) {
    if (view.getUint32(at, true) !== HEADER_MAGIC) continue;
    const sum = HEADER_MAGIC + view.getUint32(at + 4, true) + view.getUint32(at + 8, true);
    if (sum % 2 ** 32 === 0) return at;
  }
  return -1;
}

/** True if `kernel` carries a header of Multiboot 2 (section 3.1.1 of its specification). */
export function hasMultiboot2Header(kernel: Uint8Array): boolean {
  const view = viewOf(kernel);
  const end = Math.min(kernel.length, HEADER2_SEARCH_BYTES) - 16;
  for (let at = 0; at <= end; at += 8) {
    if (view.getUint32(at, true) !== HEADER2_MAGIC) continue;
    const sum =
      HEADER2_MAGIC +
      view.getUint32(at + 4, true) +
      view.getUint32(at + 8, true) +
      view.getUint32(at + 12, true);
    if (sum % 2 ** 32 === 0) return true;
  }
  return false;
}

interface Program {
  readonly segments: readonly Placement[];
  readonly entry: number;
}

function readProgram(kernel: Uint8Array, header: number): Program {
  const view = viewOf(kernel);
  const flags = view.getUint32(header + 4, true);
  if (flags & NEEDS_VIDEO_MODE) {
    throw new ImageError(
      'ERR_IMAGE_UNSUPPORTED',
      'the Multiboot image asks for a video mode; the machine has no display',
    );
  }
  const unknown = flags & 0xffff & ~KNOWN_REQUIREMENTS;
  if (unknown) {
    throw new ImageError(
      'ERR_IMAGE_UNSUPPORTED',
      `the Multiboot image requires features that this loader does not have (flags 0x${unknown.toString(16)})`,
      { flags },
    );
  }
  return flags & HAS_ADDRESSES ? readAddressFields(kernel, view, header) : readElf(kernel);
}

/** The address fields of section 3.1.3: a flat image of which load_addr..load_end_addr is copied. */
function readAddressFields(kernel: Uint8Array, view: DataView, header: number): Program {
  if (header + 32 > kernel.length) throw outside('the header', header + 32, kernel.length);
  const headerAddress = view.getUint32(header + 12, true);
  const loadAddress = view.getUint32(header + 16, true);
  const loadEnd = view.getUint32(header + 20, true);
  const bssEnd = view.getUint32(header + 24, true);
  const offset = header - (headerAddress - loadAddress);
  const end = loadEnd === 0 ? kernel.length : offset + (loadEnd - loadAddress);
  if (loadAddress > headerAddress || offset < 0 || end < offset) {
    throw new ImageError(
      'ERR_IMAGE_UNSUPPORTED',
      'the address fields of the Multiboot header contradict each other',
      {
        headerAddress,
        loadAddress,
        loadEnd,
      },
    );
  }
  if (end > kernel.length) throw outside('the image', end, kernel.length);
  const segment: Placement = { address: loadAddress, bytes: kernel.subarray(offset, end) };
  return {
    segments: [bssEnd > loadAddress + (end - offset) ? { ...segment, zeroTo: bssEnd } : segment],
    entry: view.getUint32(header + 28, true),
  };
}

function outside(what: string, needed: number, length: number): ImageError {
  return new ImageError(
    'ERR_IMAGE_TRUNCATED',
    `the Multiboot image is cut off: ${what} would end at byte ${needed}, the file has ${length}`,
    { needed, length },
  );
}

function endOf(placement: Placement): number {
  return Math.max(placement.address + placement.bytes.length, placement.zeroTo ?? 0);
}

function checkFits(segments: readonly Placement[], ramBytes: number): void {
  for (const segment of segments) {
    const end = endOf(segment);
    if (end <= ramBytes) continue;
    throw new ImageError(
      'ERR_IMAGE_TOO_LARGE',
      `the image loads at 0x${segment.address.toString(16)}-0x${end.toString(16)}, beyond the machine's ` +
        `${Math.floor(ramBytes / MIB)} MiB of memory: at least ${Math.ceil(end / MIB)} MiB are needed`,
      { address: segment.address, end, ramBytes },
    );
  }
}

/** The module goes on the first page after the kernel (and above 1 MiB). */
function placeModule(module: Uint8Array, segments: readonly Placement[], ramBytes: number): Placement {
  const after = Math.max(HIGH_RAM_BASE, ...segments.map(endOf));
  const address = Math.ceil(after / PAGE) * PAGE;
  if (address + module.length > ramBytes) {
    const needed = Math.ceil((address + module.length) / MIB);
    throw new ImageError(
      'ERR_INITRD_TOO_LARGE',
      `the module (${Math.ceil(module.length / KIB)} KiB) does not fit behind the kernel in ` +
        `${Math.floor(ramBytes / MIB)} MiB of memory: at least ${needed} MiB are needed`,
      { length: module.length, ramBytes, neededMiB: needed },
    );
  }
  return { address, bytes: module };
}

function placeInfo(length: number, segments: readonly Placement[]): number {
  for (const base of INFO_CANDIDATES) {
    const end = base + length;
    if (end <= EBDA_BASE && segments.every((segment) => endOf(segment) <= base || segment.address >= end))
      return base;
  }
  throw new ImageError(
    'ERR_COMMAND_LINE_TOO_LONG',
    `no room below 640 KiB for the ${length} bytes of boot information (command line) beside the kernel`,
    { length },
  );
}

/** The boot information with everything it points to, one block at `base`; layout: section 3.3. */
function bootInformation(
  base: number,
  ramBytes: number,
  commandLine: Uint8Array,
  module?: Placement,
): Uint8Array {
  const ranges = memoryMap(ramBytes);
  const mapAt = INFO_BYTES;
  const modulesAt = mapAt + ranges.length * MAP_ENTRY_BYTES;
  const nameAt = modulesAt + (module ? MODULE_BYTES : 0);
  const commandLineAt = nameAt + LOADER_NAME.length + 1;
  const info = new ByteWriter(commandLineAt + commandLine.length + 1);
  const modulesFlag = module ? INFO_MODULES : 0;
  info.u32(0, INFO_MEMORY | INFO_COMMAND_LINE | INFO_MEMORY_MAP | INFO_LOADER_NAME | modulesFlag);
  info.u32(4, EBDA_BASE / KIB).u32(8, Math.max(0, ramBytes - HIGH_RAM_BASE) / KIB);
  info.u32(16, base + commandLineAt).set(commandLineAt, commandLine);
  if (module) {
    info.u32(20, 1).u32(24, base + modulesAt);
    info.u32(modulesAt, module.address).u32(modulesAt + 4, module.address + module.bytes.length);
    // The module's string is the empty one that ends the command line.
    info.u32(modulesAt + 8, base + commandLineAt + commandLine.length);
  }
  info.u32(44, ranges.length * MAP_ENTRY_BYTES).u32(48, base + mapAt);
  ranges.forEach((range, index) => {
    const entry = mapAt + index * MAP_ENTRY_BYTES;
    info
      .u32(entry, MAP_ENTRY_BYTES - 4)
      .u64(entry + 4, range.start)
      .u64(entry + 12, range.length);
    info.u32(entry + 20, range.type);
  });
  info.u32(64, base + nameAt).ascii(nameAt, LOADER_NAME);
  return info.bytes;
}

function planProgram(image: LoadableImage, machine: BootMachine, program: Program, eax: number): BootPlan {
  checkFits(program.segments, machine.ramBytes);
  const placements = [...program.segments];
  const module = image.initrd ? placeModule(image.initrd, program.segments, machine.ramBytes) : undefined;
  if (module) placements.push(module);
  const commandLine = encodeText(image.commandLine ?? '');
  const infoLength = bootInformation(0, machine.ramBytes, commandLine, module).length;
  const gdtBase = placeInfo(FLAT_GDT_BYTES + infoLength, program.segments);
  const infoBase = gdtBase + FLAT_GDT_BYTES;
  placements.push(flatGdt(gdtBase), {
    address: infoBase,
    bytes: bootInformation(infoBase, machine.ramBytes, commandLine, module),
  });
  const entry: EntryState = {
    eip: program.entry,
    eax,
    ebx: infoBase,
    esi: 0,
    esp: 0,
    codeSelector: FLAT_CODE,
    dataSelector: FLAT_DATA,
    gdtBase,
    gdtLimit: FLAT_GDT_BYTES - 1,
  };
  return { format: eax === BOOT_MAGIC ? 'multiboot' : 'elf', placements, entry };
}

/** Plans a Multiboot image whose header is at file offset `header`. Throws `ImageError`. */
export function planMultiboot(image: LoadableImage, machine: BootMachine, header: number): BootPlan {
  return planProgram(image, machine, readProgram(image.kernel, header), BOOT_MAGIC);
}

/**
 * Plans an ELF executable without a Multiboot header: it starts in the same state, with EAX = 0 and EBX pointing to
 * the same boot information. Throws `ImageError`.
 */
export function planElf(image: LoadableImage, machine: BootMachine): BootPlan {
  if (!isElf(image.kernel)) throw new ImageError('ERR_IMAGE_FORMAT', 'the image is not an ELF file');
  return planProgram(image, machine, readElf(image.kernel), 0);
}
