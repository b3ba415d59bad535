import { describe, expect, it } from 'vitest';
import { assemble } from './index';

const bytes = (source: string) => [...assemble(source).bytes];

describe('preprocessor', () => {
  it.each([
    ['%define N 3\ndb N, N*2', [3, 6]],
    ['%define add(a, b) ((a) + (b))\ndb add(1, add(2, 3))', [6]],
    ['%define a b\n%define b 7\ndb a\n%define b 8\ndb a', [7, 8]],
    ['%define b 7\n%xdefine a b\n%define b 8\ndb a', [7]],
    ['%define x x+1\nx equ 4\ndb x', undefined],
    ['%assign i 0\n%rep 3\ndb i\n%assign i i+1\n%endrep', [0, 1, 2]],
    ['%assign i 0\n%rep 10\n%if i = 2\n%exitrep\n%endif\ndb i\n%assign i i+1\n%endrep', [0, 1]],
    ['%macro pair 2\ndb %1, %2\n%endmacro\npair 1, 2', [1, 2]],
    ['%macro many 1-*\ndb %0\n%rep %0\ndb %1\n%rotate 1\n%endrep\n%endmacro\nmany 7, 8', [2, 7, 8]],
    ['%macro rest 1+\ndb %1\n%endmacro\nrest 1, 2, 3', [1, 2, 3]],
    ['%macro opt 1-2 9\ndb %1, %2\n%endmacro\nopt 1\nopt 1, 2', [1, 9, 1, 2]],
    ['%macro over 0\ndb 0\n%endmacro\n%macro over 1\ndb %1\n%endmacro\nover\nover 5', [0, 5]],
    ['%macro wait2 0\n%%again: jmp %%again\n%endmacro\nwait2\nwait2', [0xeb, 0xfe, 0xeb, 0xfe]],
    ['%macro name 1\nv_%1: db %1\n%1_v equ 3\n%endmacro\nv equ 1\nname v\ndb v_v - v_v + v_v', undefined],
    ['%macro label 1\nl%1_x: db %1\n%endmacro\nlabel 4\ndb l4_x - $$', [4, 0]],
    ['%define cat(a, b) a %+ b\nfoo1 equ 5\ndb cat(foo, 1)', [5]],
    ['%ifdef A\ndb 1\n%elifndef B\ndb 2\n%else\ndb 3\n%endif', [2]],
    ['K equ 4\n%if K > 3 && K <> 5\ndb 1\n%endif', [1]],
    [
      '%ifidn ax, ax\ndb 1\n%endif\n%ifidni AX, ax\ndb 2\n%endif\n%ifnum 5\ndb 3\n%endif\n%ifempty\ndb 4\n%endif',
      [1, 2, 3, 4],
    ],
    ["%if 0\n%if 1\n'unterminated %%%\n%endif\n%else\ndb 1\n%endif", [1]],
    ['%macro outer 0\n%macro inner 0\ndb 5\n%endmacro\n%endmacro\nouter\ninner', [5]],
    ['%macro until 1\n%if %1\ndb 1\n%exitmacro\n%endif\ndb 2\n%endmacro\nuntil 1\nuntil 0', [1, 2]],
    ["%strlen n 'hello'\ndb n", [5]],
    ['%define N 1\n%undef N\n%ifndef N\ndb 1\n%endif', [1]],
    ['%idefine Word16 2\ndb WORD16', [2]],
  ])('%j', (source, expected) => {
    if (expected) expect(bytes(source)).toEqual(expected);
    else expect(() => bytes(source)).toThrow();
  });
});
