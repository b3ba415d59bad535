import type { ProcessorRegisters, SegmentName, SegmentRegister } from '@trapgate/cpu';
import type { PhysicalMemory } from '@trapgate/mmu';

/** GDTR or IDTR. */
export interface TableRegister {
  readonly base: number;
  /** Size in bytes, less one. */
  readonly limit: number;
}

/** The registers of the processor, unsigned. */
export interface RegisterValues {
  readonly eax: number;
  readonly ecx: number;
  readonly edx: number;
  readonly ebx: number;
  readonly esp: number;
  readonly ebp: number;
  readonly esi: number;
  readonly edi: number;
  readonly eip: number;
  readonly eflags: number;
  readonly cr0: number;
  readonly cr2: number;
  readonly cr3: number;
  readonly cr4: number;
  readonly efer: number;
  /** Current privilege level, 0 to 3. */
  readonly cpl: number;
  /** With the hidden parts; see `SegmentRegister`. */
  readonly segments: Readonly<Record<SegmentName, SegmentRegister>>;
  readonly gdtr: TableRegister;
  readonly idtr: TableRegister;
  /** DR0 to DR7; 4 and 5 read 0. */
  readonly debug: readonly number[];
}

/** Registers to set; what is absent stays. The privilege level comes with `segments.ss` (its DPL). */
export type SettableRegisters = Partial<Omit<RegisterValues, 'efer' | 'cpl' | 'debug' | 'segments'>> & {
  readonly segments?: Readonly<Partial<Record<SegmentName, SegmentRegister>>>;
};

export const GENERAL_REGISTERS = ['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi'] as const;
export const CONTROL_REGISTERS = ['cr0', 'cr2', 'cr3', 'cr4'] as const;
export const SEGMENT_NAMES = ['es', 'cs', 'ss', 'ds', 'fs', 'gs', 'ldtr', 'tr'] as const;
export const TABLE_REGISTERS = ['gdtr', 'idtr'] as const;

const CR0_PG = 0x8000_0000;
const CR4_PAE = 1 << 5;
const DEBUG_REGISTERS = 8;

/** A copy of the registers. */
export function registerValues(registers: ProcessorRegisters): RegisterValues {
  const named = <Name extends string, T>(names: readonly Name[], value: (name: Name) => T): Record<Name, T> =>
    Object.fromEntries(names.map((name) => [name, value(name)])) as Record<Name, T>;
  return {
    ...named(GENERAL_REGISTERS, (name) => registers[name]),
    eip: registers.eip,
    eflags: registers.eflags >>> 0,
    ...named(CONTROL_REGISTERS, (name) => registers[name]),
    efer: registers.efer,
    cpl: registers.cpl,
    segments: named(SEGMENT_NAMES, (name) => registers.segment(name)),
    ...named(TABLE_REGISTERS, (name) => registers.table(name)),
    debug: Array.from({ length: DEBUG_REGISTERS }, (_, n) => registers.debugRegister(n)),
  };
}

/** Under PAE paging, the processor holds the entries that CR3 points to (SDM vol. 3A, 4.4.1). */
function loadPageDirectoryPointers(registers: ProcessorRegisters, memory: PhysicalMemory): void {
  if ((registers.cr0 & CR0_PG) === 0 || (registers.cr4 & CR4_PAE) === 0) return;
  const table = (registers.cr3 & ~31) >>> 0;
  for (let n = 0; n < 4; n++) {
    const at = table + 8 * n;
    const read = (address: number): bigint => BigInt(memory.isRam(address) ? memory.read32(address) : 0);
    registers.setPageDirectoryPointer(n, read(at) | (read(at + 4) << 32n));
  }
}

/** Sets registers as given. */
export function setRegisterValues(
  registers: ProcessorRegisters,
  memory: PhysicalMemory,
  values: SettableRegisters,
): void {
  const { segments = {} } = values;
  for (const name of [...GENERAL_REGISTERS, 'eip', 'eflags', ...CONTROL_REGISTERS] as const) {
    const value = values[name];
    if (value !== undefined) registers[name] = value;
  }
  for (const name of SEGMENT_NAMES) {
    const value = segments[name];
    if (value !== undefined) registers.setSegment(name, value);
  }
  for (const name of TABLE_REGISTERS) {
    const value = values[name];
    if (value !== undefined) registers.setTable(name, value);
  }
  if (CONTROL_REGISTERS.some((name) => values[name] !== undefined))
    loadPageDirectoryPointers(registers, memory);
}
