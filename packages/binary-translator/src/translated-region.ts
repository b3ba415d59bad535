import type { Instruction } from '@trapgate/x86-decoder';
import { printFunction, printText, type FunctionBuilder } from '@trapgate/wasm-assembler';
import type { BasicBlock, ControlFlow } from './discover';

const PAGE = 4096;

/** An instruction of a region. */
export interface TranslatedInstruction {
  /** Physical address. */
  readonly address: number;
  readonly decoded: Instruction;
}

/**
 * A way out of a block. `next` is straight on, `branch` a conditional branch that is taken, `indirect` whatever is known
 * only as it runs: returns, jumps through registers or memory, interrupts.
 */
export interface TranslatedExit {
  readonly kind: 'next' | 'branch' | 'jump' | 'call' | 'indirect';
  /**
   * Physical address of where it goes; absent for `indirect`. In another page than the region it is a distance from here,
   * as linear addresses have it: memory may be mapped otherwise there.
   */
  readonly target?: number;
}

/** A basic block of a region. */
export interface TranslatedBlock {
  readonly address: number;
  readonly instructions: readonly TranslatedInstruction[];
  readonly exits: readonly TranslatedExit[];
}

/** A region as it has been translated. What is not asked for is not made. */
export interface TranslatedRegion {
  /** Counts regions, from 1 on. */
  readonly number: number;
  /** Physical address of its first instruction. */
  readonly address: number;
  /** By physical address, in the order of the blocks found. */
  readonly instructions: readonly TranslatedInstruction[];
  /** The first one is where the region is entered. */
  readonly blocks: readonly TranslatedBlock[];
  /** The specialized semantics as typed operations (see printFunction). To be called while `translated` runs. */
  readonly operations: () => string;
  /** WebAssembly's text format. To be called while `translated` runs. */
  readonly text: () => string;
}

/** Regions that are not entered any more. */
export interface DroppedRegions {
  readonly numbers: readonly number[];
  /** Their code has been written, or all translations have been dropped: to make room, at a reset, or by the embedder. */
  readonly reason: 'written' | 'all';
}

function exitsOf({ instructions, taken, falls }: BasicBlock, base: number): TranslatedExit[] {
  const { form, decoded, offset } = instructions.at(-1)!;
  const next = offset + decoded.length;
  const direct = form.operands[0]?.kind === 'rel';
  const exits: TranslatedExit[] = [];
  if (form.mnemonic === 'call' && !form.far)
    exits.push(direct ? { kind: 'call', target: base + next + decoded.branch } : { kind: 'indirect' });
  if (taken !== undefined)
    exits.push({ kind: form.mnemonic === 'jmp' ? 'jump' : 'branch', target: base + taken });
  if (falls !== undefined) exits.push({ kind: 'next', target: base + falls });
  return exits.length > 0 ? exits : [{ kind: 'indirect' }];
}

/** A region that is being made, while its function is open. */
export class OpenRegion implements TranslatedRegion {
  private readonly base: number;

  constructor(
    readonly number: number,
    page: number,
    private readonly entry: number,
    private readonly flow: ControlFlow,
    private readonly fn: FunctionBuilder,
  ) {
    this.base = page * PAGE;
  }

  get address(): number {
    return this.base + this.entry;
  }

  get instructions(): readonly TranslatedInstruction[] {
    return this.blocks.flatMap(({ instructions }) => instructions);
  }

  get blocks(): readonly TranslatedBlock[] {
    return [...this.flow.values()].map((block) => ({
      address: this.base + block.start,
      instructions: block.instructions.map(({ offset, decoded }) => ({
        address: this.base + offset,
        decoded,
      })),
      exits: exitsOf(block, this.base),
    }));
  }

  operations = (): string => printFunction(this.fn);
  text = (): string => printText(this.fn);
}
