import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { benchmarksFolder } from './benchmarks-folder';
import { initMarker } from './serial-watch';

const speakingInit = `#!/bin/busybox sh
echo '${initMarker}'
exec /bin/busybox sh
`;

export interface GuestFiles {
  kernel: string;
  initramfs: string;
}

/** Where what is fetched and made for the guests is kept. */
export function guestCache(): string {
  const cache = join(benchmarksFolder(), '.cache');
  mkdirSync(cache, { recursive: true });
  return cache;
}

/**
 * Debian's 686 kernel and an initramfs of busybox with the given /init; the kernel is fetched once, then kept.
 *
 * @param name - of the initramfs in the cache
 */
export function debianGuest(name: string, init: string): GuestFiles {
  const cache = guestCache();
  const vmm = join(benchmarksFolder(), '../packages/vmm-cli/bin/vmm.js');
  const initFile = join(cache, `${name}.init`);
  const initramfs = join(cache, `${name}.gz`);
  writeFileSync(initFile, init);
  const wanted = ['--kernel', '686', '--init', initFile, '--cache', cache, '--output', initramfs];
  const said = execFileSync(process.execPath, [vmm, 'guest', 'debian-i386', ...wanted], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const kernel = /-kernel '?(.*?)'? -initrd/.exec(said)?.[1];
  if (kernel === undefined) throw new Error(`vmm guest debian-i386 did not say where the kernel is: ${said}`);
  return { kernel, initramfs };
}

/** The guest of the boot's measurement: its init speaks first thing. */
export function guestFiles(kernel: string | undefined, initramfs: string | undefined): GuestFiles {
  if (kernel !== undefined && initramfs !== undefined) return { kernel, initramfs };
  const debian = debianGuest('initramfs', speakingInit);
  return { kernel: kernel ?? debian.kernel, initramfs: initramfs ?? debian.initramfs };
}

/** The package of the kernel in the cache, with its version. */
export function kernelVersion(): string {
  const versions = JSON.parse(readFileSync(join(guestCache(), 'packages.json'), 'utf8')) as Record<
    string,
    string
  >;
  const name = Object.keys(versions).find((key) => key.startsWith('linux-image-')) ?? '';
  return `${name} ${versions[name] ?? ''}`.trim();
}
