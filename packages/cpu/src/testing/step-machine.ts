import { MEMORY_MAP, PhysicalMemory, PROCESSOR_MAP } from '@trapgate/mmu';
import { Processor, type ProcessorHost } from '../processor';
import type { ProcessorRegisters, SegmentName } from '../processor-registers';
import { AT, type GPR } from '../state/layout';
import { ATTRIBUTE, CR0, CR4, updateMode } from '../state/mode';
import { ProcessorState } from '../state/processor-state';

/** What one step or run came to. `error` is -1 for exceptions without error code; `cr2` means something for #PF (14) only. */
export type StepOutcome =
  | { readonly kind: 'done' }
  /** HLT was executed. */
  | { readonly kind: 'halted' }
  | {
      readonly kind: 'fault';
      readonly vector: number;
      readonly error: number;
      readonly eip: number;
      readonly cr2: number;
    };

/** A 4 KB page. */
export interface StepPage {
  readonly address: number;
  /** Default: where it lies in linear memory. */
  readonly physical?: number;
  readonly writable?: boolean;
  readonly user?: boolean;
}

export interface StepOptions {
  /** Code and stack size; 16 gives protected-mode segments of 64 KB. Default 32. */
  readonly bits?: 16 | 32;
  readonly cpl?: 0 | 3;
  /** Default 1 MB. */
  readonly ramBytes?: number;
  /** Turns paging on: nothing but these pages is mapped. Tables lie in the first 4 KB * (2 + regions of 4 MB in use). */
  readonly pages?: readonly StepPage[];
}

/** 32-bit registers, EIP and EFLAGS by name. */
export type StepRegisters = Partial<Record<keyof typeof GPR | 'eip' | 'eflags', number>>;

const PAGE_DIRECTORY = 0x1000;
const CODE_SEGMENT = { 0: 0x8, 3: 0x1b } as const;
const DATA_SEGMENT = { 0: 0x10, 3: 0x23 } as const;
const DATA_SEGMENTS = ['ss', 'ds', 'es', 'fs', 'gs'] as const satisfies readonly SegmentName[];

const FLOATING_HOST: ProcessorHost = {
  readPort: (_port, size) => 2 ** (8 * size) - 1,
  writePort: () => undefined,
  readMmio: (_physical, size) => 2 ** (8 * size) - 1,
  writeMmio: () => undefined,
  acknowledgeInterrupt: () => 0xff,
  readTimestamp: () => 0,
};

/**
 * A processor for tests of single instructions, in flat protected mode (or 16-bit segments). Exceptions are reported
 * instead of delivered: there is no IDT, so each would shut the processor down.
 */
export class StepMachine {
  readonly memory: PhysicalMemory;
  readonly processor: Processor;
  /** The state block, for what has no accessor here: `state.u32(AT.mxcsr)`. */
  readonly state: ProcessorState;

  constructor(private readonly options: StepOptions = {}) {
    this.memory = PhysicalMemory.create({ ramBytes: options.ramBytes ?? 1 << 20 });
    this.processor = new Processor({ memory: this.memory, host: FLOATING_HOST });
    this.state = new ProcessorState(this.memory.buffer, MEMORY_MAP.processors + PROCESSOR_MAP.state);
    if (options.pages) this.buildPageTables(options.pages);
    this.reset();
  }

  get registers(): ProcessorRegisters {
    return this.processor.registers;
  }

  /** Power-on state, then the mode that the options ask for; memory stays. */
  reset(): void {
    const { bits = 32, cpl = 0, pages } = this.options;
    this.processor.reset();
    const { registers, state } = this;
    state.set32(AT.cr4, CR4.osfxsr | CR4.osxmmexcpt);
    state.set32(AT.cr3, PAGE_DIRECTORY);
    registers.cr0 = (CR0.pe | CR0.et | CR0.ne | CR0.wp | (pages ? CR0.pg : 0)) >>> 0;
    registers.setTable('idtr', { base: 0, limit: 0 });
    registers.setTable('gdtr', { base: 0, limit: 0 });
    const wide = bits === 32 ? ATTRIBUTE.big | ATTRIBUTE.granularity : 0;
    const limit = bits === 32 ? 0xffff_ffff : 0xffff;
    const dpl = cpl << ATTRIBUTE.dplShift;
    registers.setSegment('cs', {
      selector: CODE_SEGMENT[cpl],
      base: 0,
      limit,
      attributes: 0x9b | wide | dpl,
    });
    for (const name of DATA_SEGMENTS) {
      registers.setSegment(name, {
        selector: DATA_SEGMENT[cpl],
        base: 0,
        limit,
        attributes: 0x93 | wide | dpl,
      });
    }
    registers.eflags = 2;
  }

