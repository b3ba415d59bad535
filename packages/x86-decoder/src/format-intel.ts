import type { Form, OperandSpec } from './form';
import { addressNames } from './format-names';
import { AddressTexts, hex32, hex64, perText, smallNumbers, TargetTexts, WordTexts } from './format-numbers';
import {
  ambiguousVector,
  branchHint,
  commonMnemonic,
  hiddenAddressSize,
  hiddenOperandSize,
  impliedOperands,
  isWideGetsec,
  naturalSize,
  whenSpecial,
  namesOne,
  prefixWords,
  pseudoOperation,
  sameThreeOperands,
  segmentWord,
  shownSegment,
  stringSegment,
} from './format-parts';
import type { FormatOptions } from './format-parts';
import {
  code,
  finishPlan,
  joinPlan,
  planOperand,
  separate,
  shownOperands,
  special as when,
  textOperand,
} from './format-plan';
import type { OperandPlan, Plan, Syntax } from './format-plan';
import { absoluteText, formatWith, writeOperands } from './format-write';
import type { Instruction } from './instruction';
import { registerName } from './registers';

const sizeWords: Readonly<Record<number, string>> = {
  8: 'byte',
  16: 'word',
  32: 'dword',
  48: 'fword',
  64: 'qword',
  80: 'tbyte',
  128: 'xmmword',
  256: 'ymmword',
  512: 'zmmword',
};

/** A number ends in h, and begins with a digit. */
function hexadecimal(text: string): string {
  return text.charCodeAt(0) > 0x39 ? `0${text}h` : `${text}h`;
}

const bytes = /* @__PURE__ */ Array.from({ length: 256 }, (_, value) =>
  value < 10 ? String(value) : hexadecimal(hex32(value)),
);

function number(high: number, low: number): string {
  return low < 256 && high === 0 ? bytes[low] : hexadecimal(hex64(high, low));
}

const words = /* @__PURE__ */ new WordTexts('h');
const targetsAfter = /* @__PURE__ */ perText(
  (before) => new TargetTexts(before, (text) => (text.charCodeAt(0) > 0x39 ? '0' : ''), words),
);

function padded(high: number, low: number, digits: number): string {
  return targetsAfter('').get(high, low, digits);
}

const numbersAfter = /* @__PURE__ */ perText((before) => bytes.map((text) => before + text));

const displacements = /* @__PURE__ */ smallNumbers((value) => `${displacementText(value)}]`);

function displacementText(value: number): string {
  if (value === 0) return '';
  return value < 0 ? `-${number(0, -value)}` : `+${number(0, value)}`;
}

/** What operands with the same words before them begin with, up to the displacement. */
const startsAfter = /* @__PURE__ */ perText(
  (before) =>
    new AddressTexts(
      (base, index, scale, size) =>
        before + addressText(base, index, scale, addressNames(size), addressNames(size)),
    ),
);

function addressText(
  base: number,
  index: number,
  scale: number,
  names: readonly string[],
  indexNames: readonly string[],
): string {
  let text = base < 0 ? '[' : `[${names[base]}`;
  if (index < 0) return text;
  if (base >= 0) text += '+';
  text += indexNames[index];
  // Without a base the factor tells that this is an index.
  return scale !== 1 || (base < 0 && names === indexNames) ? `${text}*${scale}` : text;
}

function memory(
  instruction: Instruction,
  operand: OperandPlan,
  address: number | bigint,
  options: FormatOptions,
): string {
  const { base, index, displacement } = instruction;
  const small = displacement >= -128 && displacement < 128;
  const end = small ? displacements[displacement + 128] : `${displacementText(displacement)}]`;
  const relative = base === 16 || (base < 0 && index < 0);
  if (operand.starts !== undefined && !relative && !instruction.segmentOverride && !instruction.broadcast)
    return operand.starts.get(base, index, instruction.scale, instruction.addressSize) + end;
  let text = instruction.broadcast ? operand.separator : operand.before;
  if (instruction.segmentOverride && operand.segments) {
    const segment = shownSegment(instruction);
    if (segment !== '') text += `${segment}:`;
  }
  if (relative) {
    text += `[${absoluteText(intel, instruction, address, options)}]`;
    return instruction.broadcast ? text + operand.broadcast : text;
  }
  const names = addressNames(instruction.addressSize);
  const indexNames = operand.vectorIndex === 0 ? names : addressNames(operand.vectorIndex);
  text += addressText(base, index, instruction.scale, names, indexNames) + end;
  return instruction.broadcast ? text + operand.broadcast : text;
}

// Mnemonics with only one possible memory size.
const impliedSize =
  /^(l[def-gs]s|sldt|str|lldt|ltr|ver[rw]|[sl]msw|arpl|lar|lsl|set|fn?st[cs]w|fldcw|fx|v?ldmxcsr|v?stmxcsr|cmpxchg\d+b|clflush|clwb|prefetch|invlpg|[sl][gi]dt|vm(ptr|clear|xon)|inv|movnt|movsxd|v?cvtt?s[sdh]2u?si|vgather|vscatter|ldtile|sttile|kmov|lwp|aes(enc|dec)wide|cldemote|clrssbsy|rstorssp|enqcmd|movdir64b|lkgs)/;

