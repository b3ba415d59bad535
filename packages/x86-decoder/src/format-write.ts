// Texts from plans.
import type { Form } from './form';
import { source } from './format-names';
import { addressSum, toBigInt } from './format-numbers';
import type { TargetTexts } from './format-numbers';
import type { FormatOptions } from './format-parts';
import { code, special } from './format-plan';
import type { OperandPlan, Plan, Syntax } from './format-plan';
import { formById } from './forms';
import type { Instruction } from './instruction';

/** Text of an instruction; `address` is where it is. */
export function formatWith(
  syntax: Syntax,
  instruction: Instruction,
  address: number | bigint,
  options: FormatOptions,
): string {
  const key = instruction.form * 3 + (instruction.mode >> 5);
  const plan = syntax.plans[key] ?? addPlan(syntax, key, instruction);
  if (instruction.lock || instruction.rep !== 0 || isSpecial(plan.special, instruction))
    return syntax.special(plan, instruction, address, options);
  const { operands } = plan;
  if (operands.length === 0) return plan.mnemonic;
  const first = operands[0];
  if (!isRegister(first, instruction)) {
    if (plan.targets !== undefined && options.symbol === undefined)
      return branchText(plan.targets, first, instruction, address);
    const text = instruction.memory ? plan.memoryMnemonic : plan.mnemonic;
    return (
      text +
      operandText(syntax, first, instruction, address, options) +
      others(syntax, plan, instruction, address, options)
    );
  }
  const slot = registerSlot(first, instruction);
  const text = plan.firsts[slot] ?? addFirst(plan, slot);
  if (operands.length === 1) return text;
  return text + others(syntax, plan, instruction, address, options);
}

/** All operands but the first. */
function others(
  syntax: Syntax,
  { operands }: Plan,
  instruction: Instruction,
  address: number | bigint,
  options: FormatOptions,
): string {
  if (operands.length === 1) return '';
  let text = operandText(syntax, operands[1], instruction, address, options);
  for (let i = 2; i < operands.length; i++)
    text += operandText(syntax, operands[i], instruction, address, options);
  return text;
}

function isRegister(operand: OperandPlan, instruction: Instruction): boolean {
  return operand.code === code.reg || (operand.code === code.rm && !instruction.memory);
}

/** The number of the register that an operand is, or 32 above it under a REX prefix. */
function registerSlot(operand: OperandPlan, instruction: Instruction): number {
  const number = operand.code === code.reg ? instruction.reg : instruction.rm;
  return instruction.rex === 0 ? number : number + 32;
}

function branchText(
  targets: TargetTexts,
  operand: OperandPlan,
  instruction: Instruction,
  address: number | bigint,
): string {
  const offset = instruction.length + instruction.branch;
  if (typeof address === 'number' && operand.digits >= 8) {
    const sum = address + offset;
    if (sum >= 0 && sum < 0x100000000) return targets.get(0, sum, operand.digits);
  }
  const { high, low } = addressSum(address, offset, operand.digits * 4);
  return targets.get(high, low, operand.digits);
}

/** `slot` is a register's number, or 32 above it under a REX prefix. */
function addFirst(plan: Plan, slot: number): string {
  const [{ names, rexNames }] = plan.operands;
  return (plan.firsts[slot] = plan.mnemonic + (slot < 32 ? names : rexNames)[slot & 31]);
}

function addPlan({ plans, makePlan }: Syntax, key: number, instruction: Instruction): Plan {
  // Without gaps, which are slow.
  while (plans.length <= key) plans.push(undefined);
  return (plans[key] = makePlan(formById(instruction.form), instruction.mode));
}

function isSpecial(when: number, instruction: Instruction): boolean {
  switch (when) {
    case special.never:
      return false;
    case special.always:
      return true;
    case special.prefixed:
      return instruction.segmentPrefix >= 0;
    default:
      return instruction.mask !== 0 || instruction.broadcast || instruction.sae;
  }
}

