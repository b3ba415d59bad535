// The peer QEMU, as its users have it: installed.
import { spawnSync } from 'node:child_process';

export const qemu = 'qemu-system-i386';

/** The installed version; undefined: there is none. */
export function qemuVersion(): string | undefined {
  const { stdout } = spawnSync(qemu, ['--version'], { encoding: 'utf8' });
  return /version (\S+)/.exec(stdout ?? '')?.[1];
}
