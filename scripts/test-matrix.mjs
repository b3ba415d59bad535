// The boots of test/boot for every engine, kernel and Node.js. `--engines`, `--kernels` and `--nodes` narrow it
// (lists separated by commas).
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { root } from './bootstrap.mjs';
import { nodeBinary } from './node-version.mjs';

const { values } = parseArgs({
  options: {
    engines: { type: 'string', default: 'interp,wasm' },
    kernels: { type: 'string', default: '686,686-pae' },
    nodes: { type: 'string', default: '20,22,24,26' },
  },
});
const list = (text) => text.split(',').filter((part) => part !== '');

const vitest = join(root, 'node_modules/vitest/vitest.mjs');
const results = [];
for (const major of list(values.nodes)) {
  for (const engine of list(values.engines)) {
    for (const kernel of list(values.kernels)) {
      console.log(`\nNode.js ${major}, engine ${engine}, kernel ${kernel}`);
      const start = Date.now();
      const { status } = spawnSync(
        process.execPath,
        [vitest, 'run', '--config', 'test/boot/vitest.config.ts', 'test/boot/debian.test.ts'],
        {
          cwd: root,
          stdio: ['ignore', 'inherit', 'inherit'],
          env: {
            ...process.env,
            TRAPGATE_NODE: nodeBinary(major),
            TRAPGATE_ENGINE: engine,
            TRAPGATE_KERNELS: kernel,
          },
        },
      );
      results.push({
        'Node.js': major,
        engine,
        kernel,
        passed: status === 0,
        seconds: Math.round((Date.now() - start) / 1000),
      });
    }
  }
}
console.table(results);
process.exitCode = results.every(({ passed }) => passed) ? 0 : 1;
