import { crc32 as zlibCrc32, deflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { crc32 } from './checksum';

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

test('CRC-32 of the text that every implementation is checked with, and of every length', () => {
  expect(crc32(ascii('123456789'))).toBe(0xcbf43926);
  expect(crc32(new Uint8Array(0))).toBe(0);
  expect(crc32(ascii('The quick brown fox jumps over the lazy dog'))).toBe(0x414fa339);
});

// node:zlib has the function since Node.js 20.15.
test('the same as another implementation, at any place and length', () => {
  const noise = deflateRawSync(Uint8Array.from({ length: 20_000 }, (_, n) => (n * n) >> 7));
  for (let length = 0; length < 40; length++) {
    for (let from = 0; from < 9; from++) {
      const bytes = noise.subarray(from, from + length);
      expect(crc32(bytes)).toBe(zlibCrc32(bytes));
    }
  }
});
