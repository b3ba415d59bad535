// Debian's kernels to a shell, with no kernel parameter but the console: commands work, and power off ends the run.
// TRAPGATE_KERNELS picks kernels (686,686-pae), TRAPGATE_ENGINE the engine, TRAPGATE_NODE the Node.js binary.
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';

import { nodePath, root, VmmProcess, vmmPath } from '../vmm-process';

const kernels = (process.env['TRAPGATE_KERNELS'] ?? '686,686-pae').split(',');
const engine = process.env['TRAPGATE_ENGINE'] ?? 'interp';
const cache = join(root, '.cache', 'debian-i386');
const bootTimeout = 240_000;
const commandTimeout = 60_000;

function hasApt(): boolean {
  try {
    execFileSync('apt-get', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function cached(pattern: RegExp): string {
  const found = readdirSync(cache, { recursive: true, encoding: 'utf8' }).filter((file) =>
    pattern.test(file),
  );
  expect(found, `${pattern} in ${cache}`).not.toHaveLength(0);
  return join(cache, found.sort().at(-1)!);
}

describe.skipIf(!hasApt())("Debian's kernels (skipped where there is no apt-get to fetch them)", () => {
  let vmm: VmmProcess | undefined;
  beforeAll(() => {
    const wanted = kernels.flatMap((kernel) => ['--kernel', kernel]);
    execFileSync(nodePath, [vmmPath, 'guest', 'debian-i386', '--cache', cache, ...wanted], {
      stdio: ['ignore', 2, 2],
    });
  });
  afterEach(async () => vmm?.kill());

  test.each(kernels)(`%s boots to a shell under ${engine} and powers off`, async (kernel) => {
    const [image, initramfs] = [
      cached(new RegExp(`vmlinuz-[\\w.-]*[0-9]-${kernel}$`)),
      cached(/initr.*\.(gz|img|cpio)$/),
    ];
    const append = ['-append', 'console=ttyS0'];
    vmm = new VmmProcess([
      'run',
      '-kernel',
      image,
      '-initrd',
      initramfs,
      ...append,
      '-m',
      '256',
      '-nographic',
      '-accel',
      engine,
    ]);
    await vmm.expect('Trapgate: Debian is up', bootTimeout);
    await vmm.expect('# ', commandTimeout);
    await answers(vmm, 'uname -m', 'i686');
    await answers(vmm, 'echo $((6 * 7))', '42');
    await answers(vmm, 'uname -r', `-${kernel}`);
    await answers(vmm, 'dmesg | grep -ci "call trace"', '0');
    if (kernel.endsWith('-pae')) await answers(vmm, 'grep -cw pae /proc/cpuinfo', '1');
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
