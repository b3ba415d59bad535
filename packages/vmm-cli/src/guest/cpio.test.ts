import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { type CpioEntry, CpioEntryError, writeCpio } from './cpio';

const ENTRIES: CpioEntry[] = [
  { kind: 'directory', path: 'dev' },
  { kind: 'character-device', path: 'dev/console', major: 5, minor: 1 },
  { kind: 'file', path: 'init', contents: Buffer.from('#!/bin/sh\n'), mode: 0o755 },
  { kind: 'symlink', path: 'sh', target: 'bin/busybox' },
  { kind: 'file', path: 'empty', contents: new Uint8Array(0) },
];

/** Reads an archive back by the format's definition: name, mode in octal, device, contents. */
function readCpio(archive: Uint8Array): string[] {
  const bytes = Buffer.from(archive);
  const aligned = (at: number): number => Math.ceil(at / 4) * 4;
  const members: string[] = [];
  for (let at = 0; ;) {
    expect(bytes.toString('latin1', at, at + 6)).toBe('070701');
    const field = (index: number): number =>
      parseInt(bytes.toString('latin1', at + 6 + 8 * index, at + 14 + 8 * index), 16);
    const [mode, size, major, minor, nameSize] = [1, 6, 9, 10, 11].map(field) as [
      number,
      number,
      number,
      number,
      number,
    ];
    const name = bytes.toString('utf8', at + 110, at + 110 + nameSize - 1);
    const start = aligned(at + 110 + nameSize);
    if (name === 'TRAILER!!!') return members;
    members.push(
      `${name} ${mode.toString(8)} ${major}:${minor} ${JSON.stringify(bytes.toString('utf8', start, start + size))}`,
    );
    at = aligned(start + size);
  }
}

describe('newc archives', () => {
  it('hold their entries', () => {
    expect(readCpio(writeCpio(ENTRIES))).toEqual([
      'dev 40755 0:0 ""',
      'dev/console 20600 5:1 ""',
      'init 100755 0:0 "#!/bin/sh\\n"',
      'sh 120777 0:0 "bin/busybox"',
      'empty 100644 0:0 ""',
    ]);
  });

  it.each([0, 1, 2, 3, 4, 5])('pad contents of %i bytes', (length) => {
    const contents = Buffer.alloc(length, 'x');
    const archive = writeCpio([
      { kind: 'file', path: 'a', contents },
      { kind: 'file', path: 'after', contents: Buffer.from('y') },
    ]);
    expect(archive.length % 512).toBe(0);
    expect(readCpio(archive)[1]).toBe('after 100644 0:0 "y"');
  });

  it('count names in bytes', () => {
    expect(readCpio(writeCpio([{ kind: 'directory', path: 'ä€' }]))).toEqual(['ä€ 40755 0:0 ""']);
  });

  it('are the same for the same entries', () => {
    expect(writeCpio(ENTRIES)).toEqual(writeCpio(ENTRIES));
  });

  const cpio = spawnSync('cpio', ['--version']);
  it.skipIf(cpio.error)('are listed by cpio(1) (skipped where there is none)', () => {
    const { stdout } = spawnSync('cpio', ['-tv', '--numeric-uid-gid'], {
      input: writeCpio(ENTRIES),
      encoding: 'utf8',
    });
    const rows = stdout
      .trim()
      .split('\n')
      .map((row) => row.split(/\s+/));
    expect(rows.map((row) => [row[0], row.at(-1)])).toEqual([
      ['drwxr-xr-x', 'dev'],
      ['crw-------', 'dev/console'],
      ['-rwxr-xr-x', 'init'],
      ['lrwxrwxrwx', 'bin/busybox'],
      ['-rw-r--r--', 'empty'],
    ]);
  });

  it.each([
    ['', 'must be relative'],
    ['/init', 'must be relative'],
    ['a/../b', 'must be relative'],
    ['./a', 'must be relative'],
    ['a//b', 'must be relative'],
    ['TRAILER!!!', 'not a usable name'],
    ['a\0b', 'not a usable name'],
    ['a'.repeat(4096), 'too long'],
    ['dev', 'appears twice'],
  ])('refuse the path %j', (path, problem) => {
    const write = (): Uint8Array =>
      writeCpio([
        { kind: 'directory', path: 'dev' },
        { kind: 'directory', path },
      ]);
    expect(write).toThrow(CpioEntryError);
    expect(write).toThrow(problem);
  });
});
