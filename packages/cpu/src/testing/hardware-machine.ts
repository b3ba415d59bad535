import { MEMORY_MAP, PhysicalMemory, PROCESSOR_MAP } from '@trapgate/mmu';
import type { Translation } from '../interpreter/translation';
import { Processor, type ProcessorHost } from '../processor';
import { AT, SEGMENT, STATE, type StateField } from '../state/layout';
import { CR0, CR4, EFER, setCpl } from '../state/mode';
import { ProcessorState } from '../state/processor-state';
import { FX } from './hardware-fx';
import { dataImage, PLACES, SMALL_SEGMENT } from './hardware-places';
import { changedRuns, type VectorResult } from './hardware-results';
import {
  descriptorWords,
  GLOBAL_LIMIT,
  GLOBAL_TABLE,
  LOCAL_TABLE,
  SELECTOR,
  type Descriptor,
} from './hardware-segments';
import type { VectorGroup, VectorState } from './hardware-states';

const PAGE = 0x1000;
/** Supervisor pages, where no vector is likely to look: tables, exception handlers, a stack. */
const SYSTEM = 0xc9a5_3000;
const IDT = SYSTEM;
const GDT = SYSTEM + 0x800;
const LDT = SYSTEM + 0x900;
const TSS = SYSTEM + 0xa00;
const HANDLERS = SYSTEM + PAGE;
const STACK_TOP = SYSTEM + 3 * PAGE;
const SYSTEM_PAGES = 3;
/** Physical addresses of the page tables (PAE). */
const PDPT = 0x1000;
const DIRECTORIES = [0x2000, 0x3000] as const;
const TABLES = [0x4000, 0x5000] as const;
/** Physical pages lie in the opposite order, so that nothing works by adjacency. */
const LAST_PAGE = 0x6_0000;
const ENTRY = { present: 1, writable: 2, user: 4, accessed: 0x20, dirty: 0x40 } as const;
const NO_EXECUTE = 0x8000_0000;

/** OUT 0F4h, AL: ends a run. */
const STOP = [0xe6, 0xf4];
const STOP_PORT = 0xf4;
const INT3 = 0xcc;
const NOP = 0x90;
const INTERRUPT_GATE = 0x8e00;
const USER_GATE = 0xee00;
const WITH_ERROR = new Set([8, 10, 11, 12, 13, 14, 17]);
const BUDGET = 100_000;
export const ENDLESS = 99;
const BROKEN = 255;

/** What a case can change of the state; the rest (tables, control registers, what the engine keeps for itself) stays. */
const PRESERVED: readonly StateField[] = [
  'gpr',
  'eflags',
  'interruptShadow',
  'selector',
  'segmentBase',
  'segmentLimit',
  'segmentAttributes',
  'mode',
  'stackMask',
  'fpr',
  'xmm',
  'fpuControl',
  'fpuStatus',
  'fpuTop',
  'fpuValid',
  'fpuOpcode',
  'fpuInstructionSelector',
  'fpuDataSelector',
  'fpuInstructionPointer',
  'fpuDataPointer',
  'mxcsr',
];

interface Saved {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export interface VectorMachineOptions {
  readonly translation?: Translation;
  /** Instructions executed at a time. */
  readonly slice?: number;
}

/**
 * Runs vectors at CPL 3 as the recorder's process does: PAE paging with NX, CR0.AM, a 64-bit Linux kernel's selectors.
 * Exceptions go through an IDT whose handlers end the run.
 */
export class VectorMachine {
  readonly memory = PhysicalMemory.create({ ramBytes: 1 << 20 });
  readonly processor: Processor;
  readonly state: ProcessorState;
  private readonly block: Uint8Array;
  private readonly image = dataImage();
  private readonly before = dataImage();
  /** The data pages, one after the other. */
  private readonly pages: readonly Int32Array[];
  private readonly templates = new Map<number, readonly Saved[]>();
  private group: VectorGroup | undefined;
  /** Bytes of NOP in front of the code. */
  private lead = 0;

  constructor(private readonly options: VectorMachineOptions = {}) {
    const host: ProcessorHost = {
      readPort: () => 0xff,
      writePort: (port) => port === STOP_PORT && this.processor.requestStop(),
      readMmio: () => 0xff,
      writeMmio: () => undefined,
      acknowledgeInterrupt: () => 0xff,
      readTimestamp: () => 0,
    };
    const { translation } = options;
    this.processor = new Processor({ memory: this.memory, host, ...(translation ? { translation } : {}) });
    const base = MEMORY_MAP.processors + PROCESSOR_MAP.state;
    this.state = new ProcessorState(this.memory.buffer, base);
    this.block = new Uint8Array(this.memory.buffer, base, STATE.size);
    this.pages = [0, 1, 2, 3].map((n) => {
      const at = MEMORY_MAP.ram + this.physical(PLACES.data + PAGE * n);
      return new Int32Array(this.memory.buffer, at, PAGE / 4);
    });
    this.mapPages();
    this.writeTables();
    this.enterProtectedMode();
    this.fill(PLACES.code, PLACES.codeBytes, INT3);
    this.fill(PLACES.fixed, PLACES.fixedBytes, 0x5a);
    for (let at = 0; at < PLACES.dataBytes; at += PAGE)
      this.memory.writeBytes(this.physical(PLACES.data + at), this.image.subarray(at, at + PAGE));
    for (const bits of [16, 32]) this.templates.set(bits, this.template(bits));
  }

