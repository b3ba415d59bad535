import { describe, expect, it } from 'vitest';
import { parseInteger, tokenize } from './lexer';

describe('tokenize', () => {
  const words = (text: string) =>
    tokenize(text, 'f').flatMap(({ tokens }) => tokens.map((token) => `${token.kind} ${token.text}`));

  it.each([
    [
      'mov eax,[ebx+4] ; note',
      [
        'identifier mov',
        'identifier eax',
        'operator ,',
        'operator [',
        'identifier ebx',
        'operator +',
        'number 4',
        'operator ]',
      ],
    ],
    [
      "db 'it;s', \"'\", `a\\n\\x41`",
      ['identifier db', 'string it;s', 'operator ,', "string '", 'operator ,', 'string a\nA'],
    ],
    [
      '.l: ..@x $$ $ $start',
      [
        'identifier .l',
        'operator :',
        'identifier ..@x',
        'identifier $$',
        'identifier $',
        'identifier $start',
      ],
    ],
    [
      'a << 2 // 3 %% 4',
      ['identifier a', 'operator <<', 'number 2', 'operator //', 'number 3', 'operator %%', 'number 4'],
    ],
    [
      '%define %1 %%top %{2} %+ 5 % 3',
      [
        'preprocessor %define',
        'preprocessor %1',
        'preprocessor %%top',
        'preprocessor %{2}',
        'preprocessor %+',
        'number 5',
        'operator %',
        'number 3',
      ],
    ],
    ['1.5 1e3 2.5e-3', ['float 1.5', 'float 1e3', 'float 2.5e-3']],
  ])('%s', (text, expected) => {
    expect(words(text)).toEqual(expected);
  });

  it('joins continued lines and counts lines and columns from 1', () => {
    const [first, second] = tokenize('db 1, \\\r\n  2\n\n nop', 'f');
    expect(first!.tokens.map(({ text, location }) => `${location.line}:${location.column} ${text}`)).toEqual([
      '1:1 db',
      '1:4 1',
      '1:5 ,',
      '2:3 2',
    ]);
    expect(second!.location.line).toBe(4);
  });

  it('stores strings as UTF-8 and character constants with the first character lowest', () => {
    expect(tokenize("'é'", 'f')[0]!.tokens[0]!.text).toBe('\xc3\xa9');
    expect(tokenize("'abcd'", 'f')[0]!.tokens[0]!.value).toBe(0x64636261n);
  });
});

describe('parseInteger', () => {
  it.each([
    ['10', 10n],
    ['0x1F', 31n],
    ['1fh', 31n],
    ['0fh', 15n],
    ['$0ff', 255n],
    ['0b101', 5n],
    ['101b', 5n],
    ['0o17', 15n],
    ['17q', 15n],
    ['0d9', 9n],
    ['1_000', 1000n],
    ['0xffff_ffff_ffff_ffff', 0xffffffffffffffffn],
    ['12z', undefined],
  ] as const)('%s', (text, value) => {
    expect(parseInteger(text)).toBe(value);
  });
});
