/** Places the nodes of a directed graph in layers, most edges going down (after Sugiyama, Tagawa and Toda, 1981). */

export interface LayoutNode {
  readonly id: string;
  readonly width: number;
  readonly height: number;
}

export interface LayoutEdge {
  readonly from: string;
  readonly to: string;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Layout<Edge extends LayoutEdge> {
  readonly width: number;
  readonly height: number;
  /** Upper left corners. */
  readonly places: ReadonlyMap<string, Point>;
  /** From the lower (or, against the stream, upper) border of a node to that of another, through free space. */
  readonly routes: readonly { readonly edge: Edge; readonly points: readonly Point[] }[];
}

const GAP = { x: 26, y: 44 } as const;
const BEND_WIDTH = 8;
const SWEEPS = 8;

/** A node, or a bend of an edge that passes through a layer. */
interface Item {
  readonly width: number;
  height: number;
  layer: number;
  x: number;
  y: number;
  /** Where its layer ends. */
  bottom: number;
  readonly above: Item[];
  readonly below: Item[];
}

const EMPTY = { height: 0, layer: 0, x: 0, y: 0, bottom: 0 } as const;

/** The edges that close circles on a walk from the first nodes on, in the order given. */
function backEdges<Edge extends LayoutEdge>(nodes: readonly LayoutNode[], edges: readonly Edge[]): Set<Edge> {
  const from = groupByStart(edges);
  const state = new Map<string, 'open' | 'done'>();
  const back = new Set<Edge>();
  const visit = (id: string): void => {
    state.set(id, 'open');
    for (const edge of from.get(id) ?? []) {
      const known = state.get(edge.to);
      if (known === 'open') back.add(edge);
      else if (known === undefined) visit(edge.to);
    }
    state.set(id, 'done');
  };
  for (const { id } of nodes) if (!state.has(id)) visit(id);
  return back;
}

function groupByStart<Edge extends LayoutEdge>(edges: readonly Edge[]): Map<string, Edge[]> {
  const groups = new Map<string, Edge[]>();
  for (const edge of edges) groups.set(edge.from, [...(groups.get(edge.from) ?? []), edge]);
  return groups;
}

/** The longest way from above decides the layer. */
function assignLayers(items: readonly Item[]): void {
  const waiting = new Map(items.map((item) => [item, item.above.length]));
  const ready = items.filter((item) => item.above.length === 0);
  for (let item = ready.shift(); item; item = ready.shift()) {
    for (const next of item.below) {
      next.layer = Math.max(next.layer, item.layer + 1);
      const left = waiting.get(next)! - 1;
      waiting.set(next, left);
      if (left === 0) ready.push(next);
    }
  }
}

/** Replaces an edge over several layers by a chain of bends. */
function bend(upper: Item, lower: Item, layers: Item[][]): Item[] {
  const chain: Item[] = [];
  let last = upper;
  for (let layer = upper.layer + 1; layer < lower.layer; layer++) {
    const item: Item = { ...EMPTY, width: BEND_WIDTH, layer, above: [last], below: [] };
    last.below.push(item);
    layers[layer]!.push(item);
    chain.push(item);
    last = item;
  }
  last.below.push(lower);
  lower.above.push(last);
  return chain;
}

const middle = ({ x, width }: Item): number => x + width / 2;

/** Orders each layer by where its neighbours stand, and moves its items towards them as far as there is room. */
function settle(layer: Item[], neighbours: (item: Item) => readonly Item[]): void {
  const wish = new Map(
    layer.map((item) => {
      const around = neighbours(item);
      const mean = around.reduce((sum, other) => sum + middle(other), 0) / around.length;
      return [item, around.length > 0 ? mean : middle(item)];
    }),
  );
  layer.sort((a, b) => wish.get(a)! - wish.get(b)!);
  // Groups of items that touch stand where the mean of their wishes is met.
  const groups: { items: Item[]; start: number; width: number; wishes: number[] }[] = [];
  for (const item of layer) {
    let group = {
      items: [item],
      start: wish.get(item)! - item.width / 2,
      width: item.width,
      wishes: [wish.get(item)! - item.width / 2],
    };
    for (
      let last = groups.at(-1);
      last && last.start + last.width + GAP.x > group.start;
      last = groups.at(-1)
    ) {
      groups.pop();
      const offset = last.width + GAP.x;
      const wishes = [...last.wishes, ...group.wishes.map((value) => value - offset)];
      group = {
        items: [...last.items, ...group.items],
        width: offset + group.width,
        wishes,
        start: wishes.reduce((sum, value) => sum + value, 0) / wishes.length,
      };
    }
    groups.push(group);
  }
  for (const { items, start } of groups) {
    let x = start;
    for (const item of items) {
      item.x = x;
      x += item.width + GAP.x;
    }
  }
}

function placeLayers(layers: readonly Item[][]): { width: number; height: number } {
  for (const layer of layers) {
    let x = 0;
    for (const item of layer) {
      item.x = x;
      x += item.width + GAP.x;
    }
  }
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (const layer of layers.slice(1)) settle(layer, ({ above }) => above);
    for (const layer of layers.slice(0, -1).reverse()) settle(layer, ({ below }) => below);
  }
  const all = layers.flat();
  const left = Math.min(...all.map(({ x }) => x));
  let y = 0;
  for (const layer of layers) {
    const height = Math.max(...layer.map((item) => item.height));
    for (const item of layer) {
      item.x -= left;
      item.y = y;
      item.bottom = y + height;
    }
    y += height + GAP.y;
  }
  return { width: Math.max(...all.map(({ x, width }) => x + width)), height: y - GAP.y };
}

