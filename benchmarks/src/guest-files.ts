import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
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
  writeFileSync(initFile, init);
  execFileSync(
    process.execPath,
    [vmm, 'guest', 'debian-i386', '--kernel', '686', '--init', initFile, '--cache', cache],
    {
      stdio: ['ignore', 2, 2],
    },
  );
  const find = (pattern: RegExp) => {
    const found = readdirSync(cache, { recursive: true, encoding: 'utf8' }).filter((file) =>
      pattern.test(file),
    );
    if (found.length === 0) throw new Error(`vmm guest debian-i386 left nothing like ${pattern} in ${cache}`);
    return join(cache, found.sort().at(-1)!);
  };
  return {
    kernel: kernel ?? find(/vmlinuz-[\w.-]*-686$/),
    initramfs: initramfs ?? find(/initr.*\.(gz|img|cpio)$/),
  };
}
