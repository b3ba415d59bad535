import { describe, expect, it } from 'vitest';
import { assemble } from '@trapgate/x86-assembler';
import { Machine } from './machine';
import type { LogItem } from './machine-options';

/** A multiboot guest that divides by zero with an empty IDT. */
const SOURCE = `
bits 32
org 0x100000
header: dd 0x1BADB002, 0x10000, -(0x1BADB002 + 0x10000), header, header, 0, 0, start
start: mov eax, 5
       xor edx, edx
       div edx
`;

async function logged(...flags: LogItem[]): Promise<string[]> {
  const lines: string[] = [];
  const machine = Machine.create({
    memoryMiB: 2,
    icount: true,
    log: { flags, write: (line) => lines.push(line) },
  });
  machine.load({ kind: 'auto', kernel: assemble(SOURCE).bytes });
  await machine.run();
  return lines;
}

describe('log', () => {
  it('in_asm lists instructions as they are decoded', async () => {
    expect((await logged('in_asm')).slice(0, 3)).toEqual([
      'in_asm: 00100020  b8 05 00 00 00            mov eax,5',
      'in_asm: 00100025  31 d2                     xor edx,edx',
      'in_asm: 00100027  f7 f2                     div edx',
    ]);
  });

  it('int lists exceptions', async () => {
    expect((await logged('int'))[0]).toBe('int: #DE at 0010:00100027');
  });

  it('mmu lists translations entered into the TLB', async () => {
    expect(await logged('mmu')).toContain('mmu: 00100020 -> 00100020 (execute)');
  });
});
