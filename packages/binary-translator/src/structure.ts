import type { ControlFlow } from './discover';

/** The region's control flow in the shape that structured emission needs. */
export interface Structure {
  /** Blocks that are the target of more than one forward edge: they follow a WebAssembly block that is branched out of. */
  readonly merges: ReadonlySet<number>;
  /** Blocks that are the target of a back edge. */
  readonly loops: ReadonlySet<number>;
  /** By block: the merge blocks that it immediately dominates, in reverse postorder. */
  readonly dominatedMerges: ReadonlyMap<number, readonly number[]>;
  /** Position in reverse postorder. */
  readonly order: ReadonlyMap<number, number>;
  /** Edges `from * 4096 + to` that enter a loop other than at its head: they leave the region instead. */
  readonly cut: ReadonlySet<number>;
}

const edgeKey = (from: number, to: number): number => from * 4096 + to;

type Edges = ReadonlyMap<number, readonly number[]>;

/** A branch to what it falls through to is two edges: both arms are emitted, so its target is a merge. */
function successors(flow: ControlFlow, cut: ReadonlySet<number>): Edges {
  const edges = new Map<number, number[]>();
  for (const [block, { taken, falls }] of flow) {
    const to: number[] = [];
    // The arm of a taken branch is emitted first.
    if (taken !== undefined && flow.has(taken) && !cut.has(edgeKey(block, taken))) to.push(taken);
    if (falls !== undefined && flow.has(falls) && !cut.has(edgeKey(block, falls))) to.push(falls);
    edges.set(block, to);
  }
  return edges;
}

function reversePostorder(entry: number, edges: Edges): number[] {
  const seen = new Set<number>([entry]);
  const postorder: number[] = [];
  const stack = [{ block: entry, to: edges.get(entry)!, left: edges.get(entry)!.length }];
  while (stack.length > 0) {
    const top = stack[stack.length - 1]!;
    if (top.left === 0) {
      postorder.push(top.block);
      stack.pop();
      continue;
    }
    const next = top.to[--top.left]!;
    if (seen.has(next)) continue;
    seen.add(next);
    const to = edges.get(next)!;
    stack.push({ block: next, to, left: to.length });
  }
  return postorder.reverse();
}

/** Immediate dominators by Cooper, Harvey and Kennedy's iteration. */
function immediateDominators(
  list: readonly number[],
  predecessors: ReadonlyMap<number, readonly number[]>,
  order: ReadonlyMap<number, number>,
): Map<number, number> {
  const dominator = new Map<number, number>([[list[0]!, list[0]!]]);
  const intersect = (a: number, b: number): number => {
    let [x, y] = [a, b];
    while (x !== y) {
      while (order.get(x)! > order.get(y)!) x = dominator.get(x)!;
      while (order.get(y)! > order.get(x)!) y = dominator.get(y)!;
    }
    return x;
  };
  for (let changed = true; changed;) {
    changed = false;
    for (const block of list.slice(1)) {
      const known = predecessors.get(block)!.filter((p) => dominator.has(p));
      const next = known.reduce((a, b) => intersect(a, b));
      if (dominator.get(block) !== next) {
        dominator.set(block, next);
        changed = true;
      }
    }
  }
  return dominator;
}

function dominates(dominator: ReadonlyMap<number, number>, a: number, b: number, entry: number): boolean {
  for (let x = b; ; x = dominator.get(x)!) {
    if (x === a) return true;
    if (x === entry) return false;
  }
}

/** Analyses a region; edges into the middle of loops are cut until none is left. */
export function structureOf(flow: ControlFlow, entry: number): Structure {
  const cut = new Set<number>();
  for (;;) {
    const edges = successors(flow, cut);
    const list = reversePostorder(entry, edges);
    const order = new Map(list.map((block, n) => [block, n]));
    const predecessors = new Map<number, number[]>(list.map((block) => [block, []]));
    for (const block of list) for (const to of edges.get(block)!) predecessors.get(to)!.push(block);
    const dominator = immediateDominators(list, predecessors, order);
    const loops = new Set<number>();
    let irreducible = false;
    for (const [to, froms] of predecessors) {
      for (const from of froms) {
        if (order.get(from)! < order.get(to)!) continue;
        if (dominates(dominator, to, from, entry)) loops.add(to);
        else {
          cut.add(edgeKey(from, to));
          irreducible = true;
        }
      }
    }
    if (irreducible) continue;
    const merges = new Set(
      list.filter(
        (block) => predecessors.get(block)!.filter((from) => order.get(from)! < order.get(block)!).length > 1,
      ),
    );
    const dominatedMerges = new Map<number, number[]>(list.map((block) => [block, []]));
    for (const block of list) if (merges.has(block)) dominatedMerges.get(dominator.get(block)!)!.push(block);
    return { merges, loops, dominatedMerges, order, cut };
  }
}

/** Whether an edge leaves the region after all. */
export function isCut(structure: Structure, from: number, to: number): boolean {
  return structure.cut.has(edgeKey(from, to)) || !structure.order.has(to);
}
