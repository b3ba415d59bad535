// Checks every package as it would be uploaded: publint and arethetypeswrong on the packed tarball, and the size of
// its code - minified, compressed, other packages not counted - against the budgets in .size-limit.json.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'tsup';

import { root } from './bootstrap.mjs';

const work = join(root, '.cache', 'packages');

/** Runs a program of the workspace's own. Answers whether it succeeded; what it said is shown only if it did not. */
function succeeds(title, module, args, options = {}) {
  const { show = false, cwd = root } = options;
  const result = spawnSync(process.execPath, [join(root, 'node_modules', ...module), ...args], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, FORCE_COLOR: '0', NO_COLOR: '1' },
  });
  const ok = result.status === 0;
  console.log(`${ok ? 'ok    ' : 'failed'}  ${title}`);
  if (!ok || show) console.log(`${result.stdout}${result.stderr}`.replace(/^/gm, '        ').trimEnd());
  return ok;
}

function publishedPackages() {
  return readdirSync(join(root, 'packages'))
    .map((folder) => join(root, 'packages', folder))
    .filter((folder) => existsSync(join(folder, 'package.json')))
    .map((folder) => ({ folder, manifest: JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) }))
    .filter(({ manifest }) => manifest.private !== true);
}

function checkTarball({ folder, manifest }) {
  const { name, version } = manifest;
  const pack = ['pack', '--pack-destination', work];
  if (!succeeds(`${name}: packs`, ['pnpm', 'bin', 'pnpm.cjs'], pack, { cwd: folder })) return false;
  const tarball = join(work, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`);
  const lint = succeeds(`${name}: publint`, ['publint', 'src', 'cli.js'], ['run', tarball, '--strict']);
  const types = succeeds(
    `${name}: arethetypeswrong`,
    ['@arethetypeswrong', 'cli', 'dist', 'index.js'],
    [tarball, '--no-color'],
  );
  return lint && types;
}

/** The code of each package in one minified file; what it imports from other packages stays an import. */
async function minify(packages) {
  for (const { folder, manifest } of packages) {
    const program = join(folder, 'dist', 'main.js');
    const entry = manifest.bin && existsSync(program) ? program : join(folder, 'dist', 'index.js');
    await build({
      config: false,
      entry: { [manifest.name.replace(/^.*\//, '')]: entry },
      outDir: join(work, 'minified'),
      format: ['esm'],
      outExtension: () => ({ js: '.js' }),
      external: Object.keys(manifest.dependencies ?? {}),
      minify: true,
      splitting: false,
      silent: true,
      target: 'es2022',
    });
  }
}

function checkBudgets(packages) {
  const budgets = JSON.parse(readFileSync(join(root, '.size-limit.json'), 'utf8')).map(({ name }) => name);
  const without = packages
    .map(({ manifest }) => manifest.name.replace(/^.*\//, ''))
    .filter((name) => !budgets.includes(name));
  for (const name of without) console.log(`failed  ${name} has no budget in .size-limit.json`);
  const within = succeeds('sizes, minified and compressed', ['size-limit', 'bin.js'], [], { show: true });
  return within && without.length === 0;
}

rmSync(work, { recursive: true, force: true });
mkdirSync(work, { recursive: true });
const packages = publishedPackages();
const tarballs = packages.map(checkTarball);
await minify(packages);
const sizes = checkBudgets(packages);
process.exitCode = packages.length > 0 && sizes && tarballs.every(Boolean) ? 0 : 1;
