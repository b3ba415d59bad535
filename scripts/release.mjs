// Publishes every package whose version the registry does not have, as the release workflow does: checks the packed
// packages, and puts the repository into the manifests that are published (a provenance statement has to name it).
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { root } from './bootstrap.mjs';
import { build } from './build.mjs';

function run(file, args = []) {
  const { status } = spawnSync(process.execPath, [join(root, file), ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}

/** Writes `repository` into the manifests; gives a function that restores them. */
function nameRepository(repository) {
  const files = readdirSync(join(root, 'packages')).map((name) => ({
    file: join(root, 'packages', name, 'package.json'),
    directory: `packages/${name}`,
  }));
  const before = files.map(({ file }) => readFileSync(file, 'utf8'));
  for (const [index, { file, directory }] of files.entries()) {
    const url = `git+https://github.com/${repository}.git`;
    const manifest = { ...JSON.parse(before[index]), repository: { type: 'git', url, directory } };
    writeFileSync(file, `${JSON.stringify(manifest, null, 2)}\n`);
  }
  return () => files.forEach(({ file }, index) => writeFileSync(file, before[index]));
}

build();
run('scripts/check-packages.mjs');
const repository = process.env.GITHUB_REPOSITORY;
if (repository === undefined && process.env.NPM_CONFIG_PROVENANCE === 'true') {
  console.error('Provenance names a repository: GITHUB_REPOSITORY is not set.');
  process.exit(2);
}
const restore = repository === undefined ? () => {} : nameRepository(repository);
process.on('exit', restore);
run('node_modules/@changesets/cli/bin.js', ['publish']);