/** The size is written if no other operand tells it. */
function sizeWord(form: Form, shown: readonly OperandSpec[], operand: OperandSpec): string {
  const size = operand.memory ?? operand.size;
  const word = sizeWords[size];
  if (word === undefined || operand.kind === 'moffs') return '';
  if (form.far) return `far ${word} ptr `;
  if (impliedSize.test(form.mnemonic) || form.mnemonic === 'nop') return '';
  const told =
    !ambiguousVector(form) &&
    !/^(crc32|movzx|movsx|v?cvtu?si2s)/.test(form.mnemonic) &&
    shown.some(
      (other) =>
        other !== operand &&
        ((/^(reg|opreg|regv)$/.test(other.kind) && other.size === size) ||
          (other.kind === 'fixed' && other.size === size && other.register !== 'cl') ||
          /^(mm|xmm|k|tmm|bnd)/.test(other.kind) ||
          other.kind === 'sreg'),
    );
  return told ? '' : `${word} ptr `;
}

function planIntelOperand(
  form: Form,
  shown: readonly OperandSpec[],
  index: number,
  mode: 16 | 32 | 64,
): OperandPlan {
  const spec = shown[index];
  const operand = planOperand(form, spec, index, mode, '');
  if (operand.code === code.rm || operand.code === code.memory)
    return { ...operand, before: environment(form, mode) || sizeWord(form, shown, spec) };
  if (operand.code === code.rel && spec.size === 8 && !/^(loop|j[er]?cxz)/.test(form.mnemonic))
    return { ...operand, before: 'short ' };
  if (spec.kind === 'one') return { ...operand, text: '1' };
  return spec.kind === 'st0' ? { ...operand, text: 'st' } : operand;
}

/** x87 environments of the other operand size. */
function environment(form: Form, mode: 16 | 32 | 64): string {
  if (!/^f(ldenv|nstenv|rstor|nsave)$/.test(form.mnemonic)) return '';
  if (form.operandSize === naturalSize(form, mode)) return '';
  const { size } = form.operands[0];
  return `fpu${size < 512 ? 'env' : 'state'}${size / 8} ptr `;
}

const stores = /^f(stp?|istt?p?|bstp)$/;
const loads = /^f(i?ld|bld|i?(add|mul|comp?|subr?|divr?))$/;

const narrowed = /^v?(extractps|movmskp[sd]|pextr[bw]|pinsr[bw]|pmovmskb)$/;

/** Without the implied xmm0; general registers whose upper half does not matter have 32 bits. */
function intelOperands(form: Form): readonly OperandSpec[] {
  const shown = shownOperands(form).filter((spec) => spec.register !== 'xmm0');
  if (!narrowed.test(form.mnemonic)) return shown;
  const wide = ({ kind, size }: OperandSpec): boolean => size === 64 && /^(reg|rm)$/.test(kind);
  return shown.map((spec) => (wide(spec) ? { ...spec, size: 32 } : spec));
}

function planOperands(form: Form, mode: 16 | 32 | 64): OperandPlan[] {
  const shown = intelOperands(form);
  const operands = shown.map((_, index) => planIntelOperand(form, shown, index, mode));
  const memory = form.operands.length === 1 && /^(m|sti)$/.test(form.operands[0].kind);
  const st = textOperand('st');
  if (memory && stores.test(form.mnemonic)) operands.push(st);
  else if (memory && loads.test(form.mnemonic)) operands.unshift(st);
  return separate(operands, '');
}

/** D9 D8+i: FSTP without the check for an empty register. */
function isStorePop(form: Form): boolean {
  return form.mnemonic === 'fstp' && form.opcode === 0xd9 && form.operands[0].kind === 'sti';
}

function mnemonicText(form: Form): string {
  if (form.mnemonic === 'wait') return 'fwait';
  if (form.mnemonic === 'retf') return 'ret far';
  if (form.mnemonic === 'xlatb') return 'xlat';
  if (isStorePop(form)) return 'fstpnce';
  if (/^sys(ret|exit)$/.test(form.mnemonic) && form.operandSize === 64) return `${form.mnemonic}q`;
  return commonMnemonic(form.mnemonic);
}

function branchTargets({ operands, mnemonic, special }: Plan): TargetTexts | undefined {
  return special !== when.always && operands[0]?.code === code.rel ? targetsAfter(mnemonic) : undefined;
}

function withStarts(operand: OperandPlan): OperandPlan {
  if (operand.code === code.imm) return { ...operand, numbers: numbersAfter(operand.before) };
  const general = operand.code === code.rm || operand.code === code.memory;
  return general && operand.vectorIndex === 0 ? { ...operand, starts: startsAfter(operand.before) } : operand;
}

