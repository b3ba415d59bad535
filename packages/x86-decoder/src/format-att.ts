import type { Form, OperandSpec } from './form';
import { addressNames, registerOperand } from './format-names';
import { AddressTexts, hex32, hex64, PaddedTexts, perText, smallNumbers } from './format-numbers';
import {
  ambiguousVector,
  branchHint,
  commonMnemonic,
  hiddenAddressSize,
  hiddenOperandSize,
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
  absoluteText,
  code,
  formatWith,
  joinPlan,
  planOperand,
  separate,
  shownOperands,
  special as when,
  textOperand,
  writeOperands,
} from './format-plan';
import type { OperandPlan, Plan, Syntax } from './format-plan';
import type { Instruction } from './instruction';
import { registerName } from './registers';

const bytes = /* @__PURE__ */ Array.from({ length: 256 }, (_, value) =>
  value < 10 ? String(value) : `0x${hex32(value)}`,
);

function number(high: number, low: number): string {
  return low < 256 && high === 0 ? bytes[low] : `0x${hex64(high, low)}`;
}

const targets = /* @__PURE__ */ new PaddedTexts(() => '0x', '');

function padded(high: number, low: number, digits: number): string {
  return targets.get(high, low, digits);
}

/** Small displacements behind what precedes an operand. */
const offsetsAfter = /* @__PURE__ */ perText((before) =>
  smallNumbers((value) => before + displacementText(value)),
);

function displacementText(value: number): string {
  if (value === 0) return '';
  return value < 0 ? `-${number(0, -value)}` : number(0, value);
}

const addresses = /* @__PURE__ */ new AddressTexts((base, index, scale, size) =>
  addressText(base, index, scale, size, addressNames(size)),
);

function addressText(
  base: number,
  index: number,
  scale: number,
  size: number,
  indexNames: readonly string[],
): string {
  let text = base < 0 ? '(' : `(%${addressNames(size)[base]}`;
  if (index < 0) return `${text})`;
  if (base >= 0 || size !== 16) text += ',';
  text += `%${indexNames[index]}`;
  return size !== 16 && scale !== 1 ? `${text},${scale})` : `${text})`;
}

function memory(
  instruction: Instruction,
  operand: OperandPlan,
  address: number | bigint,
  options: FormatOptions,
): string {
  const { base, index, displacement } = instruction;
  const relative = base === 16 || (base < 0 && index < 0);
  const small = displacement >= -128 && displacement < 128;
  let text: string;
  if (small && !relative && !instruction.segmentOverride) {
    text = operand.offsets[displacement + 128];
  } else {
    text = operand.before;
    if (instruction.segmentOverride && operand.segments) {
      const segment = shownSegment(instruction);
      if (segment !== '') text += `%${segment}:`;
    }
    text += relative ? absoluteText(att, instruction, address, options) : displacementText(displacement);
  }
  if (!relative) {
    const size = instruction.addressSize;
    text +=
      operand.vectorIndex === 0
        ? addresses.get(base, index, instruction.scale, size)
        : addressText(base, index, instruction.scale, size, addressNames(operand.vectorIndex));
  }
  return instruction.broadcast ? text + operand.broadcast : text;
}

const suffixes: Readonly<Record<number, string>> = { 8: 'b', 16: 'w', 32: 'l', 64: 'q' };

const renamed: Readonly<Record<string, string>> = {
  cbw: 'cbtw',
  cwde: 'cwtl',
  cdqe: 'cltq',
  cwd: 'cwtd',
  cdq: 'cltd',
  cqo: 'cqto',
  wait: 'fwait',
  xlatb: 'xlat',
  pushad: 'pusha',
  popad: 'popa',
  pushfd: 'pushf',
  popfd: 'popf',
  pushfq: 'pushf',
  popfq: 'popf',
  iretd: 'iret',
  pusha: 'pushaw',
  popa: 'popaw',
  pushf: 'pushfw',
  popf: 'popfw',
  iret: 'iretw',
};
// In 16-bit code the bare name is the 16-bit form and the other one carries the suffix.
const sized = /^(push[af]|pop[af]|iret)([dq]?)$/;
// The operand size is a prefix rather than a suffix.
const plainSize = /^(loop(n?z)?|j[a-z]+)$/;
const loop = /^(loop(n?z)?|j[er]?cxz)$/;

// These are known by the register that they use.
const accumulating = /^(lods|scas|stos)[bwdq]$/;

