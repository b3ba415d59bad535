import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface NodeBinary {
  file: string;
  version: string;
}

const fetcher = join(dirname(fileURLToPath(import.meta.url)), '../../scripts/node-version.mjs');

/** The Node.js versions to measure under; without a list, the one that runs this. */
export function nodeBinaries(majors: readonly string[] | undefined): NodeBinary[] {
  if (majors === undefined) return [{ file: process.execPath, version: process.versions.node }];
  return majors.map((major) => {
    const file = execFileSync(process.execPath, [fetcher, major], { encoding: 'utf8' }).trim();
    return { file, version: execFileSync(file, ['--version'], { encoding: 'utf8' }).trim().slice(1) };
  });
}
