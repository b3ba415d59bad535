import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { runCommandLine } from './command-line';
import { fakeContext } from './testing/fake-context';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const session = /```console\n([^`]+)```/.exec(readme)![1]!;
const examples = session.split(/^\$ vmm /m).slice(1);

it.each(examples.map((example) => example.split(/\n(.*)/s) as [string, string]))(
  'vmm %s',
  async (line, shown) => {
    const { context, output, errors } = fakeContext();
    await runCommandLine(line.split(' '), context);
    expect(output() + errors()).toBe(shown);
  },
);
