// The initramfs of the measured guests: busybox's as `vmm guest` makes it, followed by an archive with the guest programs.
// The kernel unpacks one archive after the other (linux/Documentation/driver-api/early-userspace/buffer-format.rst).
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { benchmarksFolder } from '../benchmarks-folder';
import { debianGuest, guestCache, type GuestFiles } from '../guest-files';

const compiler = ['-m32', '-march=i686', '-mfpmath=387', '-static', '-no-pie', '-O2', '-std=gnu11', '-Wall'];

/** The programs could not be compiled. */
export class CompilationError extends Error {
  readonly code = 'GUEST_PROGRAMS_NOT_COMPILED';
  constructor(readonly reason: string) {
    super(`the guest programs need gcc for i386 (Debian's packages gcc and gcc-multilib): ${reason}`);
  }
}

/** Compiles benchmarks/programs for i386 and returns the executable. */
function compilePrograms(folder: string, output: string): Buffer {
  const sources = readdirSync(folder)
    .filter((name) => name.endsWith('.c'))
    .sort()
    .map((name) => join(folder, name));
  try {
    execFileSync('gcc', [...compiler, '-o', output, ...sources], { stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (error) {
    throw new CompilationError(error instanceof Error ? error.message : String(error));
  }
  return readFileSync(output);
}

/** An archive of one executable file. Headers: 6 digits, then fields of 8 hexadecimal digits. */
function archive(path: string, contents: Buffer): Buffer {
  const padded = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
  const member = (name: string, mode: number, inode: number, data: Buffer) => {
    const fields = [inode, mode, 0, 0, 1, 0, data.length, 0, 0, 0, 0, name.length + 1, 0];
    const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`;
    return Buffer.concat([padded(Buffer.from(`${header}${name}\0`, 'latin1')), padded(data)]);
  };
  const executable = 0o100755;
  return Buffer.concat([member(path, executable, 1, contents), member('TRAILER!!!', 0, 0, Buffer.alloc(0))]);
}

/** Kernel and initramfs for a {@link GuestJob}: paths. */
export function programGuest(): GuestFiles {
  const folder = join(benchmarksFolder(), 'programs');
  const own = join(guestCache(), `programs-${process.pid}`);
  const output = join(guestCache(), 'programs.gz');
  const { kernel, initramfs } = debianGuest('programs-busybox', readFileSync(join(folder, 'init'), 'utf8'));
  try {
    const executable = compilePrograms(folder, own);
    // In one step, since somebody else may be measuring.
    writeFileSync(
      own,
      Buffer.concat([readFileSync(initramfs), gzipSync(archive('bin/programs', executable))]),
    );
    renameSync(own, output);
  } finally {
    rmSync(own, { force: true });
  }
  return { kernel, initramfs: output };
}