function mnemonicText(form: Form, mode: 16 | 32 | 64, inMemory: boolean): string {
  const { mnemonic, operandSize } = form;
  const match = sized.exec(mnemonic);
  if (match && mode === 16) return match[1] + (match[2] === '' ? '' : 'l');
  const rename = renamed[mnemonic];
  if (rename !== undefined) return mnemonic === 'iretd' && mode === 64 ? 'iretl' : rename;
  if (form.rep !== 'none') return stringMnemonic(mnemonic);
  if (mnemonic === 'movzx' || mnemonic === 'movsx') return extension(form);
  if (mnemonic === 'movsxd') return operandSize === 64 ? 'movslq' : 'movsxd';
  if (/^v?pcmpestr[im]64$/.test(mnemonic)) return `${mnemonic.slice(0, -2)}q`;
  if (mnemonic === 'shl' && form.alias) return `sal${inMemory ? suffix(form) : ''}`;
  if (/^sys(ret|exit)$/.test(mnemonic))
    return mnemonic + (mode === 64 ? suffixes[Math.max(operandSize, 32)] : '');
  const other = operandSize !== naturalSize(form, mode) && operandSize !== 0;
  if (/^[ls][gi]dt$/.test(mnemonic))
    return (
      mnemonic + (mode === 16 && operandSize === 32 ? 'l' : mode === 32 && operandSize === 16 ? 'w' : '')
    );
  if (/^f(ldenv|nstenv|rstor|nsave)$/.test(mnemonic))
    return mnemonic + (other ? (operandSize === 16 ? 's' : 'l') : '');
  if (
    mnemonic === 'mov' &&
    form.operands[1].size === 64 &&
    form.operands[1].kind === 'imm' &&
    form.operands[0].kind === 'opreg'
  )
    return 'movabs';
  if (form.far) return `l${mnemonic === 'retf' ? 'ret' : mnemonic}${farSuffix(form, mode)}`;
  const hidden = plainSize.test(mnemonic) ? undefined : suffixes[hiddenOperandSize(form, mode)];
  if (/^f(sub|div)r?p?$/.test(form.mnemonic) && form.operands[0].kind === 'sti')
    return reversed(form.mnemonic);
  return commonMnemonic(form.mnemonic) + (hidden ?? (inMemory ? suffix(form) : ''));
}

/** Far transfers tell an operand size that is not the code's. */
function farSuffix(form: Form, mode: 16 | 32 | 64): string {
  if (form.operandSize !== mode) return suffixes[form.operandSize];
  return form.mnemonic === 'retf' && mode === 64 ? 'q' : '';
}

function stringMnemonic(mnemonic: string): string {
  if (accumulating.test(mnemonic)) return mnemonic.slice(0, -1);
  return mnemonic.endsWith('d') ? `${mnemonic.slice(0, -1)}l` : mnemonic;
}

/** AT&T syntax swaps fsub and fsubr, fdiv and fdivr where the destination is not st. */
function reversed(mnemonic: string): string {
  const [, name, r, pop] = /^(fsub|fdiv)(r?)(p?)$/.exec(mnemonic) ?? ['', mnemonic, '', ''];
  return name + (r === '' ? 'r' : '') + pop;
}

function extension(form: Form): string {
  const [to, from] = form.operands;
  return form.mnemonic.slice(0, 4) + (to.size === from.size ? 'x' : suffixes[from.size]) + suffixes[to.size];
}

const noSuffix =
  /^(fx|xsave|xrstor|cmpxchg\d+b|clflush|clwb|prefetch|invlpg|[sl][gi]dt|sldt|str|lldt|ltr|ver|[sl]msw|v?ldmxcsr|v?stmxcsr|set|fldcw|fldenv|frstor|fn|fbld|fbstp|vm|mov(nt|[lh]p)|cldemote|clrssbsy|rstorssp|lkgs)/;

const vectorSuffixes: Readonly<Record<number, string>> = { 128: 'x', 256: 'y', 512: 'z' };

