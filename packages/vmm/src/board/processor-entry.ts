import type { EntryState } from '../loaders/boot-image';

/** A segment register with its descriptor cache; attributes are bits 55-40 of a descriptor (SDM vol. 3A 3.4.5). */
export interface SegmentValue {
  readonly selector: number;
  readonly base: number;
  readonly limit: number;
  readonly attributes: number;
}

/** The registers that a loader sets before the first instruction. */
export interface EntryRegisters {
  eax: number;
  ebx: number;
  ecx: number;
  edx: number;
  esi: number;
  edi: number;
  ebp: number;
  esp: number;
  eip: number;
  eflags: number;
  cr0: number;
  setSegment(name: 'cs' | 'ss' | 'ds' | 'es' | 'fs' | 'gs', value: SegmentValue): void;
  setTable(name: 'gdtr', value: { readonly base: number; readonly limit: number }): void;
}

const CR0_PE = 0x00000001;
const CR0_ET = 0x00000010;
const EFLAGS_FIXED = 0x00000002;
/** Present, DPL 0, 4 KiB granular, 32-bit: code execute/read accessed, data read/write accessed. */
const FLAT_CODE_ATTRIBUTES = 0xc09b;
const FLAT_DATA_ATTRIBUTES = 0xc093;
const FLAT_LIMIT = 0xffffffff;
const DATA_SEGMENTS = ['ss', 'ds', 'es', 'fs', 'gs'] as const;

/** Puts the processor into flat 32-bit protected mode at the loader's entry point: paging off, interrupts off. */
export function enter(registers: EntryRegisters, state: EntryState): void {
  registers.cr0 = CR0_PE | CR0_ET;
  registers.setTable('gdtr', { base: state.gdtBase, limit: state.gdtLimit });
  const flat = { base: 0, limit: FLAT_LIMIT };
  registers.setSegment('cs', { ...flat, selector: state.codeSelector, attributes: FLAT_CODE_ATTRIBUTES });
  for (const name of DATA_SEGMENTS) {
    registers.setSegment(name, { ...flat, selector: state.dataSelector, attributes: FLAT_DATA_ATTRIBUTES });
  }
  registers.eflags = EFLAGS_FIXED;
  registers.eax = state.eax;
  registers.ebx = state.ebx;
  registers.ecx = 0;
  registers.edx = 0;
  registers.esi = state.esi;
  registers.edi = 0;
  registers.ebp = 0;
  registers.esp = state.esp;
  registers.eip = state.eip;
}
