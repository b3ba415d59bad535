import { describe, expect, it } from 'vitest';
import { layeredLayout } from './layered-layout';

const node = (id: string, width = 80, height = 40) => ({ id, width, height });
const edge = (text: string) => ({ from: text[0]!, to: text[1]! });

function random(seed: number): () => number {
  let value = seed;
  return () => {
    value = (Math.imul(value, 1103515245) + 12345) & 0x7fffffff;
    return value / 0x80000000;
  };
}

describe('the layered layout', () => {
  it('puts a diamond with a loop into three layers, edges going down but for the one back', () => {
    const { places, routes } = layeredLayout(
      ['a', 'b', 'c', 'd'].map((id) => node(id)),
      ['ab', 'ac', 'bd', 'cd', 'da'].map(edge),
    );
    const y = (id: string): number => places.get(id)!.y;
    expect(y('a')).toBeLessThan(y('b'));
    expect(y('b')).toBe(y('c'));
    expect(y('c')).toBeLessThan(y('d'));
    const back = routes.find(({ edge: { from } }) => from === 'd')!.points;
    expect(back[0]!.y).toBeGreaterThan(back.at(-1)!.y);
    // Straight through the layer between.
    expect(back.map(({ y: at }) => at)).toEqual([y('d'), y('b') + 40, y('b'), 40, 40]);
  });

  it('has nothing for nothing, and leaves out edges to nowhere', () => {
    expect(layeredLayout([], []).routes).toEqual([]);
    const { width, height, routes } = layeredLayout([node('a')], ['ax', 'aa'].map(edge));
    expect([width, height, routes]).toEqual([80, 40, []]);
  });

  it.each([1, 2, 3, 4, 5])('no two nodes of a random graph overlap (seed %i)', (seed) => {
    const next = random(seed);
    const names = [...'abcdefghijklmnopqrst'];
    const pick = (): string => names[Math.floor(next() * names.length)]!;
    const nodes = names.map((id) => node(id, 40 + 100 * next(), 20 + 60 * next()));
    const { places, width, height } = layeredLayout(
      nodes,
      Array.from({ length: 30 }, () => ({ from: pick(), to: pick() })),
    );
    const boxes = nodes.map((box) => ({ ...box, ...places.get(box.id)! }));
    for (const a of boxes) {
      expect(a.x).toBeGreaterThanOrEqual(0);
      expect(a.x + a.width).toBeLessThanOrEqual(width + 1e-9);
      expect(a.y + a.height).toBeLessThanOrEqual(height + 1e-9);
      for (const b of boxes) {
        if (a === b) continue;
        const apart =
          a.x + a.width <= b.x + 1e-9 ||
          b.x + b.width <= a.x + 1e-9 ||
          a.y + a.height <= b.y ||
          b.y + b.height <= a.y;
        expect(apart, `${a.id} and ${b.id}`).toBe(true);
      }
    }
  });
});
