import type { ControlFlow } from './discover';
import { isCut, type Structure } from './structure';

/** An exit's count of instructions has eight bits. */
const LONGEST_PATH = 240;

/** Where a region looks at its budget, and how much of it must be left there. */
export interface Checkpoints {
  /** Instructions to the next checkpoint at most, by checkpoint: the region's entry, heads of loops, and what follows a call. */
  readonly needs: ReadonlyMap<number, number>;
}

/** `order` is reverse postorder. */
export function checkpointsOf(
  flow: ControlFlow,
  structure: Structure,
  entry: number,
  order: readonly number[],
): Checkpoints {
  const points = new Set<number>([entry, ...structure.loops]);
  for (const block of flow.values()) if (block.recounts && block.falls !== undefined) points.add(block.falls);
  const longest = new Map<number, number>();
  for (const start of [...order].reverse()) {
    const { instructions, taken, falls } = flow.get(start)!;
    let behind = 0;
    for (const to of [taken, falls]) {
      if (to === undefined || points.has(to) || isCut(structure, start, to)) continue;
      if (instructions.length + (longest.get(to) ?? 0) > LONGEST_PATH) points.add(to);
      else behind = Math.max(behind, longest.get(to) ?? 0);
    }
    longest.set(start, instructions.length + behind);
  }
  const needs = new Map<number, number>();
  for (const start of points) {
    const need = longest.get(start);
    // One instruction alone is what single-stepping asks for.
    if (need !== undefined) needs.set(start, Math.max(2, need));
  }
  return { needs };
}
