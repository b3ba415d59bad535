import type { BasicBlock, ControlFlow, RegionInstruction } from './discover';
import { ROTATIONS, type MeetingFlags } from './lazy-flags';
import { isSimpleProducer, leavesRegion } from './translated-forms';

/** Mnemonics whose flags follow from their operands, but for those that stay as they were. */
const KEEPS_SOME: ReadonlySet<string> = new Set(['inc', 'dec', ...ROTATIONS]);

/** Whether a region rotates. */
export const rotates = (flow: ControlFlow): boolean =>
  [...flow.values()].some(({ instructions }) =>
    instructions.some(({ form }) => ROTATIONS.has(form.mnemonic)),
  );

/** Whether an instruction needs the flags as they were (true), makes them of no use (false), or neither. */
function wants(instruction: RegionInstruction, mode: number): boolean | undefined {
  if (leavesRegion(instruction, mode)) return false;
  const { form } = instruction;
  const { read, written, cleared, set, undefined: unspecified } = form.flags;
  if (read !== 0) return true;
  if ((written | cleared | set | unspecified) === 0) return undefined;
  return !isSimpleProducer(form) || KEEPS_SOME.has(form.mnemonic);
}

/**
 * Where paths meet, the flags may stay as operands whose kind is only known as the code runs; or they are computed on each path,
 * which costs less if what follows will need them. This tells for which blocks it does.
 */
export class WantedFlags {
  private readonly known = new Map<number, boolean>();

  constructor(
    private readonly flow: ControlFlow,
    private readonly mode: number,
    /** Blocks that are the heads of loops. */
    private readonly loops: ReadonlySet<number>,
  ) {}

  /** Where the flags are to be when a block begins at which paths meet. */
  meeting(start: number): MeetingFlags {
    if (this.at(start)) return 'canonical';
    return this.loops.has(start) && this.lostIn(start) ? 'waiting' : 'state';
  }

  private at(start: number): boolean {
    const known = this.known.get(start);
    if (known !== undefined) return known;
    const block = this.flow.get(start);
    if (!block) return false;
    this.known.set(start, false); // on a way round, until it is known
    const wanted = this.by(block);
    this.known.set(start, wanted);
    return wanted;
  }

  /** Whether a block makes them of no use, whichever way it is left. */
  private lostIn(start: number): boolean {
    const { instructions } = this.flow.get(start)!;
    const first = instructions
      .map((instruction) => wants(instruction, this.mode))
      .find((x) => x !== undefined);
    return first === false && !instructions.some((instruction) => leavesRegion(instruction, this.mode));
  }

  private by({ instructions, taken, falls, recounts }: BasicBlock): boolean {
    for (const instruction of instructions) {
      const wanted = wants(instruction, this.mode);
      if (wanted !== undefined) return wanted;
    }
    // A call leaves them in the state block.
    if (recounts) return false;
    return [taken, falls].some((to) => to !== undefined && this.at(to));
  }
}
