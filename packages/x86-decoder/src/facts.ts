import { eflags } from './form';
import type { FlagEffects, Form, OperandKind, OperandSpec, Privilege, Sensitivity } from './form';
import { accessMask, accessName, mayRead, mayWrite, read, sourceSegment, Uses, write } from './facts-use';
import type { Access, MemoryUse, RegisterUse } from './facts-use';
import { implicitUses } from './facts-implicit';
import { stackUses, stringUses } from './facts-stack';
import { registerNumber, registerOperand } from './format-names';
import { formById } from './forms';
import type { Instruction } from './instruction';
import { registerName, segmentNames } from './registers';

/** An explicit operand, in Intel order. */
export interface OperandFacts {
  readonly kind: OperandKind;
  /** The operand is memory rather than a register. */
  readonly memory: boolean;
  /** Name of the register, '' if the operand is none. */
  readonly register: string;
  /** Bits of what is accessed; 0 where there is no one size. */
  readonly size: number;
  readonly access: Access;
}

/** What one decoded instruction does, with all sizes resolved. */
export interface InstructionFacts {
  readonly mnemonic: string;
  readonly operands: readonly OperandFacts[];
  /** All registers: of operands, of addresses, and implied. */
  readonly registers: readonly RegisterUse[];
  /** All memory: operands, and what the instruction implies (stacks, strings). */
  readonly memory: readonly MemoryUse[];
  /** EFLAGS; where an immediate count decides what a shift or rotate does to them, as decided. */
  readonly flags: FlagEffects;
  /** Processor or CPUID feature that brought the instruction. */
  readonly feature: string;
  readonly privilege: Privilege;
  /** Popek-Goldberg class. */
  readonly sensitivity: Sensitivity;
}

/**
 * The facts of a decoded instruction. Of an invalid one: no operands, no uses.
 *
 * The stack is assumed to be as wide as the code (SS.B is not known here). x87 stack registers are those before the instruction:
 * the register that a load pushes is not listed. Instructions that save and restore state whose amount is decided at run time (XSAVE)
 * list their mask registers, not the state.
 */
export function instructionFacts(instruction: Instruction): InstructionFacts {
  const form = formById(instruction.form);
  const uses = new Uses(instruction);
  const operands = form.operands.map((spec, index) => operandFacts(instruction, form, spec, index));
  operands.forEach((operand, index) => addOperand(uses, form, form.operands[index], operand));
  if (form.rep === 'none') addImplied(uses, form);
  else stringUses(uses, form, sourceSegment(instruction));
  stackUses(uses, form);
  return {
    mnemonic: form.mnemonic,
    operands,
    registers: uses.registers,
    memory: uses.memory,
    flags: resolvedFlags(instruction, form),
    feature: form.feature,
    privilege: form.privilege,
    sensitivity: form.sensitivity,
  };
}

const memoryKinds = /^(rm|m|mmrm|xmmrm|moffs)$/;

function isMemory(instruction: Instruction, spec: OperandSpec): boolean {
  return instruction.memory && memoryKinds.test(spec.kind);
}

/** Results that do not depend on the operand when both are the same register (Intel optimization manual, 3.5.1.7). */
const zeroIdiom = /^(xor|sub|pxor|xorp[sd]|psub(us|s)?[bwdq])$/;

function isIdiom(instruction: Instruction, form: Form): boolean {
  if (instruction.memory || instruction.reg !== instruction.rm || !form.modrm) return false;
  return zeroIdiom.test(form.mnemonic) && form.operands.length === 2 && form.operands[1].kind !== 'imm';
}

function operandFacts(instruction: Instruction, form: Form, spec: OperandSpec, index: number): OperandFacts {
  const memory = isMemory(instruction, spec);
  const register = memory ? '' : registerOf(instruction, spec);
  const size = memory ? (spec.memory ?? spec.size) : spec.size;
  const access = accessName(operandAccess(instruction, form, spec, index));
  return { kind: spec.kind, memory, register, size, access };
}

