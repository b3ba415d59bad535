import { describe, expect, test } from 'vitest';
import { viewOf } from '../byte-writer';
import { device, eisaId, integer, name, nameString, packageLength, packageOf, scope } from './aml';
import { acpiTables } from './tables';

const BASE = 0xe0000;
const { bytes, rsdpAddress } = acpiTables(BASE);
const view = viewOf(bytes);

function signatureAt(address: number): string {
  return new TextDecoder().decode(bytes.subarray(address - BASE, address - BASE + 4));
}

function tableAt(address: number): Uint8Array {
  const at = address - BASE;
  return bytes.subarray(at, at + view.getUint32(at + 4, true));
}

const sum = (part: Uint8Array): number => part.reduce((total, byte) => total + byte, 0) & 0xff;

describe('a guest finds the tables', () => {
  test('from the root pointer to the DSDT, each with a correct checksum', () => {
    expect(rsdpAddress % 16).toBe(0);
    expect(new TextDecoder().decode(bytes.subarray(0, 8))).toBe('RSD PTR ');
    expect(sum(bytes.subarray(0, 20))).toBe(0);
    const rsdt = view.getUint32(16, true);
    const fadt = viewOf(tableAt(rsdt)).getUint32(36, true);
    const [facs, dsdt] = [
      viewOf(tableAt(fadt)).getUint32(36, true),
      viewOf(tableAt(fadt)).getUint32(40, true),
    ];
    expect([rsdt, fadt, facs, dsdt].map(signatureAt)).toEqual(['RSDT', 'FACP', 'FACS', 'DSDT']);
    expect([rsdt, fadt, dsdt].map((address) => sum(tableAt(address)))).toEqual([0, 0, 0]);
    expect(facs % 64).toBe(0);
  });

  test('the fixed hardware is at 600h', () => {
    const fadt = viewOf(tableAt(viewOf(tableAt(view.getUint32(16, true))).getUint32(36, true)));
    const registers = [46, 56, 64, 76].map((offset) => fadt.getUint32(offset, true) & 0xffff);
    expect(registers).toEqual([9, 0x600, 0x604, 0x608]);
    expect(fadt.getUint32(48, true)).toBe(0xb2);
  });
});

const hex = (code: readonly number[]): string =>
  code.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');

// Expected bytes from iasl 20200925.
describe('AML', () => {
  test.each([
    ['\\_S5', '5c 5f 53 35 5f'],
    ['\\_SB.PCI0', '5c 2e 5f 53 42 5f 50 43 49 30'],
    ['_SB.PCI0.ISA', '2f 03 5f 53 42 5f 50 43 49 30 49 53 41 5f'],
    ['^FOO', '5e 46 4f 4f 5f'],
  ])('name %s', (path, code) => expect(hex(nameString(path))).toBe(code));

  test.each([
    [0, '01'],
    [62, '3f'],
    [63, '41 04'],
    [4093, '4f ff'],
    [4094, '81 00 01'],
  ])('package of %i bytes', (length, code) => expect(hex(packageLength(length))).toBe(code));

  test.each([
    ['EisaId', eisaId('PNP0A03'), '0c 41 d0 0a 03'],
    ['integers', [0, 1, 2, 0x100, 0x10000].flatMap(integer), '00 01 0a 02 0b 00 01 0c 00 00 01 00'],
    ['Name', name('_UID', integer(1)), '08 5f 55 49 44 01'],
    ['Package', packageOf(integer(0), integer(5)), '12 05 02 00 0a 05'],
    ['Device', device('FOO', name('_ADR', integer(0))), '5b 82 0b 46 4f 4f 5f 08 5f 41 44 52 00'],
    ['Scope', scope('\\_SB'), '10 06 5c 5f 53 42 5f'],
  ])('%s', (_, code, expected) => expect(hex(code)).toBe(expected));
});
