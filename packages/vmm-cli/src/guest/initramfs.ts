import { gzipSync } from 'node:zlib';
import { type CpioEntry, writeCpio } from './cpio';

/** What goes into an initramfs. */
export interface InitramfsOptions {
  /** The statically linked busybox executable. */
  busybox: Uint8Array;
  /** The text of `/init`; the default mounts the kernel's file systems and starts a shell on the console. */
  init?: string;
}

/** What the default `/init` prints once its file systems are mounted. */
export const UP_LINE = 'Trapgate: Debian is up';

/** The shell is restarted when it ends: the kernel panics when process 1 exits. */
export const DEFAULT_INIT = `#!/bin/sh
export PATH=/bin HOME=/root TERM=\${TERM:-linux}
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/pts
mount -t devpts devpts /dev/pts
hostname debian
cd /root
echo '${UP_LINE}'
while :; do
  setsid cttyhack sh
done
`;

const DIRECTORIES = ['bin', 'dev', 'etc', 'mnt', 'proc', 'root', 'run', 'sys', 'tmp', 'usr', 'var'];

/** Numbers from linux/Documentation/admin-guide/devices.txt. The console is what the kernel opens for `/init`. */
const DEVICES: readonly [name: string, major: number, minor: number, mode: number][] = [
  ['console', 5, 1, 0o600],
  ['null', 1, 3, 0o666],
  ['zero', 1, 5, 0o666],
  ['random', 1, 8, 0o666],
  ['urandom', 1, 9, 0o666],
  ['tty', 5, 0, 0o666],
  ['ttyS0', 4, 64, 0o600],
];

/** The initramfs that boots Debian's kernels to a busybox shell: a gzipped newc archive, the same for the same input. */
export function createInitramfs(options: InitramfsOptions): Uint8Array {
  const links = appletNames(options.busybox).filter((name) => name !== 'busybox');
  const entries: CpioEntry[] = [
    ...DIRECTORIES.map((path): CpioEntry => ({
      kind: 'directory',
      path,
      mode: path === 'tmp' ? 0o1777 : 0o755,
    })),
    { kind: 'symlink', path: 'sbin', target: 'bin' },
    { kind: 'symlink', path: 'usr/bin', target: '../bin' },
    { kind: 'symlink', path: 'usr/sbin', target: '../bin' },
    ...DEVICES.map(([name, major, minor, mode]): CpioEntry => {
      return { kind: 'character-device', path: `dev/${name}`, major, minor, mode };
    }),
    { kind: 'file', path: 'bin/busybox', contents: options.busybox, mode: 0o755 },
    ...links.map((name): CpioEntry => ({ kind: 'symlink', path: `bin/${name}`, target: 'busybox' })),
    {
      kind: 'file',
      path: 'init',
      contents: new TextEncoder().encode(options.init ?? DEFAULT_INIT),
      mode: 0o755,
    },
  ];
  return gzipSync(writeCpio(entries), { level: 9 });
}

/**
 * The applets of a busybox executable, read from its table of names (one string after another, in order, beginning
 * with `[` and `[[`), so that a foreign executable need not be run. Without such a table: just `sh`.
 */
export function appletNames(busybox: Uint8Array): string[] {
  const bytes = Buffer.from(busybox.buffer, busybox.byteOffset, busybox.byteLength);
  const start = bytes.indexOf('\0[\0[[\0', 0, 'latin1');
  if (start < 0) return ['sh'];
  const names: string[] = [];
  for (let at = start + 1; at < bytes.length;) {
    const end = bytes.indexOf(0, at);
    const name = end < 0 ? '' : bytes.toString('latin1', at, end);
    if (!/^[!-.0-~]+$/.test(name) || name <= (names.at(-1) ?? '')) break;
    names.push(name);
    at = end + 1;
  }
  return names;
}