function makePlan(form: Form, mode: 16 | 32 | 64): Plan {
  const operands = planOperands(form, mode);
  const hidden = hiddenOperandSize(form, mode);
  const text = mnemonicText(form);
  const mnemonic = operands.length === 0 ? text : `${text} `;
  const prefix = hidden === 0 ? '' : `data${hidden} `;
  const plan = joinPlan({
    form,
    prefix,
    mnemonic,
    memoryMnemonic: mnemonic,
    operands,
    firsts: [],
    targets: undefined,
    special: prefix === '' ? whenSpecial(form) : when.always,
  });
  return finishPlan(plan, branchTargets(plan), withStarts);
}

/** The implied operands of string instructions are written out: the segment override of the source shows. */
function stringOperands(instruction: Instruction, form: Form): string {
  const size = instruction.addressSize;
  const segment = stringSegment(instruction);
  const override = segment === '' ? '' : `${segment}:`;
  const source = `${override}[${registerName(6, size, true)}]`;
  const destination = `${override === '' ? '' : 'es:'}[${registerName(7, size, true)}]`;
  switch (form.mnemonic.slice(0, 3)) {
    case 'mov':
      return `${destination},${source}`;
    case 'cmp':
      return `${source},${destination}`;
    case 'lod':
      return source;
    case 'ins':
      return `${destination},dx`;
    case 'out':
      return `dx,${source}`;
    default:
      return destination;
  }
}

function special(
  plan: Plan,
  instruction: Instruction,
  address: number | bigint,
  options: FormatOptions,
): string {
  const { form } = plan;
  const size = hiddenAddressSize(instruction, form);
  const hint = branchHint(instruction, form);
  const prefixes =
    plan.prefix +
    (size === 0 ? '' : `addr${size} `) +
    segmentWord(instruction, form) +
    (hint === '' ? '' : `hint-${hint} `) +
    prefixWords(instruction, form);
  if (form.rep !== 'none') return `${prefixes}${plan.mnemonic} ${stringOperands(instruction, form)}`;
  if (form.mnemonic === 'xlatb') return prefixes + xlat(plan, instruction);
  const implied = impliedOperands(instruction, form);
  if (implied.length > 0) return `${prefixes}${plan.mnemonic} ${implied.join(',')}`;
  let operands = plan.operands;
  let text = instruction.memory ? plan.memoryMnemonic : plan.mnemonic;
  const pseudo = pseudoOperation(instruction, form);
  if (pseudo !== '') {
    operands = operands.slice(0, -1);
    text = `${pseudo} `;
  }
  if (isWideGetsec(instruction, form)) return `${prefixes}getsecq`;
  if (namesOne(instruction, form)) return prefixes + plan.mnemonic.trimEnd();
  if (form.mnemonic === 'nop' && !form.modrm) return prefixes + exchange(instruction, form);
  if (sameThreeOperands(instruction, form)) operands = operands.slice(1);
  const after = /^maskmov/.test(form.mnemonic) ? stringSegment(instruction) : '';
  const written = writeOperands(intel, operands, instruction, address, options);
  return prefixes + text + written + (after === '' ? '' : `,${after}`);
}

/** nop with the other operand size. */
function exchange(instruction: Instruction, form: Form): string {
  const size = instruction.operandSize;
  if (size === naturalSize(form, instruction.mode)) return 'nop';
  const name = registerName(0, size, true);
  return `xchg ${name},${name}`;
}

function xlat(plan: Plan, instruction: Instruction): string {
  const segment = stringSegment(instruction);
  const override = segment === '' ? '' : `${segment}:`;
  return `${plan.mnemonic} ${override}[${registerName(3, instruction.addressSize, true)}]`;
}

const roundings = ['{rne-sae}', '{rd-sae}', '{ru-sae}', '{rz-sae}'];

/** Gather and scatter have the mask as an operand. */
function mask({ mask: number, zeroing }: Instruction, operand: OperandPlan): string {
  if (operand.maskRequired) return `,k${number}`;
  return zeroing ? `{k${number}}{z}` : `{k${number}}`;
}

const intel: Syntax = {
  mask,
  rounding: (mode) => roundings[mode] ?? '{sae}',
  roundingFirst: false,
  plans: [],
  makePlan,
  number,
  padded,
  memory,
  far: (instruction, digits) =>
    `far ${padded(0, instruction.immediate >>> 0, digits)},${padded(0, instruction.immediate2, 4)}`,
  special,
};

/**
 * Text in Intel syntax, as iced-x86's Intel formatter writes it: `add dword ptr [eax+ecx*4+10h],5`.
 * `address` is where the instruction is (for branch targets and rip-relative operands). Invalid ones are '(bad)'.
 */
export function formatIntel(
  instruction: Instruction,
  address: number | bigint,
  options: FormatOptions = {},
): string {
  return formatWith(intel, instruction, address, options);
}
