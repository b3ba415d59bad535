import {
  ACCESS,
  FETCH_CACHE,
  FLUSH_NOTES,
  JUMP_CACHE,
  MEMORY_MAP,
  type PhysicalMemory,
  PROCESSOR_MAP,
  TLB,
} from '@trapgate/mmu';
import { AT, STATE } from './state/layout';
import { CR4 } from './state/mode';
import type { ProcessorState } from './state/processor-state';
import {
  breakpointsEnabled,
  countSystemCall,
  dataBreakpoints,
  ExceptionLog,
  GUEST_FAULT,
  portBreakpoints,
  type Accessor,
  type LinearAccess,
  type SystemCall,
  type SystemContext,
} from './system';

/** What the embedder supplies: ports, memory-mapped devices, the interrupt controller, the time-stamp counter. */
export interface ProcessorHost {
  readPort(port: number, size: 1 | 2 | 4): number;
  writePort(port: number, size: 1 | 2 | 4, value: number): void;
  readMmio(physical: number, size: 1 | 2 | 4): number;
  writeMmio(physical: number, size: 1 | 2 | 4, value: number): void;
  /** INTA cycle: the vector. Called only while the interrupt line is asserted. */
  acknowledgeInterrupt(): number;
  /** The time-stamp counter as the host counts it: an integer below 2^53. */
  readTimestamp(): number;
  /**
   * By how many ticks an instruction the counter may be taken to go on, until a device is accessed or the engine returns: times
   * 2^16; 0 if every reading has to ask. Default: 0.
   */
  timestampRate?(): number;
}

/** Translates a linear address: 0, or 1 with a page fault recorded (the interpreter's `translate`). */
export type Translate = (linear: number, access: number) => number;

const PAGE = 0x1000;

function accessBits(as: Accessor): number {
  if (as === 'system') return ACCESS.implicit;
  return as ? ACCESS.user : 0;
}
const ALIGNMENT_CHECK = 17;

/** Linear memory for JavaScript code: every access is translated anew, nothing is cached. */
class TranslatedMemory implements LinearAccess {
  private readonly view: DataView;
  translate: Translate = () => 1;
  /** Told of accesses while data breakpoints are enabled. */
  accessed: (linear: number, bytes: number, write: boolean) => void = () => undefined;

  constructor(
    private readonly state: ProcessorState,
    private readonly memory: PhysicalMemory,
    private readonly host: ProcessorHost,
  ) {
    this.view = new DataView(memory.buffer);
  }

  private physical(linear: number, access: number): number {
    if (this.translate(linear, access) !== 0) throw GUEST_FAULT;
    return this.state.u32(AT.walkPhysical) + this.state.u32(AT.walkPhysical + 4) * 0x1_0000_0000;
  }

  private checkAlignment(linear: number, size: number, as: Accessor): void {
    const { state } = this;
    if (as !== true || (linear & (size - 1)) === 0 || state.i32(AT.alignmentCheck) === 0) return;
    state.set32(AT.faulted, 1);
    state.set32(AT.faultVector, ALIGNMENT_CHECK);
    state.set32(AT.faultError, 0);
    throw GUEST_FAULT;
  }

  private read(linear: number, size: 1 | 2 | 4, as: Accessor): number {
    this.checkAlignment(linear, size, as);
    if ((linear & (PAGE - 1)) > PAGE - size) return this.readCrossing(linear, size, as);
    const physical = this.physical(linear, accessBits(as));
    if (this.state.i32(AT.watching) !== 0) this.accessed(linear, size, false);
    if (!this.memory.isRam(physical))
      return physical < 0x1_0000_0000 ? this.host.readMmio(physical, size) : (2 ** (8 * size) - 1) >>> 0;
    const place = MEMORY_MAP.ram + physical;
    if (size === 1) return this.view.getUint8(place);
    return size === 2 ? this.view.getUint16(place, true) : this.view.getUint32(place, true);
  }

