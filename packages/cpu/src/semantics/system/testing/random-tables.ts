import type { PhysicalMemory } from '@trapgate/mmu';
import { FLAG, writeFlags } from '../../../state/flags';
import { AT, GPR, SEGMENT } from '../../../state/layout';
import { CR0, CR4, setCpl, updateMode } from '../../../state/mode';
import type { ProcessorState } from '../../../state/processor-state';
import { setSegment } from '../../../system/descriptors';
import type { SystemContext } from '../../../system/context';
import type { Random } from '../../../translator/testing/random';
import { PLACE } from '../../../translator/testing/two-engines';

/** Where the tables and stacks lie: in the page that only a supervisor may access, and in ordinary ones. */
export const TABLES = {
  gdt: 0xe000,
  gdtBytes: 0x80,
  ldt: 0xe100,
  ldtBytes: 0x40,
  tss: 0xe200,
  idt: 0xe400,
  vectors: 16,
  stack0: 0xe800,
  stack: 0xa800,
} as const;

/** Selectors of descriptors that are as operating systems have them. */
export const ORDINARY = {
  code0: 0x08,
  data0: 0x10,
  code3: 0x1b,
  data3: 0x23,
  thread: 0x33,
  local: 0x07,
} as const;
const ORDINARY_DESCRIPTORS: readonly (readonly [low: number, high: number])[] = [
  [0, 0],
  [0x0000_ffff, 0x00cf_9b00],
  [0x0000_ffff, 0x00cf_9300],
  [0x0000_ffff, 0x00cf_fb00],
  [0x0000_ffff, 0x00cf_f300],
  [0, 0],
  [0x8000_ffff, 0x00df_f300],
];
/** A descriptor's P, DPL, S, type, G, D, L, AVL and limit, one of which a random one has otherwise. */
const TWISTS = [
  0x8000, 0x2000, 0x4000, 0x6000, 0x1000, 0x100, 0x200, 0x400, 0x800, 0x10_0000, 0x20_0000, 0x40_0000,
  0x80_0000, 0x1_0000, 0x100_0000, 1,
];

export interface TableOptions {
  readonly cpl: number;
  /** Everything is as an operating system would have it. */
  readonly ordinary: boolean;
}

/** Gives a processor random descriptor tables, gates, task segment, stacks and flags, and enters a privilege level. */
export class RandomTables {
  constructor(
    private readonly context: SystemContext,
    private readonly memory: PhysicalMemory,
    private readonly random: Random,
  ) {}

  private get state(): ProcessorState {
    return this.context.state;
  }

  private put(address: number, [low, high]: readonly [number, number]): void {
    this.memory.write32(address, low);
    this.memory.write32(address + 4, high);
  }

  private descriptor(): readonly [number, number] {
    const { random } = this;
    const [low, high] = random.pick(ORDINARY_DESCRIPTORS.slice(1));
    const twist = (value: number): number => value ^ (random.chance(40) ? random.pick(TWISTS) : 0);
    return [random.chance(90) ? low : random.next(), random.chance(90) ? twist(high) : random.next()];
  }

  /** An EIP that is not mapped, cut to 16 bits either: the interpreter looks there when it has been reached. */
  private target(): number {
    return (this.random.next() & ~0xf000) >>> 0;
  }

  selector(): number {
    const { random } = this;
    if (random.chance(75)) return random.pick(Object.values(ORDINARY));
    return random.chance(80) ? random.below(0xa0) : random.next() & 0xffff;
  }

  /** A stack pointer: with room, at a page's end, or anywhere. */
  private stack(usual: number, ordinary: boolean): number {
    const { random } = this;
    if (ordinary || random.chance(80)) return usual - 4 * random.below(64);
    return random.chance(70) ? usual + 0x800 - random.below(40) : random.next();
  }

  private writeTables(ordinary: boolean): void {
    const { random } = this;
    for (let n = 0; n < TABLES.gdtBytes / 8; n++) {
      const usual = ORDINARY_DESCRIPTORS[n];
      const twisted = !usual || (!ordinary && n > 0 && random.chance(15));
      this.put(TABLES.gdt + 8 * n, twisted ? this.descriptor() : usual);
    }
    for (let n = 0; n < TABLES.ldtBytes / 8; n++)
      this.put(TABLES.ldt + 8 * n, n === 0 ? ORDINARY_DESCRIPTORS[6]! : this.descriptor());
    for (let n = 0; n < TABLES.vectors; n++) this.put(TABLES.idt + 8 * n, this.gate(ordinary));
    this.memory.write32(TABLES.tss + 4, this.stack(TABLES.stack0, ordinary));
    this.memory.write16(TABLES.tss + 8, ordinary || random.chance(80) ? ORDINARY.data0 : this.selector());
    this.memory.write32(TABLES.tss + 12, this.stack(TABLES.stack0, ordinary));
    this.memory.write16(TABLES.tss + 16, this.selector());
  }

  private gate(ordinary: boolean): readonly [number, number] {
    const { random } = this;
    const selector = ordinary || random.chance(75) ? ORDINARY.code0 : this.selector();
    const offset = this.target();
    const kind = random.pick([0x8e00, 0x8f00, 0xee00, 0xef00]);
    const access = ordinary ? kind | 0x6000 : random.chance(85) ? kind : random.next() & 0x8f00;
    return [((selector << 16) | (offset & 0xffff)) >>> 0, ((offset & 0xffff_0000) | access) >>> 0];
  }

