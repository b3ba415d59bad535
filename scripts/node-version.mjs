// Prints the path of a Node.js of a given major version, taken from the npm registry's packages
// node-PLATFORM-ARCHITECTURE and kept in .cache/node. `node scripts/node-version.mjs 26`
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { root } from './bootstrap.mjs';

export function nodeBinary(major) {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const name = `node-${platform}-${process.arch}`;
  const folder = join(root, '.cache', 'node', String(major));
  const file = join(folder, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (existsSync(file)) return file;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  execFileSync(
    'npm',
    ['install', '--no-save', '--no-audit', '--no-fund', '--no-package-lock', `${name}@${major}`],
    {
      cwd: folder,
      stdio: ['ignore', 2, 2],
      shell: process.platform === 'win32',
    },
  );
  return file;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const major = process.argv[2] ?? '';
  if (!/^\d+$/.test(major)) {
    console.error('node scripts/node-version.mjs MAJOR, for example 26');
    process.exit(2);
  }
  console.log(nodeBinary(major));
}
