/*
 * Formatting in two steps. What a form's text has in common for all its instructions in one kind of code - mnemonic, size words,
 * register names with their decoration - is worked out once, as a plan; an instruction's text then needs only look-ups and
 * concatenation. The two syntaxes differ in their plans and in how numbers and memory operands are written.
 */
import type { Form, OperandSpec } from './form';
import { registerOperand, source } from './format-names';
import { addressSum, toBigInt } from './format-numbers';
import type { FormatOptions } from './format-parts';
import { formById } from './forms';
import type { Instruction } from './instruction';

/** How an operand is written; those up to `rm` are registers. */
export const code = { reg: 0, rm: 1, register: 2, text: 3, imm: 4, memory: 5, rel: 6, far: 7 } as const;

export interface OperandPlan {
  readonly code: number;
  readonly spec: OperandSpec;
  /** Registers: where the number is, and the names as they are written. */
  readonly source: number;
  readonly names: readonly string[];
  readonly rexNames: readonly string[];
  /** The text of an operand that is always the same. */
  readonly text: string;
  /** What precedes a memory operand: Intel's size, AT&T's star. */
  readonly before: string;
  /** The same for a broadcast element, and what follows it. */
  readonly beforeBroadcast: string;
  readonly afterBroadcast: string;
  /** Immediates: bits that are written; the second immediate. */
  readonly width: number;
  readonly second: boolean;
  /** Branch targets: digits. */
  readonly digits: number;
  /** Memory: bits of a vector index, else 0; segment overrides show. */
  readonly vectorIndex: number;
  readonly segments: boolean;
  /** The operand that EVEX masks (and the one that carries the rounding, in Intel syntax). */
  readonly masked: boolean;
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
  /** Something depends on more than that: the syntax's `special` writes the text. */
  readonly special: boolean;
}

export interface Syntax {
  /** By form and kind of code. */
  readonly plans: (Plan | undefined)[];
  makePlan(form: Form, mode: 16 | 32 | 64): Plan;
  /** A number in full: unsigned, of two halves. */
  number(high: number, low: number): string;
  /** A number with this many digits. */
  padded(high: number, low: number, digits: number): string;
  readonly immediate: string;
  memory(
    instruction: Instruction,
    operand: OperandPlan,
    address: number | bigint,
    options: FormatOptions,
  ): string;
  far(instruction: Instruction, digits: number): string;
  special(plan: Plan, instruction: Instruction, address: number | bigint, options: FormatOptions): string;
}

const plainOperand: OperandPlan = {
  code: code.text,
  spec: { kind: 'one', size: 8, access: 'r' },
  source: source.none,
  names: [],
  rexNames: [],
  text: '',
  before: '',
  beforeBroadcast: '',
  afterBroadcast: '',
  width: 0,
  second: false,
  digits: 0,
  vectorIndex: 0,
  segments: true,
  masked: false,
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
  const base = { ...plainOperand, spec, masked: index === 0, segments: form.mnemonic !== 'lea' };
  const registers = registerOperand(spec);
  if (registers !== undefined) {
    const names = registers.names.map((name) => sigil + name);
    const rexNames =
      registers.rexNames === registers.names ? names : registers.rexNames.map((name) => sigil + name);
    const memory = /rm$/.test(spec.kind);
    const kind = memory ? code.rm : registers.source === source.reg ? code.reg : code.register;
    return { ...base, code: kind, source: registers.source, names, rexNames };
  }
  switch (spec.kind) {
    case 'fixed':
      return { ...base, text: sigil + (spec.register ?? '') };
    case 'imm': {
      const second = form.operands.findIndex((other) => other.kind === 'imm') !== index;
      return { ...base, code: code.imm, width: second ? 8 : (spec.extended ?? spec.size), second };
    }
    case 'rel':
      return { ...base, code: code.rel, digits: (mode === 64 ? 64 : form.operandSize) / 4 };
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

/** The operands that are written, in Intel order: reserved long nops have a register operand too. */
export function shownOperands(form: Form): readonly OperandSpec[] {
  const { operands, opcode, digit } = form;
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
  let plan = syntax.plans[key];
  if (plan === undefined) {
    plan = syntax.makePlan(formById(instruction.form), instruction.mode);
    syntax.plans[key] = plan;
  }
  if (plan.special || instruction.lock || instruction.rep !== 0)
    return syntax.special(plan, instruction, address, options);
  const text = instruction.memory ? plan.memoryMnemonic : plan.mnemonic;
  const { operands } = plan;
  return operands.length === 0 ? text : text + writeOperands(syntax, operands, instruction, address, options);
}

export function writeOperands(
  syntax: Syntax,
  operands: readonly OperandPlan[],
  instruction: Instruction,
  address: number | bigint,
  options: FormatOptions,
): string {
  let text = '';
  for (let i = 0; i < operands.length; i++) {
    if (i !== 0) text += ',';
    text += operandText(syntax, operands[i], instruction, address, options);
  }
  return text;
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
      return syntax.far(instruction, operand.digits);
  }
}

function registerText(operand: OperandPlan, instruction: Instruction): string {
  const names = instruction.rex === 0 ? operand.names : operand.rexNames;
  if (operand.source === source.rm) return names[instruction.rm];
  return names[operand.source === source.vvvv ? instruction.vvvv : instruction.is4];
}

function immediate(syntax: Syntax, operand: OperandPlan, instruction: Instruction): string {
  const { width } = operand;
  const value = operand.second ? instruction.immediate2 : instruction.immediate;
  const low = width === 8 ? value & 0xff : width === 16 ? value & 0xffff : value >>> 0;
  return syntax.immediate + syntax.number(width === 64 ? instruction.immediateHigh >>> 0 : 0, low);
}

function branch(
  syntax: Syntax,
  operand: OperandPlan,
  instruction: Instruction,
  address: number | bigint,
  options: FormatOptions,
): string {
  const target = addressSum(address, instruction.length + instruction.branch, instruction.operandSize);
  const name = options.symbol?.(toBigInt(target));
  return operand.before + (name ?? syntax.padded(target.high, target.low, operand.digits));
}
