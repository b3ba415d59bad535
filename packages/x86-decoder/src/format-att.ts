import type { Form, OperandSpec } from './form';
import { attMnemonic, sizePrefix, suffixes } from './format-att-mnemonic';
import { addressNames, registerOperand } from './format-names';
import { AddressTexts, hex32, hex64, perText, smallNumbers, TargetTexts, WordTexts } from './format-numbers';
import {
  branchHint,
  hiddenAddressSize,
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

const bytes = /* @__PURE__ */ Array.from({ length: 256 }, (_, value) =>
  value < 10 ? String(value) : `0x${hex32(value)}`,
);

function number(high: number, low: number): string {
  return low < 256 && high === 0 ? bytes[low] : `0x${hex64(high, low)}`;
}

const words = /* @__PURE__ */ new WordTexts('');
const targetsAfter = /* @__PURE__ */ perText((before) => new TargetTexts(before, () => '0x', words));

function padded(high: number, low: number, digits: number): string {
  return targetsAfter('').get(high, low, digits);
}

const numbersAfter = /* @__PURE__ */ perText((before) => bytes.map((text) => before + text));

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

function branchTargets({ operands, mnemonic, special }: Plan): TargetTexts | undefined {
  return special !== when.always && operands[0]?.code === code.rel ? targetsAfter(mnemonic) : undefined;
}

function withTexts(operand: OperandPlan): OperandPlan {
  const { before } = operand;
  if (operand.code === code.imm) return { ...operand, numbers: numbersAfter(before) };
  const inMemory = operand.code === code.rm || operand.code === code.memory;
  return inMemory ? { ...operand, offsets: offsetsAfter(before) } : operand;
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
    mnemonic: attMnemonic(form, mode, false) + space,
    memoryMnemonic: attMnemonic(form, mode, true) + space,
    operands: separate(operands, '%'),
    special: prefix !== '' || loadsSegment(form) ? when.always : whenSpecial(form),
    firsts: [],
    targets: undefined,
  });
  return finishPlan(plan, branchTargets(plan), withTexts);
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
  if (isWideGetsec(instruction, form)) return `${prefixes}rex.w getsec`;
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
