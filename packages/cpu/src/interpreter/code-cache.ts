import { FETCH_CACHE, MEMORY_MAP, PROCESSOR_MAP, TLB, type PhysicalMemory } from '@trapgate/mmu';
import { decode, forms, Instruction } from '@trapgate/x86-decoder';
import { AT } from '../state/layout';
import { MODE } from '../state/mode';
import { isUnconditional, type KeptInstruction, type RecordEncoder } from './encode-record';
import { SPECIAL } from './handlers';
import { RECORD } from './record';

const PAGE = 0x1000;
const TABLE_BYTES = PAGE * 4;
/** Before each lookup table: its mode word, and padding. */
const HEADER_BYTES = 16;
const LONGEST_INSTRUCTION = 15;
/** Instructions decoded ahead at a time; most runs end earlier by a jump. */
const RUN_LENGTH = 32;
const NO_PAGE = -1;
/** Host instructions kept as objects before all decoded code is dropped; those of dropped pages are among them. */
const MOST_HOST_INSTRUCTIONS = 1 << 17;

interface Straddler {
  readonly record: number;
  readonly page: number;
}

/**
 * Decoded code of a machine: per physical page a lookup table (page offset -> record) and the records themselves, in the
 * arena of the machine's memory. Everything is dropped when the arena is full; a page's records when it is written.
 */
export class CodeCache {
  private readonly words: Int32Array;
  private readonly halves: Uint16Array;
  private next: number = MEMORY_MAP.codeArena;
  private readonly pages = new Set<number>();
  /** By physical page: the straddling instructions that end in it. */
  private readonly straddlers = new Map<number, Straddler[]>();
  private hostInstructions: KeptInstruction[] = [];
  private readonly scratch = new Instruction();
  private readonly window = new Uint8Array(2 * LONGEST_INSTRUCTION + 2);
  /** Told of every instruction decoded: its offset in the page, and the address of its bytes in the machine's memory (-1: in two pages). */
  onDecoded: ((offset: number, place: number, instruction: Instruction) => void) | undefined;
  /** Told when a page's decoded code is dropped; -1: all of it is. */
  onDropped: ((page: number) => void) | undefined;
  /** Instructions decoded so far. */
  decoded = 0;
  /** Pages dropped because they were written. */
  invalidations = 0;

  constructor(
    private readonly memory: PhysicalMemory,
    private readonly encoder: RecordEncoder,
    /** Base addresses of the processors' blocks, whose TLBs and fetch caches follow from this memory. */
    private readonly processors: readonly number[],
  ) {
    this.words = new Int32Array(memory.buffer);
    this.halves = new Uint16Array(memory.buffer);
    memory.observeCodeWrites((physical, length) => this.invalidate(physical, length));
  }

  hostInstruction(index: number): KeptInstruction {
    return this.hostInstructions[index]!;
  }

  // -- decoding ----------------------------------------------------------------------------------------------------

  /**
   * Decodes the run of instructions at `offset` in a physical page of RAM, for the mode word given. An instruction that
   * continues in the next page gets a record that asks for {@link decodeStraddler} when executed. Returns the record of the
   * first.
   */
  decodeRun(page: number, offset: number, mode: number): number {
    this.reserve(TABLE_BYTES + HEADER_BYTES + (RUN_LENGTH * 2 + 2) * RECORD.bytes);
    const table = this.tableOf(page, mode);
    const base = MEMORY_MAP.ram + page * PAGE;
    const known = this.words[(table >> 2) + offset]!;
    if (known !== 0) return known;
    const start = this.next;
    let at = offset;
    let left = RUN_LENGTH;
    let falls = true;
    while (falls && at < PAGE && left-- > 0 && this.words[(table >> 2) + at] === 0) {
      const instruction = this.decodeAt(base + at, Math.min(PAGE - at, LONGEST_INSTRUCTION + 1), mode);
      this.words[(table >> 2) + at] = this.next;
      if (instruction.form === 0 && instruction.error === 'truncated') {
        this.put(SPECIAL.straddle, at, NO_PAGE);
        this.mark(page, at, PAGE - at);
        return start;
      }
      this.onDecoded?.(at, base + at, instruction);
      this.encode(instruction, at, mode, table);
      this.mark(page, at, instruction.length);
      at += Math.max(instruction.length, 1);
      falls = !isUnconditional(forms[instruction.form]!);
    }
    if (!falls) return start;
    const target = at < PAGE ? this.words[(table >> 2) + at]! : 0;
    this.put(target ? SPECIAL.link : SPECIAL.resync, at, 0, target);
    return start;
  }

