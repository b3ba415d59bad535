// The tables of flags in docs/command-line.md are what `--help` says.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import { root, vmmPath } from '../vmm-process';

type Row = [flag: string, meaning: string];

/** Flags stand two columns in; what they mean follows, in deeper lines too. */
function fromHelp(subcommand: string): Row[] {
  const text = execFileSync(process.execPath, [vmmPath, subcommand, '--help'], { encoding: 'utf8' });
  const rows: Row[] = [];
  for (const line of text.split('\n')) {
    const flag = /^ {2}(-\S.*?)(?: {2,}(\S.*))?$/.exec(line);
    if (flag) rows.push([flag[1]!, flag[2] ?? '']);
    else if (/^ {20,}\S/.test(line) && rows.length > 0) {
      const last = rows.at(-1)!;
      last[1] = `${last[1]} ${line.trim()}`.trim();
    } else if (rows.length > 0) break;
  }
  return rows;
}

function fromPage(subcommand: string): Row[] {
  const page = readFileSync(join(root, 'docs/command-line.md'), 'utf8');
  const section = page.split(`\n## vmm ${subcommand}\n`)[1]!.split('\n## ')[0]!;
  return section
    .split('\n')
    .filter((line) => line.startsWith('| `-'))
    .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim().replace(/\\\|/g, '|')))
    .map(([, flag, meaning]) => [flag!.replace(/`/g, ''), meaning!]);
}

test.each(['run', 'guest', 'disasm'])('vmm %s --help', (subcommand) => {
  const help = fromHelp(subcommand);
  expect(help.length).toBeGreaterThan(4);
  expect(fromPage(subcommand)).toEqual(help);
});
