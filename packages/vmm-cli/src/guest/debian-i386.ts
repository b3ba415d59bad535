import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OutputStream } from '../command-context';
import { UsageError } from '../usage-error';
import { Apt, type AptPackage } from './apt';
import type { Execute } from './execute';

export const DEBIAN_KERNELS = ['686', '686-pae'] as const;
export type DebianKernel = (typeof DEBIAN_KERNELS)[number];

export interface DebianFilesOptions {
  cache: string;
  kernels: readonly DebianKernel[];
  /** Fetch again what is in the cache. */
  update: boolean;
  mirror?: string;
  suite: string;
  execute: Execute;
  progress: OutputStream;
}

export interface DebianFiles {
  kernels: readonly { kernel: DebianKernel; path: string }[];
  busybox: string;
}

/** One file of the cache and where it comes from. */
interface Wanted {
  path: string;
  find(apt: Apt): Promise<AptPackage>;
  /** Where the file may be in its package; the first that is there. */
  members(from: AptPackage): string[];
}

/**
 * Debian's kernels and busybox for i386, from the cache or through apt.
 *
 * @throws UsageError where there is no apt, or the packages cannot be had
 */
export async function fetchDebianFiles(options: DebianFilesOptions): Promise<DebianFiles> {
  const { cache, progress, update } = options;
  const kernels = options.kernels.map((kernel) => ({ kernel, path: join(cache, `vmlinuz-${kernel}`) }));
  const busybox = join(cache, 'busybox');
  const wanted = [...kernels.map(({ kernel, path }) => wantedKernel(kernel, path)), wantedBusybox(busybox)];
  const missing = wanted.filter(({ path }) => update || !existsSync(path));
  if (missing.length === 0) {
    progress.write(`using the copies in ${cache} (--update fetches again)\n`);
    return { kernels, busybox };
  }
  const { mirror, suite, execute } = options;
  const directory = join(cache, 'apt');
  mkdirSync(directory, { recursive: true });
  const apt = new Apt({ directory, suite, execute, progress, ...(mirror === undefined ? {} : { mirror }) });
  progress.write('refreshing the package lists for i386\n');
  await apt.update();
  for (const item of missing) await fetchFile(item, apt, options);
  return { kernels, busybox };
}

function wantedKernel(kernel: DebianKernel, path: string): Wanted {
  return {
    path,
    find: (apt) => apt.findDependency(`linux-image-${kernel}`, new RegExp(`^linux-image-[0-9].*-${kernel}$`)),
    members: ({ name }) => [`./boot/${name.replace('linux-image-', 'vmlinuz-')}`],
  };
}

function wantedBusybox(path: string): Wanted {
  return {
    path,
    find: (apt) => apt.find('busybox-static'),
    members: () => ['./bin/busybox', './usr/bin/busybox'],
  };
}

async function fetchFile(
  wanted: Wanted,
  apt: Apt,
  { cache, execute, progress }: DebianFilesOptions,
): Promise<void> {
  const from = await wanted.find(apt);
  progress.write(`fetching ${from.name} ${from.version}\n`);
  const deb = await apt.download(from);
  progress.write(`unpacking ${from.name}\n`);
  const unfinished = `${wanted.path}.new`;
  const found = await unpackFirst(deb, wanted.members(from), unfinished, execute);
  rmSync(deb);
  if (!found) {
    rmSync(unfinished, { force: true });
    throw new UsageError(`${from.name} ${from.version} does not hold ${wanted.members(from).join(' or ')}`);
  }
  renameSync(unfinished, wanted.path);
  recordVersion(join(cache, 'packages.json'), from);
}

/** dpkg-deb and tar are wherever apt is. */
const UNPACK = 'dpkg-deb --fsys-tarfile "$1" | tar -xOf - "$2" > "$3"';

async function unpackFirst(
  deb: string,
  members: readonly string[],
  to: string,
  execute: Execute,
): Promise<boolean> {
  for (const member of members) {
    const { exitCode } = await execute('sh', ['-c', UNPACK, 'sh', deb, member, to]);
    if (exitCode === 0 && existsSync(to) && statSync(to).size > 0) return true;
  }
  return false;
}

/** Keeps a note in the cache of what it holds. */
function recordVersion(path: string, { name, version }: AptPackage): void {
  let versions: Record<string, string> = {};
  try {
    versions = JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>;
  } catch {
    // There is no note yet.
  }
  writeFileSync(path, `${JSON.stringify({ ...versions, [name]: version }, null, 2)}\n`);
}
