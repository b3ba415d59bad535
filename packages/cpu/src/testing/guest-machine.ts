import { MEMORY_MAP, PhysicalMemory, PROCESSOR_MAP } from '@trapgate/mmu';
import { Processor, type ProcessorHost, type Stop } from '../processor';
import type { ProcessorRegisters, SegmentName } from '../processor-registers';
import { AT, type GPR } from '../state/layout';
import { CR0, CR4 } from '../state/mode';
import { ProcessorState } from '../state/processor-state';

/** Where a GuestMachine has its tables; code, data and stacks of tests go elsewhere. */
export const GUEST_MAP = {
  idt: 0,
  gdt: 0x800,
  tss: 0x900,
  handlers: 0x1000,
  handlerBytes: 16,
  pageDirectory: 0x2000,
  pageTables: 0x3000,
} as const;
/** Selectors of the GDT. */
export const SELECTOR = {
  code: 0x08,
  data: 0x10,
  userCode: 0x1b,
  userData: 0x23,
  tss: 0x28,
  code16: 0x30,
  data16: 0x38,
} as const;
/** Page-table entry bits. */
export const PAGE = { present: 1, writable: 2, user: 4, all: 7 } as const;

/** OUT 0F4h, AL: ends a run. */
const STOP = [0xe6, 0xf4] as const;
const STOP_PORT = 0xf4;
const TOP_OF_STACK = { 0: 0x8000, 3: 0x7000 } as const;
const INTERRUPT_GATE = 0x8e00;
const TRAP_GATE = 0x8f00;

/** Bytes of code: hexadecimal, one string an instruction. */
export function code(...instructions: string[]): Uint8Array {
  return Uint8Array.from(instructions.join(' ').trim().split(/\s+/), (byte) => parseInt(byte, 16));
}

/** What the handler of an exception found on its stack. */
export interface ExceptionFrame {
  readonly vector: number;
  /** -1 for vectors without one. */
  readonly error: number;
  readonly eip: number;
  readonly cs: number;
  readonly eflags: number;
}

const WITH_ERROR = new Set([8, 10, 11, 12, 13, 14, 17]);

/**
 * A processor in flat 32-bit protected mode with a GDT, a TSS, and an IDT whose handlers end the run, for tests that are
 * about more than one instruction. OUT 0F4h, AL (E6 F4) ends a run.
 */
export class GuestMachine {
  readonly memory: PhysicalMemory;
  readonly processor: Processor;
  readonly state: ProcessorState;

  constructor(host: Partial<ProcessorHost> = {}, options: { ramBytes?: number } = {}) {
    this.memory = PhysicalMemory.create({ ramBytes: options.ramBytes ?? 1 << 20 });
    this.processor = new Processor({
      memory: this.memory,
      host: {
        readPort: (_port, size) => 2 ** (8 * size) - 1,
        readMmio: (_physical, size) => 2 ** (8 * size) - 1,
        writeMmio: () => undefined,
        acknowledgeInterrupt: () => 0x20,
        readTimestamp: () => 0,
        ...host,
        writePort: (port, size, value) => {
          if (port === STOP_PORT) this.processor.requestStop();
          else host.writePort?.(port, size, value);
        },
      },
    });
    this.state = new ProcessorState(this.memory.buffer, MEMORY_MAP.processors + PROCESSOR_MAP.state);
    this.writeTables();
    this.enterProtectedMode();
  }

  get registers(): ProcessorRegisters {
    return this.processor.registers;
  }

  private writeTables(): void {
    const { memory } = this;
    const descriptors = [
      0n,
      0x00cf9b000000ffffn,
      0x00cf93000000ffffn,
      0x00cffb000000ffffn,
      0x00cff3000000ffffn,
      0x0000890009000067n,
      0x00009b000000ffffn,
      0x000093000000ffffn,
    ];
    descriptors.forEach((descriptor, n) => this.setDescriptor(8 * n, descriptor));
    for (let vector = 0; vector < 256; vector++) {
      this.setGate(vector);
      memory.writeBytes(this.handlerAddress(vector), Uint8Array.from(STOP));
    }
    memory.write32(GUEST_MAP.tss + 4, TOP_OF_STACK[0]);
    memory.write16(GUEST_MAP.tss + 8, SELECTOR.data);
    memory.write16(GUEST_MAP.tss + 0x66, 0x68);
  }

  setDescriptor(selector: number, descriptor: bigint): void {
    this.memory.write32(GUEST_MAP.gdt + selector, Number(descriptor & 0xffff_ffffn));
    this.memory.write32(GUEST_MAP.gdt + selector + 4, Number(descriptor >> 32n));
  }

  private setGate(vector: number, kind: number = INTERRUPT_GATE): void {
    const at = GUEST_MAP.idt + 8 * vector;
    const address = this.handlerAddress(vector);
    this.memory.write32(at, (SELECTOR.code << 16) | (address & 0xffff));
    this.memory.write32(at + 4, ((address & 0xffff_0000) | kind) >>> 0);
  }

  /** Makes a vector's gate a trap gate: IF stays as it is. */
  useTrapGate(vector: number): void {
    this.setGate(vector, TRAP_GATE);
  }

  private handlerAddress(vector: number): number {
    return GUEST_MAP.handlers + GUEST_MAP.handlerBytes * vector;
  }

