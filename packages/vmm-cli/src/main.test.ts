import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

/** Runs the real command from its sources. */
function vmm(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  const node = ['--conditions=@trapgate/source', '--import', 'tsx', main, ...args];
  return spawnSync(process.execPath, node, {
    encoding: 'utf8',
    input: '',
    cwd: fileURLToPath(new URL('..', import.meta.url)),
  });
}

it('tells its version', () => {
  expect(vmm('--version')).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^vmm \d+\.\d+\.\d+/),
    stderr: '',
  });
});

it.each([
  [['run', '-kernel', 'nowhere'], 'vmm: -kernel nowhere: no such file\n'],
  [['run', '-kernel', 'package.json', '-m', '4096'], /^vmm: -m 4096: too much memory; .+\n$/],
  [['rin'], "vmm: unknown command 'rin'; the nearest known one is run\n"],
])('%j ends with one line and code 2, without a stack', (args, line) => {
  const { status, stdout, stderr } = vmm(...args);
  expect(stderr).toMatch(line);
  expect(stderr.trimEnd()).not.toContain('\n');
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
});
