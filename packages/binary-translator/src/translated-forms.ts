import { meaningOf, variantOf } from '@trapgate/cpu';
import type { Form } from '@trapgate/x86-decoder';
import { byForm } from './by-form';
import { INLINE_FEATURES, isConditionalBranch, type RegionInstruction } from './discover';

/** Flag producers whose flags change last and always: they need not be computed before the next of them. */
const SIMPLE_PRODUCERS = new Set([
  'add',
  'sub',
  'cmp',
  'neg',
  'and',
  'or',
  'xor',
  'test',
  'inc',
  'dec',
  'adc',
  'sbb',
  'mul',
  'imul',
  'xadd',
]);
const SHIFTS = new Set(['shl', 'shr', 'sar', 'rol', 'ror']);
const mayBeInline = byForm((form) => {
  const meaning = meaningOf(form);
  if (!meaning || meaning.called || !INLINE_FEATURES.has(form.feature) || form.far) return false;
  // FCMOVcc and FCOMI belong to the feature of CMOV.
  return form.rep === 'none' && form.mnemonic[0] !== 'f';
});

/** Whether an instruction's semantics are emitted into the region, rather than called. */
export function isInline(form: Form, general: boolean): boolean {
  return !general && mayBeInline(form);
}

/** Whether an instruction's flags change last and always. */
export const isSimpleProducer = byForm(({ mnemonic, operands }) => {
  if (SIMPLE_PRODUCERS.has(mnemonic)) return true;
  const count = operands[1];
  if (!SHIFTS.has(mnemonic)) return false;
  return count?.kind === 'imm' || count?.kind === 'one';
});

/** Of the SIMD instructions, those that use general registers which are no operands. */
const IMPLIED_REGISTERS = /^(v?pcmp[ei]str[im]|maskmov.*)$/;
const APART_FEATURE = /^(fpu|mmx|sse|ssse3)/;

/** Whether a handler leaves the general registers alone: those of floating point and SIMD mostly do. */
export const isApart = byForm((form) => {
  if (form.rep !== 'none' || IMPLIED_REGISTERS.test(form.mnemonic)) return false;
  // FCMOVcc and FCOMI belong to the feature of CMOV.
  const feature = form.feature === 'cmov' && form.mnemonic[0] === 'f' ? 'fpu' : form.feature;
  if (INLINE_FEATURES.has(feature) || !APART_FEATURE.test(feature)) return false;
  return form.operands.every(({ kind }) =>
    /^(m|st0|sti|mmreg|mmrm|mmr|xmmreg|xmmrm|xmmr|imm|one)$/.test(kind),
  );
});

/** Whether JavaScript may execute what {@link RegionEmitter} calls for a form. */
export const mayCallHost = byForm((form) => {
  const meaning = meaningOf(form);
  return meaning === undefined || meaning.called === true;
});

/** Control transfers that are not inlined are left at their own address. */
const isLeaving = byForm(
  (form) => isConditionalBranch(form) || ['call', 'ret', 'jmp'].includes(form.mnemonic) || form.id === 0,
);

/** Whether the interpreter has to execute an instruction: a region is left before it. */
export function leavesRegion(instruction: RegionInstruction, mode: number): boolean {
  const { form, decoded } = instruction;
  const meaning = meaningOf(form);
  if (!meaning) return form.id === 0;
  const { general } = variantOf(form, decoded, mode, meaning.implicit === true);
  return !isInline(form, general) && isLeaving(form);
}