  // -- set-up ------------------------------------------------------------------------------------------------------

  private physical(linear: number): number {
    const page =
      linear >= SYSTEM
        ? 0x20 + ((linear - SYSTEM) >>> 12)
        : ((linear >>> 12) & 0xf) + ((linear >>> 20) & 1) * 0x10;
    return LAST_PAGE - page * PAGE + (linear & (PAGE - 1));
  }

  private fill(linear: number, bytes: number, value: number): void {
    const page = new Uint8Array(PAGE).fill(value);
    for (let at = 0; at < bytes; at += PAGE) this.memory.writeBytes(this.physical(linear + at), page);
  }

  private mapPages(): void {
    const { memory } = this;
    const seen = ENTRY.present | ENTRY.accessed | ENTRY.dirty;
    const put = (at: number, physical: number, bits: number, high = 0): void => {
      memory.write32(at, (physical | bits) >>> 0);
      memory.write32(at + 4, high >>> 0);
    };
    const regions = [PLACES.code, SYSTEM];
    regions.forEach((region, n) => {
      put(PDPT + 8 * (region >>> 30), DIRECTORIES[n]!, ENTRY.present);
      const bits = seen | ENTRY.writable | ENTRY.user;
      put(DIRECTORIES[n]! + 8 * ((region >>> 21) & 0x1ff), TABLES[n]!, bits);
    });
    const map = (table: number, linear: number, bytes: number, bits: number, high: number): void => {
      for (let at = linear; at < linear + bytes; at += PAGE)
        put(TABLES[table]! + 8 * ((at >>> 12) & 0x1ff), this.physical(at), seen | bits, high);
    };
    map(0, PLACES.code, PLACES.codeBytes, ENTRY.user, 0);
    map(0, PLACES.data, PLACES.dataBytes, ENTRY.user | ENTRY.writable, NO_EXECUTE);
    map(0, PLACES.fixed, PLACES.fixedBytes, ENTRY.user, NO_EXECUTE);
    map(1, SYSTEM, SYSTEM_PAGES * PAGE, ENTRY.writable, 0);
  }

  private writeTables(): void {
    const put = (linear: number, words: readonly number[]): void =>
      words.forEach((word, n) => this.memory.write32(this.physical(linear + 4 * n), word));
    for (const [at, descriptor] of GLOBAL_TABLE) put(GDT + at, descriptorWords(descriptor));
    LOCAL_TABLE.forEach((descriptor, n) => put(LDT + 8 * n, descriptorWords(descriptor)));
    for (let vector = 0; vector < 256; vector++) {
      const handler = HANDLERS + 16 * vector;
      const kind = vector === 3 || vector === 4 ? USER_GATE : INTERRUPT_GATE;
      put(IDT + 8 * vector, [
        ((SELECTOR.kernelCode << 16) | (handler & 0xffff)) >>> 0,
        ((handler & 0xffff_0000) | kind) >>> 0,
      ]);
      this.memory.writeBytes(this.physical(handler), Uint8Array.from(STOP));
    }
    put(TSS + 4, [STACK_TOP, SELECTOR.kernelData]);
    // No I/O permission bitmap: its offset is beyond the limit.
    put(TSS + 0x64, [0x68_0000]);
  }

  private enterProtectedMode(): void {
    const { state } = this;
    const { registers } = this.processor;
    state.set32(AT.cr4, CR4.pae | CR4.osfxsr | CR4.osxmmexcpt);
    state.set32(AT.efer, EFER.nxe);
    state.set32(AT.cr3, PDPT);
    for (let n = 0; n < 32; n++) state.set8(AT.pdpte + n, this.memory.read8(PDPT + n));
    registers.cr0 = (CR0.pe | CR0.mp | CR0.et | CR0.ne | CR0.wp | CR0.am | CR0.pg) >>> 0;
    registers.setTable('gdtr', { base: GDT, limit: GLOBAL_LIMIT });
    registers.setTable('idtr', { base: IDT, limit: 0x7ff });
    const limit = LOCAL_TABLE.length * 8 - 1;
    registers.setSegment('ldtr', { selector: 0x50, base: LDT, limit, attributes: 0x82 });
    registers.setSegment('tr', { selector: 0x40, base: TSS, limit: 0x67, attributes: 0x8b });
  }

