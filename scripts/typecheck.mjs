// Type-checks every project of the workspace. A library has two: tsconfig.json is everything, tests included, with
// the types of Node.js; tsconfig.lib.json is what is published, with the types that every host has.
import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';

import { bootstrap, root } from './bootstrap.mjs';

bootstrap();
const folders = [
  '.',
  'guests',
  'benchmarks',
  'apps/playground',
  ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}`),
];
const projects = folders
  .flatMap((folder) => ['tsconfig.lib.json', 'tsconfig.json'].map((name) => join(root, folder, name)))
  .filter((file) => existsSync(file));

const tsc = join(root, 'node_modules/typescript/bin/tsc');
let failed = 0;

function check(project) {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [tsc, '-p', project, '--pretty', 'false'],
      { cwd: root },
      (error, stdout, stderr) => {
        if (error) failed++;
        console.log(`${error ? 'failed' : 'ok    '}  ${relative(root, project)}`);
        if (error) console.log(stdout + stderr);
        resolve();
      },
    );
  });
}

async function worker() {
  for (let project = projects.shift(); project; project = projects.shift()) await check(project);
}

const workers = Array.from({ length: availableParallelism() }, worker);
Promise.all(workers).then(() => {
  process.exitCode = failed > 0 ? 1 : 0;
});
