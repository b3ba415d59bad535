/** ELF-32 executables for the 80386 (System V ABI, "Object Files" chapters 4 and 5), loaded by physical address. */
import { viewOf } from '../byte-writer';
import { ImageError } from '../errors';
import type { Placement } from './boot-image';

const EI_CLASS = 4;
const EI_DATA = 5;
const CLASS_32 = 1;
const CLASS_64 = 2;
const DATA_LITTLE_ENDIAN = 1;
const E_TYPE = 0x10;
const E_MACHINE = 0x12;
const E_ENTRY = 0x18;
const E_PHOFF = 0x1c;
const E_PHENTSIZE = 0x2a;
const E_PHNUM = 0x2c;
const HEADER_BYTES = 52;
const PROGRAM_HEADER_BYTES = 32;
const TYPE_EXECUTABLE = 2;
const MACHINE_386 = 3;
const PT_LOAD = 1;

/** An executable's segments and its entry point, both as physical addresses. */
export interface ElfProgram {
  readonly segments: readonly Placement[];
  readonly entry: number;
}

/** True if `bytes` start with ELF's magic number. */
export function isElf(bytes: Uint8Array): boolean {
  return (
    bytes.length >= 4 && bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46
  );
}

function refuse(message: string, values: Record<string, number> = {}): ImageError {
  return new ImageError('ERR_IMAGE_UNSUPPORTED', message, values);
}

function checkHeader(bytes: Uint8Array): DataView {
  if (bytes.length < HEADER_BYTES) {
    throw new ImageError(
      'ERR_IMAGE_TRUNCATED',
      `the ELF image is cut off: it has only ${bytes.length} bytes`,
      {
        length: bytes.length,
      },
    );
  }
  if (bytes[EI_CLASS] === CLASS_64) {
    throw refuse('the image is a 64-bit ELF file; this machine runs 32-bit ones (ELF-32, i386) so far');
  }
  const view = viewOf(bytes);
  const machine = view.getUint16(E_MACHINE, true);
  if (bytes[EI_CLASS] !== CLASS_32 || bytes[EI_DATA] !== DATA_LITTLE_ENDIAN || machine !== MACHINE_386) {
    throw refuse(`the ELF image is not for the 80386 (machine ${machine}; 3 is needed)`, { machine });
  }
  const type = view.getUint16(E_TYPE, true);
  if (type !== TYPE_EXECUTABLE) {
    throw refuse(`the ELF image is not an executable (type ${type}; 2 is needed): link it first`, { type });
  }
  return view;
}

/** Reads an executable's loadable segments. Throws `ImageError`. */
export function readElf(bytes: Uint8Array): ElfProgram {
  const view = checkHeader(bytes);
  const headers = view.getUint32(E_PHOFF, true);
  const entrySize = view.getUint16(E_PHENTSIZE, true);
  const count = view.getUint16(E_PHNUM, true);
  if (count > 0 && (entrySize < PROGRAM_HEADER_BYTES || headers + entrySize * count > bytes.length)) {
    throw cutOff('program headers', headers + entrySize * count, bytes.length);
  }
  const virtualEntry = view.getUint32(E_ENTRY, true);
  let entry = virtualEntry;
  const segments: Placement[] = [];
  for (let index = 0; index < count; index++) {
    const at = headers + index * entrySize;
    const fileSize = view.getUint32(at + 16, true);
    const memorySize = view.getUint32(at + 20, true);
    if (view.getUint32(at, true) !== PT_LOAD || memorySize === 0) continue;
    const offset = view.getUint32(at + 4, true);
    const virtual = view.getUint32(at + 8, true);
    const physical = view.getUint32(at + 12, true);
    if (offset + fileSize > bytes.length) throw cutOff('a segment', offset + fileSize, bytes.length);
    if (fileSize > memorySize)
      throw refuse('the ELF image has a segment with more bytes in the file than in memory');
    segments.push({
      address: physical,
      bytes: bytes.subarray(offset, offset + fileSize),
      zeroTo: physical + memorySize,
    });
    // Kernels linked high give a virtual entry point; paging is off at entry.
    if (virtualEntry >= virtual && virtualEntry < virtual + memorySize)
      entry = physical + (virtualEntry - virtual);
  }
  if (segments.length === 0) throw refuse('the ELF image has no segment to load');
  return { segments, entry };
}

function cutOff(what: string, needed: number, length: number): ImageError {
  return new ImageError(
    'ERR_IMAGE_TRUNCATED',
    `the ELF image is cut off: ${what} would end at byte ${needed}, the file has ${length}`,
    { needed, length },
  );
}
