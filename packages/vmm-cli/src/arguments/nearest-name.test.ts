import { expect, it } from 'vitest';
import { nearestName } from './nearest-name';

it.each([
  ['kernl', ['initrd', 'kernel'], 'kernel'],
  ['KERNEL', ['initrd', 'kernel'], 'kernel'],
  ['nrael', ['kernel', 'narel'], 'narel'],
  ['zz', ['aa', 'bb'], 'aa'],
  ['', ['long', 'd'], 'd'],
  ['x', [], undefined],
])('%s among %j: %s', (name, known, nearest) => {
  expect(nearestName(name, known)).toBe(nearest);
});
