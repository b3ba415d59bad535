import { MODE } from '@trapgate/cpu';
import { assemble } from '@trapgate/x86-assembler';
import { describe, expect, it } from 'vitest';
import { discover } from './discover';
import { pointerWindowsOf } from './pointer-windows';
import { NO_FRAMES } from './stack-frames';
import { structureOf } from './structure';
import { isInline } from './translated-forms';
import { compareEngines, lockstep } from './testing/lockstep';

/** Windows by the text of the accesses that they serve: `low..high`, `w` if written. */
function windowsOf(source: string): string[] {
  const page = new Uint8Array(0x1000);
  page.set(assemble(`bits 32\norg 0\n${source}`).bytes);
  const flow = discover(page, 0, 32, { instructions: 100 });
  const direct = ({ form }: { form: Parameters<typeof isInline>[0] }): boolean => isInline(form, false);
  const mode = MODE.code32 | MODE.flat;
  const accesses = pointerWindowsOf(flow, structureOf(flow, 0), mode, NO_FRAMES, direct);
  const users = new Map<object, number>();
  for (const { window } of accesses.values()) users.set(window, (users.get(window) ?? 0) + 1);
  const firsts = [...accesses.values()].filter(({ first }) => first);
  expect(firsts.length).toBe(users.size);
  return firsts.map(({ window }) => {
    const { low, high, write } = window;
    return `${low}..${high}${write ? 'w' : ''} ${users.get(window)}`;
  });
}

describe('one check serves accesses by an address', () => {
  it.each([
    ['of one base', 'mov eax, [ebx+4]\nadd eax, [ebx+12]\ncmp byte [ebx-1], 3\nret', ['-1..16 3']],
    [
      'of one base, index and scale',
      'mov eax, [ebx+ecx*4]\nadd eax, [ebx+ecx*4+4]\nadd eax, [ebx+ecx*2]\nret',
      ['0..8 2'],
    ],
    ['of none', 'mov eax, [0x5000]\nadd edx, [0x5008]\nret', ['20480..20492 2']],
    [
      'for reading, until one writes',
      'mov eax, [esi]\nmov edx, [esi+4]\nmov [esi], edx\ninc dword [esi+8]\nmov ecx, [esi+16]\nret',
      ['0..8 2', '0..20w 3'],
    ],
    ['on both arms of a branch', 'mov eax, [ebx]\njz a\nmov edx, [ebx+8]\na: ret', ['0..12 2']],
  ])('%s', (_name, source, windows) => expect(windowsOf(source)).toEqual(windows));

  it.each([
    ['the register changes', 'mov eax, [ebx+4]\nmov bl, 1\nadd eax, [ebx+12]\nret'],
    ['it is loaded from there', 'mov ebx, [ebx+4]\nmov ebx, [ebx+12]\nret'],
    ['they are far apart', 'mov eax, [ebx+4]\nadd eax, [ebx+512]\nret'],
    ['the stack pointer is the base', 'mov eax, [esp+4]\nadd eax, [esp+8]\nret'],
    ['paths join between', 'mov eax, [ebx]\njz a\ninc eax\na: add eax, [ebx+8]\nret'],
    ['pages may change between', 'mov eax, [ebx]\nmov cr3, edx\nadd eax, [ebx+8]\nret'],
    ['a call is between', 'mov eax, [ebx]\ncall f\nadd eax, [ebx+8]\nret\nf: ret'],
    ['segments are not flat', 'mov eax, [fs:ebx]\nadd eax, [fs:ebx+8]\nret'],
    ['there is but one', 'mov eax, [ebx]\nlea edx, [ebx+8]\nret'],
  ])('but not where %s', (_name, source) => expect(windowsOf(source)).toEqual([]));
});

const BODY =
  'mov eax, [ebx]\nadd eax, [ebx+8]\nadc [ebx+4], eax\nmov dl, [ebx+15]\nmov [ebx+10], dx\ninc byte [ebx+13]\nxchg [ebx+5], esi\n';

describe('accesses by a pointer do what the interpreter does', () => {
  it.each([1, 2, 3, 4, 7, 8])('on its way through pages, in steps of %i', (step) => {
    const source = `mov ebx, 0x20e00\nmov ecx, 600\nagain: ${BODY}add ebx, ${step}\nloop again\nhlt`;
    expect(compareEngines(source).share).toBeGreaterThan(0.9);
  });

  it('into its own code', () => {
    const source = `mov ebx, code - 12\nmov ecx, 300\nagain: ${BODY}jmp code\ntimes 12 db 0\ncode: mov edi, 0x12345678\ndec ecx\njnz again\nhlt`;
    expect(lockstep(source)).toBeGreaterThan(0);
  });

  it('to the end of RAM and beyond, and where nothing is', () => {
    const source = `mov ebx, 0xfff00\nmov ecx, 100\nagain: ${BODY}add ebx, 4\nloop again\nhlt`;
    lockstep(source);
  });
});
