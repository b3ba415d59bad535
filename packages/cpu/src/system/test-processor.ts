import { decode, forms, Instruction, type Form } from '@trapgate/x86-decoder';
import { writeFlags } from '../state/flags';
import { AT, SEGMENT, STATE } from '../state/layout';
import { CR0, setCpl, updateMode } from '../state/mode';
import { ProcessorState } from '../state/processor-state';
import {
  GUEST_FAULT,
  STATUS,
  type Accessor,
  type LinearAccess,
  type Status,
  type SystemContext,
} from './context';
import { setSegment } from './descriptors';
import { ExceptionLog } from './exception-log';
import { hostFunctions } from './host-functions';
import { deliverFault, type Delivery } from './interrupts';
import { resetState } from './reset';
import { segmentLinear } from './segment-access';
import type { SystemCall } from './system-calls';
import { VECTOR } from './vectors';

/** Where the tables of a {@link TestProcessor} in protected mode lie. */
export const TABLES = {
  idt: 0x1000,
  gdt: 0x2000,
  ldt: 0x3000,
  tss: 0x4000,
  tss2: 0x5000,
  stack0: 0x8000,
  code: 0x1_0000,
  stack3: 0x9000,
} as const;

/** Selectors of the GDT that `enterProtectedMode` builds. */
export const SELECTOR = {
  code0: 0x08,
  data0: 0x10,
  code3: 0x1b,
  data3: 0x23,
  tss: 0x28,
  ldt: 0x30,
  code16: 0x38,
  data16: 0x40,
  tss2: 0x48,
  conforming: 0x50,
  free: 0x58,
} as const;

/** What a test looks at after an instruction that may have faulted. */
export type Outcome = Status | { readonly fault: number; readonly error: number };

/** A processor for tests of the system code: flat memory without paging, ports as a log, no engine. */
export class TestProcessor implements SystemContext {
  readonly state: ProcessorState;
  readonly bytes = new Uint8Array(0x10_0000);
  private readonly view = new DataView(this.bytes.buffer);
  readonly exceptions = new ExceptionLog();
  readonly ports: { port: number; size: number; value?: number }[] = [];
  /** Linear pages (address >>> 12) that raise #PF. */
  readonly absentPages = new Set<number>();
  model = 'trapgate';
  ip = 0;
  nextIp = 0;
  portValue = 0;
  timestamp = 0;
  timestampAsked = false;
  flushes = 0;
  halted = false;
  nmiUnblocked = 0;
  readonly systemCalls: SystemCall[] = [];
  suppressStep = false;
  keepResumeFlag = false;

  constructor() {
    const memory = new ArrayBuffer(STATE.size);
    this.state = new ProcessorState(memory, 0);
    resetState(this.state, this.model);
    this.state.set32(AT.budget, 1_000_000);
  }

  readonly memory: LinearAccess = {
    read8: (linear, as) => this.view.getUint8(this.check(linear, 1, false, as)),
    read16: (linear, as) => this.view.getUint16(this.check(linear, 2, false, as), true),
    read32: (linear, as) => this.view.getInt32(this.check(linear, 4, false, as), true),
    write8: (linear, value, as) => this.view.setUint8(this.check(linear, 1, true, as), value),
    write16: (linear, value, as) => this.view.setUint16(this.check(linear, 2, true, as), value, true),
    write32: (linear, value, as) => this.view.setUint32(this.check(linear, 4, true, as), value, true),
    probeWrite: (linear, length, as) => void this.check(linear, length, true, as),
  };

  private check(linear: number, length: number, write: boolean, as: Accessor): number {
    for (const address of [linear, linear + length - 1]) {
      if (!this.absentPages.has(address >>> 12) && address < this.bytes.length) continue;
      this.state.set32(AT.faultAddress, address);
      this.raise(VECTOR.pf, (write ? 2 : 0) | (as === true ? 4 : 0));
    }
    return linear;
  }

  noteSystemCall(call: SystemCall): void {
    this.systemCalls.push(call);
  }

  raise(vector: number, error = -1): never {
    this.state.set32(AT.faulted, 1);
    this.state.set32(AT.faultVector, vector);
    this.state.set32(AT.faultError, error);
    throw GUEST_FAULT;
  }