  /** Length in bytes of the instruction that a record belongs to; 0 if it continues in the next page. */
  lengthOf(record: number): number {
    return this.memory.bytes[record + RECORD.length]!;
  }

  /**
   * Decodes the instruction at `offset` of `page` that continues in `nextPage` (both RAM). Its record is kept with the
   * physical number of the next page, which the interpreter compares. Returns the record to start at.
   */
  decodeStraddler(page: number, offset: number, nextPage: number, mode: number): number {
    this.reserve(TABLE_BYTES + HEADER_BYTES + 4 * RECORD.bytes);
    const table = this.tableOf(page, mode);
    const first = PAGE - offset;
    const entry = (table >> 2) + offset;
    let record = this.words[entry]!;
    const known = record !== 0 && this.halves[record >> 1] === SPECIAL.straddle;
    if (known && this.words[(record + RECORD.displacement) >> 2] === nextPage)
      return this.words[(record + RECORD.immediate) >> 2]!;
    // A translation that was out of date may have led here: then this page has a shorter instruction.
    if (!known && this.decodeAt(MEMORY_MAP.ram + page * PAGE + offset, first, mode).error !== 'truncated')
      return this.decodeRun(page, offset, mode);
    this.window.set(
      this.memory.bytes.subarray(MEMORY_MAP.ram + page * PAGE + offset, MEMORY_MAP.ram + (page + 1) * PAGE),
    );
    const second = MEMORY_MAP.ram + nextPage * PAGE;
    this.window.set(this.memory.bytes.subarray(second, second + LONGEST_INSTRUCTION), first);
    const instruction = this.decode(this.window, 0, first + LONGEST_INSTRUCTION, mode);
    this.decoded++;
    this.onDecoded?.(offset, -1, instruction);
    const start = this.next;
    this.encode(instruction, offset, mode, table);
    this.put(SPECIAL.resync, offset + instruction.length, 0);
    if (!known) {
      record = this.words[entry] = this.next;
      this.put(SPECIAL.straddle, offset, NO_PAGE);
    }
    this.words[(record + RECORD.displacement) >> 2] = nextPage;
    this.words[(record + RECORD.immediate) >> 2] = start;
    this.mark(page, offset, first);
    this.mark(nextPage, 0, Math.max(1, instruction.length - first));
    const list = this.straddlers.get(nextPage) ?? [];
    list.push({ record, page });
    this.straddlers.set(nextPage, list);
    return start;
  }

  /** The bytes of the instruction that decodeStraddler decodes. */
  get straddlingBytes(): Uint8Array {
    return this.window;
  }

  // -- translations ------------------------------------------------------------------------------------------------

  /** Bytes of a physical page of RAM. */
  pageBytes(page: number): Uint8Array {
    const start = MEMORY_MAP.ram + page * PAGE;
    return this.memory.bytes.subarray(start, start + PAGE);
  }

  /** Marks code that a translation was made from, so that writes to it are noticed. */
  markCode(page: number, offset: number, length: number): void {
    this.mark(page, offset, length);
  }

  /** Has everyone who comes to an offset of a page, which must have been decoded, enter a translation (a slot of the handler table). */
  installTranslation(page: number, offset: number, mode: number, slot: number): void {
    const table = this.tableOf(page, mode);
    const known = this.words[(table >> 2) + offset]!;
    if (known !== 0 && this.halves[known >> 1] === SPECIAL.enter) {
      this.words[(known + RECORD.immediate) >> 2] = slot;
      return;
    }
    const interpreted = this.decodeRun(page, offset, mode);
    this.words[(table >> 2) + offset] = this.next;
    this.put(SPECIAL.enter, offset, interpreted, slot);
  }

