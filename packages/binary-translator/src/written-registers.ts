import type { Form, Instruction } from '@trapgate/x86-decoder';
import { byForm } from './by-form';
import type { RegionInstruction } from './discover';
import { isApart } from './translated-forms';

const EAX = 1 << 0;
const EDX = 1 << 2;
const ESP = 1 << 4;
const EBP = 1 << 5;

/** Mnemonics that write no general registers but their operands; besides those listed with what they write. */
const PLAIN = new Set(
  'mov add sub cmp neg and or xor test inc dec adc sbb lea movzx movsx not shl shr sar rol ror nop jmp bt'.split(
    ' ',
  ),
);
const IMPLIED: Readonly<Record<string, number>> = {
  push: ESP,
  pop: ESP,
  pushfd: ESP,
  popfd: ESP,
  call: ESP,
  ret: ESP,
  leave: ESP | EBP,
  rdtsc: EAX | EDX,
};

/** A bit for each general register that an explicit operand writes, whole or in part (AH counts as EAX). */
export function writtenOperands(form: Form, decoded: Instruction): number {
  let bits = 0;
  for (const { kind, access, size, register } of form.operands) {
    if (access === 'r' || access === 'none') continue;
    let number = -1;
    if (kind === 'reg') number = decoded.reg;
    else if (kind === 'opreg' || kind === 'r' || (kind === 'rm' && !decoded.memory)) number = decoded.rm;
    else if (kind === 'fixed') number = FIXED[register ?? ''] ?? -1;
    if (number >= 0) bits |= 1 << (size === 8 && number >= 4 ? number - 4 : number);
  }
  return bits;
}
const FIXED: Readonly<Record<string, number>> = {
  al: 0,
  ah: 0,
  ax: 0,
  eax: 0,
  cl: 1,
  cx: 1,
  ecx: 1,
  dl: 2,
  dx: 2,
  edx: 2,
};

/** What a form may write besides explicit operands; or everything, whatever those are. */
const impliedWrites = byForm((form) => {
  const { mnemonic } = form;
  const implied = IMPLIED[mnemonic];
  if (implied !== undefined) return implied;
  if (PLAIN.has(mnemonic) || /^(set|j|cmov)/.test(mnemonic) || isApart(form)) return 0;
  return 0xff;
});

/** A bit for each general register that an instruction may write. */
export function mayWrite({ form, decoded }: RegionInstruction): number {
  return impliedWrites(form) | writtenOperands(form, decoded);
}