  private loadSegments(cpl: number, ordinary: boolean): void {
    const { context, random } = this;
    const dpl = cpl << 5;
    const data = cpl === 3 ? ORDINARY.data3 : ORDINARY.data0;
    setSegment(context, SEGMENT.cs, cpl === 3 ? ORDINARY.code3 : ORDINARY.code0 | cpl, 0, -1, 0xc09b | dpl);
    setSegment(context, SEGMENT.ss, data | cpl, 0, -1, 0xc093 | dpl);
    for (const segment of [SEGMENT.es, SEGMENT.ds, SEGMENT.fs, SEGMENT.gs]) {
      const odd = !ordinary && random.chance(segment === SEGMENT.es || segment === SEGMENT.ds ? 8 : 30);
      const level = ordinary || random.chance(80) ? 3 : random.below(4);
      if (odd) setSegment(context, segment, 0, 0, 0, 0);
      else setSegment(context, segment, ORDINARY.data3, 0, -1, 0xc093 | (level << 5));
    }
    const { state } = this;
    setSegment(
      context,
      SEGMENT.tr,
      0x28,
      TABLES.tss,
      ordinary || random.chance(90) ? 0x67 : random.below(20),
      0x8b,
    );
    if (!ordinary && random.chance(10)) state.set32(AT.segmentAttributes + 4 * SEGMENT.tr, 0x83);
    const ldt = ordinary || random.chance(80) ? 0x82 : 0;
    setSegment(context, SEGMENT.ldtr, 0x30, TABLES.ldt, TABLES.ldtBytes - 1, ldt);
  }

  private loadControl({ cpl, ordinary }: TableOptions): void {
    const { state, random } = this;
    const rare = (bits: number): number => (!ordinary && random.chance(6) ? bits : 0);
    state.set32(AT.cr0, CR0.pe | CR0.pg | CR0.wp | CR0.et | rare(CR0.am));
    state.set32(AT.cr4, rare(CR4.smap));
    state.set32(AT.cr3, PLACE.pageDirectory);
    state.set32(AT.gdtrBase, TABLES.gdt);
    state.set32(AT.gdtrLimit, ordinary || random.chance(85) ? TABLES.gdtBytes - 1 : random.below(0x80));
    state.set32(AT.idtrBase, TABLES.idt);
    state.set32(AT.idtrLimit, TABLES.vectors * 8 - 1);
    state.set32(AT.sysenterCs, ordinary || random.chance(90) ? ORDINARY.code0 : random.next() & 0xffff);
    state.set32(AT.sysenterEsp, random.next());
    state.set32(AT.sysenterEip, random.next());
    state.set32(AT.dr + 56, 0x400 | rare(2));
    state.set32(AT.nmiBlocked, rare(1));
    state.set32(AT.interruptPending, ordinary ? 0 : random.below(2));
    const flags = random.next() & ((0xfd5 & ~FLAG.tf) | FLAG.iopl | FLAG.id | FLAG.rf);
    writeFlags(state, flags | 2 | rare(FLAG.nt) | rare(FLAG.ac) | rare(FLAG.tf));
    setCpl(state, cpl);
    updateMode(state);
    const aligned = cpl === 3 && (state.i32(AT.cr0) & CR0.am) !== 0 && (state.i32(AT.eflags) & FLAG.ac) !== 0;
    state.set32(AT.alignmentCheck, aligned ? 1 : 0);
  }

  /** What IRET and POP find on the stack. */
  private writeFrame(esp: number, { cpl, ordinary }: TableOptions): void {
    const { memory, random } = this;
    if (esp > 0xf000 - 20 || esp < 0x8000) return;
    const outer = random.chance(50);
    const [code, data] =
      outer || cpl === 3 ? [ORDINARY.code3, ORDINARY.data3] : [ORDINARY.code0, ORDINARY.data0];
    const choose = (usual: number): number => (ordinary || random.chance(85) ? usual : this.selector());
    const flags = (random.next() & 0x27_7ed5) | 2;
    const odd = ordinary ? 0 : random.chance(10) ? random.pick([FLAG.vm, FLAG.tf, FLAG.ac, FLAG.nt]) : 0;
    memory.write32(esp, this.target());
    memory.write32(esp + 4, choose(code) | (random.next() << 16));
    memory.write32(esp + 8, (flags & ~(FLAG.vm | FLAG.tf | FLAG.ac | (ordinary ? FLAG.nt : 0))) | odd);
    memory.write32(esp + 12, random.next());
    memory.write32(esp + 16, choose(data) | (random.next() << 16));
  }

  /** Everything anew; returns the stack pointer. */
  make(options: TableOptions): number {
    const { state, random } = this;
    this.writeTables(options.ordinary);
    this.loadSegments(options.cpl, options.ordinary);
    this.loadControl(options);
    for (let n = 0; n < 8; n++) state.set32(AT.gpr + 8 * n, random.next());
    const esp = this.stack(TABLES.stack, options.ordinary);
    state.set32(AT.gpr + 8 * GPR.esp, esp);
    this.writeFrame(esp >>> 0, options);
    return esp;
  }
}
