import { forms, type Form } from '@trapgate/x86-decoder';

/** Documented forms of each mnemonic, in the order in which equally short ones are preferred. */
const FORMS: ReadonlyMap<string, readonly Form[]> = buildIndex();

function buildIndex(): Map<string, Form[]> {
  const index = new Map<string, Form[]>();
  for (const form of forms) {
    if (form.id === 0 || form.alias) continue;
    const list = index.get(form.mnemonic);
    if (list) list.push(form);
    else index.set(form.mnemonic, [form]);
  }
  for (const list of index.values())
    list.sort((left, right) => left.map - right.map || left.opcode - right.opcode);
  return index;
}

export function formsOf(mnemonic: string): readonly Form[] | undefined {
  return FORMS.get(mnemonic);
}
