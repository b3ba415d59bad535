import { expect, test } from 'vitest';
import { buildKernel } from '../../../guests/build';
import { bootOnBoth } from './engine-pair';

test('the embedded guest does the same under both engines, instruction for instruction, to the power-off', async () => {
  const { exit, output, instructions, regions, comparisons, hash } = await bootOnBoth({
    machine: { memoryMiB: 16 },
    image: { kind: 'auto', kernel: buildKernel().image, commandLine: 'demo' },
    every: 10_007,
    ramEvery: 16,
    hotAfter: 20,
    limit: 1e9,
  });
  console.log(`${instructions} instructions, ${comparisons} comparisons, hash ${hash.toString(16)}`);
  expect(exit).toEqual({ reason: 'power-off' });
  expect(output).toMatch(/demo: \d+ passed, 0 failed/);
  expect(instructions).toBeGreaterThan(1e6);
  expect(regions).toBeGreaterThan(100);
}, 120_000);
