// Debian's kernels to a shell, with no kernel parameter but the console: commands work, and power off ends the run.
// TRAPGATE_KERNELS picks kernels (686,686-pae), TRAPGATE_ENGINE the engine, TRAPGATE_NODE the Node.js binary.
import { afterEach, beforeAll, describe, expect, test } from 'vitest';

import { VmmProcess } from '../vmm-process';
import { guestArguments, hasApt, kernels } from './debian-guest';

const engine = process.env['TRAPGATE_ENGINE'] ?? 'interp';
const bootTimeout = 240_000;
const commandTimeout = 60_000;

describe.skipIf(!hasApt())("Debian's kernels (skipped where there is no apt-get to fetch them)", () => {
  let vmm: VmmProcess | undefined;
  const commands = new Map<string, string[]>();
  beforeAll(() => {
    for (const kernel of kernels) commands.set(kernel, guestArguments(kernel));
  });
  afterEach(async () => vmm?.kill());

  test.each(kernels)(`%s boots to a shell under ${engine} and powers off`, async (kernel) => {
    vmm = new VmmProcess([...commands.get(kernel)!, '-accel', engine]);
    await vmm.expect('Trapgate: Debian is up', bootTimeout);
    await vmm.expect('# ', commandTimeout);
    await answers(vmm, 'uname -m', 'i686');
    await answers(vmm, 'echo $((6 * 7))', '42');
    await answers(vmm, 'uname -r', `-${kernel}`);
    await answers(vmm, 'dmesg | grep -ci "call trace"', '0');
    if (kernel.endsWith('-pae')) await answers(vmm, 'grep -cw pae /proc/cpuinfo', '1');
    const waiting = vmm;
    await expect
      .poll(() => waiting.cpuShare(8), { timeout: 45_000, message: 'share of a processor at the prompt' })
      .toBeLessThan(0.15);
    vmm.send('poweroff -f\n');
    expect(await vmm.exit(commandTimeout)).toBe(0);
  });
});

/** Types a command and waits for a line that ends in `answer`, then for the next prompt. */
async function answers(vmm: VmmProcess, command: string, answer: string): Promise<void> {
  vmm.send(`${command}\n`);
  await vmm.expect('\n', commandTimeout);
  await vmm.expect(`${answer}\r\n`, commandTimeout);
  await vmm.expect('# ', commandTimeout);
}
