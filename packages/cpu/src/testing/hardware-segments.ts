import { PLACES, SMALL_SEGMENT } from './hardware-places';

/** A descriptor's base, limit field and attributes (bits 55..40, as in the state's segmentAttributes). */
export type Descriptor = readonly [base: number, limit: number, attributes: number];

const DATA = 0x10;
const CODE = 0x18;
const ACCESSED = 1;
const WRITABLE = 2;
const READABLE = 2;
const EXPAND_DOWN = 4;
const PRESENT = 0x80;
const USER = 0x60;
const BIG = 0x4000;
const GRANULAR = 0x8000;

/** The recorder's local descriptor table (recorder.c, segments). All are accessed: the host's kernel sees to that. */
export const LOCAL_TABLE: readonly Descriptor[] = (
  [
    [PLACES.code, 0xffff, CODE | READABLE | PRESENT],
    [PLACES.data, 0xffff, DATA | WRITABLE | PRESENT],
    [SMALL_SEGMENT.base, SMALL_SEGMENT.limit, DATA | WRITABLE | PRESENT | BIG],
    [PLACES.data, 0x3fff, DATA | PRESENT | BIG],
    [PLACES.code, 0x1fff, CODE | PRESENT | BIG],
    [PLACES.code, 0x1fff, CODE | READABLE | PRESENT | BIG],
    [PLACES.data, 0xffff, DATA | WRITABLE | BIG],
    [PLACES.data, 0xfff, DATA | WRITABLE | EXPAND_DOWN | PRESENT | BIG],
    [PLACES.data, 0xfff, DATA | WRITABLE | EXPAND_DOWN | PRESENT],
    [PLACES.code, 0xffff, CODE | READABLE | BIG],
    [0, 0xfffff, CODE | READABLE | PRESENT | BIG | GRANULAR],
  ] as const
).map(([base, limit, attributes]) => [base, limit, attributes | USER | ACCESSED]);

/** Selectors of {@link GLOBAL_TABLE}. */
export const SELECTOR = { kernelCode: 0x08, kernelData: 0x18, userCode: 0x23, userData: 0x2b } as const;

/** A 64-bit Linux kernel's global table, as far as user mode can see it. */
export const GLOBAL_TABLE: ReadonlyMap<number, Descriptor> = new Map([
  [0x08, [0, 0xfffff, 0xc09b]],
  [0x10, [0, 0xfffff, 0xa09b]],
  [0x18, [0, 0xfffff, 0xc093]],
  [0x20, [0, 0xfffff, 0xc0fb]],
  [0x28, [0, 0xfffff, 0xc0f3]],
]);
export const GLOBAL_LIMIT = 16 * 8 - 1;

/** The two words of a descriptor in memory. */
export function descriptorWords([base, limit, attributes]: Descriptor): readonly [low: number, high: number] {
  const high =
    (base & 0xff00_0000) |
    ((attributes & 0xf000) << 8) |
    (limit & 0xf_0000) |
    ((attributes & 0xff) << 8) |
    ((base >>> 16) & 0xff);
  return [(((base & 0xffff) << 16) | (limit & 0xffff)) >>> 0, high >>> 0];
}
