// Installs what the workspace needs, with nothing but Node.js and npm on the machine. Does nothing (in a few
// milliseconds) when the manifests and the lockfile are those of the last installation.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const lowestNode = [20, 19];

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > lowestNode[0] || (major === lowestNode[0] && minor >= lowestNode[1])) return;
  console.error(`Trapgate needs Node.js ${lowestNode.join('.')} or later; this is ${process.versions.node}.`);
  process.exit(2);
}

function manifests() {
  const folders = ['packages', 'apps']
    .map((name) => join(root, name))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
  return [root, join(root, 'guests'), join(root, 'benchmarks'), ...folders]
    .map((folder) => join(folder, 'package.json'))
    .concat(join(root, 'pnpm-lock.yaml'), join(root, 'pnpm-workspace.yaml'))
    .filter((file) => existsSync(file))
    .sort();
}

function fingerprint() {
  const hash = createHash('sha256').update(process.platform + process.arch);
  for (const file of manifests()) hash.update(file.slice(root.length)).update(readFileSync(file));
  return hash.digest('hex');
}

/** Runs a program of the npm installation that belongs to this Node.js. */
function npx(args) {
  const npmCli = process.env.npm_execpath;
  const [command, prefix] =
    npmCli?.endsWith('npm-cli.js') === true
      ? [process.execPath, [npmCli, 'exec', '--yes', '--']]
      : [process.platform === 'win32' ? 'npx.cmd' : 'npx', ['--yes']];
  return spawnSync(command, [...prefix, ...args], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: command === 'npx.cmd',
  });
}

export function bootstrap() {
  requireNode();
  const stamp = join(root, 'node_modules', '.trapgate-installed');
  const wanted = fingerprint();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  console.log(`Installing the workspace's dependencies with ${packageManager} ...`);
  const frozen = process.env.CI ? ['--frozen-lockfile'] : [];
  const result = npx([
    packageManager,
    'install',
    '--prefer-offline',
    '--config.confirmModulesPurge=false',
    ...frozen,
  ]);
  if (result.error) console.error(`The installer could not be started: ${result.error.message}`);
  if (result.status !== 0) {
    console.error(
      'The installation failed; is the npm registry reachable? What the installer said stands above.',
    );
    process.exit(result.status ?? 1);
  }
  // The installer may have rewritten the lockfile: remember what is there now.
  writeFileSync(stamp, fingerprint());
}

if (process.argv[1] === fileURLToPath(import.meta.url)) bootstrap();
