import { decode, forms, Instruction, type Form } from '@trapgate/x86-decoder';
import { meaningOf, type HostInstruction } from '@trapgate/cpu';

import { byForm } from './by-form';

const PAGE = 0x1000;
const LONGEST_INSTRUCTION = 15;
/** Longer straight-line code is split: an entry's length has to fit its record's byte. */
const LONGEST_BLOCK = 128;

/** An instruction of a region, by its offset in the page. */
export interface RegionInstruction extends HostInstruction {
  readonly offset: number;
}

/** A basic block: executed from its first to its last instruction unless one of them leaves. */
export interface BasicBlock {
  readonly start: number;
  readonly instructions: readonly RegionInstruction[];
  /** Offset that a relative branch at the end goes to, if that is an edge of the region. */
  readonly taken: number | undefined;
  /** Offset that execution falls through to, or returns to from a call; undefined if it never does. */
  readonly falls: number | undefined;
  /** The last instruction gives up the budget: a call, or a repeated one. */
  readonly recounts: boolean;
}

/** Blocks by offset; an edge to an offset that is not among them leaves the region. */
export type ControlFlow = ReadonlyMap<number, BasicBlock>;

export interface DiscoveryLimits {
  readonly instructions: number;
  /** Whether code at an offset may have been executed already: other code is left out. */
  known?(offset: number): boolean;
}

const ENDS = new Set([
  'jmp',
  'ret',
  'retf',
  'iret',
  'iretd',
  'sysenter',
  'sysexit',
  'syscall',
  'sysret',
  'hlt',
  'ud2',
  'int',
  'int3',
  'into',
  'int1',
]);
const CONDITIONAL_COUNTS = new Set(['loop', 'loopz', 'loopnz', 'jcxz', 'jecxz']);

/** Whether a form is a conditional relative branch. */
export const isConditionalBranch = byForm(
  ({ mnemonic, operands }) =>
    operands[0]?.kind === 'rel' &&
    (CONDITIONAL_COUNTS.has(mnemonic) || (mnemonic[0] === 'j' && mnemonic !== 'jmp')),
);

const isRelative = (form: Form): boolean => form.operands[0]?.kind === 'rel';

/** Whether the region cannot go on behind an instruction in straight line. */
const endsBlock = byForm((form) => isRelative(form) || ENDS.has(form.mnemonic) || form.far);

const isNearCall = (form: Form): boolean => form.mnemonic === 'call' && !form.far;

/** Features whose instructions are emitted into regions. */
export const INLINE_FEATURES: ReadonlySet<string> = new Set(['8086', '186', '386', '486', 'cmov', 'tsc']);

/** Whether an instruction may use up budget besides its own: what follows begins a block. */
export const recounts = byForm((form) => {
  if (isNearCall(form) || form.rep !== 'none') return true;
  if (endsBlock(form)) return false;
  const meaning = meaningOf(form);
  return (
    !meaning || (meaning.host === true && (meaning.called === true || !INLINE_FEATURES.has(form.feature)))
  );
});

class Discovery {
  private readonly instructions = new Map<number, RegionInstruction>();
  private readonly leaders = new Set<number>();
  /** Instructions that straight lines have come through. */
  private readonly followed = new Set<number>();

  constructor(
    private readonly bytes: Uint8Array,
    private readonly size: 16 | 32,
    private readonly limits: DiscoveryLimits,
  ) {}

  run(entry: number): ControlFlow {
    const work = [entry];
    while (work.length > 0) {
      const leader = work.shift()!;
      if (this.leaders.has(leader)) continue;
      this.leaders.add(leader);
      this.scan(leader, work);
    }
    const blocks = new Map<number, BasicBlock>();
    for (const leader of this.leaders) {
      const block = this.block(leader);
      if (block) blocks.set(leader, block);
    }
    return blocks;
  }

  private at(offset: number): RegionInstruction | undefined {
    const known = this.instructions.get(offset);
    if (known) return known;
    if (offset >= PAGE || this.instructions.size >= this.limits.instructions) return undefined;
    const decoded = new Instruction();
    decode(this.bytes, offset, Math.min(PAGE, offset + LONGEST_INSTRUCTION), this.size, decoded);
    const form = forms[decoded.form]; // undefined: VEX, EVEX, XOP and 3DNow! encodings, which raise #UD
    if (form === undefined || form.id === 0) return undefined;
    // A relative branch of the other operand size cuts EIP to 16 bits, or does not: for the interpreter.
    if (isRelative(form) && form.operandSize !== this.size) return undefined;
    const instruction = { offset, form, decoded };
    this.instructions.set(offset, instruction);
    return instruction;
  }

  /**
   * Follows straight-line code, noting branch targets. Where it comes upon code that has been followed before - lines that began
   * in the middle of each other's instructions - another block begins: no instruction is in two.
   */
  private scan(from: number, work: number[]): void {
    if (this.followed.has(from)) return;
    let offset = from;
    for (;;) {
      if (this.followed.has(offset)) {
        this.leaders.add(offset);
        return;
      }
      const instruction = this.at(offset);
      if (!instruction) return;
      this.followed.add(offset);
      const { form, decoded } = instruction;
      const next = offset + decoded.length;
      if (!endsBlock(form) && !recounts(form)) {
        offset = next;
        if (this.leaders.has(offset)) return;
        continue;
      }
      const conditional = isConditionalBranch(form);
      if (conditional || recounts(form)) this.follow(next, work);
      if (conditional || (form.mnemonic === 'jmp' && isRelative(form)))
        this.follow(next + decoded.branch, work);
      return;
    }
  }

  private follow(target: number, work: number[]): void {
    if (target < 0 || target >= PAGE) return;
    if (this.limits.known?.(target) === false) return;
    work.push(target);
  }

  private block(start: number): BasicBlock | undefined {
    const instructions: RegionInstruction[] = [];
    let offset = start;
    const cut = (falls: number | undefined, taken?: number, recounts = false): BasicBlock => ({
      start,
      instructions,
      taken,
      falls,
      recounts,
    });
    for (;;) {
      const instruction = this.instructions.get(offset);
      if (instructions.length === LONGEST_BLOCK) return cut(offset);
      if (!instruction) return instructions.length > 0 ? cut(offset) : undefined;
      instructions.push(instruction);
      const { form, decoded } = instruction;
      const next = offset + decoded.length;
      if (recounts(form)) return cut(next, undefined, true);
      if (endsBlock(form)) {
        const conditional = isConditionalBranch(form);
        const jumps = conditional || (form.mnemonic === 'jmp' && isRelative(form));
        // An instruction that the interpreter executes is left at its own address, never fallen out of.
        return cut(conditional ? next : undefined, jumps ? next + decoded.branch : undefined);
      }
      if (this.leaders.has(next)) return cut(next);
      offset = next;
    }
  }
}

/** Finds the code of one page that can be reached from `entry` by relative branches and straight line. */
export function discover(
  bytes: Uint8Array,
  entry: number,
  size: 16 | 32,
  limits: DiscoveryLimits,
): ControlFlow {
  return new Discovery(bytes, size, limits).run(entry);
}
