import type { Form, OperandSpec } from './form';

// What decoding needs to know of a form with a VEX, EVEX, XOP or 3DNow! encoding, in one integer.
export const vectorTail = { none: 0, imm8: 1, imm32: 2, is4: 3 } as const; // bits 0..1
export const usesVvvv = 1 << 2;
export const maskingShift = 3; // bits 3..4: as in `maskings`
export const roundingShift = 5; // bits 5..6: as in `roundings`
export const scaleShift = 7; // bits 7..9: log2 of the bytes that disp8 counts
export const broadcastShift = 10; // bits 10..11: log2 of the bytes of a broadcast element; 0: no broadcast
export const usesVsib = 1 << 12;
export const needsSib = 1 << 13;
export const distinctRegisters = 1 << 14;
export const rmFirst = 1 << 15; // the first operand is ModRM.rm
export const regVector = 1 << 16; // ModRM.reg is a vector register: R' counts
export const rmVector = 1 << 17; // ModRM.rm is, if it is a register: EVEX.X counts
export const vvvvVector = 1 << 18; // VEX.vvvv is: V' counts
export const regSmall = 1 << 19; // ModRM.reg has eight registers only (opmasks, tiles, mmx)
export const rmSmall = 1 << 20;
export const vvvvSmall = 1 << 21;
export const tiles = 1 << 22;
export const sizeShift = 23; // operand size / 16 in bits 23..25; 0: as the code
export const regGeneral = 1 << 26; // ModRM.reg is a general register: there is no R'

const maskings = { none: 0, merge: 1, zero: 2, required: 3 } as const;
const roundings = { none: 0, sae: 1, er: 2 } as const;

const kindFacts: Readonly<Record<string, number>> = {
  reg: regGeneral,
  xmmreg: regVector,
  xmmrm: rmVector,
  xmmr: rmVector,
  xmmv: usesVvvv | vvvvVector,
  regv: usesVvvv,
  kreg: regSmall,
  krm: rmSmall,
  kr: rmSmall,
  kv: usesVvvv | vvvvSmall,
  tmmreg: regSmall | tiles,
  tmmr: rmSmall,
  tmmv: usesVvvv | vvvvSmall,
  vsib: usesVsib,
};

const isRm = ({ kind }: OperandSpec): boolean => /^(xmmrm|rm|m|krm|vsib|mmrm)$/.test(kind);

function tailOf(operands: readonly OperandSpec[]): number {
  if (operands.some(({ kind }) => kind === 'xmmis4')) return vectorTail.is4;
  const immediate = operands.find(({ kind }) => kind === 'imm');
  if (immediate === undefined) return vectorTail.none;
  return immediate.size === 32 ? vectorTail.imm32 : vectorTail.imm8;
}

export function vectorFacts(form: Form): number {
  const { operands } = form;
  let facts = tailOf(operands);
  for (const { kind } of operands) facts |= kindFacts[kind] ?? 0;
  if (form.encoding !== 'evex') facts &= ~rmVector;
  facts |= maskings[form.masking] << maskingShift;
  facts |= roundings[form.rounding] << roundingShift;
  facts |= Math.log2(form.displacementUnit) << scaleShift;
  const element = operands.find(({ broadcast }) => broadcast !== undefined)?.broadcast ?? 0;
  if (element > 0) facts |= Math.log2(element >> 3) << broadcastShift;
  if (form.mod === 'sib') facts |= needsSib;
  if (form.distinct) facts |= distinctRegisters;
  if (operands.length > 0 && isRm(operands[0])) facts |= rmFirst;
  return facts | ((form.operandSize / 16) << sizeShift);
}
