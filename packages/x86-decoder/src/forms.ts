import type { Form } from './form';
import { parseRows } from './grammar';
import { chapters } from './table/index';

const noFlags = { read: 0, written: 0, cleared: 0, set: 0, undefined: 0 };

const invalidForm: Form = {
  id: 0,
  mnemonic: '(bad)',
  operands: [],
  encoding: 'legacy',
  map: 0,
  opcode: 0,
  digit: -1,
  modrm: false,
  fixedModrm: -1,
  mod: 'any',
  prefix: 0,
  noPrefix: false,
  noRepeat: false,
  operandSize: 0,
  addressSize: 0,
  default64: false,
  sizeRule: 'exact',
  rexB: false,
  modes: 0,
  feature: '',
  flags: noFlags,
  privilege: 'none',
  sensitivity: 'innocuous',
  lockable: false,
  rep: 'none',
  far: false,
  alias: false,
};

function buildForms(): readonly Form[] {
  const list: Form[] = [invalidForm];
  for (const chapter of chapters) list.push(...parseRows(chapter, list.length));
  return list;
}

/** Every instruction form; `forms[0]` is the invalid one. The order is that of the table and not stable across versions. */
export const forms: readonly Form[] = /* @__PURE__ */ buildForms();