  /** The state before a case in 16- or 32-bit code. */
  private template(bits: number): Saved[] {
    const { registers } = this.processor;
    const load = (name: keyof typeof SEGMENT, selector: number): void => {
      const [base, limit, attributes] = (
        selector & 4 ? LOCAL_TABLE[selector >> 3]! : GLOBAL_TABLE.get(selector & ~7)!
      ) as Descriptor;
      const bytes = attributes & 0x8000 ? ((limit << 12) | 0xfff) >>> 0 : limit;
      registers.setSegment(name, { selector, base, limit: bytes, attributes });
    };
    load('cs', bits === 16 ? 0x07 : SELECTOR.userCode);
    for (const name of ['ss', 'ds', 'es'] as const) load(name, bits === 16 ? 0x0f : SELECTOR.userData);
    for (const name of ['fs', 'gs'] as const) load(name, SMALL_SEGMENT.selector);
    registers.eflags = 0x202;
    this.state.set32(AT.interruptShadow, 0);
    this.state.set16(AT.fpuControl, 0x37f);
    this.state.set32(AT.mxcsr, 0x1f80);
    return PRESERVED.map((name) => {
      const { offset, stride, count } = STATE.field(name);
      return { offset, bytes: this.block.slice(offset, offset + stride * count) };
    });
  }

  // -- running -----------------------------------------------------------------------------------------------------

  /** Puts a group's code in place. `lead`: a NOP before it, so that a translation does not begin with the instruction itself. */
  enter(group: VectorGroup, lead = false): void {
    const { memory } = this;
    const old = this.group;
    if (old) this.writeCode(old.offset - this.lead, new Uint8Array(old.code.length + this.lead).fill(INT3));
    this.group = group;
    this.lead = lead ? 1 : 0;
    this.writeCode(group.offset, group.code);
    if (lead) memory.writeBytes(this.physical(PLACES.code + group.offset - 1), Uint8Array.of(NOP));
  }

  private writeCode(offset: number, bytes: Uint8Array): void {
    const first = Math.min(bytes.length, PAGE - (offset & (PAGE - 1)));
    const at = PLACES.code + offset;
    this.memory.writeBytes(this.physical(at), bytes.subarray(0, first));
    if (first < bytes.length) this.memory.writeBytes(this.physical(at + first), bytes.subarray(first));
  }

  private prepare(vector: VectorState): void {
    const { state, group, block, before } = this;
    const { bits } = group!;
    for (const { offset, bytes } of this.templates.get(bits)!) block.set(bytes, offset);
    setCpl(state, 3);
    for (let n = 0; n < 8; n++) state.set32(AT.gpr + 8 * n, vector.gpr[2 * n]!);
    const { registers } = this.processor;
    registers.eip = vector.rip - (bits === 16 ? PLACES.code : 0) - this.lead;
    registers.eflags = vector.eflags | 0x202;
    if (vector.fx) this.loadFx(vector.fx);
    for (const { address, bytes } of vector.patches) {
      bytes.forEach((byte, i) => {
        const at = address + i - PLACES.data;
        if (at < 0 || at >= before.length) return;
        before[at] = byte;
        this.memory.bytes[MEMORY_MAP.ram + this.physical(PLACES.data + at)] = byte;
      });
    }
  }

  private loadFx(fx: Uint8Array): void {
    const { state, block } = this;
    const word = (at: number): number => fx[at]! | (fx[at + 1]! << 8);
    const long = (at: number): number => word(at) | (word(at + 2) << 16);
    const status = word(FX.status);
    const top = (status >> 11) & 7;
    state.set16(AT.fpuControl, word(FX.control));
    state.set16(AT.fpuStatus, status & ~0x3800);
    state.set32(AT.fpuTop, top);
    state.set32(AT.fpuValid, fx[FX.tags]!);
    state.set16(AT.fpuOpcode, word(FX.opcode));
    state.set32(AT.fpuInstructionPointer, long(FX.ip));
    state.set32(AT.fpuDataPointer, long(FX.dp));
    state.set32(AT.mxcsr, long(FX.mxcsr));
    for (let n = 0; n < 8; n++) {
      const at = FX.st + 16 * n;
      block.set(fx.subarray(at, at + 10), AT.fpr + 16 * ((top + n) & 7));
    }
    block.set(fx.subarray(FX.xmm, FX.xmm + 128), AT.xmm);
  }

