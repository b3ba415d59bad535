import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildKernel, programNames, type KernelBuild } from './build';

const guests = dirname(fileURLToPath(import.meta.url));
const has = (command: string): boolean => spawnSync(command, ['--version']).error === undefined;
const hasNasm = has('nasm');
const hasQemu = has('qemu-system-i386');

let kernel: KernelBuild;
let scratch: string;

beforeAll(() => {
  kernel = buildKernel();
  scratch = mkdtempSync(join(tmpdir(), 'guest-kernel-'));
  mkdirSync(join(scratch, 'programs'));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('the assembled image', () => {
  it('has a Multiboot header with address fields that match its symbols', () => {
    const word = (index: number): number =>
      new DataView(kernel.image.buffer, kernel.image.byteOffset).getUint32(index * 4, true);
    const symbol = (name: string): number => kernel.symbols.get(name)!;
    expect((word(0) + word(1) + word(2)) >>> 0).toBe(0);
    expect(word(0)).toBe(0x1badb002);
    expect(word(1)).toBe(0x10002);
    expect([3, 4, 5, 6, 7].map(word)).toEqual(
      ['multiboot_header', 'kernel_start', 'kernel_data_end', 'kernel_end', 'entry'].map(symbol),
    );
    expect(kernel.image.length).toBe(symbol('kernel_data_end') - symbol('kernel_start'));
  });

  it.each(programNames())('holds the program %s on a page boundary', (name) => {
    const at = kernel.symbols.get(`image_${name}`)! - kernel.symbols.get('kernel_start')!;
    const { image } = kernel.programs.get(name)!;
    expect(at % 4096).toBe(0);
    expect(kernel.image.subarray(at, at + image.length)).toEqual(image);
  });
});

// nasm, where it is installed, is an independent witness of the assembler.
describe.skipIf(!hasNasm)('nasm assembles the same bytes (skipped where nasm is not installed)', () => {
  const nasm = (source: string, output: string): Uint8Array => {
    const file = join(scratch, output);
    execFileSync('nasm', [
      '-f',
      'bin',
      '-O',
      'x',
      '-i',
      `${guests}/`,
      '-i',
      `${scratch}/`,
      '-o',
      file,
      join(guests, source),
    ]);
    return new Uint8Array(readFileSync(file));
  };

  it.each(programNames())('%s', (name) => {
    expectSameBytes(kernel.programs.get(name)!.image, nasm(`programs/${name}.asm`, `programs/${name}.bin`));
  });

  it('kernel', () => {
    for (const [name, { image }] of kernel.programs)
      writeFileSync(join(scratch, `programs/${name}.bin`), image);
    expectSameBytes(kernel.image, nasm('kernel/kernel.asm', 'kernel.bin'));
  });
});

/** Like toEqual, but a difference is reported by its place instead of page after page of numbers. */
function expectSameBytes(ours: Uint8Array, theirs: Uint8Array): void {
  const at = theirs.findIndex((byte, index) => byte !== ours[index]);
  const around = (bytes: Uint8Array): string =>
    Buffer.from(bytes.subarray(Math.max(0, at - 8), at + 16)).toString('hex');
  if (at >= 0) expect(`${at.toString(16)}: ${around(ours)}`).toBe(`${at.toString(16)}: ${around(theirs)}`);
  expect(ours.length).toBe(theirs.length);
}

describe.skipIf(!hasQemu)(
  'on an independent emulator (skipped where qemu-system-i386 is not installed)',
  () => {
    it('runs the demonstration and powers off', { timeout: 60_000 }, () => {
      const file = join(scratch, 'qemu-kernel.bin');
      writeFileSync(file, kernel.image);
      const run = spawnSync(
        'qemu-system-i386',
        [
          '-kernel',
          file,
          '-append',
          'demo',
          '-m',
          '16',
          '-cpu',
          'pentium3',
          '-nographic',
          '-no-reboot',
          '-nic',
          'none',
        ],
        { encoding: 'latin1', timeout: 50_000, stdio: ['ignore', 'pipe', 'pipe'] },
      );
      const text = run.stdout.replaceAll('\r', '');
      expect(run.status).toBe(0);
      expect(text).toContain('primes: 168 primes below 1000 (sieve 168, division 168)\n');
      // This emulator has neither alignment checks nor unmasked SSE exceptions.
      expect(text).toMatch(/^demo: 31 passed, 0 failed, 2 not possible on this processor$/m);
      expect(text).toMatch(/^powering off$/m);
    });
  },
);
