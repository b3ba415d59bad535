import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

import { benchmarksFolder } from './benchmarks-folder';

export interface NodeBinary {
  file: string;
  version: string;
}

/** The Node.js versions to measure under; without a list, the one that runs this. */
export function nodeBinaries(majors: readonly string[] | undefined): NodeBinary[] {
  if (majors === undefined) return [{ file: process.execPath, version: process.versions.node }];
  const fetcher = join(benchmarksFolder(), '../scripts/node-version.mjs');
  return majors.map((major) => {
    const file = execFileSync(process.execPath, [fetcher, major], { encoding: 'utf8' }).trim();
    return { file, version: execFileSync(file, ['--version'], { encoding: 'utf8' }).trim().slice(1) };
  });
}
