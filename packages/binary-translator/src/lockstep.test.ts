import { describe, expect, it } from 'vitest';
import { lockstep } from './testing/lockstep';

const PROGRAMS: readonly (readonly [name: string, source: string])[] = [
  ['a loop entered at its head', 'mov ecx, 2000\nagain: add eax, ecx\nxor edx, eax\ndec ecx\njnz again\nhlt'],
  [
    'nested loops and both arms of a branch',
    'mov ecx, 300\nouter: mov ebx, 7\ninner: test ecx, 1\njz even\nadd eax, ebx\njmp next\neven: sub eax, ecx\nnext: dec ebx\njnz inner\nloop outer\nhlt',
  ],
  [
    'calls, returns and recursion',
    'mov ecx, 40\nmain: push ecx\nmov eax, 9\ncall fib\npop ecx\nadd edi, eax\nloop main\nhlt\n' +
      'fib: cmp eax, 2\njb done\npush eax\ndec eax\ncall fib\nxchg eax, [esp]\nsub eax, 2\ncall fib\npop ebx\nadd eax, ebx\ndone: ret',
  ],
  [
    'carries across blocks, and flags that two branches look at',
    'mov ecx, 500\nagain: add eax, 0x12345678\nadc edx, 0x9abcdef\ncmp eax, edx\nja above\njl less\ninc esi\njmp next\nabove: sbb edi, eax\njmp next\nless: adc ebp, 1\nnext: pushfd\npop ebx\nand ebx, 0x8d5\nadd esi, ebx\ndec ecx\njnz again\nhlt',
  ],
  [
    'bytes, words and high halves',
    'mov ecx, 400\nagain: add al, cl\nadc ah, ch\nmov bl, ah\nmov bh, al\nror bx, 3\nadd dx, bx\nmovsx esi, bl\nmovzx edi, bh\nadd ebp, esi\nxor ebp, edi\nsetc dl\ncmovs eax, ebp\nloop again\nhlt',
  ],
  [
    'shifts by variable counts, multiplication, division',
    'mov ecx, 200\nmov eax, 12345\nagain: shl eax, cl\nrcr edx, cl\nsar ebx, cl\nimul eax, eax, 77\nor eax, 3\npush eax\nmov edx, 0\nmov ebx, 13\ndiv ebx\npop eax\nadd eax, edx\nloop again\nhlt',
  ],
  [
    'memory operands of all shapes and string instructions',
    'cld\nmov ebp, 50\nagain: mov esi, 0x10000\nmov edi, 0x20000\nmov ecx, 33\nrep movsb\nmov ecx, 9\nmov eax, ebp\nrep stosd\nmov ebx, 0x20000\nmov ecx, 7\nsum: add eax, [ebx+ecx*4+8]\nadd [ebx+ecx*2], ax\nxchg [ebx], eax\nloop sum\ndec ebp\njnz again\nhlt',
  ],
  [
    'accesses that cross pages',
    'mov ecx, 300\nagain: mov eax, [0x20ffe]\nadd eax, ecx\nmov [0x20ffe], eax\nadd dword [0x21ffd], 3\nloop again\nhlt',
  ],
  [
    'code that overwrites its own immediate, and the next instruction',
    'mov ecx, 200\nagain: add eax, 1\npatch equ $ - 1\ninc byte [patch]\nmov byte [target], 0x43\nnop\ntarget: nop\nmov byte [target], 0x90\nloop again\nhlt',
  ],
  [
    'x87 instructions, called',
    'fninit\nmov ecx, 60\nfld1\nagain: fld1\nfaddp\nfild dword [0x20000 + ecx*4]\nfsubp\nfist dword [0x20000 + ecx*4]\nloop again\nfstp qword [0x20000]\nhlt',
  ],
  [
    'all registers saved and restored, comparisons and moves of the x87 that write or read EFLAGS',
    'fninit\nfld1\nfldz\nmov ecx, 60\nagain: pushad\nfucomi st0, st1\nfcmovb st0, st1\nsetb al\nadd ebx, eax\npopad\nadd ebx, ecx\nloop again\nhlt',
  ],
];

describe('translated code against the interpreter', () => {
  it.each(PROGRAMS)('%s', (_name, source) => {
    expect(lockstep(source)).toBeGreaterThan(0);
  });

  // The interpreter keeps what it calls functions of the host for up to 2^17 instructions: there is room for those of a translation.
  it('code that is written so often that all decoded code is dropped, again and again', () => {
    const cpuids = 'cpuid\n'.repeat(120);
    const source = `mov edi, 1100\nagain: inc byte [patch]\n${cpuids}add esi, 1\npatch equ $ - 1\ndec edi\njnz again\nhlt`;
    expect(lockstep(source, 5000)).toBeGreaterThan(100);
  });

  it.each([1, 2, 3, 7, 1000])('slices of %i instructions end at the same place', (slice) => {
    lockstep(PROGRAMS[1]![1], slice);
  });
});
