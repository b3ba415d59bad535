import type { SystemContext } from './context';

/** Where a TSS keeps what a task switch saves and loads (SDM vol. 3A, figures 7-2 and 7-10); offsets in bytes. */
export interface TssLayout {
  /** Bytes of a saved register: 4 or 2. */
  readonly size: 2 | 4;
  /** Smallest limit of a new TSS. */
  readonly smallestLimit: number;
  readonly cr3: number;
  readonly eip: number;
  readonly eflags: number;
  /** EAX, ECX, EDX, EBX, ESP, EBP, ESI, EDI follow each other from here. */
  readonly registers: number;
  /** ES, CS, SS, DS (and FS, GS) follow each other from here. */
  readonly segments: number;
  readonly segmentCount: 4 | 6;
  readonly ldt: number;
  /** Word whose bit 0 asks for #DB after a switch, or -1. */
  readonly trap: number;
}

export const TSS_32: TssLayout = {
  size: 4,
  smallestLimit: 0x67,
  cr3: 0x1c,
  eip: 0x20,
  eflags: 0x24,
  registers: 0x28,
  segments: 0x48,
  segmentCount: 6,
  ldt: 0x60,
  trap: 0x64,
};
export const TSS_16: TssLayout = {
  size: 2,
  smallestLimit: 0x2b,
  cr3: -1,
  eip: 0x0e,
  eflags: 0x10,
  registers: 0x12,
  segments: 0x22,
  segmentCount: 4,
  ldt: 0x2a,
  trap: -1,
};

/** What a task switch loads from the new TSS. */
export interface TaskImage {
  readonly cr3: number;
  readonly eip: number;
  readonly eflags: number;
  readonly registers: readonly number[];
  /** In the order of the segment registers' numbers: ES, CS, SS, DS, FS, GS. */
  readonly selectors: readonly number[];
  readonly ldt: number;
  readonly trap: boolean;
}

const readField = (cpu: SystemContext, { size }: TssLayout, address: number): number =>
  size === 4 ? cpu.memory.read32(address >>> 0, 'system') : cpu.memory.read16(address >>> 0, 'system');

export function readTaskImage(cpu: SystemContext, layout: TssLayout, base: number): TaskImage {
  const word = (offset: number): number => cpu.memory.read16((base + offset) >>> 0, 'system');
  const field = (offset: number): number => readField(cpu, layout, base + offset);
  return {
    cr3: layout.cr3 < 0 ? 0 : field(layout.cr3),
    eip: field(layout.eip) >>> 0,
    eflags: field(layout.eflags),
    registers: Array.from({ length: 8 }, (_, n) => field(layout.registers + n * layout.size)),
    selectors: Array.from({ length: 6 }, (_, n) =>
      n < layout.segmentCount ? word(layout.segments + n * layout.size) : 0,
    ),
    ldt: word(layout.ldt),
    trap: layout.trap >= 0 && (word(layout.trap) & 1) !== 0,
  };
}

/** Bytes of a TSS that a switch away from the task writes: from EIP to the last segment register. */
export const savedLength = (layout: TssLayout): number =>
  layout.segments + layout.segmentCount * layout.size - layout.eip;

/** Saves a task; selectors are written as words, so that the reserved halves keep their contents. */
export function writeTaskImage(
  cpu: SystemContext,
  layout: TssLayout,
  base: number,
  image: Pick<TaskImage, 'eip' | 'eflags' | 'registers' | 'selectors'>,
): void {
  const store = (offset: number, value: number): void => {
    const address = (base + offset) >>> 0;
    if (layout.size === 4) cpu.memory.write32(address, value, 'system');
    else cpu.memory.write16(address, value & 0xffff, 'system');
  };
  store(layout.eip, image.eip);
  store(layout.eflags, image.eflags);
  image.registers.forEach((value, n) => store(layout.registers + n * layout.size, value));
  for (let n = 0; n < layout.segmentCount; n++) {
    cpu.memory.write16((base + layout.segments + n * layout.size) >>> 0, image.selectors[n]!, 'system');
  }
}
