import type { SourceLocation } from './diagnostics';

/**
 * `identifier` also holds `$`, `$$` and dotted labels; `preprocessor` a whole `%` word (`%define`, `%1`, `%%x`, `%{1}`,
 * `%+`); `invalid` carries its message in `text` and is reported only when a live line uses it.
 */
export type TokenKind =
  'identifier' | 'number' | 'float' | 'string' | 'operator' | 'preprocessor' | 'invalid';

export interface Token {
  readonly kind: TokenKind;
  /** Source spelling; for strings the characters themselves, one per byte. */
  readonly text: string;
  readonly value: bigint;
  /** White space stood before it; false means it touches the token on its left. */
  readonly spaced: boolean;
  readonly location: SourceLocation;
}

/** One logical line: continuation lines (ending in a backslash) are joined. */
export interface SourceLine {
  readonly tokens: readonly Token[];
  readonly location: SourceLocation;
  /** Source text without the comment, for listings. */
  readonly text: string;
}

const IDENTIFIER_START = /[A-Za-z_.?@$\u0080-\uffff]/;
const IDENTIFIER = /[A-Za-z_.?@$#~0-9\u0080-\uffff]+/y;
const NUMBER = /\$?[0-9](?:[eE][+-](?=[0-9])|[A-Za-z0-9_.])*/y;
const PREPROCESSOR =
  /%(?:%[A-Za-z_.?@][\w.?@$#~]*|\{[^}]*\}|[A-Za-z_][\w]*|[0-9]+|\+(?![0-9])|\$+[A-Za-z_.]\w*|[?*])/y;
const OPERATORS = [
  '<<<',
  '>>>',
  '<=>',
  '<<',
  '>>',
  '//',
  '%%',
  '==',
  '!=',
  '<>',
  '<=',
  '>=',
  '&&',
  '||',
  '^^',
];
const SINGLE = '+-*/%&|^~!<>=()[]{},:?';

/** Splits a source text into logical lines of tokens. Never throws: what cannot be read becomes an `invalid` token. */
export function tokenize(source: string, file: string): SourceLine[] {
  const lines: SourceLine[] = [];
  const physical = source.split(/\r\n|\r|\n/);
  for (let number = 0; number < physical.length; number++) {
    const location = { file, line: number + 1, column: 1 };
    const tokens: Token[] = [];
    let text = '';
    for (;;) {
      const part = physical[number]!;
      const continued = part.endsWith('\\') && number + 1 < physical.length;
      const body = continued ? part.slice(0, -1) : part;
      text += body.slice(0, tokenizeLine(body, { file, line: number + 1 }, tokens));
      if (!continued) break;
      text += ' ';
      number++;
    }
    if (tokens.length > 0) lines.push({ tokens, location, text: text.trimEnd() });
  }
  return lines;
}

/** Appends the tokens of one physical line; returns where its comment begins (or the line's length). */
function tokenizeLine(text: string, place: { file: string; line: number }, tokens: Token[]): number {
  let position = 0;
  let spaced = true;
  while (position < text.length) {
    const character = text[position]!;
    if (character === ' ' || character === '\t' || character === '\f' || character === '\v') {
      spaced = true;
      position++;
      continue;
    }
    if (character === ';') return position;
    const location = { ...place, column: position + 1 };
    const { kind, length, spelling, value } = nextToken(text, position, character);
    tokens.push({ kind, text: spelling ?? text.slice(position, position + length), value, spaced, location });
    spaced = false;
    position += length;
  }
  return text.length;
}

interface Scanned {
  readonly kind: TokenKind;
  readonly length: number;
  readonly spelling?: string;
  readonly value: bigint;
}

function nextToken(text: string, position: number, character: string): Scanned {
  if (character === "'" || character === '"' || character === '`')
    return scanString(text, position, character);
  const number = matchAt(NUMBER, text, position);
  if (number) return scanNumber(number);
  if (IDENTIFIER_START.test(character)) {
    return { kind: 'identifier', length: matchAt(IDENTIFIER, text, position)!.length, value: 0n };
  }
  if (character === '%') {
    const word = matchAt(PREPROCESSOR, text, position);
    if (word) return { kind: 'preprocessor', length: word.length, value: 0n };
  }
  const operator = OPERATORS.find((candidate) => text.startsWith(candidate, position));
  if (operator) return { kind: 'operator', length: operator.length, value: 0n };
  if (SINGLE.includes(character)) return { kind: 'operator', length: 1, value: 0n };
  return { kind: 'invalid', length: 1, spelling: `unexpected character '${character}'`, value: 0n };
}

function matchAt(pattern: RegExp, text: string, position: number): string | undefined {
  pattern.lastIndex = position;
  return pattern.exec(text)?.[0];
}

/** The value of an integer literal in any of the notations, or undefined if it is none. */
export function parseInteger(spelling: string): bigint | undefined {
  const text = spelling.replace(/_/g, '').toLowerCase();
  for (const [pattern, prefix] of INTEGER_NOTATIONS) {
    const digits = pattern.exec(text)?.[1];
    if (digits !== undefined) return BigInt(prefix + digits);
  }
  return undefined;
}

const INTEGER_NOTATIONS: readonly (readonly [RegExp, string])[] = [
  [/^0[xh]([0-9a-f]+)$/, '0x'],
  [/^\$([0-9][0-9a-f]*)$/, '0x'],
  [/^([0-9][0-9a-f]*)[hx]$/, '0x'],
  [/^0[by]([01]+)$/, '0b'],
  [/^([01]+)[by]$/, '0b'],
  [/^0[oq]([0-7]+)$/, '0o'],
  [/^([0-7]+)[oq]$/, '0o'],
  [/^0[dt]([0-9]+)$/, ''],
  [/^([0-9]+)[dt]?$/, ''],
];

const DECIMAL_FLOAT = /^[0-9][0-9_]*(\.[0-9_]*(e[+-]?[0-9]+)?|e[+-]?[0-9]+)$/i;

function scanNumber(spelling: string): Scanned {
  const length = spelling.length;
  const value = parseInteger(spelling);
  if (value !== undefined) return { kind: 'number', length, value };
  if (DECIMAL_FLOAT.test(spelling)) return { kind: 'float', length, value: 0n };
  return {
    kind: 'invalid',
    length,
    spelling: `'${spelling}' is no number; hexadecimal is 0x1f or 1fh`,
    value: 0n,
  };
}

function scanString(text: string, position: number, quote: string): Scanned {
  let end = position + 1;
  while (end < text.length && text[end] !== quote) end += quote === '`' && text[end] === '\\' ? 2 : 1;
  const length = end + 1 - position;
  if (end >= text.length) {
    return {
      kind: 'invalid',
      length: text.length - position,
      spelling: `string lacks its closing ${quote}`,
      value: 0n,
    };
  }
  const body = text.slice(position + 1, end);
  const bytes = toByteString(quote === '`' ? unescapeC(body) : body);
  return { kind: 'string', length, spelling: bytes, value: characterConstant(bytes) };
}

/** UTF-8 bytes of a text, one character each; U+F700..U+F7FF stand for raw bytes (see `unescapeC`). */
function toByteString(text: string): string {
  let bytes = '';
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (code < 0x80) bytes += character;
    else if (code >= 0xf700 && code <= 0xf7ff) bytes += String.fromCharCode(code & 0xff);
    else bytes += utf8(code);
  }
  return bytes;
}

function utf8(code: number): string {
  const tail = (shift: number) => 0x80 | ((code >> shift) & 0x3f);
  if (code < 0x800) return String.fromCharCode(0xc0 | (code >> 6), tail(0));
  if (code < 0x10000) return String.fromCharCode(0xe0 | (code >> 12), tail(6), tail(0));
  return String.fromCharCode(0xf0 | (code >> 18), tail(12), tail(6), tail(0));
}

/** A character constant's value: first character in the lowest byte. */
function characterConstant(bytes: string): bigint {
  let value = 0n;
  for (let index = Math.min(bytes.length, 8) - 1; index >= 0; index--)
    value = (value << 8n) | BigInt(bytes.charCodeAt(index));
  return value;
}

const C_ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  a: '\x07',
  b: '\b',
  v: '\v',
  f: '\f',
  e: '\x1b',
};

/** C escapes of a backquoted string; numeric escapes are raw bytes, kept apart from text as U+F7xx until encoding. */
function unescapeC(body: string): string {
  return body.replace(/\\(x[0-9a-fA-F]{1,2}|[0-7]{1,3}|.)/g, (_, escape: string) => {
    if (/^x./.test(escape)) return String.fromCharCode(0xf700 | parseInt(escape.slice(1), 16));
    if (/^[0-7]/.test(escape)) return String.fromCharCode(0xf700 | (parseInt(escape, 8) & 0xff));
    return C_ESCAPES[escape] ?? escape;
  });
}
