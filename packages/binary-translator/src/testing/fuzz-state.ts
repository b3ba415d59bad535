import type { Processor, SegmentName, SegmentRegister } from '@trapgate/cpu';
import type { PhysicalMemory } from '@trapgate/mmu';
import type { Random } from './random';

/** Where a fuzzed guest has its tables; all of RAM is its own. */
export const FUZZ = {
  ramBytes: 0x20_0000,
  vectors: 0,
  idt: 0x1000,
  gdt: 0x2000,
  ldt: 0x2800,
  tss: 0x3000,
  otherTss: 0x5800,
  handlers: 0x6000,
  /** Handlers of the interrupt vector table, 16-bit code. */
  realHandler: 0x7800,
  stack0: 0x9000,
  stack3: 0xb000,
  directory: 0xc000,
  tables: 0xd000,
  pdpt: 0xe000,
  code: 0x1_0000,
  codeBytes: 0x4000,
} as const;

const GDT_BYTES = 0x200;
const HANDLER_BYTES = 16;
const WITH_ERROR = new Set([8, 10, 11, 12, 13, 14, 17]);
const CR0 = {
  pe: 1,
  mp: 2,
  em: 4,
  ts: 8,
  et: 16,
  ne: 32,
  wp: 1 << 16,
  am: 1 << 18,
  pg: 0x8000_0000,
} as const;
const CR4 = {
  vme: 1,
  pvi: 2,
  tsd: 4,
  de: 8,
  pse: 16,
  pae: 32,
  pge: 128,
  pce: 256,
  fxsr: 512,
  xmm: 1024,
} as const;
const CR4_SMEP_SMAP = 3 << 20;
const EFLAGS = {
  tf: 0x100,
  if: 0x200,
  iopl: 0x3000,
  nt: 0x4000,
  vm: 0x2_0000,
  ac: 0x4_0000,
  vif: 0x8_0000,
  vip: 0x10_0000,
} as const;

export type FuzzMode = 'real' | 'virtual-8086' | '16-bit' | '32-bit' | 'flat';
export type FuzzPaging = 'off' | '32-bit' | 'pae';

/** What a guest is, besides its registers. */
export interface FuzzRecipe {
  readonly mode: FuzzMode;
  readonly cpl: 0 | 1 | 2 | 3;
  readonly paging: FuzzPaging;
}

function descriptor(base: number, limit: number, attributes: number): [number, number] {
  const low = ((base & 0xffff) << 16) | (limit & 0xffff);
  const high =
    (base & 0xff00_0000) |
    ((attributes & 0xf000) << 8) |
    (limit & 0xf_0000) |
    ((attributes & 0xff) << 8) |
    ((base >>> 16) & 0xff);
  return [low >>> 0, high >>> 0];
}

/** A random selector: often one that can be loaded. */
export function randomSelector(random: Random): number {
  if (random.chance(15)) return random.next() & 0xffff;
  return (
    (random.below(random.chance(70) ? 10 : GDT_BYTES / 8) << 3) |
    (random.chance(80) ? random.pick([0, 3]) : random.below(8))
  );
}

/** Flat segments of every level, TSSs and an LDT in fixed places; the rest at random, gates among them. */
function writeDescriptors(memory: PhysicalMemory, random: Random): void {
  const put = (n: number, [low, high]: readonly [number, number]): void => {
    memory.write32(FUZZ.gdt + 8 * n, low);
    memory.write32(FUZZ.gdt + 8 * n + 4, high);
  };
  put(0, [0, 0]);
  for (let level = 0; level < 4; level++) {
    put(1 + 2 * level, descriptor(0, 0xf_ffff, 0xc09a | (level << 5)));
    put(2 + 2 * level, descriptor(0, 0xf_ffff, 0xc092 | (level << 5)));
  }
  put(9, descriptor(FUZZ.tss, 0x206f, 0x89));
  put(10, descriptor(FUZZ.otherTss, 0x67, 0x89));
  put(11, descriptor(FUZZ.ldt, 0x7ff, 0x82));
  for (let n = 12; n < GDT_BYTES / 8; n++) {
    const attributes = random.chance(80) ? (random.next() & 0xd0ff) | 0x80 : random.next() & 0xffff;
    if (random.chance(50)) put(n, descriptor(random.below(0x2_0000), random.below(0x2_0000), attributes));
    else
      put(n, [
        ((random.below(12) << 19) | (FUZZ.code + random.below(0x1000))) >>> 0,
        ((attributes & 0xff) << 8) >>> 0,
      ]);
  }
  for (let n = 0; n < 64; n++) {
    const [low, high] = descriptor(
      random.below(0x2_0000),
      random.below(0x10_0000),
      (random.next() & 0xf0ff) | 0x90,
    );
    memory.write32(FUZZ.ldt + 8 * n, low);
    memory.write32(FUZZ.ldt + 8 * n + 4, high);
  }
}

