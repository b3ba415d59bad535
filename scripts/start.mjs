// `npm start`: installs, builds and boots the embedded guest on this terminal. Arguments go to `vmm run`.
import { spawn } from 'node:child_process';
import { join } from 'node:path';

import { bootstrap, root } from './bootstrap.mjs';
import { build } from './build.mjs';

bootstrap();
console.log('Building ...');
// Only the command and what it needs.
build(['--filter=@trapgate/vmm-cli...'], 'build', 'errors-only');
const vmm = spawn(
  process.execPath,
  [join(root, 'packages/vmm-cli/bin/vmm.js'), 'run', ...process.argv.slice(2)],
  {
    stdio: 'inherit',
  },
);
// The terminal sends its signals to vmm as well: it decides what they mean, and this process ends when it does.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => signal === 'SIGTERM' && vmm.kill(signal));
vmm.on('error', (error) => {
  console.error(`vmm could not be started: ${error.message}`);
  process.exitCode = 1;
});
vmm.on('exit', (code, signal) => {
  process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1);
});
