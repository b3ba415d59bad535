import { describe, expect, it } from 'vitest';
import { assemble, AssemblerError, type AssemblerOptions } from './index';

function bytes(source: string, options?: AssemblerOptions): string {
  return [...assemble(source, options).bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

function errors(source: string, options?: AssemblerOptions): string[] {
  try {
    assemble(source, options);
  } catch (error) {
    if (error instanceof AssemblerError) return error.message.split('\n');
    throw error;
  }
  return [];
}

/** Each name stands for two of the next. */
function bomb(): string {
  const lines = [...'abcdefghijklmnopqrst'].map(
    (name, index) => `%define ${name}_ ${`${String.fromCharCode(98 + index)}_ + `.repeat(2)}1`,
  );
  return `${lines.join('\n')}\ndb a_`;
}

describe('assemble', () => {
  it('returns symbols, origin and a listing', () => {
    const program = assemble(
      'bits 32\norg 0x7c00\nstart: jmp .end\nsize equ 7\n.end: ret ; done\nsection .bss\nbuffer: resb 4\n',
    );
    expect(Object.fromEntries(program.symbols)).toEqual({
      start: 0x7c00,
      size: 7,
      'start.end': 0x7c02,
      buffer: 0x7c04,
    });
    expect(program.origin).toBe(0x7c00);
    expect(program.listing.find(({ line }) => line === 5)).toEqual({
      file: 'source.asm',
      line: 5,
      address: 0x7c02,
      bytes: Uint8Array.of(0xc3),
      text: '.end: ret',
    });
  });

  it('takes origin, code size and names from the caller', () => {
    expect(bytes('dd $, LIMIT\nmov eax, LIMIT', { origin: 0x100, bits: 32, defines: { LIMIT: -2 } })).toBe(
      '00 01 00 00 fe ff ff ff b8 fe ff ff ff',
    );
    expect(bytes('mov ax, 1')).toBe('b8 01 00');
  });

  it('reads files through the caller', () => {
    const files = (name: string) => {
      if (name === 'data.bin') return Uint8Array.of(1, 2, 3, 4);
      if (name === 'part.inc') return '%define TWO 2\n';
      throw new Error('no such file');
    };
    expect(bytes('%include "part.inc"\ndb TWO\nincbin "data.bin", 1, 2', { files })).toBe('02 02 03');
    expect(errors('%include "other.inc"', { files })).toEqual([
      "source.asm:1:10: cannot read 'other.inc': no such file",
    ]);
    expect(errors('incbin "x"')).toEqual([
      "source.asm:1:8: cannot read 'x': no 'files' function was given to the assembler",
    ]);
  });

  it('reports every error of a source, in order', () => {
    const source = [
      'bits 32',
      'mov eax, bx',
      'frob eax',
      'x: add eax,',
      'jmp nowhere',
      'x: nop',
      "db 'open",
      'mov [eax], 5',
      'call X',
    ].join('\n');
    expect(errors(source)).toEqual([
      "source.asm:2:1: 'mov' does not take (eax, bx) in 32-bit code; the registers differ in size: 32 and 16 bits",
      "source.asm:3:1: 'frob' is no instruction or directive; a label needs a ':'",
      'source.asm:4:11: expected a value before the end of the line',
      "source.asm:5:5: 'nowhere' is not defined",
      "source.asm:6:1: 'x' is defined already, in source.asm:4",
      "source.asm:7:4: string lacks its closing '",
      "source.asm:8:1: the size of the memory operand is not clear; write 'byte', 'word' or 'dword' before the '['",
      "source.asm:9:6: 'X' is not defined; did you mean 'x'?",
    ]);
  });

  it('names the use of a macro whose body is wrong', () => {
    expect(errors('%macro put 1\nmov %1\n%endmacro\nput 5\nput 5, 6')).toEqual([
      "source.asm:2:1: 'mov' does not take (number) in 16-bit code (in macro 'put', used in source.asm:4)",
      "source.asm:5:1: macro 'put' takes 1 arguments, not 2",
    ]);
  });

  it.each([
    ['times -1 nop', "the count of 'times' is negative: -1"],
    ['align 3', 'the alignment must be a power of two, not 3'],
    ['a equ b\nb equ a', "'b' is not defined"],
    [
      'x: dw x & 1',
      "'&' works on plain numbers, not on an address; subtract a label of the same section (or $$) first",
    ],
    ['section .bss\ndb 1', 'section .bss has no contents; reserve space there (resb) or put this in .data'],
    ['dw 1 / 0', 'division by zero'],
    ['%rep 2\nnop', "'%rep' lacks its %endrep"],
    ['%endif', "'%endif' is not a directive of this assembler (or has no beginning)"],
    ['struc S\n.a: resd 1', "'struc S' lacks its endstruc"],
    ['%macro m 0\nm\n%endmacro\nm', 'macros or files nest deeper than 200; does one use itself?'],
    ['times 0x20000000 db 0', "the count of 'times' is more than 268435456: 536870912"],
    ['x: times ($-x+1)*2-(y-x) db 0\ny:', 'sizes do not settle; is one defined by itself?'],
    ['%error out of luck', 'out of luck'],
    ['%exitrep', "'%exitrep' outside any %rep"],
    ['%rep 2000\n%rep 2000\n%endrep\n%endrep', 'macros and repetitions make more than 2000000 lines'],
    [bomb(), 'expands to more than 10000 words'],
    ['mov ax, 0xzz', "'0xzz' is no number; hexadecimal is 0x1f or 1fh"],
    ['db 1 2', "unexpected '2' after the end of the statement"],
    [
      'extern printf',
      "a flat program has no linker: 'extern' cannot be resolved; define the symbol or %include its file",
    ],
  ])('refuses %j', (source, message) => {
    expect(errors(source)[0]).toContain(message);
  });

  it('warns of values that are cut', () => {
    const { warnings } = assemble('db 256\nmov al, 300\ndw -1, 65535');
    expect(warnings.map(({ line, message }) => `${line}: ${message}`)).toEqual([
      '1: 256 does not fit 8 bits and is cut',
      '2: 300 does not fit 8 bits and is cut',
    ]);
  });

  it('never fails with anything but an AssemblerError', () => {
    const pieces = [
      'mov',
      'eax',
      ',',
      '[',
      ']',
      '%macro',
      '%if',
      '%rep',
      '1',
      'x',
      ':',
      'equ',
      'times',
      '$',
      '(',
      '"',
      '\n',
      '%1',
      'db',
      '+',
      'rep',
      'jmp',
      '\\',
      '?',
    ];
    let seed = 99;
    for (let turn = 0; turn < 500; turn++) {
      let source = '';
      for (let count = 0; count < 12; count++) {
        seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
        source += `${pieces[(seed >>> 16) % pieces.length]} `;
      }
      expect(() => errors(source), JSON.stringify(source)).not.toThrow();
    }
  });
});
