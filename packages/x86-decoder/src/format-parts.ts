// What both syntaxes share: prefixes, numbers, branch targets, the parts of a memory operand.
import type { Form } from './form';
import { special } from './format-plan';
import type { Instruction } from './instruction';
import { registerName, segmentNames } from './registers';

/** What a formatter may be told. */
export interface FormatOptions {
  /** Text for a branch target or absolute address, if it has a name. */
  readonly symbol?: (address: bigint) => string | undefined;
}

const conditionNames: Readonly<Record<string, string>> = {
  z: 'e',
  nz: 'ne',
  nb: 'ae',
  nbe: 'a',
  nl: 'ge',
  nle: 'g',
};

/** Conditions as both syntaxes usually spell them: je rather than jz. */
export function commonMnemonic(mnemonic: string): string {
  const match = /^(j|set|cmov|loop)(n?)z$/.exec(mnemonic);
  if (match) return `${match[1]}${match[2]}e`;
  const [, condition = ''] = /^cmp([a-z]+)xadd$/.exec(mnemonic) ?? [];
  return condition === '' ? mnemonic : `cmp${conditionNames[condition] ?? condition}xadd`;
}

/** The segment register that a memory operand shows: one that is not its base's anyway. */
export function shownSegment(instruction: Instruction): string {
  const { base, segment } = instruction;
  const natural = base === 4 || base === 5 ? 2 : 3;
  return instruction.segmentOverride && segment !== natural ? segmentNames[segment] : '';
}

/** The same for a string's source and XLAT's table. */
export function stringSegment(instruction: Instruction): string {
  const { segment } = instruction;
  return instruction.segmentOverride && segment !== 3 ? segmentNames[segment] : '';
}

const narrowing = /^vcvt(t?(pd|u?qq)2(ps|ph|u?dq)|u?dq2ph|ps2phx|neps2bf16)$|^vfpclassp[sdh]$/;

/** The size of a memory operand is told neither by the destination nor by the mnemonic. */
export function ambiguousVector(form: Form): boolean {
  const [to] = form.operands;
  return narrowing.test(form.mnemonic) && (to.size === 128 || to.kind === 'kreg');
}

const nearBranch = /^(j(?!cxz|ecxz|rcxz)|call$|ret$)/;

/** LOCK and REP prefixes as words, each followed by a space. */
export function prefixWords(instruction: Instruction, form: Form): string {
  let text = '';
  if (instruction.rep !== 0 && elision(instruction, form))
    text += instruction.rep === 0xf2 ? 'xacquire ' : 'xrelease ';
  if (instruction.lock) text += 'lock ';
  if (form.rep === 'repz')
    text += instruction.rep === 0xf3 ? 'repe ' : instruction.rep === 0xf2 ? 'repne ' : '';
  else if (form.rep === 'rep')
    text += instruction.rep === 0xf3 ? 'rep ' : instruction.rep === 0xf2 ? 'repne ' : '';
  else if (padLock.test(form.mnemonic)) text += padLockWord(instruction, form);
  else if (nearBranch.test(form.mnemonic) && !form.far) text += branchWords(instruction, form);
  return text;
}

function padLockWord({ rep }: Instruction, form: Form): string {
  return rep === 0xf2 ? 'repne ' : rep === 0xf3 || form.prefix === 0xf3 ? 'rep ' : '';
}

/** BND (Intel SDM vol. 1, 17.3.3 of the editions with MPX), NOTRACK (18.3.2), and REP RET. */
function branchWords(instruction: Instruction, form: Form): string {
  const { rep } = instruction;
  const kind = form.operands[0]?.kind;
  const indirect = kind === 'rm' || kind === 'm';
  const overridden = instruction.segmentOverride && instruction.segment !== 3;
  const notrack = indirect && instruction.segmentPrefix === 3 && !overridden ? 'notrack ' : '';
  if (rep === 0xf2 && !(form.mnemonic === 'jmp' && form.opcode === 0xeb)) return `${notrack}bnd `;
  return rep === 0xf3 && form.mnemonic === 'ret' && form.operands.length === 0 ? 'rep ' : notrack;
}