/** The operand size as a suffix, if no register operand tells it. */
function suffix(form: Form): string {
  if (noSuffix.test(form.mnemonic) || shownOperands(form).length > form.operands.length) return '';
  const operand = form.operands.find((candidate) => /^(rm|m)$/.test(candidate.kind));
  if (operand === undefined) return ambiguousVector(form) ? vectorSuffixes[form.operands[1].size] : '';
  const told = form.operands.some(
    (other) =>
      /^(reg|opreg|regv|sreg|mmreg|xmm|k|tmm|bnd)/.test(other.kind) ||
      (other.kind === 'fixed' && other.register !== 'cl'),
  );
  if (told && !/^(v?cvtu?si2s|crc32)/.test(form.mnemonic)) return '';
  if (!/^f/.test(form.mnemonic)) return suffixes[operand.size] ?? '';
  if (/^fi/.test(form.mnemonic)) return { 16: 's', 32: 'l', 64: 'll' }[operand.size] ?? '';
  return { 32: 's', 64: 'l', 80: 't' }[operand.size] ?? '';
}

function planAttOperand(form: Form, spec: OperandSpec, index: number, mode: 16 | 32 | 64): OperandPlan {
  const operand = planOperand(form, spec, index, mode, '%');
  if (operand.code === code.imm) return { ...operand, before: '$' };
  if (spec.kind === 'one') return { ...operand, text: '$1' };
  if (spec.kind === 'st0') return { ...operand, text: '%st' };
  if (!/^(call|jmp)$/.test(form.mnemonic)) return operand;
  if (operand.code !== code.rm && operand.code !== code.memory) return operand;
  return { ...operand, ...registerOperand(spec, '*%'), before: '*' };
}

/** mov to a segment register is written with all of the source that the operand size has. */
function loadsSegment(form: Form): boolean {
  return form.mnemonic === 'mov' && form.operands[0].kind === 'sreg';
}

function wideSource({ rm, operandSize }: Instruction, operand: OperandPlan): OperandPlan {
  return operand.code === code.rm ? textOperand(`%${registerName(rm, operandSize, true)}`) : operand;
}

function attOperands(form: Form): readonly OperandSpec[] {
  const shown = shownOperands(form);
  return form.mnemonic === 'lkgs' ? shown.map((spec) => ({ ...spec, size: 16 })) : shown;
}

function makePlan(form: Form, mode: 16 | 32 | 64): Plan {
  const operands = attOperands(form).map((spec, index) => planAttOperand(form, spec, index, mode));
  if (!/^(enter|bound)$/.test(form.mnemonic)) operands.reverse();
  if (/^(fu?comp?|fxch)$/.test(form.mnemonic) && operands.length === 2) operands.pop();
  const space = operands.length === 0 ? '' : ' ';
  const prefix = sizePrefix(form, mode);
  const plan = joinPlan({
    form,
    prefix,
    mnemonic: mnemonicText(form, mode, false) + space,
    memoryMnemonic: mnemonicText(form, mode, true) + space,
    operands: separate(operands, '%'),
    special: prefix !== '' || loadsSegment(form) ? when.always : whenSpecial(form),
    firsts: [],
  });
  const operandsWithOffsets = plan.operands.map((operand) => ({
    ...operand,
    offsets: offsetsAfter(operand.before),
  }));
  return { ...plan, operands: operandsWithOffsets };
}

function sizePrefix(form: Form, mode: 16 | 32 | 64): string {
  if (form.far && form.operandSize === 64 && form.mnemonic !== 'retf') return 'rex.w ';
  const hidden = plainSize.test(form.mnemonic) && !form.far ? hiddenOperandSize(form, mode) : 0;
  if (hidden === 0) return '';
  return loop.test(form.mnemonic) ? '.byte 0x66; ' : `data${hidden} `;
}

/** String instructions: source first, as for the others. */
function stringOperands(instruction: Instruction, form: Form): string {
  const size = instruction.addressSize;
  const segment = stringSegment(instruction);
  const override = segment === '' ? '' : `%${segment}:`;
  const source = `${override}(%${registerName(6, size, true)})`;
  const destination = `${override === '' ? '' : '%es:'}(%${registerName(7, size, true)})`;
  switch (form.mnemonic.slice(0, 3)) {
    case 'mov':
      return `${source},${destination}`;
    case 'cmp':
      return `${destination},${source}`;
    case 'lod':
      return `${source},%${accumulator(form)}`;
    case 'sca':
      return `${destination},%${accumulator(form)}`;
    case 'sto':
      return `%${accumulator(form)},${destination}`;
    case 'ins':
      return `%dx,${destination}`;
    case 'out':
      return `${source},%dx`;
    default:
      return destination;
  }
}

