/**
 * A writer for the ACPI Machine Language (ACPI 6.5 chapter 20): each function returns the bytes of one term, so that
 * a definition block reads like its ASL source.
 */
export type Aml = readonly number[];

const ZERO_OP = 0x00;
const ONE_OP = 0x01;
const NAME_OP = 0x08;
const BYTE_PREFIX = 0x0a;
const WORD_PREFIX = 0x0b;
const DWORD_PREFIX = 0x0c;
const STRING_PREFIX = 0x0d;
const SCOPE_OP = 0x10;
const BUFFER_OP = 0x11;
const PACKAGE_OP = 0x12;
const DUAL_NAME_PREFIX = 0x2e;
const MULTI_NAME_PREFIX = 0x2f;
const EXT_OP_PREFIX = 0x5b;
const DEVICE_OP = 0x82;

const ROOT = 0x5c; // '\'
const PARENT = 0x5e; // '^'

function characters(text: string): number[] {
  return Array.from(text, (character) => character.charCodeAt(0));
}

function word(value: number): Aml {
  return [value & 0xff, (value >>> 8) & 0xff];
}

function dword(value: number): Aml {
  return [...word(value), ...word(value >>> 16)];
}

/** NameString (20.2.2) from ASL's spelling: `_HID`, `\_S5`, `\_SB.PCI0`; segments are padded to four characters. */
export function nameString(path: string): Aml {
  const prefix = /^[\\^]*/.exec(path)![0];
  const head = Array.from(prefix, (character) => (character === '\\' ? ROOT : PARENT));
  const segments = path
    .slice(prefix.length)
    .split('.')
    .filter((segment) => segment !== '');
  const body = segments.flatMap((segment) => characters(segment.padEnd(4, '_')));
  if (segments.length === 0) return [...head, ZERO_OP];
  if (segments.length === 1) return [...head, ...body];
  if (segments.length === 2) return [...head, DUAL_NAME_PREFIX, ...body];
  return [...head, MULTI_NAME_PREFIX, segments.length, ...body];
}

/** PkgLength (20.2.4), which counts itself: one byte up to 63, else two to four with four bits in the first. */
export function packageLength(contentLength: number): Aml {
  if (contentLength + 1 <= 0x3f) return [contentLength + 1];
  for (let extra = 1; extra <= 3; extra++) {
    const total = contentLength + 1 + extra;
    if (total >= 2 ** (4 + 8 * extra)) continue;
    const bytes = [(extra << 6) | (total & 0x0f)];
    for (let index = 0; index < extra; index++) bytes.push((total >>> (4 + 8 * index)) & 0xff);
    return bytes;
  }
  throw new RangeError(`an AML package of ${contentLength} bytes is too long`);
}

function packaged(op: Aml, content: Aml): Aml {
  return [...op, ...packageLength(content.length), ...content];
}

/** An integer constant in its shortest encoding (20.2.3). */
export function integer(value: number): Aml {
  if (value === 0) return [ZERO_OP];
  if (value === 1) return [ONE_OP];
  if (value <= 0xff) return [BYTE_PREFIX, value];
  if (value <= 0xffff) return [WORD_PREFIX, ...word(value)];
  return [DWORD_PREFIX, ...dword(value)];
}

/** A zero-terminated string constant. */
export function string(text: string): Aml {
  return [STRING_PREFIX, ...characters(text), 0];
}

/** `EisaId("PNP0A03")`: three letters of five bits and four hexadecimal digits, big-endian (19.6.37). */
export function eisaId(id: string): Aml {
  const letter = (index: number): number => id.charCodeAt(index) - 0x40;
  const vendor = (letter(0) << 10) | (letter(1) << 5) | letter(2);
  const product = parseInt(id.slice(3), 16);
  return [DWORD_PREFIX, vendor >> 8, vendor & 0xff, product >> 8, product & 0xff];
}

/** `Name(path, value)` */
export function name(path: string, value: Aml): Aml {
  return [NAME_OP, ...nameString(path), ...value];
}

/** `Scope(path) { … }` */
export function scope(path: string, ...terms: readonly Aml[]): Aml {
  return packaged([SCOPE_OP], [...nameString(path), ...terms.flat()]);
}

/** `Device(path) { … }` */
export function device(path: string, ...terms: readonly Aml[]): Aml {
  return packaged([EXT_OP_PREFIX, DEVICE_OP], [...nameString(path), ...terms.flat()]);
}

/** `Package() { … }`, at most 255 elements. */
export function packageOf(...elements: readonly Aml[]): Aml {
  return packaged([PACKAGE_OP], [elements.length, ...elements.flat()]);
}

/** `Buffer() { … }` */
export function buffer(bytes: Aml): Aml {
  return packaged([BUFFER_OP], [...integer(bytes.length), ...bytes]);
}

const END_TAG = [0x79, 0x00]; // checksum 0: "treat as correct" (6.4.2.9)

/** `ResourceTemplate() { … }` */
export function resourceTemplate(...descriptors: readonly Aml[]): Aml {
  return buffer([...descriptors.flat(), ...END_TAG]);
}

/** `IO(Decode16, base, base, 1, length)` (6.4.2.5) */
export function io(base: number, length: number): Aml {
  return [0x47, 0x01, ...word(base), ...word(base), 0x01, length];
}

/** `IRQNoFlags() {line}`: edge-triggered, active high (6.4.2.1). */
export function irq(line: number): Aml {
  return [0x22, ...word(1 << line)];
}

/** `DMA(Compatibility, NotBusMaster, Transfer8) {channel}` (6.4.2.2) */
export function dma(channel: number): Aml {
  return [0x2a, 1 << channel, 0x00];
}

const MIN_AND_MAX_FIXED = 0x0c;
const RESOURCE_MEMORY = 0;
const RESOURCE_IO = 1;
const RESOURCE_BUS = 2;
const IO_ENTIRE_RANGE = 0x03;
const MEMORY_READ_WRITE = 0x01;

function wordSpace(type: number, flags: number, first: number, last: number): Aml {
  const fields = [0, first, last, 0, last - first + 1].flatMap(word);
  return [0x88, ...word(3 + fields.length), type, MIN_AND_MAX_FIXED, flags, ...fields];
}

/** `WordBusNumber(…, first, last, …)` (6.4.3.5.3) */
export function busNumbers(first: number, last: number): Aml {
  return wordSpace(RESOURCE_BUS, 0, first, last);
}

/** `WordIO(…, first, last, …)`: a window of a bridge. */
export function ioWindow(first: number, last: number): Aml {
  return wordSpace(RESOURCE_IO, IO_ENTIRE_RANGE, first, last);
}

/** `DWordMemory(…, first, last, …)`: a window of a bridge, read-write, not cacheable (6.4.3.5.2). */
export function memoryWindow(first: number, last: number): Aml {
  const fields = [0, first, last, 0, last - first + 1].flatMap(dword);
  return [0x87, ...word(3 + fields.length), RESOURCE_MEMORY, MIN_AND_MAX_FIXED, MEMORY_READ_WRITE, ...fields];
}
