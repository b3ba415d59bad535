import { spaces, type AssembledKernel, type KernelOptions } from './guest-kernel';
import { PLACE, SELECTOR, SPACE_BYTES } from './guest-places';
import type { Random } from './random';

const ENTRY = { present: 1, writable: 2, user: 4, large: 0x80, global: 0x100 } as const;
const NO_EXECUTE = 0x8000_0000;
const PAGE = 0x1000;
const PAGES = PLACE.ramBytes / PAGE;

/** Access byte, limit, base, and flags (bits 55..52) of the descriptors, from selector 8. */
const DESCRIPTORS: readonly (readonly [access: number, limit: number, base: number, flags: number])[] = [
  [0x9b, 0xfffff, 0, 0xc],
  [0x93, 0xfffff, 0, 0xc],
  [0xfb, 0xfffff, 0, 0xc],
  [0xf3, 0xfffff, 0, 0xc],
  [0x89, 0x67, PLACE.tables + 0xa00, 0],
  [0xf3, 0xffff, PLACE.data, 4],
  [0xf3, PLACE.dataEnd - 0x8001, 0, 4],
  [0x9f, 0xffff, PLACE.code, 0],
];
/** Breakpoint, overflow and system call: gates of CPL 3. */
const OPEN_VECTORS = [3, 4, 0x80];

function writeTables(view: DataView, kernel: AssembledKernel): void {
  const { tables } = PLACE;
  for (const [vector, handler] of kernel.vectors) {
    const trap = vector < 0x20 && vector % 2 === 1 && vector !== 1;
    const access = (trap ? 0x8f : 0x8e) | (OPEN_VECTORS.includes(vector) ? 0x60 : 0);
    view.setUint32(tables + 8 * vector, (SELECTOR.kernelCode << 16) | (handler & 0xffff), true);
    view.setUint32(tables + 8 * vector + 4, (handler & 0xffff_0000) | (access << 8), true);
  }
  DESCRIPTORS.forEach(([access, limit, base, flags], n) => {
    const at = tables + 0x800 + 8 * (n + 1);
    view.setUint32(at, ((base & 0xffff) << 16) | (limit & 0xffff), true);
    const high = ((base >>> 16) & 0xff) | (access << 8) | (limit & 0xf_0000) | (flags << 20);
    view.setUint32(at + 4, high, true);
  });
  view.setUint32(tables + 0xa04, PLACE.kernelStackTop, true);
  view.setUint32(tables + 0xa08, SELECTOR.kernelStack, true);
  view.setUint16(tables + 0xa66, 0x68, true);
}

/** Rights of a page of the first MB; 0: not mapped. */
function rights(address: number, options: KernelOptions, random: Random): number {
  const { present, writable, user } = ENTRY;
  const kernel = present | (options.global ? ENTRY.global : 0);
  if (address < PLACE.tables) return 0;
  if (address === PLACE.kernelCode || address === PLACE.kernelCode + PAGE) return kernel;
  if (address < PLACE.variables) return kernel | writable;
  if (address >= PLACE.pageTables && address < PLACE.code) return kernel | writable;
  if (address >= PLACE.video && address < PLACE.video + 0x2_0000) return present | writable | user;
  if (address >= PLACE.stackTop) return 0;
  const all = present | writable | user;
  const isCode = address < PLACE.data && address > PLACE.code;
  if (isCode) return random.chance(85) ? all : random.pick([present | user, present | writable]);
  const isData = address >= PLACE.data && address < PLACE.dataEnd;
  return isData && random.chance(20) ? random.pick([0, present | user, present | writable, user]) : all;
}

const mayBeData = (address: number): boolean => address >= PLACE.data && address < PLACE.stackTop;

/** Physical pages of the first MB's linear ones, by number: those of the program are in no order. */
function scatteredPages(random: Random): number[] {
  const physical = Array.from({ length: PAGES }, (_, n) => n);
  for (const [first, end] of [
    [PLACE.code / PAGE, PLACE.codeEnd / PAGE],
    [PLACE.data / PAGE, PLACE.dataEnd / PAGE],
    [PLACE.stack / PAGE, PLACE.stackTop / PAGE],
  ] as const) {
    if (random.chance(25)) continue;
    for (let n = end - 1; n > first; n--) {
      const other = first + random.below(n - first + 1);
      [physical[n], physical[other]] = [physical[other]!, physical[n]!];
    }
  }
  return physical;
}