const sizeFromPrefix = /^(ret|retf|enter|leave|loop(n?z)?|j[er]?cxz)$/;

/** Operand size that a prefix chose and that no operand shows; 0 if it is the code's own, or shown. */
export function hiddenOperandSize(form: Form, mode: 16 | 32 | 64): number {
  const kind = form.operands[0]?.kind;
  const hidden =
    (kind === 'rel' && form.mnemonic !== 'xbegin') ||
    kind === 'far' ||
    sizeFromPrefix.test(form.mnemonic) ||
    (/^(push|pop)$/.test(form.mnemonic) && (kind === 'fixed' || kind === 'imm'));
  if (!hidden) return 0;
  return form.operandSize === naturalSize(form, mode) ? 0 : form.operandSize;
}

// PadLock (VIA): their F3 prefix is mandatory and written.
const padLock = /^(xcrypt|xsha|ccs_|montmul|undoc|xstore)/;
const addressed = /^(loop(n?z)?|monitorx?|maskmov.*|montmul|ccs_.*|xcrypt.*|xsha.*|xstore.*|undoc)$/;

const registerAddressed = /^(u?monitor|monitorx|clzero)$/;
const specialMnemonics =
  /^(xlatb|imul|nop|getsec|vmrun|vmload|vmsave|invlpg[ab]|pvalidate|skinit|aa[dm]|fu?comp?|fxch|f(add|sub|mul|div)r?p)$/;

/** When instructions of the form show a prefix, or something else that their plan does not know. */
export function whenSpecial(form: Form): number {
  const { mnemonic } = form;
  if (/^(j[a-z]+|call)$/.test(mnemonic) && !/cxz$/.test(mnemonic))
    return plainBranch(form) ? special.never : special.prefixed;
  const always =
    form.rep !== 'none' ||
    addressed.test(mnemonic) ||
    registerAddressed.test(mnemonic) ||
    (specialMnemonics.test(mnemonic) && !(mnemonic === 'nop' && form.modrm)) ||
    form.operands.some(({ kind }) => kind === 'moffs') ||
    hasPseudoOperations(form);
  if (always) return special.always;
  return form.encoding === 'evex' ? special.decorated : special.never;
}

/** Branches that no segment prefix changes. */
function plainBranch({ mnemonic, operands }: Form): boolean {
  return /^(jmp|call)$/.test(mnemonic) && (operands[0].kind === 'rel' || operands[0].kind === 'far');
}

/** A segment prefix of an instruction whose address is in a register, as a word. */
export function segmentWord(instruction: Instruction, form: Form): string {
  if (!registerAddressed.test(form.mnemonic)) return '';
  const segment = stringSegment(instruction);
  return segment === '' ? '' : `${segment} `;
}

/** REX.W has GETSEC use 64-bit registers. */
export function isWideGetsec({ rex }: Instruction, form: Form): boolean {
  return (rex & 8) !== 0 && form.mnemonic === 'getsec';
}

/** fmulp st(1),st is written fmulp, fcom st,st(1) fcom. */
export function namesOne(instruction: Instruction, form: Form): boolean {
  return (
    (instruction.rm & 7) === 1 &&
    !instruction.memory &&
    /^(fxch|fu?comp?|f(add|sub|mul|div)r?p)$/.test(form.mnemonic)
  );
}

/** The operand size that code of a kind has without prefixes. */
export function naturalSize(form: Form, mode: 16 | 32 | 64): number {
  return mode === 64 && form.sizeRule !== 'default64' && form.sizeRule !== 'force64' ? 32 : mode;
}

/** Address size that a prefix chose and that no operand shows, else 0. */
export function hiddenAddressSize(instruction: Instruction, form: Form): number {
  const hidden = addressed.test(form.mnemonic) || form.operands.some((operand) => operand.kind === 'moffs');
  return hidden && instruction.addressSize !== instruction.mode ? instruction.addressSize : 0;
}

