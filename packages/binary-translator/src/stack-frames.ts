import type { Form, Instruction } from '@trapgate/x86-decoder';
import { segmentCheck, usesMemory } from '@trapgate/cpu';
import type { ControlFlow, RegionInstruction } from './discover';
import { writtenOperands } from './written-registers';

/** A register's value as that of an anchor (what ESP or EBP held at some point of the region) plus a constant. */
export interface Symbol {
  readonly anchor: number;
  readonly delta: number;
}

interface Pointers {
  readonly esp: Symbol;
  readonly ebp: Symbol;
}

/** Bytes around an anchor's value that the region accesses. */
export interface Window {
  readonly anchor: number;
  readonly low: number;
  readonly high: number;
}

/** What is known of the stack pointer and the frame pointer in a region. */
export interface StackFrames {
  /** Windows by anchor. */
  readonly windows: ReadonlyMap<number, Window>;
  /** Whether anything known follows from EBP: calls have to leave it alone then. */
  readonly usesEbp: boolean;
  /** Anchors of the region's entry that never change: to be checked before a loop that begins there. */
  readonly atEntry: readonly { readonly anchor: number; readonly register: number }[];
  /** Anchors that come into being at the beginning of a block, and by which register. */
  readonly atBlock: ReadonlyMap<number, readonly { readonly anchor: number; readonly register: number }[]>;
  /** Anchors that come into being behind an instruction (by its offset), and by which register. */
  readonly behind: ReadonlyMap<number, readonly { readonly anchor: number; readonly register: number }[]>;
  /** Where the memory operand or the stack slot of an instruction (by its offset) is. */
  readonly accesses: ReadonlyMap<number, Symbol>;
}

const ESP = 4;
const EBP = 5;
/** Farther away from its anchor, an access is not the frame's. */
const REACH = 1024;

/** Mnemonics that move ESP by a constant number of operand sizes. */
const MOVES: Readonly<Record<string, number>> = {
  push: -1,
  pop: 1,
  pushf: -1,
  pushfd: -1,
  popf: 1,
  popfd: 1,
  pusha: -8,
  pushad: -8,
  popa: 8,
  popad: 8,
};
/** Where such an instruction accesses the stack, from ESP before it, in operand sizes. */
const SLOT: Readonly<Record<string, number>> = {
  ...MOVES,
  pop: 0,
  popf: 0,
  popfd: 0,
  popa: 0,
  popad: 0,
  ret: 0,
};

/** Memory operands of these are an address only, or lie elsewhere than it says. */
const NOT_THERE = /^(lea|nop|bt|btc|btr|bts|cmpxchg8b|prefetch.*|ud[01])$/;

/** The ESP- or EBP-relative place of a plain 32-bit memory operand. */
function framed(
  form: Form,
  decoded: Instruction,
  mode: number,
): { register: number; displacement: number } | undefined {
  if (!usesMemory(form, decoded) || decoded.addressSize !== 32 || decoded.index >= 0) return undefined;
  if (decoded.base !== ESP && decoded.base !== EBP) return undefined;
  if (segmentCheck(form, decoded, mode) !== undefined) return undefined;
  return { register: decoded.base, displacement: decoded.displacement };
}

const NONE: readonly number[] = [];

/** ESP and EBP, as far as explicit operands write them, whole or in part. */
function writtenPointers(form: Form, decoded: Instruction): readonly number[] {
  const written = (writtenOperands(form, decoded) >> ESP) & 3;
  if (written === 0) return NONE;
  return written === 3 ? [ESP, EBP] : [written === 1 ? ESP : EBP];
}

/** Mnemonics that change ESP or EBP without naming them. */
const IMPLIED = new Set(['leave', 'enter', 'popa', 'popad']);

/** Follows ESP and EBP through a region, so that stack frames are checked once instead of at every access. */
class FrameAnalysis implements StackFrames {
  readonly windows = new Map<number, Window>();
  usesEbp = false;
  readonly atBlock = new Map<number, { anchor: number; register: number }[]>();
  readonly behind = new Map<number, { anchor: number; register: number }[]>();
  readonly accesses = new Map<number, Symbol>();
  atEntry: { anchor: number; register: number }[] = [];
  private readonly redefined = new Set<number>();
  private readonly counts = new Map<number, number>();
  private readonly entries = new Map<number, Pointers>();

  constructor(
    private readonly flow: ControlFlow,
    private readonly mode: number,
    private readonly direct: (instruction: RegionInstruction) => boolean,
  ) {}