  private buildPageTables(pages: readonly StepPage[]): void {
    const tables = new Map<number, number>();
    for (const { address, physical = address, writable = true, user = true } of pages) {
      const region = address >>> 22;
      const table = tables.get(region) ?? PAGE_DIRECTORY + 0x1000 * (tables.size + 1);
      tables.set(region, table);
      this.memory.write32(PAGE_DIRECTORY + 4 * region, table | 7);
      const entry = (physical & ~0xfff) | (user ? 4 : 0) | (writable ? 2 : 0) | 1;
      this.memory.write32(table + 4 * ((address >>> 12) & 0x3ff), entry);
    }
  }

  /** Moves a segment; `changes` as in a descriptor's fields (limit in bytes). */
  setSegment(
    name: SegmentName,
    changes: { base?: number; limit?: number; attributes?: number; selector?: number },
  ): void {
    this.registers.setSegment(name, { ...this.registers.segment(name), ...changes });
    updateMode(this.state);
  }

  set(values: StepRegisters): void {
    for (const [name, value] of Object.entries(values)) this.registers[name as keyof StepRegisters] = value;
  }

  /** Writes code (hex bytes or bytes) at an address and points EIP there. */
  load(address: number, code: string | Uint8Array): void {
    const bytes =
      typeof code === 'string'
        ? Uint8Array.from(code.trim().split(/\s+/), (byte) => parseInt(byte, 16))
        : code;
    this.memory.writeBytes(address, bytes);
    this.registers.eip = address;
  }

  /** Executes exactly one instruction; a repeated string instruction with all its iterations. */
  step(): StepOutcome {
    const start = this.registers.eip;
    const isRepeated = this.repeatsAt(start);
    for (;;) {
      const outcome = this.run(1);
      if (outcome.kind !== 'done' || !isRepeated || this.registers.eip !== start) return outcome;
    }
  }

  private repeatsAt(address: number): boolean {
    const linear = (address + this.registers.segment('cs').base) >>> 0;
    if (linear + 4 > this.memory.ramBytes) return false;
    const bytes = this.memory.readBytes(linear, 4);
    const opcode = bytes.findIndex(
      (byte) => ![0xf2, 0xf3, 0x66, 0x67, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65].includes(byte),
    );
    return (
      opcode > 0 &&
      bytes.subarray(0, opcode).some((byte) => byte >= 0xf2) &&
      [0x6c, 0xa4, 0xa6, 0xaa, 0xac, 0xae].includes(bytes[opcode]! & ~1)
    );
  }

  /** Executes until `budget` instructions are done, HLT, or the first exception. After a fault, registers are the faulting instruction's. */
  run(budget: number): StepOutcome {
    const stop = this.processor.run(budget);
    if (stop.reason === 'halted' || stop.reason === 'halted-forever') return { kind: 'halted' };
    const [first] = this.processor.recentExceptions();
    if (!first) return { kind: 'done' };
    return { kind: 'fault', vector: first.vector, error: first.error, eip: first.eip, cr2: first.cr2 };
  }

  // -- x87, MMX, SSE -----------------------------------------------------------------------------------------------

  /** Physical x87 register `n` (not ST(n)): significand, and sign and exponent. */
  x87(n: number): { significand: bigint; exponent: number } {
    return { significand: this.state.u64(AT.fpr + 16 * n), exponent: this.state.u16(AT.fpr + 16 * n + 8) };
  }
  setX87(n: number, value: { significand: bigint; exponent: number }): void {
    this.state.set64(AT.fpr + 16 * n, value.significand);
    this.state.set16(AT.fpr + 16 * n + 8, value.exponent);
  }
  mmx(n: number): bigint {
    return this.state.u64(AT.fpr + 16 * n);
  }
  setMmx(n: number, value: bigint): void {
    this.state.set64(AT.fpr + 16 * n, value);
    this.state.set16(AT.fpr + 16 * n + 8, 0xffff);
  }
  /** XMM register as two 64-bit halves, low first. */
  xmm(n: number): readonly [low: bigint, high: bigint] {
    return [this.state.u64(AT.xmm + 16 * n), this.state.u64(AT.xmm + 16 * n + 8)];
  }
  setXmm(n: number, [low, high]: readonly [low: bigint, high: bigint]): void {
    this.state.set64(AT.xmm + 16 * n, low);
    this.state.set64(AT.xmm + 16 * n + 8, high);
  }
}
