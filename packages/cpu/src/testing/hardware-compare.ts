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

/** x87 functions whose results may be off by one unit in the last place, and C1 with them. */
export function isApproximate({ mnemonic }: Form): boolean {
  return /^(f2xm1|fyl2xp?1?|fsin|fcos|fsincos|fptan|fpatan)$/.test(mnemonic);
}

/** Whether 80-bit numbers of one sign are the same or neighbours. */
function isNear(expected: Uint8Array, actual: Uint8Array, at: number): boolean {
  const [a, b] = [expected, actual].map((image) => {
    const view = new DataView(image.buffer, image.byteOffset + at, 10);
    return { sign: view.getUint16(8, true), significand: view.getBigUint64(0, true) };
  }) as [{ sign: number; significand: bigint }, { sign: number; significand: bigint }];
  if ((a.sign ^ b.sign) & 0x8000) return false;
  // Neighbours across a power of two follow each other without the integer bit, as in one 79-bit number.
  const place = (x: typeof a): bigint =>
    (BigInt(x.sign & 0x7fff) << 63n) + (x.significand & 0x7fff_ffff_ffff_ffffn);
  const distance = place(a) - place(b);
  return distance >= -1n && distance <= 1n;
}

/** C1 in the upper byte of the status word. */
const C1_BYTE = 2;
/** What tells of the last instruction: the processor saves it only while an unmasked exception is pending. */
const POINTER_FIELDS: readonly (readonly [name: string, at: number, bytes: number])[] = [
  ['fop', FX.opcode, 2],
  ['fip', FX.ip, 4],
  ['fdp', FX.dp, 4],
];
/** ES in the lower byte of the status word. */
const ES_BYTE = 0x80;

const hexOf = (bytes: Uint8Array): string =>
  [...bytes]
    .reverse()
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');

function fxDifferences(expected: Uint8Array, actual: Uint8Array, near: boolean, list: string[]): void {
  const pending = (expected[FX.status]! & ES_BYTE) !== 0;
  for (const [name, at, bytes] of pending ? [...FX_FIELDS, ...POINTER_FIELDS] : FX_FIELDS) {
    let same = true;
    for (let n = at; n < at + bytes; n++)
      if (expected[n] !== actual[n])
        same &&= near && n === FX.status + 1 && expected[n]! === (actual[n]! ^ C1_BYTE);
    if (!same && near && name.startsWith('st')) same = isNear(expected, actual, at);
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

/** The differences (`near`: beyond one unit in the last place of x87 results) between what the processor did and what happened here, in words; empty if there are none. */
export function differences(
  expected: VectorResult,
  actual: VectorResult,
  flags: number,
  near = false,
): string[] {
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
  if (expected.fx) fxDifferences(expected.fx, actual.fx!, near, list);
  if (!sameMemory(expected, actual))
    list.push(`memory: ${memoryText(actual)}, should be ${memoryText(expected)}`);
  return list;
}
