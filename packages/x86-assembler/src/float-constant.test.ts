import { describe, expect, it } from 'vitest';
import { encodeFloat } from './float-constant';

function native(value: number, size: 4 | 8): bigint {
  const view = new DataView(new ArrayBuffer(8));
  if (size === 4) view.setFloat32(0, value);
  else view.setFloat64(0, value);
  return size === 4 ? BigInt(view.getUint32(0)) : view.getBigUint64(0);
}

describe('encodeFloat', () => {
  it.each([
    '0.0',
    '1.0',
    '1.5',
    '0.1',
    '3.14159265358979',
    '1e308',
    '1e309',
    '5e-324',
    '2e-324',
    '2.2250738585072011e-308',
    '9007199254740993.0',
  ])('%s is what JavaScript parses, in double precision', (text) => {
    expect(encodeFloat(text, false, 8)).toBe(native(Number(text), 8));
    expect(encodeFloat(text, true, 8)).toBe(native(-Number(text), 8));
  });

  it('rounds once to single precision, not through double precision', () => {
    expect(encodeFloat('0.1', false, 4)).toBe(native(0.1, 4));
    // Halfway between two floats but for the last digit: double rounding would give ...000.
    expect(encodeFloat('1.00000005960464477539062500000000000001', false, 4)).toBe(0x3f800001n);
    expect(encodeFloat('1e39', false, 4)).toBe(0x7f800000n);
    expect(encodeFloat('1e-45', false, 4)).toBe(1n);
  });

  it('keeps the integer bit in double extended precision', () => {
    expect(encodeFloat('1.0', false, 10)).toBe(0x3fff8000000000000000n);
    expect(encodeFloat('3.14159265358979323846', false, 10)).toBe(0x4000c90fdaa22168c235n);
    expect(encodeFloat('1e5000', true, 10)).toBe(0xffff8000000000000000n);
  });

  it('knows half precision', () => {
    expect(encodeFloat('1.5', false, 2)).toBe(0x3e00n);
  });
});
