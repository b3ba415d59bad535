import type { BasicBlock, ControlFlow } from './discover';

const successors = ({ taken, falls }: BasicBlock): number[] =>
  [taken, falls].filter((to) => to !== undefined);

/** Of code that leads back to `entry`, only that; other code stays whole. */
export function loopOf(flow: ControlFlow, entry: number): ControlFlow {
  const predecessors = new Map<number, number[]>();
  for (const block of flow.values()) {
    for (const to of successors(block)) {
      const list = predecessors.get(to);
      if (list) list.push(block.start);
      else predecessors.set(to, [block.start]);
    }
  }
  // All of the flow is reached from the entry: what reaches the entry is in a loop with it.
  const inside = new Set<number>();
  const work = [entry];
  while (work.length > 0) {
    for (const from of predecessors.get(work.pop()!) ?? []) {
      if (inside.has(from)) continue;
      inside.add(from);
      work.push(from);
    }
  }
  if (inside.size === 0) return flow;
  return new Map([...flow].filter(([start]) => inside.has(start)));
}

/** Whether code leads back to `entry`. */
export const isLoop = (flow: ControlFlow, entry: number): boolean =>
  [...flow.values()].some((block) => successors(block).includes(entry));