  private readCrossing(linear: number, size: number, as: Accessor): number {
    let value = 0;
    for (let n = 0; n < size; n++) value += this.read((linear + n) >>> 0, 1, as) * 2 ** (8 * n);
    return value;
  }

  private write(linear: number, size: 1 | 2 | 4, value: number, as: Accessor): void {
    this.checkAlignment(linear, size, as);
    if ((linear & (PAGE - 1)) > PAGE - size) return this.writeCrossing(linear, size, value, as);
    const physical = this.physical(linear, ACCESS.write | accessBits(as));
    if (this.state.i32(AT.watching) !== 0) this.accessed(linear, size, true);
    if (!this.memory.isRam(physical)) {
      if (physical < 0x1_0000_0000) this.host.writeMmio(physical, size, value >>> 0);
      return;
    }
    if (size === 1) this.memory.write8(physical, value);
    else if (size === 2) this.memory.write16(physical, value);
    else this.memory.write32(physical, value);
  }

  private writeCrossing(linear: number, size: number, value: number, as: Accessor): void {
    this.probeWrite(linear, size, as);
    for (let n = 0; n < size; n++) this.write((linear + n) >>> 0, 1, (value >>> (8 * n)) & 0xff, as);
  }

  read8(linear: number, as: Accessor): number {
    return this.read(linear, 1, as);
  }
  read16(linear: number, as: Accessor): number {
    return this.read(linear, 2, as);
  }
  read32(linear: number, as: Accessor): number {
    return this.read(linear, 4, as);
  }
  write8(linear: number, value: number, as: Accessor): void {
    this.write(linear, 1, value, as);
  }
  write16(linear: number, value: number, as: Accessor): void {
    this.write(linear, 2, value, as);
  }
  write32(linear: number, value: number, as: Accessor): void {
    this.write(linear, 4, value, as);
  }
  probeWrite(linear: number, length: number, as: Accessor): void {
    if (length === 2 || length === 4) this.checkAlignment(linear, length, as);
    const access = ACCESS.write | accessBits(as);
    const end = linear + length;
    for (let at = linear; at < end; at = at - (at % PAGE) + PAGE) this.physical(at >>> 0, access);
  }
}

/** The processor as host functions and interrupt delivery see it. */
export class ProcessorContext implements SystemContext {
  readonly memory: TranslatedMemory;
  readonly exceptions = new ExceptionLog();
  ip = 0;
  nextIp = 0;
  halted = false;
  stopRequested = false;
  nmiPending = false;
  /** The instruction just executed swallows its single-step trap. */
  suppressStep = false;
  keepResumeFlag = false;
  /** DR6 bits of the data and I/O breakpoints that the running instruction has met. */
  breakpoints = 0;
  /** Set when a cached translation may have changed: code has to be looked up again. */
  translationChanged = false;
  /** Told of RAM that is about to be written, while `watching` says so. */
  writing: ((physical: number, bytes: number) => void) | undefined;
  /** Told of every system call; `systemCallsWatched` has to be set for that. */
  onSystemCall: ((call: SystemCall) => void) | null = null;
  enterGate: ((vector: number, event: number, error: number, returnIp: number) => boolean) | undefined;
  readonly stateBlock: Uint8Array;
  private readonly words: Int32Array;

  constructor(
    readonly state: ProcessorState,
    private readonly physicalMemory: PhysicalMemory,
    private readonly host: ProcessorHost,
    readonly model: string,
  ) {
    this.memory = new TranslatedMemory(state, physicalMemory, host);
    this.stateBlock = physicalMemory.bytes.subarray(state.base, state.base + STATE.size);
    this.words = new Int32Array(physicalMemory.buffer);
    this.memory.accessed = (linear, bytes, isWrite) => this.noteAccess(linear, bytes, isWrite);
  }

  get nmiBlocked(): boolean {
    return this.state.i32(AT.nmiBlocked) !== 0;
  }
  set nmiBlocked(blocked: boolean) {
    this.state.set32(AT.nmiBlocked, blocked ? 1 : 0);
  }

