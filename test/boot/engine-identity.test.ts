// Debian's kernels to the power-off under both engines, in lockstep: the same registers, serial output and memory.
// TRAPGATE_KERNELS picks kernels (686,686-pae).
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

import { bootOnBoth } from '../../packages/vmm/test/engine-pair';
import { guestArguments, hasApt, kernels } from './debian-guest';

const EVERY = 500_009;
const RAM_EVERY = 400;
const LIMIT = 2e10;

describe.skipIf(!hasApt())("Debian's kernels (skipped where there is no apt-get to fetch them)", () => {
  test.each(kernels)(
    '%s boots and powers off alike under both engines',
    { timeout: 900_000 },
    async (kernel) => {
      const given = guestArguments(kernel);
      const value = (name: string): string => given[given.indexOf(name) + 1]!;
      const { exit, instructions, comparisons, hash, output } = await bootOnBoth({
        machine: { memoryMiB: 256 },
        image: {
          kind: 'auto',
          kernel: readFileSync(value('-kernel')),
          initrd: readFileSync(value('-initrd')),
          commandLine: value('-append'),
        },
        every: EVERY,
        ramEvery: RAM_EVERY,
        typed: [
          ['# ', 'cat /proc/interrupts; ls -lR /etc | sort | md5sum\n'],
          ['# ', 'poweroff -f\n'],
        ],
        limit: LIMIT,
      });
      console.log(
        `${kernel}: ${instructions} instructions, ${comparisons} comparisons, hash ${hash.toString(16)}`,
      );
      expect(exit).toEqual({ reason: 'power-off' });
      expect(output).toContain('Trapgate: Debian is up');
    },
  );
});
