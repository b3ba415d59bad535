import {
  ACCESS,
  MEMORY_MAP,
  type PhysicalMemory,
  PROCESSOR_MAP,
  PROFILE,
  TRANSLATION_COUNTERS,
} from '@trapgate/mmu';
import type { Instruction } from '@trapgate/x86-decoder';
import type { EngineStatistics, ExecutionEngine } from '../engine';
import type { ProcessorObserver } from '../observer';
import type { ProcessorContext } from '../processor-context';
import { FLAG } from '../state/flags';
import { AT, SEGMENT } from '../state/layout';
import { CR0 } from '../state/mode';
import { hostFunctions } from '../host-functions';
import { cpuModel, GUEST_FAULT, STATUS, type Status } from '../system';
import { CodeCache } from './code-cache';
import { RecordEncoder } from './encode-record';
import { LEAVE } from './hot-function';
import { interpreterModule, type CompiledInterpreter } from './module-cache';
import type { Translation, Translator } from './translation';

interface Exports {
  run(state: number, start: number): number;
  fillTlb(state: number, linear: number, access: number): number;
  translate(state: number, linear: number, access: number): number;
  enterGate(state: number, vector: number, event: number, error: number, returnIp: number): number;
  readonly handlers: WebAssembly.Table;
}

const PAGE_MASK = 0xfff;
const WRITE_REFUSED = 2;
/** A power of two; a kernel halts up to a thousand times a second. */
const HALTS_TO_COOL = 64;
const INVALID_OPCODE = 6;
const GENERAL_PROTECTION = 13;

/** Executes instructions from decoded records: the generated module, the code cache and host functions put together. */
export class Interpreter implements ExecutionEngine {
  private readonly exports: Exports;
  private readonly code: CodeCache;
  private readonly base: number;
  /** How often code has been entered; see PROFILE. */
  private readonly profile: Int32Array;
  /** Limit of the running call of run; 0 outside. */
  private limit = 0;
  /** Part of what is left of it that the module does not know of. */
  private withheld = 0;
  /** A host function asked to return after its instruction. */
  private attended = false;
  private inHost = false;
  private lastMode = -1;
  private halts = 0;
  private readonly translator: Translator | undefined;

  constructor(
    memory: PhysicalMemory,
    private readonly context: ProcessorContext,
    observer: ProcessorObserver = {},
    translation?: Translation,
  ) {
    this.base = context.state.base;
    this.profile = new Int32Array(memory.buffer, this.base + PROCESSOR_MAP.profile, PROFILE.entries);
    const compiled = interpreterModule(translation?.hotAfter ?? 0);
    const { module, table } = compiled;
    const encoder = new RecordEncoder(table, hostFunctions, cpuModel(context.model).absentFeatures);
    this.code = new CodeCache(memory, encoder, [this.base]);
    const host = (index: number, linear: number, ip: number): number =>
      this.callHost(index, linear >>> 0, ip >>> 0);
    const env = {
      memory: memory.wasm,
      readMmio: (physical: number, bytes: number) => context.readMmio(physical >>> 0, bytes as 1 | 2 | 4),
      writeMmio: (physical: number, bytes: number, value: number) =>
        context.writeMmio(physical >>> 0, bytes as 1 | 2 | 4, maskTo(bytes, value)),
      codeWritten: (physical: number, bytes: number) => this.code.invalidate(physical >>> 0, bytes),
      filled: (linear: number, physical: number, access: number) =>
        observer.translated?.(linear >>> 0, physical >>> 0, access),
      accessed: (linear: number, bytes: number, access: number) =>
        context.noteAccess(linear >>> 0, bytes, (access & ACCESS.write) !== 0),
      marked: (physical: number) => context.writing?.(physical >>> 0, 1),
      host,
    };
    if (observer.translated) context.state.set32(AT.observeFills, 1);
    if (observer.decoded)
      this.code.onDecoded = (offset, place, instruction) =>
        this.decodedAt(memory, observer, offset, place, instruction);
    this.exports = new WebAssembly.Instance(module, { env } as unknown as WebAssembly.Imports)
      .exports as unknown as Exports;
    encoder.onLate = (number) => this.addLateHandlers(compiled, number, env);
    if (translation) {
      const translator = translation.create({
        memory,
        code: this.code,
        exports: this.exports as unknown as WebAssembly.Exports,
        firstCold: table.firstCold,
        clearJumpCache: () => this.context.clearJumpCache(),
      });
      this.translator = translator;
      this.code.onDropped = (page) => translator.dropped(page);
    }
    context.memory.translate = (linear, access) => this.exports.translate(this.base, linear, access);
    context.enterGate = (vector, event, error, returnIp) =>
      this.exports.enterGate(this.base, vector, event, error, returnIp) !== 0;
  }

