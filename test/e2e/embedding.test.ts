// The embedding API as built: in this thread and in a worker thread, as an ES module and by require.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import { nodePath, root } from '../vmm-process';

const library = join(root, 'packages/vmm/dist');

/** Runs the embedded guest's demonstration; nothing keeps the program alive when it has ended. */
const program = (method: string): string => `
  const machine = await VirtualMachine.${method}({ memoryMiB: 16, kernel: embeddedGuest(), cmdline: 'demo' });
  let text = '';
  machine.on('serial', ({ bytes }) => (text += new TextDecoder().decode(bytes)));
  const exit = await machine.run();
  console.log(exit.reason, /demo: \\d+ passed, 0 failed/.test(text));
`;

function run(...args: string[]): string {
  return execFileSync(nodePath, args, { cwd: root, encoding: 'utf8', timeout: 60_000 }).trim();
}

test.each(['create', 'createInWorker'])('VirtualMachine.%s, imported', (method) => {
  const head = `import { embeddedGuest, VirtualMachine } from ${JSON.stringify(join(library, 'index.js'))};`;
  expect(run('--input-type=module', '-e', head + program(method))).toBe('power-off true');
});

test.each(['create', 'createInWorker'])('VirtualMachine.%s, required', (method) => {
  const head = `const { embeddedGuest, VirtualMachine } = require(${JSON.stringify(join(library, 'index.cjs'))});`;
  const body = `(async () => {${program(method)}})().catch((error) => { throw error; });`;
  expect(run('-e', head + body)).toBe('power-off true');
});
