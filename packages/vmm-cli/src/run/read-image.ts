import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { UsageError } from '../usage-error';
import type { RunRequest } from '../arguments/run-flags';
import { fileProblem } from './file-problem';

const LEAST_CHUNK = 1 << 20;
const MOST_CHUNK = 1 << 30;
const MEBIBYTE = 1 << 20;
const MOST_SNAPSHOT_BYTES = 2 ** 32;

export interface GuestFiles {
  kernel?: Uint8Array;
  initrd?: Uint8Array;
}

/**
 * The files that a run names.
 *
 * @throws UsageError where a file cannot be read, is empty or cannot fit the guest's memory
 */
export function readFiles({ kernel, initrd, memoryMiB }: RunRequest): GuestFiles {
  return {
    ...(kernel === undefined ? {} : { kernel: readImage('-kernel', kernel, memoryMiB) }),
    ...(initrd === undefined ? {} : { initrd: readImage('-initrd', initrd, memoryMiB) }),
  };
}

/** The bytes of a snapshot, which are for the machine to judge. @throws UsageError */
export function readSnapshot(path: string): Uint8Array {
  const bytes = readFile(`-loadvm ${path}`, path, MOST_SNAPSHOT_BYTES);
  if (bytes === undefined) throw new UsageError(`-loadvm ${path}: too large to be a snapshot`);
  return bytes;
}

function readImage(flag: string, path: string, memoryMiB: number): Uint8Array {
  const what = `${flag} ${path}`;
  const bytes = readFile(what, path, memoryMiB * MEBIBYTE);
  if (bytes === undefined)
    throw new UsageError(`${what}: larger than the guest's memory of ${memoryMiB} MiB; see -m`);
  if (bytes.length === 0)
    throw new UsageError(`${what}: the file is empty; give a kernel or initramfs image`);
  return bytes;
}

/** A file of at most `limit` bytes; undefined where it has more. */
function readFile(what: string, path: string, limit: number): Uint8Array | undefined {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    throw new UsageError(`${what}: ${fileProblem(error)}`);
  }
  try {
    return readAtMost(file, limit);
  } catch (error) {
    throw new UsageError(`${what}: ${fileProblem(error)}`);
  } finally {
    closeSync(file);
  }
}

/** The whole file, which need not be a regular one; undefined where it has more than `limit` bytes. */
function readAtMost(file: number, limit: number): Uint8Array | undefined {
  const size = fstatSync(file).size;
  if (size > limit) return undefined;
  const chunks: Buffer[] = [];
  for (let length = 0; length <= limit;) {
    const chunk = Buffer.allocUnsafe(Math.min(Math.max(LEAST_CHUNK, size - length), MOST_CHUNK));
    const count = readSync(file, chunk, 0, chunk.length, null);
    if (count === 0) return Buffer.concat(chunks);
    chunks.push(chunk.subarray(0, count));
    length += count;
  }
  return undefined;
}