  /** Whether an offset of a physical page has been decoded under a mode word: only then may it have been executed. */
  isDecoded(page: number, offset: number, mode: number): boolean {
    const table = this.words[this.directory(page)]!;
    if (table === 0 || this.words[(table - HEADER_BYTES) >> 2] !== mode) return false;
    return this.words[(table >> 2) + offset] !== 0;
  }

  /** Tells running translations that others (or themselves) have been dropped. */
  private newEpoch(): void {
    for (const processor of this.processors)
      this.words[(processor + PROCESSOR_MAP.state + AT.translationEpoch) >> 2]!++;
  }

  /**
   * Encodes one instruction for being called by itself with its operand's linear address given; returns its handler number
   * and record.
   */
  encodeAlone(instruction: Instruction, offset: number, mode: number): { handler: number; record: number } {
    const keep = (kept: KeptInstruction): number => this.hostInstructions.push(kept) - 1;
    const end = this.encoder.encode(instruction, {
      words: this.words,
      halves: this.halves,
      at: this.next,
      offset,
      mode,
      keep,
      target: () => 0,
    });
    const record = end - RECORD.bytes;
    this.next = end;
    if (instruction.memory || instruction.displacementSize > 0)
      this.encoder.withoutAddress(this.memory.bytes, this.words, record);
    return { handler: this.halves[record >> 1]!, record };
  }

  /** Makes room for so many bytes of records, of so many instructions, by dropping all code if need be; true if it did. */
  makeRoom(bytes: number, instructions: number): boolean {
    const before = this.next;
    this.reserve(bytes, instructions);
    return this.next < before;
  }

  private codeSize(mode: number): 16 | 32 | 64 {
    return mode & MODE.code64 ? 64 : mode & MODE.code32 ? 32 : 16;
  }

  private decodeAt(place: number, available: number, mode: number): Instruction {
    this.decoded++;
    return this.decode(this.memory.bytes, place, place + available, mode);
  }

  /** No model has VEX, EVEX, XOP and 3DNow! encodings: they raise #UD. */
  private decode(bytes: Uint8Array, place: number, end: number, mode: number): Instruction {
    const instruction = decode(bytes, place, end, this.codeSize(mode), this.scratch);
    if (instruction.form >= forms.length) {
      instruction.form = 0;
      instruction.error = 'invalid-opcode';
    }
    return instruction;
  }

  private encode(instruction: Instruction, offset: number, mode: number, table: number): void {
    const keep = (kept: KeptInstruction): number => this.hostInstructions.push(kept) - 1;
    const target = (place: number): number => this.words[(table >> 2) + place]!;
    this.next = this.encoder.encode(instruction, {
      words: this.words,
      halves: this.halves,
      at: this.next,
      offset,
      mode,
      keep,
      target,
    });
  }

  private put(handler: number, offset: number, displacement: number, immediate = 0): void {
    const at = this.next;
    this.halves[at >> 1] = handler;
    this.halves[(at + RECORD.offset) >> 1] = offset;
    this.words[(at + 4) >> 2] = 0;
    this.words[(at + RECORD.displacement) >> 2] = displacement;
    this.words[(at + RECORD.immediate) >> 2] = immediate;
    this.next += RECORD.bytes;
  }

  // -- pages -------------------------------------------------------------------------------------------------------

  private directory(page: number): number {
    return (MEMORY_MAP.codeDirectory >> 2) + page;
  }

  private tableOf(page: number, mode: number): number {
    let table = this.words[this.directory(page)]!;
    if (table === 0) {
      table = this.next + HEADER_BYTES;
      this.next = table + TABLE_BYTES;
      this.words.fill(0, table >> 2, (table + TABLE_BYTES) >> 2);
      this.words[this.directory(page)] = table;
      this.pages.add(page);
    } else if (this.words[(table - HEADER_BYTES) >> 2] !== mode) this.drop(page);
    this.words[(table - HEADER_BYTES) >> 2] = mode;
    return table;
  }

  /** Marks the lines of `length` bytes as code; the first in a page takes write permission from every cached translation. */
  private mark(page: number, offset: number, length: number): void {
    const at = (MEMORY_MAP.codeLines >> 2) + page * 2;
    if (this.words[at] === 0 && this.words[at + 1] === 0) this.revokeWrite(page);
    const last = Math.min((offset + length - 1) >> 6, 63);
    for (let line = offset >> 6; line <= last; line++) this.words[at + (line >> 5)]! |= 1 << (line & 31);
  }

