import type { Form } from './form';
import { parseRows } from './grammar';
import { lazy } from './lazy';
import { chapters, vectorChapters } from './table/index';
import { parseVectorRows } from './vector-grammar';

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
  vectorLength: 0,
  w: -1,
  masking: 'none',
  rounding: 'none',
  distinct: false,
  displacementUnit: 1,
};

function buildForms(): readonly Form[] {
  return [invalidForm, ...parseRows(chapters.join('\n'))];
}

/**
 * Every form with a legacy encoding; `forms[0]` is the invalid one. The order is that of the table and not stable across
 * versions. The forms with other encodings are in `vectorForms`.
 */
export const forms: readonly Form[] = /* @__PURE__ */ buildForms();

/**
 * Every form with a VEX, EVEX, XOP or 3DNow! encoding; they are numbered behind `forms`. Most programs never meet one, so the
 * table is built by the first call, or when `decode` meets the first such instruction.
 */
export const vectorForms: () => readonly Form[] = /* @__PURE__ */ lazy(() =>
  parseVectorRows(vectorChapters.join('\n'), forms.length),
);

/** The form with a number that `decode` gave. */
export function formById(id: number): Form {
  return id < forms.length ? forms[id] : vectorForms()[id - forms.length];
}
