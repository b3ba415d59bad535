import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { VirtualMachine } from '../packages/vmm/src';
import { buildExample, exampleNames } from './build';

const folder = join(dirname(fileURLToPath(import.meta.url)), 'examples');
const hasNasm = spawnSync('nasm', ['--version']).error === undefined;

/** What each example sends, to its end. */
const OUTPUT: Readonly<Record<string, RegExp>> = {
  hello: /^Hello! The processor of this page calls itself AuthenticAMD\.\r\n$/,
  ticks: /^(second \d+: the time-stamp counter is [0-9a-f]{16}\r\n){10}enough\r\n$/,
  'demand-paging':
    /^(page fault at 004[0-9a-f]{5}, error code 00000002: mapped to 0021[0-3]000\r\n){4}four pages were touched, and only they have memory\r\n$/,
  privilege:
    /^the program: hello, through a system call\r\nthe program: my CPL is 3\r\nthe program: now I try CLI\r\nthe kernel: general protection at [0-9a-f]{8}: that is the CLI\. The program is stopped\.\r\n$/,
  processes:
    /^a*(\|b+\|a+){19}\|b+\|\r\nprocess a has counted to \d+, process b to \d+, both at linear address 400000h\r\n$/,
};

describe('the teaching examples', () => {
  it.each(exampleNames())('%s does what it says, and turns the machine off', async (name) => {
    for (const engine of ['interp', 'wasm'] as const) {
      await using machine = await VirtualMachine.create({
        kernel: buildExample(name).image,
        memoryMiB: 4,
        engine,
        icount: { sleep: false },
      });
      let text = '';
      machine.on('serial', ({ bytes }) => (text += new TextDecoder().decode(bytes)));
      expect(await machine.run()).toEqual({ reason: 'power-off' });
      expect(text).toMatch(OUTPUT[name]!);
    }
  });

  it.skipIf(!hasNasm).each(exampleNames())(
    '%s: nasm assembles the same bytes (skipped where nasm is not installed)',
    (name) => {
      const scratch = mkdtempSync(join(tmpdir(), 'examples-'));
      const output = join(scratch, 'image');
      execFileSync('nasm', ['-f', 'bin', '-i', `${folder}/`, '-o', output, join(folder, `${name}.asm`)]);
      expect(Buffer.from(buildExample(name).image).equals(readFileSync(output))).toBe(true);
      rmSync(scratch, { recursive: true });
    },
  );
});
