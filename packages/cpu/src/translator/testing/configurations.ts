import { ProcessorRegisters, type SegmentName } from '../../processor-registers';
import { FLAG } from '../../state/flags';
import { AT, GPR, SEGMENT } from '../../state/layout';
import { CR0, CR4 } from '../../state/mode';
import type { ProcessorState } from '../../state/processor-state';
import type { Random } from './random';
import { PLACE } from './two-engines';

/** Base, limit and attributes of the segments; selectors do not matter to what is tested. */
type Segments = Readonly<
  Record<
    Exclude<SegmentName, 'ldtr' | 'tr' | 'cs'>,
    readonly [base: number, limit: number, attributes: number]
  >
>;

/** Code size, privilege and segments that instructions are tried under. */
export interface Configuration {
  readonly name: string;
  readonly codeSize: 16 | 32;
  readonly cpl: 0 | 3;
  /** CS is flat too. */
  readonly flat: boolean;
  readonly segments: Segments;
}

const DATA32 = 0xc093;
const DATA16 = 0x0093;
const EXPAND_DOWN = 0xc097;
const DPL3 = 0x60;
const ALL = 0xffff_ffff;

const flat = (dpl: number): Segments =>
  Object.fromEntries(
    ['es', 'ss', 'ds', 'fs', 'gs'].map((name) => [name, [0, ALL, DATA32 | dpl]]),
  ) as unknown as Segments;

/** Limits cut through the data pages; GS is unusable. */
const general = (stack: number): Segments => ({
  ds: [0x4000, 0xb7ff, DATA32],
  es: [0x4000, 0x5fff, EXPAND_DOWN],
  ss: [0x2000, 0xd7ff, stack],
  fs: [0x8000, 0x3fff, 0x4091],
  gs: [0, 0, 0],
});

export const CONFIGURATIONS: readonly Configuration[] = [
  { name: 'flat 32-bit code, CPL 0', codeSize: 32, cpl: 0, flat: true, segments: flat(0) },
  { name: 'flat 32-bit code, CPL 3', codeSize: 32, cpl: 3, flat: true, segments: flat(DPL3) },
  { name: '32-bit code, segments with limits', codeSize: 32, cpl: 0, flat: false, segments: general(DATA32) },
  { name: '32-bit code, 16-bit stack', codeSize: 32, cpl: 0, flat: false, segments: general(DATA16) },
  { name: '16-bit code', codeSize: 16, cpl: 0, flat: false, segments: general(DATA16) },
];

/** Ready to execute code at a linear address: segment registers, EIP, page tables, no fault pending. */
export function enter(state: ProcessorState, configuration: Configuration, linear: number): void {
  const registers = new ProcessorRegisters(state, () => undefined);
  const { cpl, codeSize } = configuration;
  const base = configuration.flat ? 0 : linear & ~0xfff;
  const selector = (n: number): number => n * 8 + cpl;
  const code = (codeSize === 32 ? 0xc09b : 0x809b) | (cpl << 5);
  registers.setSegment('cs', {
    selector: selector(1),
    base,
    limit: configuration.flat ? ALL : 0xffff,
    attributes: code,
  });
  for (const [name, [segmentBase, limit, attributes]] of Object.entries(configuration.segments)) {
    const n = SEGMENT[name as SegmentName];
    registers.setSegment(name as SegmentName, {
      selector: selector(n + 2),
      base: segmentBase,
      limit,
      attributes,
    });
  }
  state.set32(AT.rip, linear - base);
  state.set32(AT.cr3, PLACE.pageDirectory);
  state.set32(AT.faulted, 0);
}

const PAGE_SIZE = 0x1000;

/** A linear address in the data pages, often near a page's end. */
export function dataAddress(random: Random): number {
  const page = PLACE.data + random.pick([0, 1, 2, 3, 3, 4, 5, 6, 7]) * PAGE_SIZE;
  if (random.chance(25)) return page + PAGE_SIZE - random.below(17);
  return page + random.below(PAGE_SIZE);
}

function value(random: Random, base: number): number {
  const kind = random.below(100);
  if (kind < 50) return dataAddress(random) - base;
  if (kind < 75) return random.below(16);
  return kind < 85 ? -random.below(16) : random.next();
}

/** Random registers, flags, x87 and SSE state; addresses are such that many accesses succeed. */
export function randomize(state: ProcessorState, configuration: Configuration, random: Random): void {
  const { segments } = configuration;
  for (let n = 0; n < 16; n++) state.set32(AT.gpr + 4 * n, random.next());
  for (let n = 0; n < 8; n++) state.set32(AT.gpr + 8 * n, value(random, segments.ds[0]));
  state.set32(AT.gpr + 8 * GPR.esp, dataAddress(random) - segments.ss[0]);
  if (random.chance(50)) state.set32(AT.gpr + 8 * GPR.ebp, dataAddress(random) - segments.ss[0]);
  if (random.chance(60)) state.set32(AT.gpr + 8 * GPR.ecx, random.below(random.pick([7, 7, 500])));
  for (const field of ['carries', 'zeroResult', 'signParity'] as const)
    state.set32(AT[field], random.chance(20) ? 0 : random.next());
  const { df, if: interrupt, ac, id, nt, iopl } = FLAG;
  state.set32(AT.eflags, 2 | (random.next() & (df | interrupt | ac | id | nt | iopl)));
  state.set32(AT.interruptPending, random.below(2));
  randomizeFloat(state, random);
}

function randomizeFloat(state: ProcessorState, random: Random): void {
  const rare = (bit: number): number => (random.chance(5) ? bit : 0);
  state.set32(
    AT.cr0,
    CR0.pe | CR0.pg | CR0.wp | CR0.et | (random.chance(80) ? CR0.ne : 0) | rare(CR0.ts) | rare(CR0.em),
  );
  state.set32(AT.cr4, random.chance(90) ? CR4.osfxsr | CR4.osxmmexcpt : 0);
  for (let n = 0; n < 8; n++) {
    state.set32(AT.fpr + 16 * n, random.next());
    state.set32(AT.fpr + 16 * n + 4, random.next() | (random.chance(90) ? 0x8000_0000 : 0));
    state.set16(AT.fpr + 16 * n + 8, random.chance(70) ? 0x3ff0 + random.below(32) : random.next() & 0xffff);
  }
  for (let n = 0; n < 32; n++)
    state.set32(AT.xmm + 4 * n, random.chance(50) ? 0x3f80_0000 + random.below(1 << 24) : random.next());
  const control =
    0x40 |
    (random.chance(80) ? 0x3f : random.below(64)) |
    (random.pick([0, 2, 3]) << 8) |
    (random.below(4) << 10);
  const raised = random.chance(70) ? 0 : random.below(64);
  // ES and B are set while an exception is raised and not masked.
  const pending = raised & ~control & 0x3f ? 0x8080 : 0;
  state.set16(AT.fpuControl, control);
  state.set16(AT.fpuStatus, raised | pending | (random.below(8) << 8));
  state.set32(AT.fpuTop, random.below(8));
  state.set32(AT.fpuValid, random.chance(70) ? 0xff : random.below(256));
  state.set32(AT.mxcsr, (random.chance(80) ? 0x1f80 : random.below(64) << 7) | (random.below(4) << 13));
}