  private enterProtectedMode(): void {
    const { registers, state } = this;
    registers.cr0 = (CR0.pe | CR0.et | CR0.ne | CR0.wp) >>> 0;
    state.set32(AT.cr4, CR4.osfxsr | CR4.osxmmexcpt);
    registers.setTable('gdtr', { base: GUEST_MAP.gdt, limit: 0xff });
    registers.setTable('idtr', { base: GUEST_MAP.idt, limit: 0x7ff });
    state.set16(AT.selector + 14, SELECTOR.tss);
    state.set32(AT.segmentBase + 56, GUEST_MAP.tss);
    state.set32(AT.segmentLimit + 28, 0x67);
    state.set32(AT.segmentAttributes + 28, 0x8b);
    this.setPrivilege(0);
  }

  /** Loads flat segments of CPL 0 or 3, and a stack. */
  setPrivilege(cpl: 0 | 3): void {
    const dpl = cpl << 5;
    const { registers } = this;
    const data: SegmentName[] = ['ds', 'es', 'fs', 'gs', 'ss'];
    for (const name of data) {
      registers.setSegment(name, {
        selector: cpl ? SELECTOR.userData : SELECTOR.data,
        base: 0,
        limit: 0xffff_ffff,
        attributes: 0xc093 | dpl,
      });
    }
    registers.setSegment('cs', {
      selector: cpl ? SELECTOR.userCode : SELECTOR.code,
      base: 0,
      limit: 0xffff_ffff,
      attributes: 0xc09b | dpl,
    });
    registers.esp = TOP_OF_STACK[cpl];
    registers.eflags = 2;
  }

  /** Real-address mode with all segments at 0. */
  enterRealMode(): void {
    const { registers } = this;
    registers.cr0 = CR0.et;
    const segments: SegmentName[] = ['ds', 'es', 'fs', 'gs', 'ss', 'cs'];
    for (const name of segments)
      registers.setSegment(name, {
        selector: 0,
        base: 0,
        limit: 0xffff,
        attributes: name === 'cs' ? 0x9b : 0x93,
      });
    registers.setTable('idtr', { base: 0, limit: 0x3ff });
    registers.eflags = 2;
    this.state.set32(AT.cpl, 0);
  }

  /** Maps a page; the first 64 KB are mapped for everybody by {@link enablePaging}. */
  map(linear: number, physical: number, bits: number = PAGE.all): void {
    this.memory.write32(this.pageTable(linear) + 4 * ((linear >>> 12) & 0x3ff), physical | bits);
  }

  unmap(linear: number): void {
    this.memory.write32(this.pageTable(linear) + 4 * ((linear >>> 12) & 0x3ff), 0);
  }

  private pageTable(linear: number): number {
    const at = GUEST_MAP.pageDirectory + 4 * (linear >>> 22);
    if (this.memory.read32(at) === 0)
      this.memory.write32(at, (GUEST_MAP.pageTables + 0x1000 * (linear >>> 22)) | PAGE.all);
    return this.memory.read32(at) & ~0xfff;
  }

  /** Turns 32-bit paging on, with the lowest 64 KB mapped where they are. */
  enablePaging(): void {
    for (let page = 0; page < 0x1_0000; page += 0x1000) this.map(page, page);
    this.state.set32(AT.cr3, GUEST_MAP.pageDirectory);
    this.registers.cr0 = (this.registers.cr0 | CR0.pg) >>> 0;
  }

  /** Writes code and points EIP there. */
  load(address: number, ...instructions: string[]): void {
    this.memory.writeBytes(address, code(...instructions));
    this.registers.eip = address;
  }

  /** Replaces an interrupt's or exception's handler (16 bytes at most). */
  handle(vector: number, ...instructions: string[]): void {
    this.memory.writeBytes(this.handlerAddress(vector), code(...instructions));
  }

  set(values: Partial<Record<keyof typeof GPR | 'eip' | 'eflags', number>>): this {
    for (const [name, value] of Object.entries(values)) this.registers[name as keyof typeof values] = value;
    return this;
  }

  run(budget = 1000): Stop {
    return this.processor.run(budget);
  }

  /** Runs until a handler of the IDT ends the run; what it found on its stack. `undefined` if something else ended the run. */
  runToException(budget = 1000): ExceptionFrame | undefined {
    const { reason } = this.run(budget);
    const { eip, esp } = this.registers;
    const place = eip - STOP.length - GUEST_MAP.handlers;
    if (reason !== 'requested' || place < 0 || place % GUEST_MAP.handlerBytes !== 0 || place >= 0x1000)
      return undefined;
    const vector = place / GUEST_MAP.handlerBytes;
    const hasError = WITH_ERROR.has(vector);
    const at = hasError ? esp + 4 : esp;
    const { memory } = this;
    return {
      vector,
      error: hasError ? memory.read32(esp) : -1,
      eip: memory.read32(at),
      cs: memory.read32(at + 4) & 0xffff,
      eflags: memory.read32(at + 8),
    };
  }

  /** Registers, and a checksum (FNV-1a) of the lowest 640 KB, for comparisons. */
  snapshot(): { registers: string; ram: number } {
    let ram = 0x811c9dc5;
    for (const byte of this.memory.readBytes(0, 0xa0000)) ram = Math.imul(ram ^ byte, 0x0100_0193);
    return { registers: this.processor.dumpRegisters(), ram };
  }
}
