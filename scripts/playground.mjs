// `npm run playground`: builds the page and the API documentation that it links to, and serves them, on this computer
// only. Arguments go to `vite preview`.
import { spawn } from 'node:child_process';
import { join } from 'node:path';

import { bootstrap, root } from './bootstrap.mjs';
import { build } from './build.mjs';

bootstrap();
console.log('Building ...');
build(['--filter=@trapgate/playground...'], 'docs', 'errors-only');
const vite = join(root, 'apps/playground/node_modules/vite/bin/vite.js');
const server = spawn(process.execPath, [vite, 'preview', '.', ...process.argv.slice(2)], {
  cwd: join(root, 'apps/playground'),
  stdio: 'inherit',
});
server.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
