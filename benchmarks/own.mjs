// Trapgate's side of `npm run bench -- --peers` for those who work on its speed: bundles the sources as they are now,
// without building the packages, runs the guest programs once and prints times and counters.
//
//   node benchmarks/own.mjs [--programs fib,primes] [--subjects trapgate,v86] [options of --peers]
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, URL } from 'node:url';
import { build } from 'tsup';

const folder = fileURLToPath(new URL('.', import.meta.url));
const output = join(folder, 'temp', String(process.pid));
const args = process.argv.slice(2);
const defaults = { '--subjects': 'trapgate', '--runs': '1' };
const given = (name) => args.some((arg) => arg === name || arg.startsWith(`${name}=`));
const missing = Object.entries(defaults).filter(([name]) => !given(name));

process.on('SIGINT', () => {}); // the measuring process ends first
try {
  process.chdir(folder);
  await build({
    config: false,
    entry: ['src/main.ts', 'src/measure/*.ts'],
    outDir: output,
    format: ['esm'],
    target: 'node20',
    silent: true,
    noExternal: [/^@trapgate\//],
    esbuildOptions: (options) => {
      options.absWorkingDir = folder; // esbuild has kept the one that it was loaded in
      options.conditions = ['@trapgate/source'];
    },
  });
  const { status } = spawnSync(
    process.execPath,
    [join(output, 'main.js'), '--peers', '--counters', ...missing.flat(), ...args],
    { stdio: 'inherit' },
  );
  process.exitCode = status ?? 1;
} finally {
  rmSync(output, { recursive: true, force: true });
}
