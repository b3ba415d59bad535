import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DebianFilesOptions, fetchDebianFiles } from './debian-i386';
import type { Execute, Execution } from './execute';

const SHOW: Record<string, string> = {
  'linux-image-686': 'Version: 6.1.1-1\nDepends: base (>= 1), linux-image-6.1.0-1-686 (= 6.1.1-1)\n',
  'linux-image-686-pae': 'Version: 6.1.1-1\nDepends: linux-image-6.1.0-1-686-pae (= 6.1.1-1)\n',
  'linux-image-6.1.0-1-686': 'Version: 6.1.1-1\n',
  'linux-image-6.1.0-1-686-pae': 'Version: 6.1.1-1\n',
  'busybox-static': 'Version: 1:1.35\n',
};
const MEMBERS = ['./boot/vmlinuz-6.1.0-1-686', './boot/vmlinuz-6.1.0-1-686-pae', './usr/bin/busybox'];
const ok = (stdout = ''): Execution => ({ exitCode: 0, stdout, stderr: '' });
const failed = (stderr = ''): Execution => ({ exitCode: 100, stdout: '', stderr });

let cache: string;
let commands: string[];
let progress: PassThrough;

/** apt and dpkg-deb as far as these tests need them. */
const debian: Execute = async (program, args, options) => {
  const command = args.filter((argument, index) => argument !== '-o' && args[index - 1] !== '-o');
  commands.push([program, ...command].join(' '));
  if (program === 'sh') {
    const [member = '', to = ''] = args.slice(-2);
    if (!MEMBERS.includes(member)) return failed();
    writeFileSync(to, `contents of ${member}`);
    return ok();
  }
  if (program === 'apt-cache') return command[2]! in SHOW ? ok(SHOW[command[2]!]) : failed();
  if (command[0] !== 'download') return failed('E: one list is missing');
  writeFileSync(join(options!.cwd!, `${command[1]!.split('=')[0]}_1_i386.deb`), 'deb');
  return ok();
};

const fetch = (changes: Partial<DebianFilesOptions> = {}) =>
  fetchDebianFiles({
    cache,
    kernels: ['686', '686-pae'],
    update: false,
    suite: 'bookworm',
    execute: debian,
    progress,
    ...changes,
  });

beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'vmm-guest-'));
  commands = [];
  progress = new PassThrough();
});
afterEach(() => rmSync(cache, { recursive: true }));

describe("Debian's files", () => {
  it('come through apt, even if a package list cannot be refreshed', async () => {
    const files = await fetch();
    expect(files.kernels.map(({ path }) => readFileSync(path, 'utf8'))).toEqual([
      'contents of ./boot/vmlinuz-6.1.0-1-686',
      'contents of ./boot/vmlinuz-6.1.0-1-686-pae',
    ]);
    expect(readFileSync(files.busybox, 'utf8')).toBe('contents of ./usr/bin/busybox');
    expect(commands).toContain('apt-get download linux-image-6.1.0-1-686=6.1.1-1');
    expect(JSON.parse(readFileSync(join(cache, 'packages.json'), 'utf8'))).toHaveProperty(
      'busybox-static',
      '1:1.35',
    );
    expect(String(progress.read())).toContain('fetching linux-image-6.1.0-1-686-pae 6.1.1-1');
  });

  it('come from the cache without running anything', async () => {
    await fetch();
    commands = [];
    await fetch();
    expect(commands).toEqual([]);
    await fetch({ update: true });
    expect(commands).not.toEqual([]);
  });

  it('are fetched as far as they are wanted and missing', async () => {
    await fetch({ kernels: ['686'] });
    expect(existsSync(join(cache, 'vmlinuz-686-pae'))).toBe(false);
    commands = [];
    await fetch();
    expect(commands.filter((command) => command.startsWith('apt-get download'))).toEqual([
      'apt-get download linux-image-6.1.0-1-686-pae=6.1.1-1',
    ]);
  });

  it("leave the system's state alone: every path of apt's is in the cache", async () => {
    const seen: string[] = [];
    await fetch({
      mirror: 'http://mirror.example/debian',
      execute: async (program, args, options) => {
        if (program !== 'sh') seen.push(...args.filter((argument) => argument.startsWith('Dir::')));
        return debian(program, args, options);
      },
    });
    for (const option of seen.filter((text) => !text.endsWith('=/dev/null')))
      expect(option).toContain(`=${cache}/apt/`);
    expect(readFileSync(join(cache, 'apt/sources.list'), 'utf8')).toMatch(
      /http:\/\/mirror.example\/debian bookworm main\n$/,
    );
  });

  it.each<[string, Execute, RegExp]>([
    [
      'where there is no apt',
      async () => Promise.reject(Object.assign(new Error('spawn apt-get ENOENT'), { code: 'ENOENT' })),
      /^there is no apt-get here: run this command on Debian/,
    ],
    [
      'where the sources are of another system',
      async (program, args, options) =>
        program === 'apt-cache' ? failed('E: No packages') : debian(program, args, options),
      /^apt's sources have no linux-image-686 for i386, .*name a Debian mirror: --mirror URL --suite bookworm$/,
    ],
    [
      'where a download fails',
      async (program, args, options) =>
        args.includes('download')
          ? failed('W: slow\nE: Failed to fetch x\nE: more')
          : debian(program, args, options),
      /^linux-image-6.1.0-1-686 could not be downloaded: Failed to fetch x$/,
    ],
    [
      'where a package does not hold the file',
      async (program, args, options) => (program === 'sh' ? failed() : debian(program, args, options)),
      /^linux-image-6.1.0-1-686 6.1.1-1 does not hold .\/boot\/vmlinuz-6.1.0-1-686$/,
    ],
  ])('are refused in one line %s', async (_, execute, message) => {
    await expect(fetch({ execute })).rejects.toThrow(message);
    expect(existsSync(join(cache, 'vmlinuz-686'))).toBe(false);
  });
});
