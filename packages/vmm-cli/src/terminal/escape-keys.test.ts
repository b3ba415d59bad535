import { expect, it } from 'vitest';
import { EscapeKeys } from './escape-keys';

/** Chunks are separated by `|`; `^A` is Ctrl-A. Actions are shown as the bytes sent, or the command in brackets. */
function typed(chunks: string): string {
  const keys = new EscapeKeys();
  return chunks
    .replaceAll('^A', '\x01')
    .split('|')
    .flatMap((chunk) => keys.feed(Buffer.from(chunk, 'latin1')))
    .map((action) =>
      action.kind === 'send' ? Buffer.from(action.bytes).toString('latin1') : `<${action.kind}>`,
    )
    .join('')
    .replaceAll('\x01', '^A');
}

it.each([
  ['ls\r', 'ls\r'],
  ['a^Axb', 'a<end>'],
  ['^A|x', '<end>'],
  ['^Ah', '<help>'],
  ['a^A?b', 'a<help>b'],
  ['^As', '<snapshot>'],
  ['^A^A', '^A'],
  ['^A|^Ax', '^Ax'],
  ['^A^A^Ax', '^A<end>'],
  ['^AX', ''],
  ['a^Aqb', 'ab'],
  ['\x03\x1c\x1a\x00\xff', '\x03\x1c\x1a\x00\xff'],
  ['', ''],
])('%j gives %j', (input, output) => {
  expect(typed(input)).toBe(output);
});