/** Never rounds, so that the rounding is not shown. */
function isExact({ mnemonic, operands }: Form): boolean {
  return /^vcvtu?dq2pd$/.test(mnemonic) || (/^vcvtu?si2sd$/.test(mnemonic) && operands[2].size === 32);
}

/** The text of operands, of which the first may have been left out, with masks and rounding. */
export function writeOperands(
  syntax: Syntax,
  operands: readonly OperandPlan[],
  instruction: Instruction,
  address: number | bigint,
  options: FormatOptions,
): string {
  const texts: string[] = [];
  let rounding = instruction.sae ? syntax.rounding(instruction.rounding) : '';
  if (isExact(formById(instruction.form))) rounding = '';
  for (const operand of operands) {
    if (
      syntax.roundingFirst &&
      rounding !== '' &&
      operand.code !== code.imm &&
      !/^r/.test(operand.spec.kind)
    ) {
      texts.push(rounding);
      rounding = '';
    }
    let text = operandText(syntax, operand, instruction, address, options);
    if (text.startsWith(',')) text = text.slice(1);
    if (operand.masked && instruction.mask !== 0) text += syntax.mask(instruction, operand);
    if (operand.masked && !syntax.roundingFirst) text += rounding;
    texts.push(text);
  }
  return texts.join(',');
}

export function operandText(
  syntax: Syntax,
  operand: OperandPlan,
  instruction: Instruction,
  address: number | bigint,
  options: FormatOptions,
): string {
  switch (operand.code) {
    case code.reg:
      return (instruction.rex === 0 ? operand.names : operand.rexNames)[instruction.reg];
    case code.rm:
      if (!instruction.memory)
        return (instruction.rex === 0 ? operand.names : operand.rexNames)[instruction.rm];
      return syntax.memory(instruction, operand, address, options);
    case code.memory:
      return syntax.memory(instruction, operand, address, options);
    case code.imm:
      return immediate(syntax, operand, instruction);
    case code.rel:
      return branch(syntax, operand, instruction, address, options);
    case code.register:
      return registerText(operand, instruction);
    case code.text:
      return operand.text;
    default:
      return operand.before + syntax.far(instruction, operand.digits);
  }
}

function registerText(operand: OperandPlan, instruction: Instruction): string {
  const names = instruction.rex === 0 ? operand.names : operand.rexNames;
  return names[operand.source === source.vvvv ? instruction.vvvv : instruction.is4];
}

function immediate(syntax: Syntax, operand: OperandPlan, instruction: Instruction): string {
  const { width } = operand;
  const value = operand.second ? instruction.immediate2 : instruction.immediate;
  if (value >= 0 && value < 256 && instruction.immediateHigh === 0 && operand.numbers.length > 0)
    return operand.numbers[value];
  const low = width === 8 ? value & 0xff : width === 16 ? value & 0xffff : value >>> 0;
  return operand.before + syntax.number(width === 64 ? instruction.immediateHigh >>> 0 : 0, low);
}

function branch(
  syntax: Syntax,
  operand: OperandPlan,
  instruction: Instruction,
  address: number | bigint,
  options: FormatOptions,
): string {
  const target = addressSum(address, instruction.length + instruction.branch, operand.digits * 4);
  const name = options.symbol?.(toBigInt(target));
  return operand.before + (name ?? syntax.padded(target.high, target.low, operand.digits));
}

/** A memory operand without base and index, or relative to the instruction pointer. */
export function absoluteText(
  syntax: Syntax,
  instruction: Instruction,
  address: number | bigint,
  options: FormatOptions,
): string {
  const { displacement, displacementHigh } = instruction;
  const relative = instruction.base === 16;
  const offset = relative ? displacement + instruction.length : displacement;
  const from = relative ? address : 0;
  if (options.symbol === undefined && typeof from === 'number' && displacementHigh === 0) {
    const sum = from + offset;
    if (sum >= 0 && sum < 0x100000000) return syntax.number(0, sum);
  }
  const place = addressSum(from, offset, instruction.addressSize);
  if (displacementHigh !== 0) place.high = displacementHigh >>> 0;
  return options.symbol?.(toBigInt(place)) ?? syntax.number(place.high, place.low);
}
