// The examples of the packages' READMEs say what they do: a block of ```ts that is followed by a block of ```text is
// run from the package's sources, and prints that text.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import { root } from '../vmm-process';

interface Example {
  folder: string;
  code: string;
  output: string;
}

function examples(folder: string): Example[] {
  const file = join(folder, 'README.md');
  if (!existsSync(file)) return [];
  const blocks = [...readFileSync(file, 'utf8').matchAll(/^```(\w*)\n(.*?)^```$/gms)];
  return blocks.flatMap(([, language, code], index) => {
    const [, next, output] = blocks[index + 1] ?? [];
    return language === 'ts' && next === 'text' ? [{ folder, code: code!, output: output! }] : [];
  });
}

const packages = readdirSync(join(root, 'packages'));
const found = packages.flatMap((name) =>
  examples(join(root, 'packages', name)).map((example) => ({ name, ...example })),
);

test.each(found)('the README of $name, example %#', ({ folder, code, output }) => {
  const temporary = join(folder, 'temp');
  const file = join(temporary, `readme-${process.pid}.ts`);
  mkdirSync(temporary, { recursive: true });
  writeFileSync(file, code);
  try {
    const said = execFileSync(process.execPath, ['--conditions=@trapgate/source', '--import', 'tsx', file], {
      cwd: folder,
      encoding: 'utf8',
      stdio: 'pipe',
    });
    expect(said.trimEnd()).toBe(output.trimEnd());
  } finally {
    rmSync(file);
  }
});