  /** Anchors have fixed numbers: two for each block's beginning, and one behind each instruction. */
  private blockAnchor(start: number, register: number): number {
    return start * 4 + (register === ESP ? 0 : 1);
  }
  private instructionAnchor(offset: number, register: number): number {
    return offset * 4 + (register === ESP ? 2 : 3);
  }
  private fresh(start: number): Pointers {
    return {
      esp: { anchor: this.blockAnchor(start, ESP), delta: 0 },
      ebp: { anchor: this.blockAnchor(start, EBP), delta: 0 },
    };
  }

  run(entry: number, order: readonly number[]): this {
    this.entries.set(entry, this.fresh(entry));
    for (let changed = true; changed;) {
      changed = false;
      for (const start of order) {
        const before = this.entries.get(start);
        if (!before) continue;
        const block = this.flow.get(start)!;
        let pointers = before;
        for (const instruction of block.instructions) pointers = this.behindOf(instruction, pointers);
        for (const to of [block.taken, block.falls])
          if (to !== undefined && this.flow.has(to)) changed = this.meet(to, pointers, entry) || changed;
      }
    }
    for (const [start, pointers] of this.entries) this.collect(start, pointers);
    this.choose();
    this.atEntry = (this.atBlock.get(entry) ?? []).filter(({ anchor }) => !this.redefined.has(anchor));
    const others = (this.atBlock.get(entry) ?? []).filter(({ anchor }) => this.redefined.has(anchor));
    this.atBlock.set(entry, others);
    return this;
  }

  private meet(to: number, pointers: Pointers, entry: number): boolean {
    const known = this.entries.get(to);
    if (!known) {
      this.entries.set(to, pointers);
      return true;
    }
    const own = this.fresh(to);
    const same = (a: Symbol, b: Symbol): boolean => a.anchor === b.anchor && a.delta === b.delta;
    const esp = same(known.esp, pointers.esp) ? known.esp : own.esp;
    const ebp = same(known.ebp, pointers.ebp) ? known.ebp : own.ebp;
    if (to === entry) {
      if (!same(pointers.esp, own.esp)) this.redefined.add(own.esp.anchor);
      if (!same(pointers.ebp, own.ebp)) this.redefined.add(own.ebp.anchor);
    }
    if (same(esp, known.esp) && same(ebp, known.ebp)) return false;
    this.entries.set(to, { esp, ebp });
    return true;
  }

  private behindOf({ offset, form, decoded }: RegionInstruction, pointers: Pointers): Pointers {
    const { mnemonic } = form;
    const moved = MOVES[mnemonic];
    const written = writtenPointers(form, decoded);
    if (moved === undefined && written.length === 0 && !IMPLIED.has(mnemonic)) return pointers;
    let { esp, ebp } = pointers;
    const of = (register: number): Symbol | undefined => {
      if (register === EBP) this.usesEbp = true;
      return register === ESP ? pointers.esp : register === EBP ? pointers.ebp : undefined;
    };
    const set = (register: number, value: Symbol | undefined): void => {
      const symbol = value ?? { anchor: this.instructionAnchor(offset, register), delta: 0 };
      if (register === ESP) esp = symbol;
      else ebp = symbol;
    };
    const plus = (value: Symbol | undefined, delta: number): Symbol | undefined =>
      value && { anchor: value.anchor, delta: value.delta + delta };
    if (moved !== undefined && form.operandSize === 32) set(ESP, plus(esp, moved * 4));
    else if (moved !== undefined) set(ESP, undefined);
    if (mnemonic === 'popad') set(EBP, undefined);
    else if (mnemonic === 'leave') {
      this.usesEbp = true;
      set(ESP, form.operandSize === 32 ? plus(ebp, 4) : undefined);
      set(EBP, undefined);
    } else if (mnemonic === 'enter' || mnemonic === 'popa') {
      set(ESP, undefined);
      set(EBP, undefined);
    }
    for (const register of written) set(register, this.assigned(form, decoded, register, of, plus));
    return { esp, ebp };
  }

