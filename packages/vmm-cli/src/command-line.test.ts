import { expect, it } from 'vitest';
import { runCommandLine } from './command-line';
import { fakeContext } from './testing/fake-context';

it.each([
  ['--help', 0, /^usage: vmm <command>/, /^$/],
  ['-h', 0, /^usage: vmm <command>/, /^$/],
  ['--version', 0, /^vmm 1\.2\.3\n$/, /^$/],
  ['run --help', 0, /^usage: vmm run/, /^$/],
  ['run -cpu help', 0, /^base +the default\n$/, /^$/],
  ['run -d help', 0, /^in_asm +the guest/, /^$/],
  ['guest --help', 0, /^usage: vmm guest debian-i386/, /^$/],
  ['', 2, /^$/, /^vmm: no command; try 'vmm run', or 'vmm --help' for all\n$/],
  ['rum', 2, /^$/, /^vmm: unknown command 'rum'; the nearest known one is run\n$/],
  ['-kernel x', 2, /^$/, /^vmm: the command comes before the flags: vmm run -kernel x\n$/],
  ['guest', 2, /^$/, /^vmm: no guest named; try: vmm guest debian-i386\n$/],
  ['guest alpine', 2, /^$/, /^vmm: unknown guest 'alpine'; the only one is debian-i386\n$/],
  [
    'guest debian-i386 --kernel amd64',
    2,
    /^$/,
    /^vmm: --kernel amd64: no such kernel; the nearest is 686\n$/,
  ],
  ['guest debian-i386 --init nowhere', 2, /^$/, /^vmm: --init nowhere: no such file\n$/],
  ['guest debian-i386 --init package.json', 2, /^$/, /^vmm: --init package.json: not a script; /],
  [
    'guest debian-i386 --cahce x',
    2,
    /^$/,
    /^vmm: unknown flag '--cahce'; the nearest known one is --cache \(--help/,
  ],
])('vmm %s', async (line, code, stdout, stderr) => {
  const { context, output, errors } = fakeContext();
  expect(await runCommandLine(line.split(' ').filter(Boolean), context)).toBe(code);
  expect(output()).toMatch(stdout);
  expect(errors()).toMatch(stderr);
});
