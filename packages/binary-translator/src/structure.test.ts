import { expect, it } from 'vitest';
import { discover } from './discover';
import { structureOf } from './structure';
import { lockstep } from './testing/lockstep';

const JS_NEXT = [0x78, 0x00];

it('the target of a branch to the next instruction is a merge', () => {
  const bytes = Uint8Array.from({ length: 0x1000 }, (_, n) => [...JS_NEXT, 0x90, 0xc3][n] ?? 0);
  const flow = discover(bytes, 0, 32, { instructions: 10 });
  expect([...structureOf(flow, 0).merges]).toEqual([2]);
});

// Emitted once for each arm, a hundred of them would be 2 ** 100 blocks.
it('a hundred branches to the next instruction are translated', () => {
  const branches = Array.from({ length: 100 }, (_, n) => `js l${n}\nl${n}: add eax, ${n}`).join('\n');
  expect(lockstep(`mov ecx, 30\nagain: ${branches}\ndec ecx\njnz again\nhlt`)).toBeGreaterThan(0);
});
