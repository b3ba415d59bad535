import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { assemble, encode, immediate, memory, register } from './index';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

it('the example of the README prints what it says', () => {
  const source = /assemble\(`([^`]*)`\)/.exec(readme)![1]!;
  const program = assemble(source);
  const add = encode('add', [memory({ base: 'ebx', index: 'ecx', scale: 4, size: 32 }), immediate(5)]);
  const move = encode('mov', [register('eax'), register('cr3')]);
  const show = (bytes: Uint8Array) => `Uint8Array(${bytes.length}) [ ${bytes.join(', ')} ]`;
  const printed = `${program.bytes.length} ${program.symbols.get('message')!.toString(16)}\n${show(add.bytes)} ${show(move.bytes)}`;
  expect(readme).toContain('```text\n' + printed + '\n```');
});
