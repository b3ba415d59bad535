/** Binary floating-point formats of the data directives: exponent and stored significand bits (SDM vol. 1, 4.2.2). */
interface FloatFormat {
  readonly exponentBits: number;
  readonly fractionBits: number;
  /** The double extended format stores the integer bit that the others imply. */
  readonly explicitInteger: boolean;
}

const FORMATS: Readonly<Record<number, FloatFormat>> = {
  2: { exponentBits: 5, fractionBits: 10, explicitInteger: false },
  4: { exponentBits: 8, fractionBits: 23, explicitInteger: false },
  8: { exponentBits: 11, fractionBits: 52, explicitInteger: false },
  10: { exponentBits: 15, fractionBits: 63, explicitInteger: true },
};

/** True if floating-point constants of so many bytes exist. */
export function isFloatSize(size: number): boolean {
  return size in FORMATS;
}

/**
 * Bit pattern of a decimal constant such as `1.5` or `6.02e23`, rounded once to nearest even from the exact decimal
 * value; too large becomes infinity, too small a denormal or zero. `size` is 2, 4, 8 or 10 bytes.
 */
export function encodeFloat(text: string, negative: boolean, size: number): bigint {
  const { exponentBits, fractionBits, explicitInteger } = FORMATS[size]!;
  const bias = 2 ** (exponentBits - 1) - 1;
  const { numerator, denominator } = parseDecimal(text);
  const stored = BigInt(explicitInteger ? fractionBits + 1 : fractionBits);
  const sign = negative ? 1n << (BigInt(exponentBits) + stored) : 0n;
  if (numerator === 0n) return sign;

  let exponent = bitLength(numerator) - bitLength(denominator);
  if (scale(numerator, -exponent) < scale(denominator, exponent)) exponent--;
  exponent = Math.max(exponent, 1 - bias);
  const shift = fractionBits - exponent;
  let significand = divideToEven(scale(numerator, shift), scale(denominator, -shift));
  if (significand >> BigInt(fractionBits + 1)) {
    significand >>= 1n;
    exponent++;
  }
  const normal = significand >> BigInt(fractionBits) !== 0n;
  const integerBit = 1n << BigInt(fractionBits);
  if (exponent > bias)
    return sign | (((1n << BigInt(exponentBits)) - 1n) << stored) | (explicitInteger ? integerBit : 0n);
  const biased = normal ? BigInt(exponent + bias) : 0n;
  return sign | (biased << stored) | (explicitInteger ? significand : significand & (integerBit - 1n));
}

function parseDecimal(text: string): { numerator: bigint; denominator: bigint } {
  const [mantissa, exponentText = '0'] = text.replace(/_/g, '').toLowerCase().split('e') as [string, string?];
  const [whole, fraction = ''] = mantissa.split('.') as [string, string?];
  const exponent = Math.max(-6000, Math.min(6000, Number(exponentText))) - fraction.length;
  const digits = BigInt(whole + fraction);
  return exponent >= 0
    ? { numerator: digits * 10n ** BigInt(exponent), denominator: 1n }
    : { numerator: digits, denominator: 10n ** BigInt(-exponent) };
}

function bitLength(value: bigint): number {
  return value.toString(2).length;
}

function scale(value: bigint, shift: number): bigint {
  return shift > 0 ? value << BigInt(shift) : value;
}

function divideToEven(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  const twice = (numerator % denominator) * 2n;
  return twice > denominator || (twice === denominator && (quotient & 1n) === 1n) ? quotient + 1n : quotient;
}
