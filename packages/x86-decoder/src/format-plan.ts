/*
 * Formatting in two steps. What a form's text has in common for all its instructions in one kind of code - mnemonic, size words,
 * register names with their decoration - is worked out once, as a plan; an instruction's text then needs only look-ups and
 * concatenation. The two syntaxes differ in their plans and in how numbers and memory operands are written.
 */
import type { Form, OperandSpec } from './form';
import { registerOperand, source } from './format-names';
import type { AddressTexts, TargetTexts } from './format-numbers';
import type { FormatOptions } from './format-parts';
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
  /** Immediates: `before` with each number of a byte. */
  readonly numbers: readonly string[];
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
  /** Of a branch: its whole text. */
  readonly targets: TargetTexts | undefined;
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
  numbers: [],
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

const operandPlans: Map<string, OperandPlan> = new Map();

/** Few operands differ in their plan. Sharing them, and one literal for all, keeps what formatting reads small. */
function shared(operand: OperandPlan): OperandPlan {
  const { code, spec, source, names, rexNames, text, separator, before, broadcast, width, second } = operand;
  const { starts, offsets, numbers, digits, vectorIndex, segments, masked, maskRequired } = operand;
  const key = [
    [
      code,
      spec.kind,
      spec.size,
      source,
      names[0],
      rexNames[4],
      text,
      separator,
      before,
      broadcast,
      width,
      second,
    ],
    [starts === undefined, offsets[0], numbers[255], digits, vectorIndex, segments, masked, maskRequired],
  ].join(';');
  let plan = operandPlans.get(key);
  if (plan === undefined) {
    plan = {
      code,
      source,
      names,
      rexNames,
      text,
      before,
      starts,
      offsets,
      numbers,
      width,
      second,
      digits,
      vectorIndex,
      segments,
      separator,
      broadcast,
      masked,
      maskRequired,
      spec,
    };
    operandPlans.set(key, plan);
  }
  return plan;
}

/** The plan as it is used, with its operands completed. */
export function finishPlan(
  { form, prefix, mnemonic, memoryMnemonic, special, operands }: Plan,
  targets: TargetTexts | undefined,
  complete: (operand: OperandPlan) => OperandPlan,
): Plan {
  const completed = operands.map((operand) => shared(complete(operand)));
  return { special, operands: completed, mnemonic, memoryMnemonic, firsts: [], targets, form, prefix };
}

/** The operands that are written, in Intel order: reserved long nops have a register operand too. */
export function shownOperands(form: Form): readonly OperandSpec[] {
  const { operands, opcode, digit } = form;
  if (narrow.test(form.mnemonic))
    return operands.map((spec) => (/^rm?$/.test(spec.kind) ? { ...spec, size: 32 } : spec));
  const reserved = form.mnemonic === 'nop' && form.map === 1 && (opcode !== 0x1f || digit !== 0);
  return reserved ? [...operands, { kind: 'reg', size: form.operandSize, access: 'none' }] : operands;
}
