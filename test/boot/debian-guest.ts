import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

import { nodePath, root, vmmPath } from '../vmm-process';

/** Where the tests keep what they fetch. */
export const cache = join(root, '.cache', 'debian-i386');

/** The kernels to boot. */
export const kernels = (process.env['TRAPGATE_KERNELS'] ?? '686,686-pae').split(',');

/** Debian's packages are fetched by apt-get. */
export function hasApt(): boolean {
  try {
    execFileSync('apt-get', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** The arguments of the command that `vmm guest` prints for a kernel. */
export function guestArguments(kernel: string): string[] {
  const wanted = ['--cache', cache, '--kernel', kernel];
  const said = execFileSync(nodePath, [vmmPath, 'guest', 'debian-i386', ...wanted], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const command = /^npx vmm (run .*)$/m.exec(said)?.[1] ?? '';
  return [...command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, plain]) => single ?? double ?? plain!,
  );
}
