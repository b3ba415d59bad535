import { describe, expect, it } from 'vitest';
import { Comparison } from './iced';
import type { Mode } from './iced';
import { everyModrm, opcodeSpace, randomCode, someModrm } from './opcode-space';

const show = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

function differences(sequence: Iterable<Uint8Array>, mode: Mode, comparison = new Comparison()): string[] {
  const found: string[] = [];
  for (const bytes of sequence) {
    const difference = comparison.difference(bytes, mode);
    if (difference !== '') found.push(`${mode} ${show(bytes)} ${difference}`);
    if (found.length >= 20) break;
  }
  return found;
}

describe('against iced-x86: validity, length, mnemonic, operands', () => {
  const spaces: [name: string, mode: Mode, before: number[], rex: number[]][] = [
    ['16-bit code', 16, [], []],
    ['32-bit code', 32, [], []],
    ['64-bit code', 64, [], []],
    ['64-bit code with REX.W', 64, [], [0x48]],
    ['32-bit code with 16-bit addresses', 32, [0x67], []],
    ['32-bit code with LOCK', 32, [0xf0], []],
  ];
  for (const [name, mode, before, rex] of spaces) {
    it(`all opcodes and ModRM bytes: ${name}`, () => {
      expect(
        differences(
          opcodeSpace(before, rex, mode === 32 && before.length === 0 ? everyModrm : someModrm),
          mode,
        ),
      ).toEqual([]);
    });
  }

  for (const mode of [16, 32, 64] as const) {
    it(`random bytes, ${mode}-bit`, () => {
      const seed = 0x2545f491 + mode;
      const comparison = new Comparison();
      expect({ seed, found: differences(randomCode(seed, 70_000), mode, comparison) }).toEqual({
        seed,
        found: [],
      });
      expect(comparison.compared).toBe(70_000);
    });
  }
});
