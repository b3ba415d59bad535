// Hexadecimal text without BigInt, which is slow: 64-bit values come as two halves.

const digits = '0123456789ABCDEF';
const padded = /* @__PURE__ */ Array.from(
  { length: 256 },
  (_, byte) => digits[byte >> 4] + digits[byte & 15],
);
const plain = /* @__PURE__ */ Array.from({ length: 256 }, (_, byte) =>
  byte < 16 ? digits[byte] : padded[byte],
);

/** The hexadecimal digits of an unsigned 32-bit number, without leading zeros. */
export function hex32(value: number): string {
  if (value < 0x100) return plain[value];
  if (value < 0x10000) return plain[value >> 8] + padded[value & 255];
  if (value < 0x1000000) return plain[value >> 16] + padded[(value >> 8) & 255] + padded[value & 255];
  return plain[value >>> 24] + padded[(value >> 16) & 255] + padded[(value >> 8) & 255] + padded[value & 255];
}

/** All eight digits. */
export function hex32Padded(value: number): string {
  return (
    padded[value >>> 24] + padded[(value >> 16) & 255] + padded[(value >> 8) & 255] + padded[value & 255]
  );
}

/** The digits of a 64-bit number in two unsigned halves. */
export function hex64(high: number, low: number): string {
  return high === 0 ? hex32(low) : hex32(high) + hex32Padded(low);
}

/** Exactly `count` digits (4, 8 or 16). */
export function hexPadded(high: number, low: number, count: number): string {
  if (count === 16) return hex32Padded(high) + hex32Padded(low);
  return count === 8 ? hex32Padded(low) : padded[(low >> 8) & 255] + padded[low & 255];
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