  /** Puts the handlers of the x87's instructions, or of the SIMD instructions, into the table. */
  private addLateHandlers(
    { late, table }: CompiledInterpreter,
    number: 0 | 1,
    env: Record<string, unknown>,
  ): void {
    const imports = { env, interpreter: this.exports } as unknown as WebAssembly.Imports;
    const { exports } = new WebAssembly.Instance(late(number), imports);
    const first = table.firstLate - table.firstCold + (number === 0 ? 0 : table.late[0].length);
    for (let n = 0; n < table.late[number].length; n++)
      this.exports.handlers.set(first + n, (exports as unknown as Record<string, unknown>)[String(n)]);
  }

  private decodedAt(
    memory: PhysicalMemory,
    observer: ProcessorObserver,
    offset: number,
    place: number,
    instruction: Instruction,
  ): void {
    const linear = ((this.linearIp() & ~PAGE_MASK) | offset) >>> 0;
    const bytes = place < 0 ? this.code.straddlingBytes : memory.bytes.subarray(place);
    observer.decoded?.(linear, bytes.slice(0, instruction.length), instruction);
  }

  reset(): void {
    this.code.clear();
    this.profile.fill(0);
    this.lastMode = -1;
  }

  get statistics(): EngineStatistics {
    return {
      decoded: this.code.decoded,
      invalidations: this.code.invalidations,
      codeBytes: this.code.arenaBytes,
    };
  }

  /** Instructions executed by the running call so far, as seen from inside a host function. */
  get running(): number {
    return this.limit === 0 ? 0 : this.limit - this.withheld - this.context.state.i32(AT.budget);
  }

  /** Makes the module return after the current instruction, if it is in a host function; else it does at its budget's end. */
  attend(): void {
    if (!this.inHost) return;
    const { state } = this.context;
    this.attended = true;
    // Translated code takes what is missing from the budget when it is left for executed.
    if (state.i32(AT.translatedPage) !== 0) this.uncountTranslated(state.i32(AT.budget));
    this.withheld += state.i32(AT.budget);
    state.set32(AT.budget, 0);
    this.context.timePassed();
  }

  /**
   * The guest waits: now and then the counts of entries are halved, so that what a guest does at its prompt at every tick
   * of its timer does not become hot in the end.
   */
  idle(): void {
    if (!this.translator || (++this.halts & (HALTS_TO_COOL - 1)) !== 0) return;
    const { profile } = this;
    for (let n = 0; n < profile.length; n++) profile[n]! >>= 1;
    this.translator.cool();
  }

  private uncountTranslated(instructions: number): void {
    const at = MEMORY_MAP.translationCounters + TRANSLATION_COUNTERS.instructions;
    const view = new DataView(this.profile.buffer);
    view.setBigInt64(at, view.getBigInt64(at, true) - BigInt(instructions), true);
  }

  /** Executes at most `limit` instructions from rip; returns how many. A recorded fault is left for the caller. */
  run(limit: number): number {
    const { state } = this.context;
    this.limit = limit;
    this.attended = false;
    state.set32(AT.limitedFetch, 0);
    let start = 0;
    let left = limit;
    let refused = false;
    for (;;) {
      this.checkMode();
      const limited = state.i32(AT.limitedFetch) !== 0 || refused;
      const reason = this.enter(start, left, limited ? 1 : left);
      left = state.i32(AT.budget) + this.withheld;
      start = 0;
      state.set32(AT.limitedFetch, 0);
      // A translation would have overwritten itself: the interpreter executes that one instruction.
      refused = state.i32(AT.faulted) === WRITE_REFUSED;
      if (refused) state.set32(AT.faulted, 0);
      if (left <= 0 || this.attended) {
        // Fetching the instruction behind the end may have faulted: that is for the next run to find.
        if (reason === LEAVE.miss) state.set32(AT.faulted, 0);
        break;
      }
      if (reason === LEAVE.miss) {
        if (!this.decode()) break;
      } else if (reason === LEAVE.straddle) {
        start = this.straddle();
        if (start === 0) break;
      } else if (reason === LEAVE.hot) this.translate();
      else if (!refused && (!limited || reason !== LEAVE.budget)) break;
    }
    this.limit = 0;
    return limit - left;
  }

  /** Has the code at rip translated, if it can be. */
  private translate(): void {
    const { state } = this.context;
    const linear = this.linearIp();
    const page = this.fetchPage(linear);
    if (page < 0) return state.set32(AT.faulted, 0);
    this.translator?.hot(page, linear & PAGE_MASK, state.i32(AT.mode));
  }

  /** Calls the module for `granted` of the `left` instructions. */
  private enter(start: number, left: number, granted: number): number {
    this.withheld = left - granted;
    this.context.state.set32(AT.budget, granted);
    this.context.timePassed();
    return this.exports.run(this.base, start);
  }

  /** Whether data accesses have to be aligned now (SDM vol. 3A, 2.5, CR0.AM). */
  private alignmentChecked(): boolean {
    const { state } = this.context;
    return (
      state.i32(AT.cpl) === 3 && (state.i32(AT.eflags) & FLAG.ac) !== 0 && (state.i32(AT.cr0) & CR0.am) !== 0
    );
  }