function operandAccess(instruction: Instruction, form: Form, spec: OperandSpec, index: number): number {
  const { mnemonic } = form;
  const plain = accessMask(spec.access);
  if (isIdiom(instruction, form)) return index === 0 ? write : 0;
  if (/^fcmov/.test(mnemonic)) return index === 0 ? mayWrite : mayRead;
  if (index > 0) return plain;
  if (/^cmov/.test(mnemonic)) {
    // The upper half is cleared even if nothing is moved, so the register is read and written.
    return spec.size === 32 && instruction.mode === 64 ? plain : mayWrite;
  }
  // Flushing a line checks the access like a load of it.
  if (/^cl(flush|flushopt|wb)$/.test(mnemonic)) return read;
  if (/^(bs[fr]|lar|lsl)$/.test(mnemonic)) return mayWrite;
  return /^(cmpxchg(8b|16b)?|arpl)$/.test(mnemonic) ? read | mayWrite : plain;
}

/** Name of the register that an operand is, '' if it is none. */
function registerOf(instruction: Instruction, spec: OperandSpec): string {
  if (spec.kind === 'fixed') return spec.register ?? '';
  if (spec.kind === 'st0') return 'st0';
  if (spec.kind === 'sti') return `st${instruction.rm & 7}`;
  const registers = registerOperand(spec);
  if (registers === undefined) return '';
  const names = instruction.rex === 0 ? registers.names : registers.rexNames;
  return names[registerNumber(instruction, registers.source)];
}

const generalKinds = /^(reg|rm|r|opreg)$/;

function addOperand(uses: Uses, form: Form, spec: OperandSpec, operand: OperandFacts): void {
  const { instruction } = uses;
  const mask = accessMask(operand.access);
  if (operand.memory) return addMemory(uses, form, operand, mask);
  if (mask === 0) return;
  if (generalKinds.test(spec.kind)) {
    const number = spec.kind === 'reg' ? instruction.reg : instruction.rm;
    // A source that memory would give fewer bits of is used to that extent only.
    const narrow = (mask & (write | mayWrite)) === 0 ? (spec.memory ?? spec.size) : spec.size;
    return uses.general(number, narrow, mask);
  }
  if (spec.kind === 'fixed') return addNamed(uses, spec.register ?? '', mask);
  if (operand.register !== '') uses.register(operand.register, mask);
}

const accumulators: Readonly<Record<string, number>> = { eax: 0, ecx: 1 };

/** A register by its name. */
function addNamed(uses: Uses, name: string, mask: number): void {
  if (name in accumulators) uses.general(accumulators[name], 32, mask);
  else uses.register(name, mask);
}

function addMemory(uses: Uses, form: Form, operand: OperandFacts, mask: number): void {
  const { instruction } = uses;
  if (mask === 0 && /^(nop|ud[01])$/.test(form.mnemonic)) return;
  const size = addressRegisterSize(instruction, form);
  const name = (number: number): string =>
    number < 0 ? '' : number === 16 ? (size === 64 ? 'rip' : 'eip') : registerName(number, size, true);
  const [base, index] = [name(instruction.base), name(instruction.index)];
  if (instruction.base >= 0 && instruction.base < 16) uses.register(base, read);
  if (index !== '') uses.register(index, read);
  if (form.mnemonic === 'lea') return;
  const segment = segmentNames[instruction.segment];
  uses.segment(segment);
  if (mask === 0) return;
  uses.memory.push({
    segment,
    base,
    index,
    scale: instruction.scale,
    displacement: displacement(instruction),
    size: operand.size / 8,
    access: operand.access,
  });
}

/** lea takes no more of its registers than its result has bits. */
function addressRegisterSize(instruction: Instruction, form: Form): number {
  const size = instruction.addressSize;
  return form.mnemonic === 'lea' ? Math.min(size, form.operandSize) : size;
}

function displacement(instruction: Instruction): bigint {
  const value = BigInt(instruction.displacement) + (BigInt(instruction.displacementHigh) << 32n);
  const absolute = instruction.base < 0 && instruction.index < 0;
  return absolute ? BigInt.asUintN(instruction.addressSize, value) : value;
}

const generalNames = ['ax', 'cx', 'dx', 'bx', 'sp', 'bp', 'si', 'di'];

