import { expect, it } from 'vitest';
import { RecordedLine } from './recorded-line.testing';
import { WiredOr } from './wires';

it('is high while one source is', () => {
  const output = new RecordedLine();
  const wire = new WiredOr(output);
  const [a, b] = [wire.source(), wire.source()];
  const levels: boolean[] = [];
  for (const [source, level] of [
    [a, true],
    [b, true],
    [a, false],
    [a, false],
    [b, false],
  ] as const) {
    source.set(level);
    levels.push(output.level);
  }
  expect(levels).toEqual([true, true, true, true, false]);
  expect(output.rises).toBe(1);
});
