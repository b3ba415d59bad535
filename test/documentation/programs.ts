import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { root } from '../vmm-process';
import { packageOf, type Block } from './markdown';

/**
 * What the program of a block prints. One in a package's README sees that package's sources, as its tests do; one in a
 * page of `docs/` is about packages as they are published and sees what was built.
 */
export function printedBy(block: Block): string {
  const name = packageOf(block);
  const folder = block.attributes['in'] ?? `packages/${name ?? 'vmm'}`;
  const condition = name === undefined ? [] : ['--conditions=@trapgate/source'];
  const temporary = block.attributes['in'] === undefined ? join(root, folder, 'temp') : join(root, folder);
  const file = join(temporary, `example-${block.line}-${process.pid}.mts`);
  mkdirSync(temporary, { recursive: true });
  writeFileSync(file, block.text);
  try {
    return execFileSync(process.execPath, [...condition, '--import', 'tsx', file], {
      cwd: join(root, folder),
      encoding: 'utf8',
      stdio: 'pipe',
      timeout: 60_000,
    });
  } finally {
    rmSync(file);
  }
}
