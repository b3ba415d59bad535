import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { creationProblem } from './file-problem';

/** `vmm-20260131-142305.snapshot`: the local time, so that saving again overwrites nothing. */
function newName(): string {
  const now = new Date();
  const two = (value: number): string => String(value).padStart(2, '0');
  const date = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
  return `vmm-${date}-${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}.snapshot`;
}

/** Writes a snapshot, whole or not at all, and says in one line what came of it. */
export function writeSnapshot(snapshot: Uint8Array, path = newName()): string {
  const part = `${path}.part`;
  try {
    writeFileSync(part, snapshot);
    renameSync(part, path);
  } catch (error) {
    rmSync(part, { force: true });
    return `vmm: the machine could not be saved to ${path}: ${creationProblem(error)}`;
  }
  const { length } = snapshot;
  const size = length < 2 ** 20 ? `${Math.ceil(length / 1024)} KiB` : `${(length / 2 ** 20).toFixed(1)} MiB`;
  return `vmm: the machine is saved (${size}); to go on with it: vmm run -loadvm ${path}`;
}
