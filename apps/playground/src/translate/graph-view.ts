import { layeredLayout, type Point } from './layered-layout';

export interface GraphNode {
  readonly id: string;
  readonly lines: readonly string[];
  /** What a screen reader says. */
  readonly label: string;
  /** How it is drawn, by the style sheet. */
  readonly look: 'plain' | 'selected' | 'outside';
  /** The guest is in it just now. */
  readonly running?: boolean;
  readonly choose?: () => void;
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  readonly kind: string;
}

const CHARACTER = 7.25;
const LINE = 16;
const PADDING = 8;
const MARGIN = 10;
const LOOP = 26;
const ARROW = 5;

function svg(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  ...children: Node[]
): SVGElement {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.append(...children);
  return element;
}

const boxWidth = ({ lines }: GraphNode): number =>
  2 * PADDING + CHARACTER * Math.max(...lines.map((line) => line.length));
const boxHeight = ({ lines }: GraphNode): number => 2 * PADDING + LINE * lines.length - 4;

/** A line with rounded bends: vertical at every point. */
function pathThrough(points: readonly Point[]): string {
  const [first, ...others] = points;
  let at = first!;
  const pieces = others.map((next) => {
    const half = (at.y + next.y) / 2;
    const piece = `C${at.x},${half} ${next.x},${half} ${next.x},${next.y}`;
    at = next;
    return piece;
  });
  return `M${first!.x},${first!.y}${pieces.join('')}`;
}

function arrow({ x, y }: Point, dx: number, dy: number): string {
  const [backX, backY] = [x - 2 * ARROW * dx, y - 2 * ARROW * dy];
  return `M${x},${y}L${backX - ARROW * dy},${backY - ARROW * dx}L${backX + ARROW * dy},${backY + ARROW * dx}Z`;
}

function edgeElement(kind: string, path: string, head: string): SVGElement {
  return svg(
    'g',
    { class: `edge ${kind}` },
    svg('path', { class: 'line', d: path }),
    svg('path', { class: 'head', d: head }),
  );
}

function routeElement(kind: string, points: readonly Point[]): SVGElement {
  const [before, end] = points.slice(-2) as [Point, Point];
  const reached = points.findLast(({ y }) => y !== end.y) ?? before;
  return edgeElement(kind, pathThrough(points), arrow(end, 0, end.y > reached.y ? 1 : -1));
}

function loopElement(kind: string, { x, y }: Point, width: number, height: number): SVGElement {
  const right = x + width;
  const [from, to] = [y + height * 0.75, y + height * 0.25];
  const out = right + LOOP * 0.9;
  return edgeElement(
    kind,
    `M${right},${from}C${out},${from} ${out},${to} ${right + 2},${to}`,
    arrow({ x: right, y: to }, -1, 0),
  );
}

function nodeElement(node: GraphNode, { x, y }: Point): SVGElement {
  const { lines, label, look, running, choose } = node;
  const [width, height] = [boxWidth(node), boxHeight(node)];
  const text = svg('text', { x: x + PADDING, y: y + PADDING, 'aria-hidden': 'true' });
  lines.forEach((line, n) => {
    const part = svg('tspan', { x: x + PADDING, y: y + PADDING + 10 + LINE * n });
    part.textContent = line;
    text.append(part, ' ');
  });
  const box = svg('rect', { x, y, width, height, rx: 5 });
  const group = svg(
    'g',
    { class: `node ${look}${running ? ' running' : ''}`, 'aria-label': label },
    box,
    text,
  );
  group.setAttribute('role', choose ? 'button' : 'img');
  if (!choose) return group;
  group.setAttribute('tabindex', '0');
  group.setAttribute('aria-pressed', String(look === 'selected'));
  group.addEventListener('click', choose);
  group.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    choose();
  });
  return group;
}

/** A directed graph as a picture; nodes with an action are buttons. */
export function graphView(
  label: string,
  nodes: readonly GraphNode[],
  edges: readonly GraphEdge[],
): SVGElement {
  const loops = edges.filter(({ from, to }) => from === to);
  const looped = new Set(loops.map(({ from }) => from));
  const layout = layeredLayout(
    nodes.map((node) => ({
      id: node.id,
      width: boxWidth(node) + (looped.has(node.id) ? LOOP : 0),
      height: boxHeight(node),
    })),
    edges,
  );
  const [width, height] = [layout.width + 2 * MARGIN, layout.height + 2 * MARGIN];
  const picture = svg('svg', { class: 'graph', role: 'group', 'aria-label': label, width, height });
  picture.setAttribute('viewBox', `${-MARGIN} ${-MARGIN} ${width} ${height}`);
  for (const { edge, points } of layout.routes) picture.append(routeElement(edge.kind, points));
  const byId = new Map(nodes.map((node) => [node.id, node]));
  for (const { from, kind } of loops) {
    const node = byId.get(from);
    if (node) picture.append(loopElement(kind, layout.places.get(from)!, boxWidth(node), boxHeight(node)));
  }
  for (const node of nodes) picture.append(nodeElement(node, layout.places.get(node.id)!));
  return picture;
}
