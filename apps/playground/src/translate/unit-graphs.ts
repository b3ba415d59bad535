import type { RegionBlock } from '@trapgate/vmm';
import { graphView, type GraphEdge, type GraphNode } from './graph-view';
import { named, placeName, type Names } from './names';
import type { Unit, UnitStore } from './unit-store';

const MOST_UNITS = 20;
const DISTANCE = 2;
const MOST_LINES = 12;
/** More places without a unit than these are drawn as one. */
const MOST_OUTSIDE = 6;
const MOST_BLOCKS = 40;

export interface GraphChoice {
  readonly names: Names;
  /** The unit that the guest is in. */
  readonly running: number | undefined;
  choose(number: number): void;
}

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;

/** All units in use, or those around the chosen one if there are many, and what leads from one to the next. */
export function unitGraph(
  store: UnitStore,
  chosen: Unit,
  { names, running, choose }: GraphChoice,
): SVGElement {
  const { inUse } = store;
  const all = [...new Set([...inUse, chosen])];
  const units = all.length <= MOST_UNITS ? all : store.around(chosen, DISTANCE, MOST_UNITS);
  const shown = new Set(units.map(({ region }) => region.number));
  const outside = new Map<number, string>();
  const edges: GraphEdge[] = [];
  for (const unit of units) {
    for (const { from, to, kind } of store.edgesOf(unit)) {
      if (typeof to === 'number') {
        if (shown.has(to)) edges.push({ from: String(from), to: String(to), kind });
      } else {
        outside.set(to.address, `outside-${to.address}`);
        edges.push({ from: String(from), to: `outside-${to.address}`, kind });
      }
    }
  }
  const nodes: GraphNode[] = units.map(({ region, dropped }) => {
    const { number, address, blocks } = region;
    const instructions = blocks.reduce((sum, block) => sum + block.instructions.length, 0);
    const name = placeName(address, names);
    const lines = [
      `unit ${number}: ${name}`,
      `${count(blocks.length, 'block')}, ${count(instructions, 'instruction')}`,
      ...(dropped ? ['dropped'] : []),
    ];
    return {
      id: String(number),
      lines,
      label: lines.join(' '),
      look: number === chosen.region.number ? 'selected' : 'plain',
      running: number === running,
      choose: () => choose(number),
    };
  });
  if (outside.size > MOST_OUTSIDE) {
    const lines = [`${outside.size} other places`, 'no unit'];
    nodes.push({ id: 'outside', lines, label: lines.join(', '), look: 'outside' });
    const merged = edges.map((edge) => (edge.to.startsWith('outside-') ? { ...edge, to: 'outside' } : edge));
    const distinct = new Map(merged.map((edge) => [`${edge.from} ${edge.to} ${edge.kind}`, edge]));
    return graphView('Units and chains', nodes, [...distinct.values()]);
  }
  for (const [address, id] of outside) {
    const name = placeName(address, names);
    nodes.push({ id, lines: [name, 'no unit'], label: `${name}: no unit begins here`, look: 'outside' });
  }
  return graphView('Units and chains', nodes, edges);
}

/** Blocks by address, the entry's first. */
export function orderedBlocks({ region: { blocks } }: Unit): readonly RegionBlock[] {
  const [entry, ...others] = blocks;
  return entry ? [entry, ...others.sort((a, b) => a.address - b.address)] : [];
}

/** The blocks of one unit. */
export function blockGraph(unit: Unit, names: Names, eip: number | undefined): SVGElement {
  const all = orderedBlocks(unit);
  const blocks = all.slice(0, MOST_BLOCKS);
  const shown = new Set(blocks.map(({ address }) => address));
  const own = new Set(all.map(({ address }) => address));
  const nodes: GraphNode[] = [];
  const edges: GraphEdge[] = [];
  const outside = new Set<number>();
  for (const { address, instructions, exits } of blocks) {
    const texts = instructions.map(({ text }) => `  ${named(text, names)}`);
    const lines =
      texts.length > MOST_LINES
        ? [...texts.slice(0, MOST_LINES - 2), `  … ${texts.length - MOST_LINES + 1} more …`, texts.at(-1)!]
        : texts;
    const name = placeName(address, names);
    nodes.push({
      id: String(address),
      lines: [`${name}:`, ...lines],
      label: `Block ${name}: ${instructions.map(({ text }) => text).join('; ')}`,
      look: 'plain',
      running: instructions.some((instruction) => instruction.address === eip),
    });
    for (const { kind, target } of exits) {
      if (target === undefined) continue;
      if (!shown.has(target)) outside.add(target);
      edges.push({ from: String(address), to: String(target), kind });
    }
  }
  for (const address of outside) {
    const name = placeName(address, names);
    nodes.push({
      id: String(address),
      lines: [name, own.has(address) ? 'not shown: too many blocks' : 'outside this unit'],
      label: `${name}, ${own.has(address) ? 'not shown' : 'outside'}`,
      look: 'outside',
    });
  }
  return graphView('Blocks of the unit', nodes, edges);
}
