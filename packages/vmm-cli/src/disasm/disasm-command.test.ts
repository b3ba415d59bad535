import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, describe, expect, it } from 'vitest';
import { runCommandLine } from '../command-line';
import { fakeContext } from '../testing/fake-context';

const folder = mkdtempSync(join(tmpdir(), 'vmm-disasm-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

async function vmm(args: readonly string[], stdin?: PassThrough) {
  const { context, output, errors } = fakeContext(undefined, stdin);
  const code = await runCommandLine(['disasm', ...args], context);
  return { code, output: output(), errors: errors() };
}

describe('vmm disasm', () => {
  it('lists address, bytes and text', async () => {
    const { code, output } = await vmm(['-o', '0x1000', '-x', '83 44 8b 10 05, 74f9 c3']);
    expect(code).toBe(0);
    expect(output).toBe(
      '00001000  83448B1005            add dword ptr [ebx+ecx*4+10h],5\n' +
        '00001005  74F9                  je short 00001000h\n' +
        '00001007  C3                    ret\n',
    );
  });

  it.each([
    [['-b', '16', '-x', 'b80100'], '00000000  B80100                mov ax,1\n'],
    [['-b', '64', '-s', 'att', '-x', '4889d8'], '0000000000000000  4889D8                mov %rbx,%rax\n'],
    [['-o', '7C00h', '-x', '90'], '00007C00  90                    nop\n'],
    [['-b', '64', '-o', '0xFFFFFFFFFFFFFFFF', '-x', '9090'], /^F{16} {2}90 +nop\n0{16} {2}90 +nop\n$/],
    [['-x', '0f04c3'], /^0{8} {2}0F +\(bad\)\n0{7}1 {2}04C3 +add al,0C3h\n$/],
    [['-x', 'c3e800'], /^0{8} {2}C3 +ret\n0{7}1 {2}E8 +\(bad\)\n0{7}2 {2}00 +\(bad\)\n$/],
  ])('%j', async (args, expected) => {
    const { code, output } = await vmm(args);
    expect(code).toBe(0);
    expect(output).toMatch(expected);
  });

  it('reads the standard input', async () => {
    const stdin = new PassThrough();
    const listing = vmm(['-b', '32', '-'], stdin);
    for (const byte of [0xb8, 0x78, 0x56, 0x34, 0x12, 0xc3]) stdin.write(Uint8Array.of(byte));
    stdin.end();
    expect((await listing).output).toMatch(/mov eax,12345678h\n.*ret\n$/);
  });

  it('lists a file in pieces as if it were one', async () => {
    const long = Uint8Array.of(0x48, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8); // 10 bytes: crosses every 64 KiB
    const count = 20_000;
    const bytes = new Uint8Array(long.length * count);
    for (let i = 0; i < count; i++) bytes.set(long, i * long.length);
    const { context, stdout } = fakeContext();
    let lines = 0;
    let strange = 0;
    stdout.on('data', (text: Buffer) => {
      for (const line of String(text).split('\n').slice(0, -1)) {
        lines++;
        if (!line.endsWith('mov rax,807060504030201h')) strange++;
      }
    });
    const code = await runCommandLine(['disasm', '-b', '64', file('long.bin', bytes)], context);
    expect({ code, lines, strange }).toEqual({ code: 0, lines: count, strange: 0 });
  });

  it('tells the facts as JSON, one object a line', async () => {
    const { output } = await vmm(['-f', 'json', '-b', '64', '-o', '4096', '-x', '48035df8 0fa2 0f04']);
    const [add, cpuid, bad] = output
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(add).toEqual({
      address: '0x0000000000001000',
      bytes: '48035DF8',
      text: 'add rbx,[rbp-8]',
      mnemonic: 'add',
      operands: [
        { kind: 'reg', memory: false, register: 'rbx', size: 64, access: 'rw' },
        { kind: 'rm', memory: true, register: '', size: 64, access: 'r' },
      ],
      registers: { rbx: 'rw', rbp: 'r' },
      memory: [
        { segment: 'ss', base: 'rbp', index: '', scale: 1, displacement: '-0x8', size: 8, access: 'r' },
      ],
      flags: { written: ['cf', 'pf', 'af', 'zf', 'sf', 'of'] },
      feature: 'lm',
      privilege: 'none',
      class: 'innocuous',
    });
    expect(cpuid).toMatchObject({
      registers: { eax: 'r', rax: 'w', ecx: 'cr', rcx: 'w', rdx: 'w', rbx: 'w' },
      class: 'sensitive',
    });
    expect(bad).toMatchObject({ text: '(bad)', error: 'invalid-opcode' });
  });

  it('ends with 141 when the reader of its output left', async () => {
    const { context, stdout } = fakeContext();
    const listing = runCommandLine(['disasm', file('nops.bin', new Uint8Array(1 << 20).fill(0x90))], context);
    stdout.once('readable', () => {
      stdout.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    });
    expect(await listing).toBe(141);
  });

  it.each([
    [[], 'nothing to disassemble; give a file, or -x with bytes: vmm disasm -x 90'],
    [['-b', '48', 'x'], '-b 48: code is 16, 32 or 64 bits wide'],
    [['-s', 'at', 'x'], '-s at: there are intel and att; the nearest is att'],
    [['-f', 'xml', '-x', '90'], /^-f xml: there are text and json; the nearest is /],
    [['-o', 'here', 'x'], /^-o here: not an address; give a number below 2\^64/],
    [['-o', '0x10000000000000000', 'x'], /^-o 0x10000000000000000: not an address/],
    [['-x', '9'], '-x 9: 1 digits; a byte has two'],
    [['-x', '9g'], "-x 9g: 'g' is no hexadecimal digit; write bytes as 0f 0b"],
    [['-x', ' '], '-x needs at least one byte: -x 90'],
    [['-x', '90', 'file'], '-x and the file file: give one of them'],
    [['one', 'two'], "unexpected argument 'two'; one file is listed at a time"],
    [['nowhere.bin'], 'nowhere.bin: no such file'],
    [['.'], '.: is a directory; give a file'],
    [['-y'], /^unknown flag '-y'; the nearest known one is -/],
  ] as [string[], string | RegExp][])('%j is one line and code 2', async (args, message) => {
    const { code, output, errors } = await vmm(args);
    const line = /^vmm: (.*)\n$/.exec(errors)?.[1];
    expect({ code, output }).toEqual({ code: 2, output: '' });
    expect(line).toMatch(message);
  });

  it('explains itself', async () => {
    const { code, output } = await vmm(['--help']);
    expect(code).toBe(0);
    expect(output).toMatch(/^usage: vmm disasm \[flags\] FILE/);
  });
});
