import { PLACES, type VectorCase, type VectorResult } from './hardware-vectors';

/*
 * One vector a line, numbers in hexadecimal:
 *
 *   name | bits code | eip eflags eax ecx edx ebx esp ebp esi edi | address=bytes ... | vector.error.cr2 eip eflags/compared | register=value ... | address=value ... | es cs ss ds fs gs
 *
 * Registers and memory after the code are given where they differ from before; the selectors only where they matter.
 */

/** A vector with the real processor's result. */
export interface RecordedVector {
  readonly name: string;
  readonly vector: VectorCase;
  readonly expected: VectorResult;
  /** EFLAGS bits that the manuals define here. */
  readonly compared: number;
}

const REGISTERS = ['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi'];
const hex = (value: number): string => (value >>> 0).toString(16);
const bytesToHex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
const hexToBytes = (text: string): Uint8Array =>
  Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));

export function formatVector({ name, vector, expected, compared }: RecordedVector): string {
  const registers = expected.gpr.flatMap((value, n) =>
    value === vector.gpr[n] ? [] : [`${REGISTERS[n]}=${hex(value)}`],
  );
  const isPageFault = expected.vector === 14;
  const error = expected.vector > 9 ? `.${hex(isPageFault ? expected.error & 7 : expected.error)}` : '';
  const patches = vector.patches.filter(
    ({ address }) => address > PLACES.data - 16 && address < PLACES.data + PLACES.dataBytes,
  );
  const fields = [
    name,
    `${vector.bits} ${bytesToHex(vector.code)}`,
    [vector.eip, vector.eflags, ...vector.gpr].map(hex).join(' '),
    patches.map(({ address, bytes }) => `${hex(address)}=${bytesToHex(bytes)}`).join(' '),
    `${expected.vector}${error}${isPageFault ? `.${hex(expected.cr2)}` : ''} ${hex(expected.eip)} ${hex(expected.eflags & compared)}/${hex(compared)}`,
    registers.join(' '),
    expected.changes.map(([address, value]) => `${hex(address)}=${hex(value)}`).join(' '),
  ];
  if (expected.selectors) fields.push(expected.selectors.map(hex).join(' '));
  return fields.join('|');
}

const number = (text: string): number => parseInt(text, 16);
const pairs = (text: string): [string, string][] =>
  text === '' ? [] : text.split(' ').map((pair) => pair.split('=') as [string, string]);

/** Of a line; the last may be absent. */
type Fields = [string, string, string, string, string, string, string, string?];

export function parseVector(line: string): RecordedVector {
  const [name, code, before, patches, end, registers, changes, selectors] = line.split('|') as Fields;
  const [bits, bytes] = code.split(' ') as [string, string];
  const [eip, eflags, ...gpr] = before.split(' ').map(number) as [number, number, ...number[]];
  const [exception, endEip, flags] = end.split(' ') as [string, string, string];
  const [vector, error = '0', cr2 = '0'] = exception.split('.') as [string, string?, string?];
  const [endFlags, compared] = flags.split('/').map(number) as [number, number];
  const after = [...gpr];
  for (const [register, value] of pairs(registers)) after[REGISTERS.indexOf(register)] = number(value);
  return {
    name,
    vector: {
      gpr,
      eflags,
      eip,
      bits: bits === '16' ? 16 : 32,
      code: hexToBytes(bytes),
      patches: pairs(patches).map(([address, value]) => ({
        address: number(address),
        bytes: hexToBytes(value),
      })),
    },
    expected: {
      gpr: after,
      eflags: endFlags,
      eip: number(endEip),
      vector: Number(vector),
      error: number(error),
      cr2: number(cr2),
      ...(selectors ? { selectors: selectors.split(' ').map(number) } : {}),
      changes: pairs(changes).map(([address, value]) => [number(address), number(value)] as const),
    },
    compared,
  };
}