  reset(): void {
    this.halted = false;
    this.stopRequested = false;
    this.nmiPending = false;
    this.nmiBlocked = false;
    this.suppressStep = false;
    this.keepResumeFlag = false;
    this.breakpoints = 0;
    this.exceptions.clear();
    this.flushTlb();
  }

  noteSystemCall(call: SystemCall): void {
    countSystemCall(this, call);
    this.onSystemCall?.(call);
  }

  raise(vector: number, error = -1): never {
    const { state } = this;
    state.set32(AT.faulted, 1);
    state.set32(AT.faultVector, vector);
    state.set32(AT.faultError, error);
    throw GUEST_FAULT;
  }

  /** A new generation in the tags; after 2047 of them the tables are emptied for real. */
  flushTlb(): void {
    const { state } = this;
    const context = state.i32(AT.tlbContext);
    let generation = (context >> 1) + 1;
    if (generation > 0x7ff) {
      generation = 1;
      const first = (state.base + PROCESSOR_MAP.fetchCache) >> 2;
      const last = (state.base + PROCESSOR_MAP.tlb + (TLB.entries << TLB.entryShift)) >> 2;
      this.words.fill(0, first, last);
      this.clearJumpCache();
    }
    state.set32(AT.tlbContext, (generation << 1) | (context & 1));
    this.translationChanged = true;
    const notes = MEMORY_MAP.flushNotes >> 2;
    this.words[notes + (FLUSH_NOTES.tlb >> 2)] = 0;
    this.words[notes + (FLUSH_NOTES.jumps >> 2)] = 0;
    if (state.i32(AT.largePagesCached) === 0) return;
    state.set32(AT.largePagesCached, 0);
    const large = notes + (FLUSH_NOTES.large >> 2);
    this.words.fill(0, large, large + (FLUSH_NOTES.largeBytes >> 2));
  }

  flushAddressSpace(): void {
    const { state, words } = this;
    if ((state.i32(AT.cr4) & CR4.pge) === 0) return this.flushTlb();
    const notes = MEMORY_MAP.flushNotes >> 2;
    const [tlb, jumps] = [notes + (FLUSH_NOTES.tlb >> 2), notes + (FLUSH_NOTES.jumps >> 2)];
    if (words[tlb]! > FLUSH_NOTES.most || words[jumps]! > FLUSH_NOTES.most) return this.flushTlb();
    for (let n = words[tlb]!; n > 0; n--)
      this.dropEntry((state.base + PROCESSOR_MAP.tlb + words[tlb + n]!) >> 2);
    for (let n = words[jumps]!; n > 0; n--)
      words[(MEMORY_MAP.jumpCache + JUMP_CACHE.context + words[jumps + n]!) >> 2] = 0;
    words[tlb] = words[jumps] = 0;
    const first = (state.base + PROCESSOR_MAP.fetchCache) >> 2;
    words.fill(0, first, first + ((FETCH_CACHE.entries << FETCH_CACHE.entryShift) >> 2));
    this.translationChanged = true;
  }

  /** `entry`: word number of a TLB entry. */
  private dropEntry(entry: number): void {
    this.words[entry + (TLB.tagRead >> 2)] = 0;
    this.words[entry + (TLB.tagWrite >> 2)] = 0;
    this.words[entry + (TLB.tagExecute >> 2)] = 0;
  }

  /** Whether entries of a large page may be cached in the 4 MB around a linear address. */
  private largePageAt(linear: number): boolean {
    if (this.state.i32(AT.largePagesCached) === 0) return false;
    const word = this.words[((MEMORY_MAP.flushNotes + FLUSH_NOTES.large) >> 2) + (linear >>> 27)]!;
    return ((word >>> ((linear >>> 22) & 31)) & 1) !== 0;
  }

