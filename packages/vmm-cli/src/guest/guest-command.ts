import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { nearestName } from '../arguments/nearest-name';
import { describeFlags, type Flag, parseFlags } from '../arguments/parse-flags';
import type { CommandContext } from '../command-context';
import { fileProblem } from '../run/file-problem';
import { UsageError } from '../usage-error';
import { DEBIAN_KERNELS, type DebianKernel, fetchDebianFiles } from './debian-i386';
import { execute } from './execute';
import { createInitramfs } from './initramfs';

const GUEST = 'debian-i386';
const DEFAULT_SUITE = 'bookworm';

const GUEST_FLAGS: readonly Flag[] = [
  { name: 'kernel', value: '686|686-pae', help: 'fetch this kernel only; default: both' },
  { name: 'init', value: 'FILE', help: "the guest's /init; default: a shell on the console" },
  { name: 'output', value: 'FILE', help: 'where the initramfs goes; default: the cache' },
  {
    name: 'cache',
    value: 'DIR',
    help: `default: $XDG_CACHE_HOME/trapgate/${GUEST}, or the same in ~/.cache`,
  },
  { name: 'update', help: 'fetch again what the cache has' },
  {
    name: 'mirror',
    value: 'URL',
    help: "the URL of a Debian mirror (its folder with dists and pool); default: the system's sources",
  },
  {
    name: 'suite',
    value: 'NAME',
    help: `the Debian release to take from a mirror (default ${DEFAULT_SUITE})`,
  },
  { name: 'help', help: 'this text' },
];

const GUEST_HELP = `usage: vmm guest ${GUEST} [flags]

Fetches Debian's kernels and busybox for i386 through apt, with package lists of its own, makes an
initramfs of busybox, and prints the commands that boot them. Needs apt-get, but not root; what is
in the cache needs neither apt nor the network.

${describeFlags(GUEST_FLAGS, '--')}
`;

/**
 * `vmm guest`: prepares a guest, prints the commands that run it, and returns the exit code.
 *
 * @throws UsageError for bad arguments, and where the guest cannot be had
 */
export async function guestCommand(args: readonly string[], context: CommandContext): Promise<number> {
  const { values, positionals } = parseFlags(GUEST_FLAGS, args, '--');
  if (values.has('help')) {
    context.stdout.write(GUEST_HELP);
    return 0;
  }
  checkGuest(positionals);
  const last = (name: string): string | undefined => values.get(name)?.at(-1);
  const init = last('init') === undefined ? undefined : readInit(last('init')!);
  const mirror = last('mirror');
  const cache = makeCache(resolve(last('cache') ?? defaultCache(context.environment)));
  const files = await fetchDebianFiles({
    cache,
    kernels: kernels(values.get('kernel') ?? DEBIAN_KERNELS),
    update: values.has('update'),
    suite: last('suite') ?? DEFAULT_SUITE,
    ...(mirror === undefined ? {} : { mirror }),
    execute,
    progress: context.stderr,
  });
  const initramfs = resolve(last('output') ?? join(cache, initramfsName(init)));
  writeInitramfs(initramfs, files.busybox, init);
  context.stderr.write(`wrote ${initramfs}\n\nto boot it:\n`);
  for (const { path } of files.kernels) context.stdout.write(`${runCommandFor(path, initramfs)}\n`);
  return 0;
}

/** The shell command that boots a kernel with an initramfs. */
export function runCommandFor(kernel: string, initramfs: string): string {
  return `npx vmm run -kernel ${quoted(kernel)} -initrd ${quoted(initramfs)} -append "console=ttyS0" -m 256 -nographic`;
}

function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}

function checkGuest([name, extra]: readonly string[]): void {
  if (name === undefined) throw new UsageError(`no guest named; try: vmm guest ${GUEST}`);
  if (name !== GUEST) throw new UsageError(`unknown guest '${name}'; the only one is ${GUEST}`);
  if (extra !== undefined) throw new UsageError(`unexpected argument '${extra}'; see vmm guest --help`);
}

function kernels(names: readonly string[]): DebianKernel[] {
  return [...new Set(names)].map((name) => {
    const kernel = DEBIAN_KERNELS.find((known) => known === name);
    if (kernel) return kernel;
    throw new UsageError(
      `--kernel ${name}: no such kernel; the nearest is ${nearestName(name, DEBIAN_KERNELS)}`,
    );
  });
}

function readInit(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`--init ${path}: ${fileProblem(error)}`);
  }
  if (text.startsWith('#!/')) return text;
  throw new UsageError(`--init ${path}: not a script; its first line must name the interpreter: #!/bin/sh`);
}

function defaultCache(environment: CommandContext['environment']): string {
  return join(environment['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'trapgate', GUEST);
}

function makeCache(path: string): string {
  try {
    mkdirSync(path, { recursive: true });
    return path;
  } catch (error) {
    throw new UsageError(`--cache ${path}: ${fileProblem(error)}`);
  }
}

/** An initramfs with a user's own /init goes to a file of its own. */
function initramfsName(init: string | undefined): string {
  if (init === undefined) return 'initramfs.gz';
  return `initramfs-${createHash('sha256').update(init).digest('hex').slice(0, 8)}.gz`;
}

function writeInitramfs(path: string, busybox: string, init: string | undefined): void {
  const image = createInitramfs({ busybox: readFileSync(busybox), ...(init === undefined ? {} : { init }) });
  try {
    if (existsSync(path) && Buffer.compare(readFileSync(path), image) === 0) return;
    writeFileSync(`${path}.new`, image);
    renameSync(`${path}.new`, path);
  } catch (error) {
    throw new UsageError(`${dirname(path)}: ${fileProblem(error)}`);
  }
}
