import type { Form } from '@trapgate/x86-decoder';
import { FX } from './hardware-fx';
import { COMPARED_FLAGS } from './hardware-packed';
import type { VectorResult } from './hardware-results';

const NAMES = ['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi'] as const;
const SEGMENTS = ['es', 'cs', 'ss', 'ds', 'fs', 'gs'] as const;
const ARITHMETIC = 0x8d5;
const PAGE_FAULT = 14;
const DIVIDE_ERROR = 0;
/** Bytes of the FXSAVE image that are compared: not the selectors, which a 64-bit kernel does not keep, and the mask of MXCSR. */
const FX_FIELDS: readonly (readonly [name: string, at: number, bytes: number])[] = [
  ['fcw', FX.control, 2],
  ['fsw', FX.status, 2],
  ['ftw', FX.tags, 1],
  ['mxcsr', FX.mxcsr, 4],
  ...NAMES.map((_, n) => [`st${n}`, FX.st + 16 * n, 10] as const),
  ...NAMES.map((_, n) => [`xmm${n}`, FX.xmm + 16 * n, 16] as const),
];

/** The flags that a form defines, by the decoder's facts; after #DE none of the arithmetic ones. */
export function definedFlags(form: Form, vector: number): number {
  return COMPARED_FLAGS & ~(vector === DIVIDE_ERROR ? ARITHMETIC : form.flags.undefined);
}

const hexOf = (bytes: Uint8Array): string =>
  [...bytes]
    .reverse()
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');

function fxDifferences(expected: Uint8Array, actual: Uint8Array, list: string[]): void {
  for (const [name, at, bytes] of FX_FIELDS) {
    let same = true;
    for (let n = at; n < at + bytes; n++) if (expected[n] !== actual[n]) same = false;
    if (same) continue;
    const text = (image: Uint8Array): string => hexOf(image.subarray(at, at + bytes));
    list.push(`${name}: ${text(actual)}, should be ${text(expected)}`);
  }
}

const memoryText = ({ changes }: VectorResult): string =>
  changes
    .map(({ address, bytes }) => `${address.toString(16)}=${Buffer.from(bytes).toString('hex')}`)
    .join(' ') || '-';

function sameMemory(a: VectorResult, b: VectorResult): boolean {
  if (a.changes.length !== b.changes.length) return false;
  return a.changes.every(({ address, bytes }, n) => {
    const other = b.changes[n]!;
    if (address !== other.address || bytes.length !== other.bytes.length) return false;
    for (let i = 0; i < bytes.length; i++) if (bytes[i] !== other.bytes[i]) return false;
    return true;
  });
}

/** The differences between what the processor did and what happened here, in words; empty if there are none. */
export function differences(expected: VectorResult, actual: VectorResult, flags: number): string[] {
  const list: string[] = [];
  const hex = (value: number): string => (value >>> 0).toString(16);
  const check = (name: string, a: number, b: number): void => {
    if (a >>> 0 !== b >>> 0) list.push(`${name}: ${hex(b)}, should be ${hex(a)}`);
  };
  for (let n = 0; n < 8; n++) check(NAMES[n]!, expected.gpr[2 * n]!, actual.gpr[2 * n]!);
  check('eflags', expected.eflags & flags, actual.eflags & flags);
  for (let n = 0; n < 6; n++) check(SEGMENTS[n]!, expected.selectors[n]!, actual.selectors[n]!);
  check('eip', expected.rip[0], actual.rip[0]);
  check('vector', expected.vector, actual.vector);
  if (expected.vector === PAGE_FAULT) check('cr2', expected.cr2[0], actual.cr2[0]);
  check('error', expected.error, actual.error);
  if (expected.fx) fxDifferences(expected.fx, actual.fx!, list);
  if (!sameMemory(expected, actual))
    list.push(`memory: ${memoryText(actual)}, should be ${memoryText(expected)}`);
  return list;
}