/** Most handlers step over a byte of what faulted and return, so that most exceptions leave the guest running. */
function writeHandlers(memory: PhysicalMemory, random: Random): void {
  for (let vector = 0; vector < 256; vector++) {
    const at = FUZZ.handlers + HANDLER_BYTES * vector;
    const code = [
      ...(WITH_ERROR.has(vector) ? [0x83, 0xc4, 4] : []),
      ...(vector < 32 ? [0xff, 0x04, 0x24] : []),
      0xcf,
    ];
    memory.writeBytes(at, Uint8Array.from(code));
    let [low, high] = [(0x08 << 16) | (at & 0xffff), (at & 0xffff_0000) | 0xee00];
    if (random.chance(4)) [low, high] = [random.next(), random.next()];
    else if (random.chance(3)) [low, high] = [0x50 << 16, 0xe500];
    memory.write32(FUZZ.idt + 8 * vector, low >>> 0);
    memory.write32(FUZZ.idt + 8 * vector + 4, high >>> 0);
    memory.write32(FUZZ.vectors + 4 * vector, FUZZ.realHandler);
  }
  // push bp; mov bp, sp; inc word [bp + 2]; pop bp; iret
  memory.writeBytes(FUZZ.realHandler, Uint8Array.of(0x55, 0x89, 0xe5, 0xff, 0x46, 0x02, 0x5d, 0xcf));
}

function writeTasks(memory: PhysicalMemory, random: Random): void {
  for (const tss of [FUZZ.tss, FUZZ.otherTss]) {
    for (let at = 0; at < 104; at += 4) memory.write32(tss + at, random.chance(70) ? 0 : random.next());
    for (let level = 0; level < 3; level++) {
      memory.write32(tss + 4 + 8 * level, FUZZ.stack0 - 0x200 * level);
      memory.write32(tss + 8 + 8 * level, (0x10 + 0x10 * level) | level);
    }
    memory.write32(tss + 32, FUZZ.code + random.below(FUZZ.codeBytes));
    memory.write32(tss + 36, random.next() & 0x3f_7fd7);
    for (let n = 0; n < 6; n++) memory.write32(tss + 72 + 4 * n, n === 1 ? 0x08 : 0x10);
    memory.write32(tss + 56, FUZZ.stack3);
    memory.write32(tss + 96, 0);
    memory.write32(tss + 100, ((tss === FUZZ.tss ? 136 : 104) << 16) | (random.chance(90) ? 0 : 1));
  }
  for (let at = 104; at < 0x2070; at += 4)
    memory.write32(FUZZ.tss + at, random.chance(60) ? 0 : random.next());
}

/** Page n, of 2 MB mapped again and again; tables, handlers and stacks mostly where they belong. */
function pageEntry(random: Random, page: number): number {
  if (page < 0x14 && random.chance(98)) return (page << 12) | 7;
  if (random.chance(5)) return random.next();
  const frame = random.chance(85) ? page : random.below(0x240);
  return (
    ((frame << 12) |
      (random.chance(95) ? 1 : 0) |
      (random.chance(80) ? 2 : 0) |
      (random.chance(80) ? 4 : 0) |
      (random.chance(20) ? 0x100 : 0)) >>>
    0
  );
}

function writePaging(memory: PhysicalMemory, random: Random, paging: FuzzPaging): void {
  if (paging === '32-bit') {
    for (let region = 0; region < 1024; region++) {
      const table = random.chance(10) ? random.next() : FUZZ.tables | 7;
      memory.write32(
        FUZZ.directory + 4 * region,
        region === 0 || random.chance(40) ? (region ? table >>> 0 : FUZZ.tables | 7) : 0,
      );
    }
    for (let page = 0; page < 1024; page++)
      memory.write32(FUZZ.tables + 4 * page, pageEntry(random, page & 0x1ff));
  } else if (paging === 'pae') {
    for (let n = 0; n < 4; n++) memory.write32(FUZZ.pdpt + 8 * n, FUZZ.directory | 1);
    for (let region = 0; region < 512; region++) {
      const usual = random.chance(10) ? (random.next() & 0x1f_ffff) | 0x81 : FUZZ.tables | 7;
      memory.write32(
        FUZZ.directory + 8 * region,
        region === 0 ? FUZZ.tables | 7 : random.chance(50) ? usual : 0,
      );
      memory.write32(FUZZ.directory + 8 * region + 4, region > 0 && random.chance(3) ? random.next() : 0);
    }
    for (let page = 0; page < 512; page++) {
      memory.write32(FUZZ.tables + 8 * page, pageEntry(random, page));
      memory.write32(FUZZ.tables + 8 * page + 4, page > 0x14 && random.chance(4) ? 0x8000_0000 : 0);
    }
  }
}

/** Writes a guest's tables and handlers. */
export function writeTables(memory: PhysicalMemory, random: Random, recipe: FuzzRecipe): void {
  writeDescriptors(memory, random);
  writeHandlers(memory, random);
  writeTasks(memory, random);
  writePaging(memory, random, recipe.paging);
}

