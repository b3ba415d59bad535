import { assemble } from '@trapgate/x86-assembler';
import { expect, it } from 'vitest';
import { discover, type ControlFlow } from './discover';
import { isLoop, loopOf } from './loop-of';

const PAGE = 0x1000;

function flowOf(source: string, entry: number): ControlFlow {
  const page = new Uint8Array(PAGE);
  page.set(assemble(`bits 32\norg 0\n${source}`).bytes);
  return discover(page, entry, 32, { instructions: 100 });
}

/** Two bytes before the loop, whose body has two arms; three bytes behind it. */
const SOURCE =
  'xor eax, eax\nagain: test al, 1\njz even\nadd edx, eax\neven: inc eax\ncmp eax, 9\njb again\nmov ebx, eax\nret';

it('keeps of code inside a loop that loop alone', () => {
  const whole = flowOf(SOURCE, 2);
  const loop = loopOf(whole, 2);
  expect([...loop.keys()].sort((a, b) => a - b)).toEqual([2, 6, 8]);
  expect(loop.size).toBeLessThan(whole.size);
  expect(isLoop(loop, 2)).toBe(true);
});

it('keeps all of the code that goes into a loop', () => {
  const whole = flowOf(SOURCE, 0);
  expect(loopOf(whole, 0)).toBe(whole);
  expect(isLoop(whole, 0)).toBe(false);
});