/** One address space: its directory, the table of the first MB and the one of its alias. */
function writeSpace(
  view: DataView,
  space: number,
  options: KernelOptions,
  pages: readonly number[],
  random: Random,
): void {
  const pae = options.paging === 'pae';
  const size = pae ? 8 : 4;
  const put = (table: number, index: number, low: number, high = 0): void => {
    view.setUint32(table + size * index, low, true);
    if (pae) view.setUint32(table + size * index + 4, high, true);
  };
  const directory = PLACE.pageTables + space * SPACE_BYTES;
  const all = ENTRY.present | ENTRY.writable | ENTRY.user;
  put(directory, 0, (directory + PAGE) | all);
  put(directory, pae ? 2 : 1, (directory + 2 * PAGE) | all);
  put(directory, pae ? 4 : 2, all | ENTRY.large);
  const physical = pages.map((page) => page * PAGE);
  const swap = (first: number): void => {
    const [a, b] = [first + 1 + random.below(7), first + 1 + random.below(7)];
    [physical[a], physical[b]] = [physical[b]!, physical[a]!];
  };
  if (space === 1 && random.chance(60)) swap(PLACE.code / PAGE);
  if (random.chance(30)) swap(PLACE.data / PAGE);
  for (const table of [1, 2]) {
    if (table === 2 && random.chance(50)) swap(PLACE.code / PAGE);
    for (let n = 0; n < PAGES; n++) {
      const may = rights(n * PAGE, options, random);
      const at = physical[n]!;
      const noExecute = mayBeData(n * PAGE) && random.chance(50) ? NO_EXECUTE : 0;
      if (may !== 0 || mayBeData(n * PAGE)) put(directory + table * PAGE, n, at | may, noExecute);
    }
  }
}

function writePageTables(
  view: DataView,
  options: KernelOptions,
  pages: readonly number[],
  random: Random,
): void {
  for (const space of [0, 1]) {
    writeSpace(view, space, options, pages, random);
    if (options.paging === 'pae') {
      const [first, xor] = spaces('pae');
      const pointers = space === 0 ? first : first ^ xor;
      view.setUint32(pointers, (PLACE.pageTables + space * SPACE_BYTES) | ENTRY.present, true);
    }
  }
}

/** Data that instructions make something of: small numbers, floating point of all sizes, and noise. */
function writeData(view: DataView, random: Random): void {
  for (let at: number = PLACE.data; at < PLACE.dataEnd; at += 8) {
    const kind = random.below(6);
    if (kind === 0) view.setFloat64(at, (random.below(2000) - 1000) / 8, true);
    else if (kind === 1) view.setFloat32(at, random.below(1000) / 4, true);
    else if (kind === 2) view.setUint32(at, random.below(100), true);
    else if (kind === 3) view.setBigUint64(at, 0x8000_0000_0000_0000n, true);
    else view.setBigUint64(at, (BigInt(random.next()) << 32n) | BigInt(random.next()), true);
  }
}

/** All RAM of the guest at power-on. */
export function guestImage(
  kernel: AssembledKernel,
  options: KernelOptions,
  program: Uint8Array,
  random: Random,
): Uint8Array {
  const image = new Uint8Array(PLACE.ramBytes);
  const view = new DataView(image.buffer);
  writeData(view, random);
  writeTables(view, kernel);
  image.set(kernel.bytes, PLACE.kernelCode);
  if (options.paging === 'none') {
    image.set(program, PLACE.code);
    return image;
  }
  const pages = scatteredPages(random);
  writePageTables(view, options, pages, random);
  for (let at = 0; at < program.length; at += PAGE)
    image.set(program.subarray(at, at + PAGE), pages[(PLACE.code + at) / PAGE]! * PAGE);
  return image;
}
