// Installs what is missing and builds every package, in the order of their dependencies; unchanged packages
// come from the build cache. `docs` makes the API documentation, too. Arguments go to turbo.
import { spawnSync } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { bootstrap, root } from './bootstrap.mjs';

/** @param task - a task of turbo.json; `build` unless told otherwise. @param logs - of which tasks to show what they say */
export function build(args = [], task = 'build', logs = 'new-only') {
  bootstrap();
  const bin = join(root, 'node_modules', '.bin');
  const turbo = join(root, 'node_modules', 'turbo', 'bin', 'turbo');
  const result = spawnSync(process.execPath, [turbo, 'run', task, `--output-logs=${logs}`, ...args], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      PATH: `${bin}${delimiter}${process.env.PATH}`,
      TURBO_TELEMETRY_DISABLED: '1',
      TURBO_NO_UPDATE_NOTIFIER: '1',
      TURBO_PRINT_VERSION_DISABLED: '1',
    },
  });
  if (result.error) console.error(`The build could not be started: ${result.error.message}`);
  if (result.status !== 0) process.exit(result.status ?? 1);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [first, ...rest] = process.argv.slice(2);
  if (first === 'docs') build(rest, first);
  else build(process.argv.slice(2));
}