function randomFlags(random: Random): number {
  let flags = (random.next() & 0x8d5) | 2;
  for (const bit of [EFLAGS.if, EFLAGS.iopl, 0x400]) if (random.chance(50)) flags |= bit & random.next();
  for (const bit of [EFLAGS.tf, EFLAGS.nt, EFLAGS.ac, EFLAGS.vif, EFLAGS.vip])
    if (random.chance(6)) flags |= bit;
  return flags;
}

function controlRegisters(processor: Processor, random: Random, { mode, paging }: FuzzRecipe): void {
  const { registers } = processor;
  let cr4 = CR4.fxsr | CR4.xmm;
  for (const bit of [CR4.vme, CR4.pvi, CR4.tsd, CR4.de, CR4.pse, CR4.pge, CR4.pce])
    if (random.chance(40)) cr4 |= bit;
  if (random.chance(15)) cr4 |= CR4_SMEP_SMAP & random.next();
  if (paging === 'pae') cr4 |= CR4.pae;
  registers.cr4 = cr4;
  let cr0 = CR0.et | (mode === 'real' ? 0 : CR0.pe);
  for (const bit of [CR0.mp, CR0.ne, CR0.wp, CR0.am]) if (random.chance(50)) cr0 |= bit;
  for (const bit of [CR0.em, CR0.ts]) if (random.chance(10)) cr0 |= bit;
  registers.cr3 = paging === 'pae' ? FUZZ.pdpt : FUZZ.directory;
  for (let n = 0; n < 4; n++) registers.setPageDirectoryPointer(n, BigInt(FUZZ.directory | 1));
  registers.cr0 = (cr0 | (paging === 'off' || mode === 'real' ? 0 : CR0.pg)) >>> 0;
}

const DATA_SEGMENTS: readonly SegmentName[] = ['ds', 'es', 'fs', 'gs'];

/** A data segment as the mode has it; in '16-bit' and '32-bit' of any base, limit and type. */
function dataSegment(random: Random, { mode, cpl }: FuzzRecipe, stack: boolean): SegmentRegister {
  if (mode === 'real' || mode === 'virtual-8086') {
    const selector = stack || random.chance(70) ? 0 : random.below(0x2000);
    return { selector, base: selector << 4, limit: 0xffff, attributes: mode === 'real' ? 0x93 : 0xf3 };
  }
  const selector = (0x10 + 0x10 * cpl) | cpl;
  const flat = { selector, base: 0, limit: 0xffff_ffff, attributes: 0xc093 | (cpl << 5) };
  if (mode === 'flat' || (stack && random.chance(70))) return flat;
  const attributes = (random.chance(70) ? 0x4093 : 0x4091 | (random.next() & 0x4006)) | (cpl << 5);
  return { selector, base: random.below(0x8000), limit: random.below(0x4_0000), attributes };
}

/** Loads all registers for a recipe, consistent but random; EIP somewhere in the code. */
export function enterRandomState(processor: Processor, random: Random, recipe: FuzzRecipe): void {
  const { registers } = processor;
  const { mode, cpl } = recipe;
  controlRegisters(processor, random, recipe);
  registers.setTable('gdtr', { base: FUZZ.gdt, limit: GDT_BYTES - 1 });
  registers.setTable('idtr', mode === 'real' ? { base: 0, limit: 0x3ff } : { base: FUZZ.idt, limit: 0x7ff });
  registers.setSegment('tr', { selector: 0x48, base: FUZZ.tss, limit: 0x206f, attributes: 0x8b });
  registers.setSegment('ldtr', { selector: 0x58, base: FUZZ.ldt, limit: 0x7ff, attributes: 0x82 });
  let flags = randomFlags(random);
  if (mode === 'virtual-8086') flags |= EFLAGS.vm;
  registers.eflags = flags;
  for (const name of DATA_SEGMENTS) registers.setSegment(name, dataSegment(random, recipe, false));
  registers.setSegment('ss', dataSegment(random, recipe, true));
  const narrow = mode === 'real' || mode === 'virtual-8086';
  const eip = random.below(FUZZ.codeBytes);
  if (narrow) {
    const attributes = mode === 'real' ? 0x9b : 0xf3;
    registers.setSegment('cs', { selector: FUZZ.code >> 4, base: FUZZ.code, limit: 0xffff, attributes });
    registers.eip = eip;
    registers.esp = FUZZ.stack3;
  } else {
    const attributes = (mode === '16-bit' ? 0x009b : 0xc09b) | (cpl << 5);
    const limit = mode === '16-bit' ? FUZZ.code + 0xffff : 0xffff_ffff;
    registers.setSegment('cs', { selector: (0x08 + 0x10 * cpl) | cpl, base: 0, limit, attributes });
    registers.eip = FUZZ.code + eip;
    registers.esp = cpl === 0 ? FUZZ.stack0 : FUZZ.stack3;
  }
  const place = (): number => (random.chance(70) ? 0x8000 + random.below(0x2_0000) : random.next());
  for (const name of ['eax', 'ebx', 'edx', 'esi', 'edi', 'ebp'] as const) registers[name] = place();
  registers.ecx = random.below(0x200);
}
