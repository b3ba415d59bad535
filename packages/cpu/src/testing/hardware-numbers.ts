import type { VectorRandom } from './hardware-random';

/** What an operand's bytes mean to an instruction. */
export type NumberKind = 'integer' | 'single' | 'double' | 'extended' | 'decimal';

const put32 = (bytes: Uint8Array, at: number, value: number): void => {
  for (let n = 0; n < 4; n++) bytes[at + n] = value >>> (8 * n);
};

const SINGLES = [
  0, 0x80000000, 0x3f800000, 0xbf800000, 0x40000000, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc00000,
  0x7f800001, 0xffa00000, 1, 0x80000001, 0x007fffff, 0x00800000, 0x80800000, 0x7f7fffff, 0xff7fffff,
  0x4f000000, 0xcf000000, 0x4effffff, 0x3f000000, 0x3fc00000, 0xbfc00000, 0x4b000001, 0x5f000000, 0xdf000000,
  0x47000000, 0xc7000100,
];
const DOUBLE_HIGHS = [
  0, 0x80000000, 0x3ff00000, 0xbff00000, 0x40000000, 0x7ff00000, 0xfff00000, 0x7ff80000, 0xfff80000,
  0x7ff40000, 0x000fffff, 0x00100000, 0x7fefffff, 0x41dfffff, 0x41e00000, 0xc1e00000, 0x43e00000, 0xc3e00000,
  0x3fe00000, 0x3ff80000, 0x38100000, 0x380fffff, 0x47efffff, 0x36a00000, 0x43300000, 0x40dfffff,
];
/** Biased exponents of the 80-bit format that conversions, overflow and underflow turn on. */
const EXPONENTS = [
  0, 1, 2, 0x3fff, 0x3ffe, 0x4000, 0x7ffe, 0x7fff, 0x403e, 0x403d, 0x401e, 0x401d, 0x400e, 0x3f81, 0x407e,
  0x3c01, 0x43fe, 0x3fbe, 0x3bcd, 0x3f6a,
];

/** Writes a single-precision number. */
function single(random: VectorRandom, bytes: Uint8Array, at: number): void {
  const kind = random.below(100);
  if (kind < 45) put32(bytes, at, random.pick(SINGLES));
  else if (kind < 85) {
    const exponent = 127 + random.below(24) - 12;
    put32(bytes, at, ((random.word() & 0x807f_ffff) | (exponent << 23)) >>> 0);
  } else put32(bytes, at, random.word());
}

function double(random: VectorRandom, bytes: Uint8Array, at: number): void {
  const kind = random.below(100);
  if (kind < 45) {
    put32(bytes, at, random.pick([0, 0, 0, 1, 0xffffffff, 0xffc00000, 0xe0000000, 0x10000000]));
    put32(bytes, at + 4, random.pick(DOUBLE_HIGHS));
    return;
  }
  put32(bytes, at, random.chance(30) ? 0 : random.word());
  const exponent = 1023 + random.below(24) - 12;
  const word = random.word();
  put32(bytes, at + 4, kind < 85 ? ((word & 0x800f_ffff) | (exponent << 20)) >>> 0 : word);
}

/** Writes an 80-bit number: all ten bytes. Every encoding class occurs, the unsupported ones too (SDM vol. 1, table 8-3). */
export function extended(random: VectorRandom, bytes: Uint8Array, at: number): void {
  const kind = random.below(100);
  const sign = random.chance(40) ? 0x8000 : 0;
  let exponent = random.chance(40) ? random.pick(EXPONENTS) : 0x3fff + random.below(140) - 70;
  let high = (random.word() | 0x8000_0000) >>> 0;
  let low = random.word();
  if (kind < 12) [exponent, high, low] = [0, 0, 0];
  else if (kind < 30) {
    // Small integers and simple fractions: exact results, ties.
    [exponent, low] = [0x3fff + random.below(12) - 3, 0];
    high = ((random.word() & 0xff00_0000) | 0x8000_0000) >>> 0;
  } else if (kind < 36) [exponent, high, low] = [0x7fff, 0x8000_0000, 0];
  else if (kind < 41) [exponent, high] = [0x7fff, (random.word() | 0xc000_0000) >>> 0];
  else if (kind < 45)
    [exponent, high, low] = [0x7fff, (0x8000_0000 | (random.word() & 0x3fff_ffff)) >>> 0, low | 1];
  else if (kind < 50) [exponent, high] = [0, high & 0x7fff_ffff];
  else if (kind < 53) exponent = 0;
  else if (kind < 57) high &= 0x7fff_ffff;
  else if (kind < 60) [exponent, high] = [0x7fff, high & 0x7fff_ffff];
  else if (kind < 66) low = random.pick([0, 0x400, 0x800, 0x7ff, 0xc00, 0x8000_0000, 0xffff_ffff]);
  else if (kind < 70) {
    high = random.pick([0x8000_0000, 0xffff_ffff, 0x8000_0080, 0xffff_ff80, 0xffff_ff7f, 0x8000_00ff]);
    low = random.pick([0, 0xffff_ffff, 1]);
  }
  put32(bytes, at, low);
  put32(bytes, at + 4, high);
  bytes[at + 8] = exponent & 0xff;
  bytes[at + 9] = (exponent | sign) >>> 8;
}

function decimal(random: VectorRandom, bytes: Uint8Array, at: number): void {
  const digits = random.below(20);
  for (let n = 0; n < 9; n++) {
    const pair = n * 2 < digits ? random.below(10) | (random.below(10) << 4) : 0;
    bytes[at + n] = random.chance(1) ? random.below(256) : pair;
  }
  bytes[at + 9] = random.pick([0, 0x80, 0, 0x80, random.below(256)]);
}

/** Writes numbers of a kind into `length` bytes; now and then of another kind. */
export function fillNumbers(
  random: VectorRandom,
  bytes: Uint8Array,
  at: number,
  length: number,
  kind: NumberKind,
): void {
  const end = at + length;
  if (kind === 'extended' && length >= 10) return extended(random, bytes, at);
  if (kind === 'decimal' && length >= 10) return decimal(random, bytes, at);
  const chosen = random.chance(8) ? 'integer' : kind;
  if (chosen === 'double' && length >= 8) for (; at + 8 <= end; at += 8) double(random, bytes, at);
  else if (chosen === 'single' || (chosen === 'double' && length === 4))
    for (; at + 4 <= end; at += 4) single(random, bytes, at);
  for (; at < end; at += 4) {
    const value = random.value();
    for (let n = 0; n < 4 && at + n < end; n++) bytes[at + n] = value >>> (8 * n);
  }
}
