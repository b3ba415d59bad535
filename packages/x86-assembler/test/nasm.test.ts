import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { assemble } from '../src/index';

// NASM 2.16 is the oracle. Its bytes are recorded beside the sources (`nasm -f bin -O x`); where nasm is installed the
// record itself is checked as well.

const directory = fileURLToPath(new URL('./nasm/', import.meta.url));
const hasNasm = spawnSync('nasm', ['-v']).status === 0;

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function runNasm(source: string): string {
  const work = mkdtempSync(join(tmpdir(), 'x86-assembler-'));
  try {
    writeFileSync(join(work, 'source.asm'), source);
    const nasm = spawnSync('nasm', ['-f', 'bin', '-O', 'x', '-w-all', '-o', 'out.bin', 'source.asm'], {
      cwd: work,
    });
    if (nasm.status !== 0) throw new Error(nasm.stderr.toString());
    return hex(readFileSync(join(work, 'out.bin')));
  } finally {
    rmSync(work, { recursive: true });
  }
}

describe.each(readdirSync(directory).filter((name) => name.endsWith('.asm')))('%s', (name) => {
  const source = readFileSync(join(directory, name), 'utf8');
  const recorded = readFileSync(join(directory, name.replace('.asm', '.hex')), 'utf8').replace(/\s/g, '');

  it('gives the recorded bytes', () => {
    expect(hex(assemble(source).bytes)).toBe(recorded);
  });

  it.skipIf(!hasNasm)('is recorded as nasm assembles it (skipped where nasm is not installed)', () => {
    expect(runNasm(source)).toBe(recorded);
  });
});

describe.each([16, 32, 64])('every instruction form once, in %i-bit code', (bits) => {
  const rows = readFileSync(join(directory, `instructions-${bits}.txt`), 'utf8')
    .trimEnd()
    .split('\n')
    .map((row) => /^(\w+) +(.*)$/.exec(row)!.slice(1) as [string, string]);
  const source = [`bits ${bits}`, 'org 0x400000', ...rows.map(([, text]) => text)].join('\n') + '\n';

  it('gives the recorded bytes', () => {
    const { listing } = assemble(source);
    const bytes = new Map(listing.map((line) => [line.line, hex(line.bytes)]));
    const differences = rows.filter(([recorded], index) => bytes.get(index + 3) !== recorded);
    expect(differences).toEqual([]);
  });

  it.skipIf(!hasNasm)('is recorded as nasm assembles it (skipped where nasm is not installed)', () => {
    expect(runNasm(source)).toBe(rows.map(([recorded]) => recorded).join(''));
  });
});
