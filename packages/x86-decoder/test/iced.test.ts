import { describe, expect, it } from 'vitest';
import { Comparison } from './iced';
import type { Mode } from './iced';
import { everyModrm, opcodeSpace, randomCode, someModrm } from './opcode-space';
import { RandomBytes } from './random-bytes';
import {
  encodings3dnow,
  prefixedVectors,
  sizeOf,
  STRIDE,
  vectorSpaces,
  writeEncodings,
} from './vector-space';

/** Random byte strings in each mode; the long run is TRAPGATE_RANDOM_BYTES=20000000. */
const randomCount = Number(process.env['TRAPGATE_RANDOM_BYTES'] ?? 100_000);
/** Encodings of each space with VEX, EVEX and XOP in each mode: all with TRAPGATE_ENCODINGS=all, else a sample. */
const sampleSize = process.env['TRAPGATE_ENCODINGS'] === 'all' ? Infinity : 60_000;
const seed = Number(process.env['TRAPGATE_SEED'] ?? 0x2545f491);

const modes = [16, 32, 64] as const;
const longRun = 3_600_000;

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

const buffer = new Uint8Array(STRIDE * 65_536);
const offsets = (count: number): number[] => Array.from({ length: count }, (_, i) => i * STRIDE);

/** Compares the first `count` instructions in `buffer`. */
function compareBuffer(comparison: Comparison, mode: Mode, count: number, found: string[]): void {
  for (const [at, difference] of comparison.differences(buffer, mode, offsets(count)))
    if (found.length < 20) found.push(`${mode} ${show(buffer.subarray(at, at + 15))} ${difference}`);
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
      const modrms = mode === 32 && before.length === 0 ? everyModrm : someModrm;
      const found: string[] = [];
      const comparison = new Comparison();
      let count = 0;
      for (const bytes of opcodeSpace(before, rex, modrms)) {
        buffer.set(bytes, count++ * STRIDE);
        if (count < buffer.length / STRIDE - 1) continue;
        compareBuffer(comparison, mode, count, found);
        count = 0;
      }
      compareBuffer(comparison, mode, count, found);
      expect(found).toEqual([]);
    });
  }

  for (const space of vectorSpaces) {
    it(
      `opcodes, ModRM bytes and fields of ${space.name}`,
      () => {
        const found: string[] = [];
        const comparison = new Comparison();
        // Odd, so that the sample goes through all values of every field.
        const step = Math.max(1, Math.floor(sizeOf(space) / sampleSize) | 1);
        for (const mode of modes) {
          for (let at = 0; at < sizeOf(space);) {
            const { count, next } = writeEncodings(space, mode, buffer, at, step);
            compareBuffer(comparison, mode, count, found);
            at = next;
          }
        }
        expect(found).toEqual([]);
        expect(comparison.valid).toBeGreaterThan(500);
      },
      longRun,
    );
  }

  it('3DNow!, and prefixes in front of the vector prefixes', () => {
    for (const mode of modes) {
      expect(differences(encodings3dnow(), mode)).toEqual([]);
      expect(differences(prefixedVectors(), mode)).toEqual([]);
    }
  });

  for (const mode of modes) {
    it(`short random byte strings, ${mode}-bit (seed ${seed})`, () => {
      const comparison = new Comparison();
      expect(differences(randomCode(seed + mode, 30_000), mode, comparison)).toEqual([]);
      expect(comparison.compared).toBe(30_000);
    });

    it(
      `${randomCount} random byte strings, ${mode}-bit (seed ${seed})`,
      () => {
        const comparison = new Comparison();
        const random = new RandomBytes(seed + mode);
        const found: string[] = [];
        while (comparison.compared < randomCount) {
          random.fill(buffer, mode);
          const room = buffer.length / STRIDE - 1;
          compareBuffer(comparison, mode, Math.min(room, randomCount - comparison.compared), found);
        }
        expect(found).toEqual([]);
        expect(comparison.valid).toBeGreaterThan(randomCount / 4);
      },
      longRun,
    );
  }
});
