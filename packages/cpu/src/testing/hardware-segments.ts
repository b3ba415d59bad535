import type { StepMachine } from './step-machine';
import { PLACES } from './hardware-places';

/** Where the descriptor tables lie, linear and physical; supervisor pages. */
export const DESCRIPTOR_TABLES = { gdt: 0x60_0000, ldt: 0x60_1000 } as const;

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

type Descriptor = readonly [base: number, limit: number, attributes: number];

/** The recorder's local descriptor table (recorder.c, segments). All are accessed: the host's kernel sees to that. */
const LOCAL: readonly Descriptor[] = (
  [
    [PLACES.code, 0xffff, CODE | READABLE | PRESENT],
    [PLACES.data, 0xffff, DATA | WRITABLE | PRESENT],
    [PLACES.data + 0x800, 0x7ff, DATA | WRITABLE | PRESENT | BIG],
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

/** A 64-bit Linux kernel's global table, as far as user mode can see it. */
const GLOBAL: ReadonlyMap<number, Descriptor> = new Map([
  [0x08, [0, 0xfffff, 0xc09b]],
  [0x10, [0, 0xfffff, 0xa09b]],
  [0x18, [0, 0xfffff, 0xc093]],
  [0x20, [0, 0xfffff, 0xc0fb]],
  [0x28, [0, 0xfffff, 0xc0f3]],
]);
const GLOBAL_LIMIT = 16 * 8 - 1;

function writeDescriptor(machine: StepMachine, address: number, [base, limit, attributes]: Descriptor): void {
  const high =
    (base & 0xff00_0000) |
    ((attributes & 0xf000) << 8) |
    (limit & 0xf_0000) |
    ((attributes & 0xff) << 8) |
    ((base >>> 16) & 0xff);
  machine.memory.write32(address, ((base & 0xffff) << 16) | (limit & 0xffff));
  machine.memory.write32(address + 4, high);
}

export function writeDescriptorTables(machine: StepMachine): void {
  LOCAL.forEach((descriptor, n) => writeDescriptor(machine, DESCRIPTOR_TABLES.ldt + 8 * n, descriptor));
  for (const [at, descriptor] of GLOBAL) writeDescriptor(machine, DESCRIPTOR_TABLES.gdt + at, descriptor);
}

/** Points GDTR and LDTR to the tables. */
export function loadDescriptorTables(machine: StepMachine): void {
  machine.registers.setTable('gdtr', { base: DESCRIPTOR_TABLES.gdt, limit: GLOBAL_LIMIT });
  const limit = LOCAL.length * 8 - 1;
  machine.registers.setSegment('ldtr', {
    selector: 0x50,
    base: DESCRIPTOR_TABLES.ldt,
    limit,
    attributes: 0x82,
  });
}