/** Uses of the table of implied ones. */
function addImplied(uses: Uses, form: Form): void {
  const { instruction } = uses;
  const first = form.operands[0]?.size ?? 0;
  const row = implicitUses(form.mnemonic, first, form.operands.length);
  for (const word of row === '' ? [] : row.split(' ')) {
    const [what, access] = split(word);
    const mask = accessMask(access);
    const [, base, index = '', bytes] = /^\[s:(\w+?)(?:\+(\w+))?\](\d+)$/.exec(what) ?? [];
    if (base === undefined) addRegister(uses, what, mask);
    else {
      const name = registerName(generalOf(base), instruction.addressSize, true);
      uses.access(sourceSegment(instruction), name, 0n, Number(bytes), mask, index);
    }
  }
  if (/^j[er]?cxz$/.test(form.mnemonic)) uses.general(1, form.addressSize, read);
  if (/^loop/.test(form.mnemonic)) uses.general(1, instruction.addressSize, read | write);
}

/** `what:access`, where `what` may hold a colon. */
function split(word: string): [what: string, access: string] {
  const colon = word.lastIndexOf(':');
  return [word.slice(0, colon), word.slice(colon + 1)];
}

function generalOf(name: string): number {
  return generalNames.indexOf(name.slice(0, 2));
}

function addRegister(uses: Uses, name: string, mask: number): void {
  const { instruction } = uses;
  if (name === 's') return uses.segment(sourceSegment(instruction));
  if (name === 'st0-7') return range(uses, 'st', 8, mask);
  if (name === 'xmm*') return range(uses, 'xmm', instruction.mode === 64 ? 16 : 8, mask);
  const [, general, size] = /^([abcd]x|[sb]p|[sd]i)(8|h|16|32|64|[vaxe])$/.exec(name) ?? [];
  if (/^r11/.test(name)) {
    if (instruction.mode === 64) uses.general(11, name === 'r11' ? 64 : 32, mask);
  } else if (general === undefined) {
    uses.register(name, mask);
  } else if (size === 'h') {
    uses.register(registerName(generalOf(general) + 4, 8, false), mask);
  } else {
    uses.general(generalOf(general), bits(instruction, size), mask);
  }
}

function bits(instruction: Instruction, size: string): number {
  switch (size) {
    case 'v':
      return instruction.operandSize;
    case 'a':
      return instruction.addressSize;
    case 'e':
      return Math.max(instruction.operandSize, 32);
    case 'x':
      return instruction.mode === 64 ? 64 : 32;
    default:
      return Number(size);
  }
}

function range(uses: Uses, name: string, count: number, mask: number): void {
  for (let number = 0; number < count; number++) uses.register(`${name}${number}`, mask);
}

const noFlags: FlagEffects = { read: 0, written: 0, cleared: 0, set: 0, undefined: 0 };
const shift = /^(rol|ror|rcl|rcr|shl|shr|sar|shld|shrd)$/;

/** Shifts and rotates by an immediate: by 0 they leave the flags alone, by 1 they define OF. */
function resolvedFlags(instruction: Instruction, form: Form): FlagEffects {
  const { flags, mnemonic, operands } = form;
  const last = operands.at(-1);
  if (/^(xor|sub)$/.test(mnemonic) && isIdiom(instruction, form)) return idiomFlags(mnemonic);
  if (mnemonic === 'pushf') return { ...flags, read: flags.read & 0xffff };
  if (last?.kind !== 'imm' || !shift.test(mnemonic)) return flags;
  const masked = instruction.immediate & (form.operandSize === 64 ? 63 : 31);
  const { size } = operands[0];
  // Through carry, a byte comes round after 9 steps and a word after 17.
  const count = /^rc/.test(mnemonic) && size < 32 ? masked % (size + 1) : masked;
  if (count === 0) return noFlags;
  if (count !== 1) return flags;
  const of = eflags.of;
  const defined = { ...flags, undefined: flags.undefined & ~of };
  return mnemonic === 'sar'
    ? { ...defined, cleared: flags.cleared | of }
    : { ...defined, written: flags.written | of };
}

/** xor and sub of a register with itself: the result is 0. */
function idiomFlags(mnemonic: string): FlagEffects {
  const { af, zf, pf, of, sf, cf } = eflags;
  const cleared = of | sf | cf | (mnemonic === 'sub' ? af : 0);
  return { read: 0, written: 0, cleared, set: zf | pf, undefined: mnemonic === 'xor' ? af : 0 };
}