  flushTlb(): void {
    this.flushes++;
  }
  flushAddressSpace(): void {
    this.flushes++;
  }
  flushPage(): void {
    this.flushes++;
  }
  readPort(port: number, size: 1 | 2 | 4): number {
    this.ports.push({ port, size });
    return this.portValue;
  }
  writePort(port: number, size: 1 | 2 | 4, value: number): void {
    this.ports.push({ port, size, value });
  }
  readTimestamp(): number {
    return this.timestamp;
  }
  timePassed(): void {
    this.timestampAsked = true;
  }
  acknowledgeInterrupt(): number {
    return 0x20;
  }
  halt(): void {
    this.halted = true;
  }
  unblockNmi(): void {
    this.nmiUnblocked++;
  }
  readPhysical32(physical: number): number {
    return this.view.getInt32(physical, true);
  }

  // --- access for tests -------------------------------------------------------------------------------------------

  get(field: 'rip' | 'cpl' | 'cr0' | 'cr2' | 'cr3' | 'cr4' | 'eflags' | 'interruptShadow'): number {
    return this.state.u32(AT[field]);
  }
  gpr(register: number): number {
    return this.state.u32(AT.gpr + 8 * register);
  }
  setGpr(register: number, value: number): void {
    this.state.set32(AT.gpr + 8 * register, value);
  }
  selector(segment: keyof typeof SEGMENT): number {
    return this.state.u16(AT.selector + 2 * SEGMENT[segment]);
  }
  base(segment: keyof typeof SEGMENT): number {
    return this.state.u32(AT.segmentBase + 8 * SEGMENT[segment]);
  }
  limit(segment: keyof typeof SEGMENT): number {
    return this.state.u32(AT.segmentLimit + 4 * SEGMENT[segment]);
  }
  attributes(segment: keyof typeof SEGMENT): number {
    return this.state.u32(AT.segmentAttributes + 4 * SEGMENT[segment]);
  }
  read32(address: number): number {
    return this.view.getUint32(address, true);
  }
  read16(address: number): number {
    return this.view.getUint16(address, true);
  }
  write32(address: number, value: number): void {
    this.view.setUint32(address, value, true);
  }
  write16(address: number, value: number): void {
    this.view.setUint16(address, value, true);
  }
  /** `count` dwords at the top of the stack. */
  stack(count: number): number[] {
    return Array.from({ length: count }, (_, n) => this.read32(this.base('ss') + this.gpr(4) + 4 * n));
  }

  /** Writes a descriptor: access byte and the flags nibble (G, D/B, L, AVL). */
  descriptor(address: number, base: number, limit: number, access: number, flags: number): void {
    this.write32(address, ((base & 0xffff) << 16) | (limit & 0xffff));
    this.write32(
      address + 4,
      (base & 0xff00_0000) | (flags << 20) | (limit & 0xf_0000) | (access << 8) | ((base >>> 16) & 0xff),
    );
  }
  /** Writes a gate; `parameters` for call gates. */
  gate(address: number, selector: number, offset: number, access: number, parameters = 0): void {
    this.write32(address, (selector << 16) | (offset & 0xffff));
    this.write32(address + 4, (offset & 0xffff_0000) | (access << 8) | parameters);
  }
  idtGate(vector: number, selector: number, offset: number, access: number): void {
    this.gate(TABLES.idt + 8 * vector, selector, offset, access);
  }

  /** Flat 32-bit protected mode at level `cpl`, with a GDT, an IDT of 64 empty gates, and a 32-bit TSS. */
  enterProtectedMode(cpl: 0 | 3 = 0): this {
    const { state } = this;
    const at = (selector: number): number => TABLES.gdt + (selector & 0xfff8);
    this.descriptor(at(SELECTOR.code0), 0, 0xf_ffff, 0x9b, 0xc);
    this.descriptor(at(SELECTOR.data0), 0, 0xf_ffff, 0x93, 0xc);
    this.descriptor(at(SELECTOR.code3), 0, 0xf_ffff, 0xfb, 0xc);
    this.descriptor(at(SELECTOR.data3), 0, 0xf_ffff, 0xf3, 0xc);
    this.descriptor(at(SELECTOR.tss), TABLES.tss, 0x67, 0x8b, 0);
    this.descriptor(at(SELECTOR.ldt), TABLES.ldt, 0x7f, 0x82, 0);
    this.descriptor(at(SELECTOR.code16), 0, 0xffff, 0x9b, 0);
    this.descriptor(at(SELECTOR.data16), 0, 0xffff, 0x93, 0);
    this.descriptor(at(SELECTOR.tss2), TABLES.tss2, 0x67, 0x89, 0);
    this.descriptor(at(SELECTOR.conforming), 0, 0xf_ffff, 0x9f, 0xc);
    this.write32(TABLES.tss + 4, TABLES.stack0);
    this.write16(TABLES.tss + 8, SELECTOR.data0);
    state.set32(AT.gdtrBase, TABLES.gdt);
    state.set32(AT.gdtrLimit, 0xff);
    state.set32(AT.idtrBase, TABLES.idt);
    state.set32(AT.idtrLimit, 64 * 8 - 1);
    state.set32(AT.cr0, CR0.pe | CR0.et);
    const dpl = cpl << 5;
    const data = cpl === 3 ? SELECTOR.data3 : SELECTOR.data0;
    setSegment(this, SEGMENT.cs, cpl === 3 ? SELECTOR.code3 : SELECTOR.code0, 0, -1, 0xc09b | dpl);
    for (const segment of [SEGMENT.es, SEGMENT.ss, SEGMENT.ds, SEGMENT.fs, SEGMENT.gs]) {
      setSegment(this, segment, data, 0, -1, 0xc093 | dpl);
    }
    setSegment(this, SEGMENT.tr, SELECTOR.tss, TABLES.tss, 0x67, 0x8b);
    setSegment(this, SEGMENT.ldtr, 0, 0, 0, 0);
    setCpl(state, cpl);
    this.setGpr(4, cpl === 3 ? TABLES.stack3 : TABLES.stack0);
    state.set32(AT.rip, TABLES.code);
    updateMode(state);
    return this;
  }

