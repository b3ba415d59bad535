import { forms, type Form } from '@trapgate/x86-decoder';
import { ARITHMETIC } from './arithmetic';
import { CHECKSUM } from './checksum';
import { CONTROL_TRANSFER } from './control-transfer';
import { DATA_TRANSFER } from './data-transfer';
import { FLAG_CONTROL } from './flag-control';
import { FLOAT } from './float';
import type { Meaning, MeaningTable } from './meaning';
import { MULTIPLY_DIVIDE } from './multiply-divide';
import { SHIFT_ROTATE } from './shift-rotate';
import { SIMD } from './simd';
import { STRINGS } from './strings';
import { systemMeaning } from './system';

export type { Meaning, MeaningTable, QuickSemantics } from './meaning';

const INTEGER: ReadonlyMap<string, Meaning> = new Map(
  [ARITHMETIC, SHIFT_ROTATE, MULTIPLY_DIVIDE, DATA_TRANSFER, CONTROL_TRANSFER, FLAG_CONTROL].flatMap(
    (table: MeaningTable) => Object.entries(table),
  ),
);
const OTHER: ReadonlyMap<string, Meaning> = new Map(
  [FLOAT, SIMD, CHECKSUM].flatMap((table: MeaningTable) => Object.entries(table)),
);
const STRING: ReadonlyMap<string, Meaning> = new Map(Object.entries(STRINGS));

const SYSTEM_REGISTERS = new Set(['sreg', 'creg', 'dreg']);
const SEGMENT_NAMES = new Set(['es', 'cs', 'ss', 'ds', 'fs', 'gs']);

/** Which host function executes a form that has no generated semantics: its mnemonic, told apart by operands where needed. */
export function hostName(form: Form): string {
  const special = form.operands.find((operand) => SYSTEM_REGISTERS.has(operand.kind));
  if (form.mnemonic === 'mov' && special) return `mov ${special.kind}`;
  if (form.operands[0]?.kind === 'fixed' && SEGMENT_NAMES.has(form.operands[0].register!))
    return `${form.mnemonic} sreg`;
  if (form.far && (form.mnemonic === 'jmp' || form.mnemonic === 'call')) return `${form.mnemonic} far`;
  return form.mnemonic;
}

function findMeaning(form: Form): Meaning | undefined {
  if (form.operands.length === 0 && form.map === 0 && STRING.has(form.mnemonic))
    return STRING.get(form.mnemonic);
  const name = hostName(form);
  const system = systemMeaning(form, name);
  if (system || name !== form.mnemonic) return system;
  return INTEGER.get(form.mnemonic) ?? OTHER.get(form.mnemonic);
}

const MEANINGS: readonly (Meaning | undefined)[] = forms.map(findMeaning);

/** The generated semantics of a form, or undefined if a host function executes it (or nothing does). */
export function meaningOf(form: Form): Meaning | undefined {
  return MEANINGS[form.id];
}

/** Whether a form belongs to the x87's instructions, of which every kernel executes some. */
export function isX87Form(form: Form): boolean {
  return form.mnemonic in FLOAT && isFloatingForm(form);
}

/** Whether a form belongs to the floating-point and SIMD instructions, which many guests hardly use. */
export function isFloatingForm(form: Form): boolean {
  const meaning = meaningOf(form);
  return meaning !== undefined && OTHER.get(form.mnemonic) === meaning;
}
