/*
 * Formatting in two steps. What a form's text has in common for all its instructions in one kind of code - mnemonic, size words,
 * register names with their decoration - is worked out once, as a plan; an instruction's text then needs only look-ups and
 * concatenation. The two syntaxes differ in their plans and in how numbers and memory operands are written.
 */
import type { Form, OperandSpec } from './form';
import { registerOperand, source } from './format-names';
import { addressSum, toBigInt } from './format-numbers';
import type { AddressTexts } from './format-numbers';
import type { FormatOptions } from './format-parts';
import { formById } from './forms';
import type { Instruction } from './instruction';

/** How an operand is written; `rm`: as a register, or as memory if there is any. */
export const code = { reg: 0, rm: 1, register: 2, text: 3, imm: 4, memory: 5, rel: 6, far: 7 } as const;

/** `prefixed`: only with a segment prefix; `decorated`: with a mask, a broadcast or rounding. */
export const special = { never: 0, always: 1, prefixed: 2, decorated: 3 } as const;

export interface OperandPlan {
  readonly code: number;
  readonly spec: OperandSpec;
  /** Registers: where the number is, and the names as they are written. */
  readonly source: number;
  readonly names: readonly string[];
  readonly rexNames: readonly string[];
  /** The text of an operand that is always the same. */
  readonly text: string;
  /** A comma, but for the first operand. */
  readonly separator: string;
  /** What precedes an operand other than a register: that, Intel's size, AT&T's star. */
  readonly before: string;
  /** What follows a broadcast element. */
  readonly broadcast: string;
  /** Immediates: bits that are written; the second immediate. */
  readonly width: number;
  readonly second: boolean;
  /** Memory, Intel: `before` with each base and index. */
  readonly starts: AddressTexts | undefined;
  /** Memory, AT&T: `before` with each small displacement. */
  readonly offsets: readonly string[];
  /** Branch targets: digits. */
  readonly digits: number;
  /** Memory: bits of a vector index, else 0; segment overrides show. */
  readonly vectorIndex: number;
  readonly segments: boolean;
  /** The operand that EVEX masks: the first in Intel order. */
  readonly masked: boolean;
  readonly maskRequired: boolean;
}

export interface Plan {
  readonly form: Form;
  /** Words in front of other prefixes. */
  readonly prefix: string;
  /** The mnemonic, and a space if there are operands. */
  readonly mnemonic: string;
  /** The same with a memory operand. */
  readonly memoryMnemonic: string;
  readonly operands: readonly OperandPlan[];
  /** The mnemonic with each register as the first operand, those under a REX prefix behind; made when first needed. */
  readonly firsts: (string | undefined)[];
  /** When the syntax's `special` has to write the text, because it depends on more than that. */
  readonly special: number;
}

export interface Syntax {
  /** By form and kind of code. */
  readonly plans: (Plan | undefined)[];
  makePlan(form: Form, mode: 16 | 32 | 64): Plan;
  /** A number in full: unsigned, of two halves. */
  number(high: number, low: number): string;
  /** A number with this many digits. */
  padded(high: number, low: number, digits: number): string;
  memory(
    instruction: Instruction,
    operand: OperandPlan,
    address: number | bigint,
    options: FormatOptions,
  ): string;
  far(instruction: Instruction, digits: number): string;
  /** What follows an operand with a mask. */
  mask(instruction: Instruction, operand: OperandPlan): string;
  /** Embedded rounding: 0..3, or -1 for suppressed exceptions alone. */
  rounding(mode: number): string;
  /** The rounding is an operand in front of the vectors, rather than behind the destination. */
  readonly roundingFirst: boolean;
  special(plan: Plan, instruction: Instruction, address: number | bigint, options: FormatOptions): string;
}

const plainOperand: OperandPlan = {
  code: code.text,
  spec: { kind: 'one', size: 8, access: 'r' },
  source: source.none,
  names: [],
  rexNames: [],
  text: '',
  separator: '',
  before: '',
  broadcast: '',
  width: 0,
  second: false,
  starts: undefined,
  offsets: [],
  digits: 0,
  vectorIndex: 0,
  segments: true,
  masked: false,
  maskRequired: false,
};

/** An operand that is always the same text. */
export function textOperand(text: string): OperandPlan {
  return { ...plainOperand, text };
}

