// Hexadecimal text without BigInt, which is slow: 64-bit values come as two halves.

const digits = '0123456789ABCDEF';
const padded = /* @__PURE__ */ Array.from(
  { length: 256 },
  (_, byte) => digits[byte >> 4] + digits[byte & 15],
);
const plain = /* @__PURE__ */ Array.from({ length: 256 }, (_, byte) =>
  byte < 16 ? digits[byte] : padded[byte],
);

/** All four digits of 16-bit numbers; addresses of one program have few upper halves, and their strings are kept. */
const words: (string | undefined)[] = [];

function word(value: number): string {
  return words[value] ?? makeWord(value);
}

// Arrays with gaps are slow, so it grows to full size at once.
function makeWord(value: number): string {
  while (words.length < 0x10000) words.push(undefined);
  return (words[value] = padded[value >> 8] + padded[value & 255]);
}

/** The hexadecimal digits of an unsigned 32-bit number, without leading zeros. */
export function hex32(value: number): string {
  if (value < 0x100) return plain[value];
  if (value < 0x10000) return plain[value >> 8] + padded[value & 255];
  const high = value >>> 16;
  return (high < 0x100 ? plain[high] : plain[high >> 8] + padded[high & 255]) + word(value & 0xffff);
}

/** All eight digits. */
export function hex32Padded(value: number): string {
  return word(value >>> 16) + word(value & 0xffff);
}

/** The digits of a 64-bit number in two unsigned halves. */
export function hex64(high: number, low: number): string {
  return high === 0 ? hex32(low) : hex32(high) + hex32Padded(low);
}

/** Exactly `count` digits (4, 8 or 16). */
export function hexPadded(high: number, low: number, count: number): string {
  if (count === 16) return hex32Padded(high) + hex32Padded(low);
  return count === 8 ? hex32Padded(low) : word(low & 0xffff);
}

/** An unsigned 64-bit number. */
export interface Halves {
  high: number;
  low: number;
}

/** address + offset modulo 2^`size`. */
export function addressSum(address: number | bigint, offset: number, size: number): Halves {
  if (typeof address === 'number') {
    const sum = address + offset;
    const low = sum >>> 0;
    if (size === 16) return { high: 0, low: low & 0xffff };
    if (size === 32) return { high: 0, low };
    if (sum >= 0 && sum <= Number.MAX_SAFE_INTEGER) return { high: Math.floor(sum / 0x100000000), low };
  }
  const sum = BigInt.asUintN(size, BigInt(address) + BigInt(offset));
  return { high: Number(sum >> 32n), low: Number(sum & 0xffffffffn) };
}

export function toBigInt({ high, low }: Halves): bigint {
  return (BigInt(high) << 32n) | BigInt(low);
}

/** Things that are made once for each of a few texts. */
export function perText<T>(make: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    let value = known.get(text);
    if (value === undefined) known.set(text, (value = make(text)));
    return value;
  };
}

/** -128..127 by their text. */
export function smallNumbers(text: (value: number) => string): readonly string[] {
  return Array.from({ length: 256 }, (_, index) => text(index - 128));
}

const scaleShifts = [0, 0, 1, 0, 2, 0, 0, 0, 3];

/** The texts of base, index and scale (general registers, not rip) by address size, made when they are first needed. */
export class AddressTexts {
  private readonly sizes: (string | undefined)[][] = [16, 32, 64].map(
    () => new Array<undefined>(18 * 17 * 4),
  );

  constructor(private readonly make: (base: number, index: number, scale: number, size: number) => string) {}

  get(base: number, index: number, scale: number, size: number): string {
    const key = ((base + 1) * 17 + index + 1) * 4 + scaleShifts[scale];
    return (this.sizes[size >> 5][key] ??= this.make(base, index, scale, size));
  }
}

/** The last four digits of numbers, and what follows them. */
export class WordTexts {
  private readonly texts: (string | undefined)[] = [];

  constructor(private readonly end: string) {}

  get(value: number): string {
    return this.texts[value] ?? this.make(value);
  }

  private make(value: number): string {
    while (this.texts.length < 0x10000) this.texts.push(undefined);
    return (this.texts[value] = word(value) + this.end);
  }
}

const slots = 64;

/**
 * Numbers with a fixed count of digits: branch targets. Those of one program differ mostly in their last four digits; what
 * precedes these is remembered.
 */
export class TargetTexts {
  private readonly keys = new Float64Array(slots).fill(-1);
  private readonly texts: string[] = new Array<string>(slots).fill('');

  /** `before` precedes all, `lead` gives what precedes these digits, `words` are the last four. */
  constructor(
    private readonly before: string,
    private readonly lead: (digits: string) => string,
    private readonly words: WordTexts,
  ) {}

  get(high: number, low: number, count: number): string {
    if (low < 10 && high === 0) return this.before + plain[low];
    const end = this.words.get(low & 0xffff);
    if (count === 4) return this.before + this.lead(end) + end;
    const key = (high * 0x10000 + (low >>> 16)) * 2 + (count >> 4);
    const slot = (low >>> 16) & (slots - 1);
    if (this.keys[slot] !== key) {
      const digits = hexPadded(high, low, count).slice(0, -4);
      this.keys[slot] = key;
      this.texts[slot] = this.before + this.lead(digits) + digits;
    }
    return this.texts[slot] + end;
  }
}
