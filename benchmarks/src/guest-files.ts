import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { initMarker } from './serial-watch';

const benchmarks = dirname(dirname(fileURLToPath(import.meta.url)));
const vmm = join(benchmarks, '../packages/vmm-cli/bin/vmm.js');

const init = `#!/bin/busybox sh
echo '${initMarker}'
exec /bin/busybox sh
`;

/** Debian's 686 kernel and an initramfs whose init speaks first thing; fetched once, then kept. */
export function guestFiles(
  kernel: string | undefined,
  initramfs: string | undefined,
): { kernel: string; initramfs: string } {
  if (kernel !== undefined && initramfs !== undefined) return { kernel, initramfs };
  const cache = join(benchmarks, '.cache');
  mkdirSync(cache, { recursive: true });
  const initFile = join(cache, 'init');
  const output = join(cache, 'initramfs.gz');
  writeFileSync(initFile, init);
  const wanted = ['--kernel', '686', '--init', initFile, '--cache', cache, '--output', output];
  const said = execFileSync(process.execPath, [vmm, 'guest', 'debian-i386', ...wanted], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const fetched = /-kernel '?(.*?)'? -initrd/.exec(said)?.[1];
  if (fetched === undefined)
    throw new Error(`vmm guest debian-i386 did not say where the kernel is: ${said}`);
  return { kernel: kernel ?? fetched, initramfs: initramfs ?? output };
}
