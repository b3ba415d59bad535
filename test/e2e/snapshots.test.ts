// Saving and restoring as built: the terminal's Ctrl-A s, and -loadvm.
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';

import { VmmProcess } from '../vmm-process';

const timeout = 30_000;
const prompt = 'trapgate> ';
const directory = mkdtempSync(join(tmpdir(), 'vmm-e2e-snapshots-'));
const file = join(directory, 'machine.snapshot');

let vmm: VmmProcess | undefined;
afterEach(async () => {
  await vmm?.kill();
  vmm = undefined;
});
afterAll(() => rmSync(directory, { recursive: true }));

test('Ctrl-A s saves the embedded guest at its prompt, and it goes on', async () => {
  vmm = new VmmProcess(['run', '-append', '', '-savevm', file]);
  await vmm.expect(prompt, timeout);
  vmm.send('\x01s');
  await expect.poll(() => vmm!.errors, { timeout }).toContain(`to go on with it: vmm run -loadvm ${file}`);
  expect(statSync(file).size).toBeLessThan(300_000);
  vmm.send('poweroff\r');
  expect(await vmm.exit(timeout)).toBe(0);
});

test.each(['interp', 'wasm'])('-loadvm goes on at the prompt, with -accel %s', async (engine) => {
  vmm = new VmmProcess(['run', '-loadvm', file, '-accel', engine]);
  vmm.send('echo still here\r');
  await vmm.expect('\nstill here', timeout);
  // A busy machine takes longer to get to it, but the work is the same.
  expect(vmm.cpuSeconds() ?? 0).toBeLessThan(1.5);
  vmm.send('poweroff\r');
  expect(await vmm.exit(timeout)).toBe(0);
});

test('a snapshot that was cut off is refused in one line', async () => {
  truncateSync(file, readFileSync(file).length - 10);
  vmm = new VmmProcess(['run', '-loadvm', file]);
  expect(await vmm.exit(timeout)).toBe(2);
  expect(vmm.errors).toMatch(
    /^vmm: .*machine\.snapshot: the snapshot is cut off: it has \d+ of \d+ bytes\n$/,
  );
});
