import { readFlags, writeFlags } from './state/flags';
import { AT, GPR, SEGMENT } from './state/layout';
import { setCpl, updateMode } from './state/mode';
import type { ProcessorState } from './state/processor-state';

/** A segment register with its hidden part. `attributes`: descriptor bits 55..40 (type in 3:0, P in bit 7, D/B in bit 14, G in bit 15); `limit` in bytes. */
export interface SegmentRegister {
  readonly selector: number;
  readonly base: number;
  readonly limit: number;
  readonly attributes: number;
}

/** The segment registers, and the two that describe the LDT and the task. */
export type SegmentName = keyof typeof SEGMENT;
type GprName = keyof typeof GPR;

/** The architectural registers by name, 32 bits wide. Writing one while the processor runs is not supported. */
export class ProcessorRegisters {
  eax!: number;
  ecx!: number;
  edx!: number;
  ebx!: number;
  esp!: number;
  ebp!: number;
  esi!: number;
  edi!: number;

  constructor(
    private readonly state: ProcessorState,
    /** Told when a control register that translation depends on changes. */
    private readonly translationChanged: () => void,
  ) {
    for (const name of Object.keys(GPR) as GprName[]) {
      const offset = AT.gpr + 8 * GPR[name];
      Object.defineProperty(this, name, {
        enumerable: true,
        get: () => state.u32(offset),
        set: (value: number) => state.set32(offset, value),
      });
    }
  }

  get eip(): number {
    return this.state.u32(AT.rip);
  }
  set eip(value: number) {
    this.state.set32(AT.rip, value);
  }
  get eflags(): number {
    return readFlags(this.state);
  }
  set eflags(value: number) {
    writeFlags(this.state, value);
  }
  get cr0(): number {
    return this.state.u32(AT.cr0);
  }
  set cr0(value: number) {
    this.state.set32(AT.cr0, value);
    updateMode(this.state);
    this.translationChanged();
  }
  get cr2(): number {
    return this.state.u32(AT.cr2);
  }
  set cr2(value: number) {
    this.state.set32(AT.cr2, value);
  }
  get cr3(): number {
    return this.state.u32(AT.cr3);
  }
  set cr3(value: number) {
    this.state.set32(AT.cr3, value);
    this.translationChanged();
  }
  get cr4(): number {
    return this.state.u32(AT.cr4);
  }
  set cr4(value: number) {
    this.state.set32(AT.cr4, value);
    this.state.set32(AT.timestampRate, 0);
    updateMode(this.state);
    this.translationChanged();
  }
  /** Low word of EFER. */
  get efer(): number {
    return this.state.u32(AT.efer);
  }
  get cpl(): number {
    return this.state.u32(AT.cpl);
  }

  segment(name: SegmentName): SegmentRegister {
    const n = SEGMENT[name];
    const { state } = this;
    return {
      selector: state.u16(AT.selector + 2 * n),
      base: state.u32(AT.segmentBase + 8 * n),
      limit: state.u32(AT.segmentLimit + 4 * n),
      attributes: state.u32(AT.segmentAttributes + 4 * n),
    };
  }

  /** Loads selector and hidden part as they are given, without checks; SS sets CPL. */
  setSegment(name: SegmentName, value: SegmentRegister): void {
    const n = SEGMENT[name];
    const { state } = this;
    state.set16(AT.selector + 2 * n, value.selector);
    state.set32(AT.segmentBase + 8 * n, value.base);
    state.set32(AT.segmentLimit + 4 * n, value.limit);
    state.set32(AT.segmentAttributes + 4 * n, value.attributes);
    if (name === 'ss') setCpl(state, (value.attributes >> 5) & 3);
    updateMode(state);
  }

  /** DR0 to DR3, DR6, DR7. */
  debugRegister(number: number): number {
    return this.state.u32(AT.dr + 8 * number);
  }

  /** PAE: one of the page-directory-pointer-table entries that the last MOV CR3 has loaded. */
  pageDirectoryPointer(number: number): bigint {
    return this.state.u64(AT.pdpte + 8 * number);
  }

  setPageDirectoryPointer(number: number, entry: bigint): void {
    this.state.set64(AT.pdpte + 8 * number, entry);
  }

  /** GDTR or IDTR. */
  table(name: 'gdtr' | 'idtr'): { readonly base: number; readonly limit: number } {
    const { state } = this;
    return name === 'gdtr'
      ? { base: state.u32(AT.gdtrBase), limit: state.u32(AT.gdtrLimit) }
      : { base: state.u32(AT.idtrBase), limit: state.u32(AT.idtrLimit) };
  }

  /** GDTR or IDTR. */
  setTable(name: 'gdtr' | 'idtr', value: { readonly base: number; readonly limit: number }): void {
    this.state.set32(name === 'gdtr' ? AT.gdtrBase : AT.idtrBase, value.base);
    this.state.set32(name === 'gdtr' ? AT.gdtrLimit : AT.idtrLimit, value.limit);
  }
}

const hex = (value: number, digits = 8): string => (value >>> 0).toString(16).padStart(digits, '0');

/** The registers as lines of text, in the order that kernel developers are used to. */
export function registerDump(state: ProcessorState): string {
  const gpr = (name: GprName): string => `${name.toUpperCase()}=${hex(state.u32(AT.gpr + 8 * GPR[name]))}`;
  const control = (['cr0', 'cr2', 'cr3', 'cr4'] as const).map(
    (name) => `${name.toUpperCase()}=${hex(state.u32(AT[name]))}`,
  );
  const segments = (Object.keys(SEGMENT) as SegmentName[]).map((name) => {
    const n = SEGMENT[name];
    const label = name.toUpperCase().padEnd(4);
    const selector = hex(state.u16(AT.selector + 2 * n), 4);
    return `${label}=${selector} base ${hex(state.u32(AT.segmentBase + 8 * n))} limit ${hex(state.u32(AT.segmentLimit + 4 * n))} attributes ${hex(state.u32(AT.segmentAttributes + 4 * n), 4)}`;
  });
  return [
    `${gpr('eax')} ${gpr('ebx')} ${gpr('ecx')} ${gpr('edx')}`,
    `${gpr('esi')} ${gpr('edi')} ${gpr('ebp')} ${gpr('esp')}`,
    `EIP=${hex(state.u32(AT.rip))} EFL=${hex(readFlags(state))} CPL=${state.u32(AT.cpl)}`,
    ...segments,
    `GDT =${hex(state.u32(AT.gdtrBase))} limit ${hex(state.u32(AT.gdtrLimit), 4)}`,
    `IDT =${hex(state.u32(AT.idtrBase))} limit ${hex(state.u32(AT.idtrLimit), 4)}`,
    control.join(' '),
  ].join('\n');
}