  flushPage(linear: number): void {
    // Entries are 4 KB pieces: of a large page there may be many.
    if (this.largePageAt(linear)) return this.flushTlb();
    const page = linear >>> 12;
    this.dropEntry(
      (this.state.base + PROCESSOR_MAP.tlb + ((page & (TLB.entries - 1)) << TLB.entryShift)) >> 2,
    );
    const slot = (this.state.base + PROCESSOR_MAP.fetchCache + ((page & 511) << 4)) >> 2;
    this.words[slot] = 0;
    const noted = MEMORY_MAP.jumpCache + JUMP_CACHE.pages + (page & JUMP_CACHE.pageMask);
    if ((this.words[noted >> 2]! >>> (8 * (noted & 3))) & 1) this.clearJumpCache();
    this.translationChanged = true;
  }

  clearJumpCache(): void {
    const { jumpCache } = MEMORY_MAP;
    this.words.fill(0, jumpCache >> 2, (jumpCache + JUMP_CACHE.pages + JUMP_CACHE.pageMask + 1) >> 2);
  }

  isRam(physical: number): boolean {
    return this.physicalMemory.isRam(physical);
  }
  /** Data at a linear address are accessed: told only while accesses are watched. */
  noteAccess(linear: number, bytes: number, write: boolean): void {
    this.breakpoints |= dataBreakpoints(this.state, linear, bytes, write);
    if (write && this.writing) this.noteWrite(this.writing, linear, bytes);
  }

  /** The places of an operand that has been translated: one, or two if it crosses a page. */
  private noteWrite(writing: (physical: number, bytes: number) => void, linear: number, bytes: number): void {
    const tell = (at: number, length: number): void => {
      if (this.state.u32(at + 4) === 0 && this.isRam(this.state.u32(at))) writing(this.state.u32(at), length);
    };
    const first = PAGE - (linear & (PAGE - 1));
    if (first >= bytes) return tell(AT.walkPhysical, bytes);
    tell(AT.bounceAddress, first);
    tell(AT.bounceAddress + 8, bytes - first);
  }

  private notePort(port: number, size: number): void {
    if (breakpointsEnabled(this.state)) this.breakpoints |= portBreakpoints(this.state, port, size);
  }

  /** What the guest sees of time beside the time-stamp counter must not contradict it. */
  timePassed(): void {
    this.state.set32(AT.timestampRate, 0);
  }

  readPort(port: number, size: 1 | 2 | 4): number {
    this.timePassed();
    this.notePort(port, size);
    return this.host.readPort(port, size);
  }
  writePort(port: number, size: 1 | 2 | 4, value: number): void {
    this.timePassed();
    this.notePort(port, size);
    this.host.writePort(port, size, value);
  }
  readMmio(physical: number, size: 1 | 2 | 4): number {
    this.timePassed();
    return this.host.readMmio(physical, size);
  }
  writeMmio(physical: number, size: 1 | 2 | 4, value: number): void {
    this.timePassed();
    this.host.writeMmio(physical, size, value);
  }
  readTimestamp(): number {
    const { state } = this;
    const asked = this.host.readTimestamp();
    const shown = state.u32(AT.timestampBase) + state.u32(AT.timestampBase + 4) * 2 ** 32;
    const ahead = shown > asked;
    const ticks = ahead ? shown : asked;
    state.set32(AT.timestampBase, (ticks % 2 ** 32) | 0);
    state.set32(AT.timestampBase + 4, Math.floor(ticks / 2 ** 32));
    state.set32(AT.timestampBudget, state.i32(AT.budget));
    const guarded = (state.i32(AT.cr4) & CR4.tsd) !== 0;
    const rate = guarded ? 0 : (this.host.timestampRate?.() ?? 0);
    // The host catches up with what was too much.
    state.set32(AT.timestampRate, ahead ? rate >> 1 : rate);
    return ticks;
  }
  acknowledgeInterrupt(): number {
    return this.host.acknowledgeInterrupt();
  }
  halt(): void {
    this.halted = true;
  }
  unblockNmi(): void {
    this.nmiBlocked = false;
  }
  readPhysical32(physical: number): number {
    const masked = (physical & this.state.i32(AT.a20Mask)) >>> 0;
    return this.physicalMemory.isRam(masked) ? this.physicalMemory.read32(masked) : 0;
  }
}
