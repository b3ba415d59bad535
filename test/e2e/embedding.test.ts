// The embedding API as built: in this thread and in a worker thread, as an ES module and by require.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, test } from 'vitest';

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

const directory = mkdtempSync(join(tmpdir(), 'vmm-embedding-'));
afterAll(() => rmSync(directory, { recursive: true }));

function run(name: string, code: string): string {
  const file = join(directory, name);
  writeFileSync(file, code);
  return execFileSync(nodePath, [file], { cwd: root, encoding: 'utf8', timeout: 60_000 }).trim();
}

test.each(['create', 'createInWorker'])('VirtualMachine.%s, imported', (method) => {
  const file = pathToFileURL(join(library, 'index.js')).href;
  const head = `import { embeddedGuest, VirtualMachine } from ${JSON.stringify(file)};`;
  expect(run(`${method}.mjs`, head + program(method))).toBe('power-off true');
});

test.each(['create', 'createInWorker'])('VirtualMachine.%s, required', (method) => {
  const head = `const { embeddedGuest, VirtualMachine } = require(${JSON.stringify(join(library, 'index.cjs'))});`;
  const body = `(async () => {${program(method)}})().catch((error) => { throw error; });`;
  expect(run(`${method}.cjs`, head + body)).toBe('power-off true');
});
