import { decode, forms, Instruction, type Form } from '@trapgate/x86-decoder';
import { hostFunctions } from '../../host-functions';
import { RecordEncoder } from '../../interpreter/encode-record';
import { interpreterModule } from '../../interpreter/module-cache';
import { meaningOf } from '../../semantics';
import type { HostInstruction } from '../../system/context';
import { dataAddress, type Configuration } from './configurations';
import { formBytes } from './form-bytes';
import type { Random } from './random';

export interface RandomInstruction {
  readonly instruction: HostInstruction;
  readonly bytes: readonly number[];
}

/** Forms of 16- and 32-bit code with generated semantics that the processor offers (the others raise #UD). */
export function translatableForms(): readonly Form[] {
  const encoder = new RecordEncoder(interpreterModule(0).table, hostFunctions);
  const formOf = encoder['formOf'].bind(encoder) as (instruction: Instruction) => Form | undefined;
  const offered = (form: Form): boolean =>
    formOf(Object.assign(new Instruction(), { form: form.id })) === form;
  return forms.filter(
    (form) => form.id !== 0 && (form.modes & 1) !== 0 && meaningOf(form) !== undefined && offered(form),
  );
}

/** Whether a form's instructions have a memory operand: never, always, or either. */
export function operandKinds(form: Form): readonly boolean[] {
  const memoryOnly = form.operands.some(({ kind }) => kind === 'm' || kind === 'moffs');
  if (memoryOnly || form.mod === 'memory') return [true];
  const either = form.mod === 'any' && form.operands.some(({ kind }) => kind.endsWith('rm'));
  return either ? [false, true] : [false];
}

/** A random instruction of a form, or undefined if no attempt decoded to it. */
export function randomInstruction(
  form: Form,
  memory: boolean,
  { codeSize, segments }: Configuration,
  random: Random,
): RandomInstruction | undefined {
  const absolute = (): number => dataAddress(random) - segments.ds[0];
  for (let attempt = 0; attempt < 20; attempt++) {
    const bytes = formBytes(form, { codeSize, memory, random, absolute });
    const decoded = decode(Uint8Array.from(bytes), 0, bytes.length, codeSize, new Instruction());
    const as = decoded.form === form.id && decoded.memory === memory && decoded.length === bytes.length;
    if (as) return { instruction: { form, decoded }, bytes };
  }
  return undefined;
}