  private saveFx(): Uint8Array {
    const { state, block } = this;
    const fx = new Uint8Array(FX.bytes);
    const view = new DataView(fx.buffer);
    const top = state.i32(AT.fpuTop) & 7;
    view.setUint16(FX.control, state.u16(AT.fpuControl), true);
    view.setUint16(FX.status, state.u16(AT.fpuStatus) | (top << 11), true);
    fx[FX.tags] = state.i32(AT.fpuValid);
    view.setUint16(FX.opcode, state.u16(AT.fpuOpcode), true);
    view.setUint32(FX.ip, state.u32(AT.fpuInstructionPointer), true);
    view.setUint32(FX.dp, state.u32(AT.fpuDataPointer), true);
    view.setUint32(FX.mxcsr, state.u32(AT.mxcsr), true);
    for (let n = 0; n < 8; n++) {
      const at = AT.fpr + 16 * ((top + n) & 7);
      fx.set(block.subarray(at, at + 10), FX.st + 16 * n);
    }
    fx.set(block.subarray(AT.xmm, AT.xmm + 128), FX.xmm);
    return fx;
  }

  /** Runs a state of the group that was entered last. */
  run(vector: VectorState): VectorResult {
    this.prepare(vector);
    const { slice = BUDGET } = this.options;
    let stop = this.processor.run(slice);
    for (let left = BUDGET; left > 0 && stop.reason === 'budget'; left -= slice)
      stop = this.processor.run(slice);
    const result = this.result(vector, stop.reason);
    for (const { address, bytes } of vector.patches) this.restore(address, bytes.length);
    if (stop.reason !== 'requested' && stop.reason !== 'budget') throw new VectorMachineError(stop.reason);
    return result;
  }

  /** Puts the image's bytes back. */
  private restore(address: number, length: number): void {
    for (let i = 0; i < length; i++) {
      const at = address + i - PLACES.data;
      if (at < 0 || at >= this.image.length) continue;
      this.before[at] = this.image[at]!;
      this.memory.bytes[MEMORY_MAP.ram + this.physical(PLACES.data + at)] = this.image[at]!;
    }
  }

  private changes(): VectorResult['changes'] {
    const before = new Int32Array(this.before.buffer);
    let first = -1;
    for (let n = 0; n < 4 && first < 0; n++) {
      const page = this.pages[n]!;
      for (let i = 0; i < 1024; i++)
        if (page[i] !== before[1024 * n + i]) {
          first = 4 * (1024 * n + i);
          break;
        }
    }
    if (first < 0) return [];
    const after = new Uint8Array(PLACES.dataBytes);
    this.pages.forEach((page, n) => after.set(new Uint8Array(page.buffer, page.byteOffset, PAGE), PAGE * n));
    const runs = changedRuns(this.before, after, PLACES.data, first);
    for (const { address, bytes } of runs) this.restoreBefore(address, bytes.length);
    return runs;
  }

  private restoreBefore(address: number, length: number): void {
    for (let at = address; at < address + length; at++)
      this.memory.bytes[MEMORY_MAP.ram + this.physical(at)] = this.before[at - PLACES.data]!;
  }

  private result(vector: VectorState, reason: string): VectorResult {
    const { state } = this;
    const { registers } = this.processor;
    const gpr = new Uint32Array(32);
    for (let n = 0; n < 8; n++) gpr[2 * n] = state.u32(AT.gpr + 8 * n);
    const number = (registers.eip - STOP.length - HANDLERS) / 16;
    const ended = reason === 'requested' && Number.isInteger(number);
    const vectorNumber = ended ? number : reason === 'budget' ? ENDLESS : BROKEN;
    const selectors = Array.from({ length: 6 }, (_, n) => state.u16(AT.selector + 2 * n));
    const fx = vector.fx ? this.saveFx() : undefined;
    const common = { gpr, fx, selectors, cr2: [registers.cr2, 0] as const, changes: this.changes() };
    if (!ended)
      return { ...common, vector: vectorNumber, error: 0, rip: [registers.eip, 0], eflags: registers.eflags };
    const esp = registers.esp;
    const pushed = (n: number): number => this.memory.read32(this.physical(esp + 4 * n));
    const frame = WITH_ERROR.has(number) ? 1 : 0;
    gpr[2 * 4] = pushed(frame + 3);
    selectors[SEGMENT.cs] = pushed(frame + 1) & 0xffff;
    selectors[SEGMENT.ss] = pushed(frame + 4) & 0xffff;
    return {
      ...common,
      vector: number,
      error: frame ? pushed(0) : 0,
      rip: [pushed(frame), 0],
      eflags: pushed(frame + 2),
    };
  }
}

/** The simulated processor has stopped otherwise than by one of the handlers. */
export class VectorMachineError extends Error {
  readonly code = 'VECTOR_MACHINE';
  constructor(readonly reason: string) {
    super(`the processor stopped: ${reason}`);
    this.name = 'VectorMachineError';
  }
}
