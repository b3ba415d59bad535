import type { Form } from './form';

// What follows ModRM, SIB and displacement, per form.
export const tail = {
  none: 0,
  imm8: 1,
  imm8s: 2,
  imm16: 3,
  imm32: 4,
  imm32s: 5,
  imm64: 6,
  enter: 7,
  twoBytes: 8,
  rel8: 9,
  rel16: 10,
  rel32: 11,
  far16: 12,
  far32: 13,
  moffs: 14,
} as const;

export const tailMask = 15;

// Bits of `facts` above the tail.
export const lockable = 1 << 4;
export const ignoresMod = 1 << 5;
export const opcodeRegister = 1 << 6;
export const usesSreg = 1 << 7;
export const writesSreg = 1 << 8;
export const usesCreg = 1 << 9;
export const mandatory66 = 1 << 10;
export const mandatoryRep = 1 << 11;
export const sizeShift = 12; // operand size / 16, 0 = as the prefixes say
export const usesDreg = 1 << 15;
export const usesBound = 1 << 16;
export const boundRm = 1 << 18;
export const no66 = 1 << 19; // besides the mandatory prefix
export const noRelative = 1 << 17; // MPX: no RIP-relative operand

export const checkedRegisters = usesSreg | usesCreg | usesDreg | usesBound;
export const mandatory = mandatory66 | mandatoryRep;

function tailOf(form: Form): number {
  for (const { kind, size, extended } of form.operands) {
    if (kind === 'imm') {
      // Two immediates are the last two operands.
      if (form.operands.at(-2)?.kind === 'imm' && form.operands.at(-1)?.kind === 'imm')
        return size === 16 ? tail.enter : tail.twoBytes;
      if (size === 8) return extended === 8 ? tail.imm8 : tail.imm8s;
      if (size === 16) return tail.imm16;
      if (size === 32) return extended === 64 ? tail.imm32s : tail.imm32;
      return tail.imm64;
    }
    if (kind === 'rel') return size === 8 ? tail.rel8 : size === 16 ? tail.rel16 : tail.rel32;
    if (kind === 'far') return size === 16 ? tail.far16 : tail.far32;
    if (kind === 'moffs') return tail.moffs;
  }
  return tail.none;
}

const operandFacts: Readonly<Record<string, number>> = {
  opreg: opcodeRegister,
  sreg: usesSreg,
  creg: usesCreg,
  dreg: usesDreg,
  bndreg: usesBound,
  bndrm: boundRm,
};

/** What decoding needs to know of a form, in one integer. */
export function factsOf(form: Form): number {
  // The prefix chooses the displacement; the fallback address is not cut (SDM vol. 2, XBEGIN).
  const size = form.mnemonic === 'xbegin' ? form.modes * 32 : form.operandSize;
  let facts = tailOf(form) | ((size / 16) << sizeShift);
  for (const { kind } of form.operands) facts |= operandFacts[kind] ?? 0;
  if (form.operands.length > 0 && form.operands[0].kind === 'sreg') facts |= writesSreg;
  if ((facts & usesBound) !== 0 && /^bnd(mk|ldx|stx)$/.test(form.mnemonic)) facts |= noRelative;
  if (form.noPrefix && form.prefix !== 0) facts |= no66;
  if (form.lockable) facts |= lockable;
  if (form.mod === 'ignored') facts |= ignoresMod;
  if (form.prefix === 0x66) facts |= mandatory66;
  else if (form.prefix !== 0) facts |= mandatoryRep;
  return facts;
}