function accumulator(form: Form): string {
  return registerName(0, { b: 8, w: 16, d: 32, q: 64 }[form.mnemonic[4]] ?? 0, false);
}

function xlat(plan: Plan, instruction: Instruction): string {
  const segment = stringSegment(instruction);
  const override = segment === '' ? '' : `%${segment}:`;
  return `${plan.mnemonic} ${override}(%${registerName(3, instruction.addressSize, true)})`;
}

function special(
  plan: Plan,
  instruction: Instruction,
  address: number | bigint,
  options: FormatOptions,
): string {
  const { form } = plan;
  const prefixes =
    plan.prefix +
    addressWord(instruction, form) +
    attSegmentWord(instruction, form) +
    prefixWords(instruction, form);
  if (form.rep !== 'none') return `${prefixes}${plan.mnemonic} ${stringOperands(instruction, form)}`;
  if (form.mnemonic === 'xlatb') return prefixes + xlat(plan, instruction);
  let operands = plan.operands;
  let text = instruction.memory && !instruction.broadcast ? plan.memoryMnemonic : plan.mnemonic;
  const pseudo = pseudoOperation(instruction, form);
  if (pseudo !== '') {
    operands = operands.slice(1);
    text = `${pseudo} `;
  }
  if (namesOne(instruction, form) || isTen(instruction, form)) return prefixes + text.trimEnd();
  if (form.mnemonic === 'nop' && !form.modrm) return prefixes + exchange(instruction, form);
  if (loadsSegment(form) && !instruction.memory)
    operands = operands.map((operand) => wideSource(instruction, operand));
  const hint = { '': '', taken: ',pt ', 'not-taken': ',pn ' }[branchHint(instruction, form)];
  if (hint !== '') text = text.trimEnd() + hint;
  if (instruction.displacementSize === 8) text = `movabs `;
  const count = /^loop/.test(form.mnemonic) ? hiddenAddressSize(instruction, form) : 0;
  if (count !== 0) text = `${text.trimEnd()}${suffixes[count]} `;
  if (sameThreeOperands(instruction, form)) operands = operands.slice(0, -1);
  return prefixes + text + writeOperands(att, operands, instruction, address, options);
}

/** Address sizes show where no operand does. */
function addressWord(instruction: Instruction, form: Form): string {
  const implied = /^(clzero|invlpg[ab]|pvalidate|vmrun|vmload|vmsave)$/.test(form.mnemonic)
    ? instruction.addressSize
    : 0;
  if (/^loop/.test(form.mnemonic)) return '';
  const size = implied === instruction.mode ? 0 : implied || hiddenAddressSize(instruction, form);
  return size === 0 ? '' : `addr${size} `;
}

function attSegmentWord(instruction: Instruction, form: Form): string {
  if (!/^maskmov/.test(form.mnemonic)) return segmentWord(instruction, form);
  const segment = stringSegment(instruction);
  return segment === '' ? '' : `${segment} `;
}

/** aam and aad with their usual base. */
function isTen(instruction: Instruction, form: Form): boolean {
  return /^aa[dm]$/.test(form.mnemonic) && instruction.immediate === 10;
}

/** nop with the other operand size. */
function exchange(instruction: Instruction, form: Form): string {
  const size = instruction.operandSize;
  if (size === naturalSize(form, instruction.mode)) return 'nop';
  const name = registerName(0, size, true);
  return `xchg %${name},%${name}`;
}

const roundings = ['{rn-sae}', '{rd-sae}', '{ru-sae}', '{rz-sae}'];

const att: Syntax = {
  mask: ({ mask, zeroing }) => (zeroing ? `{%k${mask}}{z}` : `{%k${mask}}`),
  rounding: (mode) => roundings[mode] ?? '{sae}',
  roundingFirst: true,
  plans: [],
  makePlan,
  number,
  padded,
  memory,
  far: (instruction, digits) =>
    `$${padded(0, instruction.immediate2, 4)},$${padded(0, instruction.immediate >>> 0, digits)}`,
  special,
};

/**
 * Text in AT&T syntax, as iced-x86's Gas formatter writes it: `addl $5,0x10(%eax,%ecx,4)`.
 * `address` is where the instruction is. Invalid ones are '(bad)'.
 */
export function formatAtt(
  instruction: Instruction,
  address: number | bigint,
  options: FormatOptions = {},
): string {
  return formatWith(att, instruction, address, options);
}