  private revokeWrite(page: number): void {
    const { entries, entryShift, physicalPage, tagWrite } = TLB;
    const stride = 1 << (entryShift - 2);
    for (const processor of this.processors) {
      const first = (processor + PROCESSOR_MAP.tlb) >> 2;
      for (let at = first, end = first + entries * stride; at < end; at += stride) {
        if (this.words[at + (physicalPage >> 2)] === page) this.words[at + (tagWrite >> 2)] = 0;
      }
    }
  }

  /** Drops what is decoded from the pages of a range that has been written. */
  invalidate(physical: number, length: number): void {
    const last = (physical + length - 1) >>> 12;
    for (let page = physical >>> 12; page <= last; page++) {
      const at = (MEMORY_MAP.codeLines >> 2) + page * 2;
      if (this.words[at] === 0 && this.words[at + 1] === 0) continue;
      const begin = page === physical >>> 12 ? physical & (PAGE - 1) : 0;
      const end = page === last ? (physical + length - 1) & (PAGE - 1) : PAGE - 1;
      if (!this.holdsCode(at, begin >> 6, end >> 6)) continue;
      this.invalidations++;
      this.drop(page);
      this.words[at] = 0;
      this.words[at + 1] = 0;
      for (const processor of this.processors)
        this.words[(processor + PROCESSOR_MAP.state + AT.codeWritten) >> 2] = 1;
    }
  }

  private holdsCode(at: number, firstLine: number, lastLine: number): boolean {
    for (let line = firstLine; line <= lastLine; line++)
      if ((this.words[at + (line >> 5)]! >>> (line & 31)) & 1) return true;
    return false;
  }

  /**
   * Turns a page's records into resync records, so that running code notices at its next instruction, and empties its
   * table. The records' memory is not reused before the next {@link clear}.
   */
  private drop(page: number): void {
    this.newEpoch();
    this.onDropped?.(page);
    const table = this.words[this.directory(page)]!;
    if (table !== 0) {
      for (let at = table >> 2, end = at + PAGE; at < end; at++) {
        const record = this.words[at]!;
        if (record === 0) continue;
        this.halves[record >> 1] = SPECIAL.resync;
        this.words[at] = 0;
      }
    }
    const ending = this.straddlers.get(page);
    if (!ending) return;
    for (const { record } of ending) {
      this.words[(record + RECORD.displacement) >> 2] = NO_PAGE;
      const start = this.words[(record + RECORD.immediate) >> 2]!;
      if (start !== 0 && this.halves[record >> 1] === SPECIAL.straddle)
        this.halves[start >> 1] = SPECIAL.resync;
    }
    this.straddlers.delete(page);
  }

  private reserve(bytes: number, instructions = RUN_LENGTH): void {
    const kept = this.hostInstructions.length + instructions;
    if (this.next + bytes > MEMORY_MAP.codeArenaEnd || kept > MOST_HOST_INSTRUCTIONS) this.clear();
  }

  /** Forgets all decoded code. Only between runs of the interpreter. */
  clear(): void {
    this.newEpoch();
    this.onDropped?.(-1);
    for (const page of this.pages) {
      this.words[this.directory(page)] = 0;
    }
    const lines = MEMORY_MAP.codeLines >> 2;
    this.words.fill(0, lines, lines + (this.memory.ramBytes / PAGE) * 2);
    this.pages.clear();
    this.straddlers.clear();
    this.hostInstructions = [];
    this.next = MEMORY_MAP.codeArena;
    for (const processor of this.processors) this.clearFetchCache(processor);
  }

  /** Empties the fetch cache of one processor: needed when its mode word changes. */
  clearFetchCache(processor: number): void {
    const at = (processor + PROCESSOR_MAP.fetchCache) >> 2;
    this.words.fill(0, at, at + ((FETCH_CACHE.entries << FETCH_CACHE.entryShift) >> 2));
  }

  /** Bytes of the arena in use. */
  get arenaBytes(): number {
    return this.next - MEMORY_MAP.codeArena;
  }
}