  private checkMode(): void {
    const { context } = this;
    const aligned = this.alignmentChecked() ? 1 : 0;
    if (aligned !== context.state.i32(AT.alignmentCheck)) {
      context.state.set32(AT.alignmentCheck, aligned);
      context.flushTlb();
    }
    const mode = this.context.state.i32(AT.mode);
    if (mode === this.lastMode) return;
    this.lastMode = mode;
    this.code.clearFetchCache(this.base);
  }

  private linearIp(): number {
    const { state } = this.context;
    return (state.u32(AT.rip) + state.u32(AT.segmentBase + 8 * SEGMENT.cs)) >>> 0;
  }

  /** Physical page of code at a linear address, or -1 with a fault recorded. */
  private fetchPage(linear: number): number {
    const { state } = this.context;
    if (this.exports.fillTlb(this.base, linear, ACCESS.fetch) !== 0) return -1;
    const physical = state.u32(AT.walkPhysical);
    if (state.u32(AT.walkPhysical + 4) !== 0 || !this.context.isRam(physical)) {
      // Nothing executable is mapped there: the bus floats high, and FF FF is no instruction.
      this.fault(INVALID_OPCODE, -1);
      return -1;
    }
    return physical >>> 12;
  }

  private fault(vector: number, error: number): void {
    const { state } = this.context;
    state.set32(AT.faulted, 1);
    state.set32(AT.faultVector, vector);
    state.set32(AT.faultError, error);
  }

  /**
   * Whether EIP + `ahead` is within the limit of CS; else #GP(0) is recorded (SDM vol. 3A, 5.3). If the limit lies in the
   * page of that byte, the next call of the module is for one instruction.
   */
  private withinLimit(ahead: number): boolean {
    const { state } = this.context;
    const limit = state.u32(AT.segmentLimit + 4 * SEGMENT.cs);
    if (limit === 0xffff_ffff) return true;
    const last = state.u32(AT.rip) + ahead;
    if (last > limit) {
      this.fault(GENERAL_PROTECTION, 0);
      return false;
    }
    const pageEnd = last + (PAGE_MASK - ((this.linearIp() + ahead) & PAGE_MASK));
    if (pageEnd > limit) state.set32(AT.limitedFetch, 1);
    return true;
  }

  private decode(): boolean {
    const { state } = this.context;
    if (state.i32(AT.faulted) !== 0 || !this.withinLimit(0)) return false;
    const linear = this.linearIp();
    const page = this.fetchPage(linear);
    if (page < 0) return false;
    const record = this.code.decodeRun(page, linear & PAGE_MASK, state.i32(AT.mode));
    return this.withinLimit(Math.max(this.code.lengthOf(record), 1) - 1);
  }

  /** Decodes an instruction that lies in two pages; returns the record to start at, or 0 with a fault recorded. */
  private straddle(): number {
    const { state } = this.context;
    const linear = this.linearIp();
    const first = PAGE_MASK + 1 - (linear & PAGE_MASK);
    if (!this.withinLimit(first)) return 0;
    const page = this.fetchPage(linear);
    if (page < 0) return 0;
    const next = this.fetchPage((linear + first) >>> 0);
    if (next < 0) return 0;
    const record = this.code.decodeStraddler(page, linear & PAGE_MASK, next, state.i32(AT.mode));
    return this.withinLimit(this.code.lengthOf(record) - 1) ? record : 0;
  }

  private callHost(index: number, linear: number, ip: number): Status {
    const { context } = this;
    const instruction = this.code.hostInstruction(index);
    context.ip = ip;
    context.nextIp = (ip + instruction.decoded.length) >>> 0;
    context.translationChanged = false;
    this.inHost = true;
    try {
      return this.settled(instruction.execute(context, instruction, linear));
    } catch (thrown) {
      if (thrown !== GUEST_FAULT) throw thrown;
      return STATUS.fault;
    } finally {
      this.inHost = false;
    }
  }

  /**
   * Leaves the module when mode or translations have changed under its feet, and when what comes before or after the next
   * instruction (an NMI, the end of an interrupt shadow) is the run loop's business.
   */
  private settled(status: Status): Status {
    const { context } = this;
    const { state } = context;
    const aligned = state.i32(AT.alignmentCheck) !== 0;
    const changed =
      context.translationChanged ||
      state.i32(AT.mode) !== this.lastMode ||
      aligned !== this.alignmentChecked() ||
      state.i32(AT.interruptShadow) !== 0 ||
      (context.nmiPending && !context.nmiBlocked);
    if (!changed || status === STATUS.fault) return status;
    if (status === STATUS.next) state.set32(AT.rip, context.nextIp);
    return STATUS.exit;
  }
}

function maskTo(bytes: number, value: number): number {
  return bytes === 4 ? value >>> 0 : value & ((1 << (8 * bytes)) - 1);
}