/** The plan of an operand but for its words; `sigil` precedes register names. */
export function planOperand(
  form: Form,
  spec: OperandSpec,
  index: number,
  mode: 16 | 32 | 64,
  sigil: string,
): OperandPlan {
  const broadcast = spec.broadcast === undefined ? '' : `{1to${spec.size / spec.broadcast}}`;
  const segments = form.mnemonic !== 'lea';
  const base = {
    ...plainOperand,
    spec,
    segments,
    broadcast,
    masked: index === 0,
    maskRequired: form.masking === 'required',
  };
  const registers = registerOperand(spec, sigil);
  if (registers !== undefined) {
    const place = registers.source;
    const kind = place === source.rm ? code.rm : place === source.reg ? code.reg : code.register;
    return { ...base, code: kind, ...registers };
  }
  switch (spec.kind) {
    case 'fixed':
      return { ...base, text: sigil + (spec.register ?? '') };
    case 'imm': {
      const second = form.operands.findIndex((other) => other.kind === 'imm') !== index;
      return { ...base, code: code.imm, width: second ? 8 : (spec.extended ?? spec.size), second };
    }
    case 'rel':
      return { ...base, code: code.rel, digits: targetBits(form, mode) / 4 };
    case 'far':
      return { ...base, code: code.far, digits: spec.size / 4 };
    case 'm':
    case 'moffs':
    case 'vsib':
      return { ...base, code: code.memory, vectorIndex: spec.index ?? 0 };
    default:
      return base;
  }
}

/** XBEGIN does not truncate to 16 bits. */
function targetBits(form: Form, mode: 16 | 32 | 64): number {
  if (mode === 64) return 64;
  return form.mnemonic === 'xbegin' ? 32 : form.operandSize;
}

/** Puts a comma in front of every operand but the first; `sigil` is the one of register names. */
export function separate(operands: readonly OperandPlan[], sigil: string): OperandPlan[] {
  return operands.map((operand, index) => {
    if (index === 0) return operand;
    const registers = operand.names.length === 0 ? undefined : registerOperand(operand.spec, `,${sigil}`);
    return {
      ...operand,
      ...registers,
      separator: ',',
      text: `,${operand.text}`,
      before: `,${operand.before}`,
    };
  });
}

/** What precedes the first operand joins the mnemonic, so that there is one text less to put together. */
export function joinPlan(plan: Plan): Plan {
  const [first, ...others] = plan.operands;
  const fixed = plan.special === special.never || plan.special === special.prefixed;
  if (first === undefined || !fixed) return plan;
  const inMemory = first.code === code.rm || first.code === code.memory;
  return {
    ...plan,
    mnemonic: inMemory ? plan.mnemonic : plan.mnemonic + first.before,
    memoryMnemonic: plan.memoryMnemonic + first.before,
    operands: [{ ...first, before: '' }, ...others],
  };
}

// The upper half of their general register does not matter.
const narrow = /^(vmovw|tpause|umwait)$/;

/** The operands that are written, in Intel order: reserved long nops have a register operand too. */
export function shownOperands(form: Form): readonly OperandSpec[] {
  const { operands, opcode, digit } = form;
  if (narrow.test(form.mnemonic))
    return operands.map((spec) => (/^rm?$/.test(spec.kind) ? { ...spec, size: 32 } : spec));
  const reserved = form.mnemonic === 'nop' && form.map === 1 && (opcode !== 0x1f || digit !== 0);
  return reserved ? [...operands, { kind: 'reg', size: form.operandSize, access: 'none' }] : operands;
}

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
  let text: string;
  if (first.code === code.reg || (first.code === code.rm && !instruction.memory)) {
    const number = first.code === code.reg ? instruction.reg : instruction.rm;
    const slot = instruction.rex === 0 ? number : number + 32;
    text = plan.firsts[slot] ?? addFirst(plan, slot);
  } else {
    text = instruction.memory ? plan.memoryMnemonic : plan.mnemonic;
    text += operandText(syntax, first, instruction, address, options);
  }
  for (let i = 1; i < operands.length; i++)
    text += operandText(syntax, operands[i], instruction, address, options);
  return text;
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
  const offset = instruction.length + instruction.branch;
  if (options.symbol === undefined && typeof address === 'number' && operand.digits >= 8) {
    const sum = address + offset;
    if (sum >= 0 && sum < 0x100000000) return operand.before + syntax.padded(0, sum, operand.digits);
  }
  const target = addressSum(address, offset, operand.digits * 4);
  if (options.symbol !== undefined) {
    const name = options.symbol(toBigInt(target));
    if (name !== undefined) return operand.before + name;
  }
  return operand.before + syntax.padded(target.high, target.low, operand.digits);
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
