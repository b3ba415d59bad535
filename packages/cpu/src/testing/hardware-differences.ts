import type { Form } from '@trapgate/x86-decoder';
import type { VectorResult } from './hardware-results';

/** A case where the processor and the simulation are known to differ, to be compared no further. */
export interface KnownDifference {
  readonly name: string;
  /** For docs/conformance.md. */
  readonly reason: string;
  applies(form: Form, expected: VectorResult, actual: VectorResult): boolean;
}

const [SS, GP, PF, MF, AC] = [12, 13, 14, 16, 17];
const isSegmentFault = (vector: number): boolean => vector === SS || vector === GP;
/** Offset of MXCSR_MASK in an FXSAVE image. */
const MASK_AT = 28;

/** Whether nothing but the four bytes of MXCSR_MASK differs. */
function onlyMask(expected: VectorResult, actual: VectorResult): boolean {
  const [real] = expected.changes;
  if (expected.vector !== actual.vector || !real) return false;
  const image = new Map<number, number>();
  for (const { address, bytes } of actual.changes) bytes.forEach((byte, n) => image.set(address + n, byte));
  const start = real.address - (real.address % 16);
  for (const { address, bytes } of expected.changes)
    for (let n = 0; n < bytes.length; n++) {
      const at = address + n;
      if (at >= start + MASK_AT && at < start + MASK_AT + 4) continue;
      if (image.get(at) !== undefined && image.get(at) !== bytes[n]) return false;
    }
  return true;
}

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    name: 'wraps around 4 GB',
    reason:
      'A data access that wraps around the end of the address space in a flat segment is #GP(0) or #SS(0) on the processor; here the page at its start is looked at first.',
    applies: (_form, expected, actual) =>
      isSegmentFault(expected.vector) &&
      ((actual.vector === PF && actual.cr2[0] >= 0xffff_fff0) || actual.vector === AC),
  },
  {
    name: 'segment checked first',
    reason:
      "The segment of a memory operand is checked before the instruction's own conditions: with a pending x87 exception, or too little privilege, #GP or #SS of the operand is reported instead.",
    applies: (form, expected, actual) =>
      isSegmentFault(actual.vector) &&
      (expected.vector === MF || (form.privilege !== 'none' && expected.vector === GP)),
  },
  {
    name: 'segment fault or page fault',
    reason:
      'An instruction with two memory operands, or one in two parts, of which one violates its segment and the other is not mapped: the parts are checked against their segments first here.',
    applies: (form, expected, actual) =>
      ((form.far || /^(l[defgs]s|lss|pop)$/.test(form.mnemonic)) &&
        expected.vector === PF &&
        isSegmentFault(actual.vector)) ||
      (form.mnemonic === 'call' && [SS, PF, AC].includes(expected.vector) && actual.vector === GP),
  },
  {
    name: 'both operands of CMPS',
    reason:
      'Where neither operand of CMPS is mapped, a repeated one on the processor sometimes reports that of DS:ESI; here it is always that of ES:EDI.',
    applies: (form, expected, actual) =>
      /^cmps/.test(form.mnemonic) && expected.vector === PF && actual.vector === PF,
  },
  {
    name: 'MXCSR_MASK',
    reason:
      'FXSAVE stores a mask of MXCSR without bit 17 (misaligned exception mask), a feature that the processor model does not have and the recording processor has.',
    applies: (form, expected, actual) => /^fxsave/.test(form.mnemonic) && onlyMask(expected, actual),
  },
];

/** Why a case is not compared; undefined if it is. */
export function knownDifference(
  form: Form,
  expected: VectorResult,
  actual: VectorResult,
): string | undefined {
  return KNOWN_DIFFERENCES.find((difference) => difference.applies(form, expected, actual))?.name;
}