  /** Virtual-8086 mode with IOPL `iopl`, CS:IP 1000:0, SS:SP 0800:1000. */
  enterVirtual8086(iopl: number): this {
    this.enterProtectedMode(3);
    writeFlags(this.state, 0x2_0202 | (iopl << 12));
    const selectors: Record<string, number> = {
      cs: 0x1000,
      ss: 0x800,
      ds: 0x700,
      es: 0x600,
      fs: 0x500,
      gs: 0x400,
    };
    for (const [name, value] of Object.entries(selectors)) {
      setSegment(this, SEGMENT[name as keyof typeof SEGMENT], value, value << 4, 0xffff, 0xf3);
    }
    this.setGpr(4, 0x1000);
    this.state.set32(AT.rip, 0);
    updateMode(this.state);
    return this;
  }

  /** Executes the one instruction that `code` encodes (hex bytes), as if it lay at CS:EIP; an older fault is forgotten. */
  execute(code: string): Outcome {
    const { state } = this;
    const bytes = Uint8Array.from(code.split(' '), (byte) => parseInt(byte, 16));
    const mode = (this.attributes('cs') & 0x4000) !== 0 ? 32 : 16;
    const decoded = decode(bytes, 0, bytes.length, mode, new Instruction());
    if (decoded.form === 0) return { fault: VECTOR.ud, error: -1 };
    const form = forms[decoded.form]!;
    const run = hostFunctions.get(hostKey(form));
    if (!run) throw new Error(`no host function for ${code} (${form.mnemonic})`);
    state.set32(AT.faulted, 0);
    this.ip = state.u32(AT.rip);
    this.nextIp = (this.ip + decoded.length) >>> 0;
    try {
      const status = run(this, { form, decoded }, decoded.memory ? this.operandAddress(form, decoded) : 0);
      if (status === STATUS.next) state.set32(AT.rip, this.nextIp);
      return state.i32(AT.faulted) === 0 ? status : this.fault();
    } catch (thrown) {
      if (thrown !== GUEST_FAULT) throw thrown;
      return this.fault();
    }
  }

  private fault(): Outcome {
    return { fault: this.state.i32(AT.faultVector), error: this.state.i32(AT.faultError) };
  }

  private operandAddress(form: Form, decoded: Instruction): number {
    const size = form.operands.find(({ kind }) => kind === 'm' || kind === 'rm')!;
    const register = (n: number): number => (n < 0 ? 0 : this.gpr(n));
    const offset = register(decoded.base) + register(decoded.index) * decoded.scale + decoded.displacement;
    const cut = decoded.addressSize === 16 ? offset & 0xffff : offset >>> 0;
    const bits = size.memory ?? size.size;
    return segmentLinear(this, decoded.segment, cut, Math.max(bits / 8, 1), false);
  }

  /** Delivers the pending fault. */
  deliver(): Delivery {
    return deliverFault(this);
  }
}

/** The key of {@link hostFunctions} for a form. */
function hostKey(form: Form): string {
  const { mnemonic, operands } = form;
  if (form.far && (mnemonic === 'jmp' || mnemonic === 'call')) return `${mnemonic} far`;
  if (mnemonic === 'push' || mnemonic === 'pop') return `${mnemonic} sreg`;
  const special = operands.find(({ kind }) => kind === 'sreg' || kind === 'creg' || kind === 'dreg');
  return special ? `${mnemonic} ${special.kind}` : mnemonic;
}