  /** The value that an instruction gives ESP or EBP, where that can be followed. */
  private assigned(
    form: Form,
    decoded: Instruction,
    register: number,
    of: (register: number) => Symbol | undefined,
    plus: (value: Symbol | undefined, delta: number) => Symbol | undefined,
  ): Symbol | undefined {
    const [destination, source] = form.operands;
    if (form.operandSize !== 32 || decoded.addressSize !== 32) return undefined;
    const registers = source && /^(reg|rm|r)$/.test(source.kind) && !decoded.memory;
    if (form.mnemonic === 'mov' && registers)
      return of(destination!.kind === 'reg' ? decoded.rm : decoded.reg);
    if (form.mnemonic === 'lea' && decoded.index < 0) return plus(of(decoded.base), decoded.displacement);
    if (source?.kind === 'imm' && (form.mnemonic === 'add' || form.mnemonic === 'sub'))
      return plus(of(register), form.mnemonic === 'add' ? decoded.immediate : -decoded.immediate);
    return undefined;
  }

  /** Notes what a block accesses relative to which anchor. */
  private collect(start: number, entry: Pointers): void {
    let pointers = entry;
    for (const instruction of this.flow.get(start)!.instructions) {
      const access = this.direct(instruction) ? this.accessOf(instruction, pointers) : undefined;
      if (access) this.note(instruction.offset, access.symbol, access.bytes);
      pointers = this.behindOf(instruction, pointers);
    }
  }

  private accessOf(
    { form, decoded }: RegionInstruction,
    { esp, ebp }: Pointers,
  ): { symbol: Symbol; bytes: number } | undefined {
    const memory = framed(form, decoded, this.mode);
    const { mnemonic } = form;
    if (memory && !NOT_THERE.test(mnemonic)) {
      // An instruction with a stack slot of its own besides is left alone.
      if (SLOT[mnemonic] !== undefined || mnemonic === 'call') return undefined;
      if (memory.register === EBP) this.usesEbp = true;
      const base = memory.register === ESP ? esp : ebp;
      const operand = form.operands.find(({ kind }) => kind === 'm' || kind === 'rm');
      const bits = operand?.memory ?? operand?.size ?? 0;
      if (![8, 16, 32, 64].includes(bits)) return undefined;
      return { symbol: { anchor: base.anchor, delta: base.delta + memory.displacement }, bytes: bits / 8 };
    }
    if (form.operandSize !== 32 || usesMemory(form, decoded)) return undefined;
    if (mnemonic === 'leave') return { symbol: ebp, bytes: 4 };
    if (mnemonic === 'call' && !form.far)
      return { symbol: { anchor: esp.anchor, delta: esp.delta - 4 }, bytes: 4 };
    const slot = SLOT[mnemonic];
    if (slot === undefined || Math.abs(slot) > 1 || /^(popa|pusha)/.test(mnemonic)) return undefined;
    return { symbol: { anchor: esp.anchor, delta: esp.delta + 4 * slot }, bytes: 4 };
  }

  private note(offset: number, symbol: Symbol, bytes: number): void {
    const { anchor, delta } = symbol;
    if (Math.abs(delta) > REACH) return;
    this.accesses.set(offset, symbol);
    const known = this.windows.get(anchor);
    this.windows.set(anchor, {
      anchor,
      low: Math.min(known?.low ?? delta, delta),
      high: Math.max(known?.high ?? delta, delta + bytes),
    });
    this.counts.set(anchor, (this.counts.get(anchor) ?? 0) + 1);
  }

  /** Keeps windows that serve several accesses, and tells where they have to be checked. */
  private choose(): void {
    for (const [anchor, count] of this.counts) if (count < 2) this.windows.delete(anchor);
    for (const [offset, { anchor }] of this.accesses)
      if (!this.windows.has(anchor)) this.accesses.delete(offset);
    for (const { anchor } of this.windows.values()) {
      const offset = anchor >> 2;
      const register = (anchor & 1) === 0 ? ESP : EBP;
      const places = (anchor & 2) !== 0 ? this.behind : this.atBlock;
      places.set(offset, [...(places.get(offset) ?? []), { anchor, register }]);
    }
  }
}

/** Nothing is known, and every access is checked by itself. */
export const NO_FRAMES: StackFrames = {
  windows: new Map(),
  usesEbp: false,
  atEntry: [],
  atBlock: new Map(),
  behind: new Map(),
  accesses: new Map(),
};

/** Analyses a region whose blocks are given in an order in which predecessors mostly come first. */
export function stackFramesOf(
  flow: ControlFlow,
  entry: number,
  order: readonly number[],
  mode: number,
  /** Whether the region's own code makes an instruction's access. */
  direct: (instruction: RegionInstruction) => boolean,
): StackFrames {
  return new FrameAnalysis(flow, mode, direct).run(entry, order);
}
