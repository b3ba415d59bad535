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

function examples(folder: string, file = join(folder, 'README.md')): Example[] {
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

/** What a program in a package's folder prints. */
function run(folder: string, code: string, flags: readonly string[]): string {
  const temporary = join(folder, 'temp');
  const file = join(temporary, `example-${process.pid}.mts`);
  mkdirSync(temporary, { recursive: true });
  writeFileSync(file, code);
  try {
    return execFileSync(process.execPath, [...flags, '--import', 'tsx', file], {
      cwd: folder,
      encoding: 'utf8',
      stdio: 'pipe',
    });
  } finally {
    rmSync(file);
  }
}

test.each(found)('the README of $name, example %#', ({ folder, code, output }) => {
  expect(run(folder, code, ['--conditions=@trapgate/source']).trimEnd()).toBe(output.trimEnd());
});

// The pages of docs/ are about packages as they are published: their examples run against the built one.
const pages = { embedding: 'vmm' };
const inPages = Object.entries(pages).flatMap(([page, name]) =>
  examples(join(root, 'packages', name), join(root, 'docs', `${page}.md`)).map((example) => ({
    page,
    ...example,
  })),
);

test.each(inPages)('the page $page of docs, example %#', ({ folder, code, output }) => {
  expect(run(folder, code, []).trimEnd()).toBe(output.trimEnd());
});
