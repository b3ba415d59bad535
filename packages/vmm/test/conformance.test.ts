import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assembleConformanceKernel, conformanceKernels } from '../../../guests/conformance/build';
import { runConformanceKernel } from './conformance-machine';

// The kernels of guests/conformance check themselves; a line of their report is a case.
const hasQemu = spawnSync('qemu-system-i386', ['--version']).error === undefined;
const QEMU = 'on an independent emulator (skipped where qemu-system-i386 is not installed)';
/** The model that has all features. */
const MODEL = 'max';
const TIMEOUT = 120_000;
let scratch: string;

beforeAll(() => void (scratch = mkdtempSync(join(tmpdir(), 'conformance-'))));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Cases that failed; throws unless the report is complete. */
function failures(lines: readonly string[]): string[] {
  expect(lines.at(-1)).toBe('end');
  const cases = lines.slice(0, -1);
  expect(cases.filter((line) => !/^(ok|skip|FAIL) /.test(line))).toEqual([]);
  expect(cases.filter((line) => line.startsWith('ok ')).length).toBeGreaterThan(0);
  return cases.filter((line) => line.startsWith('FAIL '));
}

describe.each(conformanceKernels())('conformance: %s', (name) => {
  it.each(['interp', 'wasm'] as const)('under %s', { timeout: TIMEOUT }, async (engine) => {
    const { exit, lines, regions } = await runConformanceKernel(
      assembleConformanceKernel(name),
      engine,
      MODEL,
    );
    expect(exit, lines.join('\n')).toEqual({ reason: 'debug-exit', code: expect.any(Number) });
    expect(failures(lines)).toEqual([]);
    // No model lacks what these kernels check.
    expect(lines.filter((line) => line.startsWith('skip '))).toEqual([]);
    if (engine === 'wasm') expect(regions).toBeGreaterThan(5);
  });

  it.skipIf(!hasQemu)(QEMU, { timeout: TIMEOUT }, () => {
    const file = join(scratch, `${name}.bin`);
    writeFileSync(file, assembleConformanceKernel(name));
    const options = '-cpu max -m 16 -display none -monitor none -nic none -no-reboot -serial stdio';
    const exit = '-device isa-debug-exit,iobase=0xf4,iosize=4';
    const run = spawnSync('qemu-system-i386', ['-kernel', file, ...options.split(' '), ...exit.split(' ')], {
      encoding: 'latin1',
      timeout: 100_000,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const lines = run.stdout.replaceAll('\r', '').split('\n');
    expect(failures(lines.filter((line) => line !== ''))).toEqual([]);
  });
});