/** imul eax,eax,5 is written imul eax,5. */
export function sameThreeOperands(instruction: Instruction, form: Form): boolean {
  const three = form.mnemonic === 'imul' && form.operands.length === 3;
  return three && !instruction.memory && instruction.reg === instruction.rm;
}

/** Register operands of SVM instructions that depend on the address size and that the manual lists as implied. */
export function impliedOperands(instruction: Instruction, form: Form): string[] {
  const accumulator = registerName(0, instruction.addressSize, true);
  switch (form.mnemonic) {
    case 'vmrun':
    case 'vmload':
    case 'vmsave':
    case 'clzero':
    case 'pvalidate':
    case 'invlpgb':
      return [accumulator];
    case 'invlpga':
      return [accumulator, 'ecx'];
    case 'skinit':
      return ['eax'];
    default:
      return [];
  }
}

/** Segment overrides on conditional jumps were branch hints (Pentium 4). */
export function branchHint(instruction: Instruction, form: Form): '' | 'taken' | 'not-taken' {
  const conditional = form.operands[0]?.kind === 'rel' && /^j(?!mp|cxz|ecxz|rcxz)/.test(form.mnemonic);
  // In 64-bit code a prefix of fs or gs has precedence.
  if (!conditional || (instruction.mode === 64 && instruction.segmentOverride)) return '';
  return instruction.segmentPrefix === 1 ? 'not-taken' : instruction.segmentPrefix === 3 ? 'taken' : '';
}

/** XACQUIRE and XRELEASE (Intel SDM vol. 1, 16.3.1). */
function elision(instruction: Instruction, form: Form): boolean {
  if (!instruction.memory) return false;
  if (instruction.lock || (form.mnemonic === 'xchg' && form.modrm)) return form.lockable;
  return (
    instruction.rep === 0xf3 && form.mnemonic === 'mov' && /^(88|89|c6|c7)$/.test(form.opcode.toString(16))
  );
}

const predicates = 'eq lt le unord neq nlt nle ord'.split(' ');
const vexPredicates = (
  'eq lt le unord neq nlt nle ord eq_uq nge ngt false neq_oq ge gt true ' +
  'eq_os lt_oq le_oq unord_s neq_us nlt_uq nle_uq ord_s eq_us nge_uq ngt_uq false_os neq_os ge_oq gt_oq true_us'
).split(' ');
const integerPredicates = 'eq lt le false neq nlt nle true'.split(' ');
const xopPredicates = 'lt le gt ge eq neq false true'.split(' ');
const carryless: Readonly<Record<number, string>> = { 0x00: 'lql', 0x01: 'hql', 0x10: 'lqh', 0x11: 'hqh' };

const compares = /^(cmp|vcmp|vpcmp|vpcom)(p[sdh]|s[sdh]|u?[bwdq])$/;

function hasPseudoOperations(form: Form): boolean {
  if (form.operands.at(-1)?.kind !== 'imm') return false;
  return compares.test(form.mnemonic) || /^v?pclmulqdq$/.test(form.mnemonic);
}

function predicatesOf(instruction: string): readonly string[] {
  switch (instruction) {
    case 'cmp':
      return predicates;
    case 'vcmp':
      return vexPredicates;
    case 'vpcmp':
      return integerPredicates;
    default:
      return xopPredicates;
  }
}

/** The mnemonic that says what an immediate chooses, '' if there is none. */
export function pseudoOperation(instruction: Instruction, form: Form): string {
  if (!hasPseudoOperations(form)) return '';
  const choice = instruction.immediate & 0xff;
  const [, name = '', type = ''] = compares.exec(form.mnemonic) ?? [];
  if (name === '') {
    const halves = carryless[choice];
    return halves === undefined ? '' : form.mnemonic.replace(/qdq$/, `${halves}qdq`);
  }
  const predicate = predicatesOf(name)[choice] ?? '';
  return predicate === '' ? '' : name + predicate + type;
}