/** Where edges that share a node's border meet it: side by side, in the order of where they go. */
function ports<Edge>(
  edges: readonly Edge[],
  end: (edge: Edge) => Item,
  beyond: (edge: Edge) => Item,
): Map<Edge, number> {
  const places = new Map<Edge, number>();
  for (const item of new Set(edges.map(end))) {
    const own = edges.filter((edge) => end(edge) === item);
    own.sort((a, b) => middle(beyond(a)) - middle(beyond(b)));
    own.forEach((edge, n) => places.set(edge, item.x + (item.width * (n + 1)) / (own.length + 1)));
  }
  return places;
}

/** The way of each edge, downwards; through the layers between it goes straight. */
function routeEdges<Edge>(
  edges: readonly Edge[],
  chainOf: (edge: Edge) => readonly Item[],
): { edge: Edge; points: Point[] }[] {
  const starts = ports(
    edges,
    (edge) => chainOf(edge)[0]!,
    (edge) => chainOf(edge)[1]!,
  );
  const stops = ports(
    edges,
    (edge) => chainOf(edge).at(-1)!,
    (edge) => chainOf(edge).at(-2)!,
  );
  return edges.map((edge) => {
    const chain = chainOf(edge);
    const [upper, lower] = [chain[0]!, chain.at(-1)!];
    const bends = chain.slice(1, -1);
    const [start, stop] = [starts.get(edge)!, stops.get(edge)!];
    const points = [
      { x: start, y: upper.y + upper.height },
      { x: start, y: upper.bottom },
      ...bends.flatMap((item) => [
        { x: middle(item), y: item.y },
        { x: middle(item), y: item.bottom },
      ]),
      { x: stop, y: lower.y },
    ];
    return { edge, points };
  });
}

/** Edges between unknown nodes are left out; those of a node to itself are for the caller to draw. */
export function layeredLayout<Edge extends LayoutEdge>(
  nodes: readonly LayoutNode[],
  given: readonly Edge[],
): Layout<Edge> {
  if (nodes.length === 0) return { width: 0, height: 0, places: new Map(), routes: [] };
  const items = new Map<string, Item>(
    nodes.map(({ id, width, height }) => [id, { ...EMPTY, width, height, above: [], below: [] }]),
  );
  const edges = given.filter(({ from, to }) => from !== to && items.has(from) && items.has(to));
  const back = backEdges(nodes, edges);
  const ends = (edge: Edge): [upper: Item, lower: Item] => {
    const [from, to] = [items.get(edge.from)!, items.get(edge.to)!];
    return back.has(edge) ? [to, from] : [from, to];
  };
  for (const edge of edges) {
    const [upper, lower] = ends(edge);
    upper.below.push(lower);
    lower.above.push(upper);
  }
  assignLayers([...items.values()]);
  const layers: Item[][] = [];
  for (const item of items.values()) {
    item.above.length = 0;
    item.below.length = 0;
    while (layers.length <= item.layer) layers.push([]);
    layers[item.layer]!.push(item);
  }
  const chains = new Map(edges.map((edge) => [edge, bend(...ends(edge), layers)]));
  const { width, height } = placeLayers(layers);
  const chainOf = (edge: Edge): Item[] => {
    const [upper, lower] = ends(edge);
    return [upper, ...chains.get(edge)!, lower];
  };
  const routes = routeEdges(edges, chainOf).map(({ edge, points }) => ({
    edge,
    points: back.has(edge) ? points.reverse() : points,
  }));
  return {
    width,
    height,
    places: new Map([...items].map(([id, { x, y }]) => [id, { x, y }])),
    routes,
  };
}
