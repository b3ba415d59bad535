import { expect, it } from 'vitest';
import { operationsOf } from './testing/operations';

/** Everything between the head of the loop and the branch back to it. */
const loopOf = (operations: string): string => /loop @(loop\d+)[^]*?br @\1\n/.exec(operations)![0];

it.each([
  ['rotations', 'rol eax, 5\nxor eax, ecx\nror edx, 7'],
  ['shifts by CL', 'shl eax, cl\nxor edx, eax'],
  ['INC behind a comparison', 'inc eax\nlea edx, [edx + eax]'],
])('%s in a loop compute flags without a call', (_name, body) => {
  const loop = loopOf(operationsOf(`mov ecx, 3000\nagain:\n${body}\nsub ecx, 1\ncmp ecx, 0\njnz again\nhlt`));
  expect(loop).not.toContain('materialize');
});

it('a loop whose flags nobody looks at neither computes nor stores them', () => {
  const loop = loopOf(operationsOf('mov ecx, 3000\nagain: add eax, ecx\ndec ecx\njnz again\nhlt'));
  expect(loop).not.toContain('materialize');
  expect(loop).not.toContain('popcnt');
  // Unless its head is left early.
  const head = /loop @[^]*?i32\.add/.exec(loop)![0];
  expect(loop.slice(head.length)).not.toContain('i32.store');
});
