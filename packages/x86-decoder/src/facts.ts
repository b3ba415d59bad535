import { eflags } from './form';
import type { FlagEffects, Form, OperandKind, OperandSpec, Privilege, Sensitivity } from './form';
import { accessMask, accessName, mayRead, mayWrite, read, sourceSegment, Uses, write } from './facts-use';
import type { Access, MemoryUse, RegisterUse } from './facts-use';
import { implicitUses } from './facts-implicit';
import { stackUses, stringUses } from './facts-stack';
import { registerNumber, registerOperand, vectorTable } from './format-names';
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
  addMask(uses, form);
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

const memoryKinds = /rm$|^(m|moffs|vsib)$/;

function isMemory(instruction: Instruction, spec: OperandSpec): boolean {
  return instruction.memory && memoryKinds.test(spec.kind);
}

/** Results that do not depend on the operand when both are the same register (Intel optimization manual, 3.5.1.7). */
const zeroIdiom = /^(xor|sub|v?pxor[dq]?|v?xorp[sd]|v?psub(us|s)?[bwdq])$/;

function isIdiom(instruction: Instruction, form: Form): boolean {
  const { operands } = form;
  const other = operands.length === 3 ? instruction.vvvv : instruction.reg;
  const significant = operands[0]?.kind === 'mmreg' ? 7 : 31;
  if (instruction.memory || ((other ^ instruction.rm) & significant) !== 0 || !form.modrm) return false;
  return zeroIdiom.test(form.mnemonic) && operands.at(-1)?.kind !== 'imm';
}

function operandFacts(instruction: Instruction, form: Form, spec: OperandSpec, index: number): OperandFacts {
  const memory = isMemory(instruction, spec);
  const register = memory ? '' : registerOf(instruction, spec);
  const wide = memory ? (spec.memory ?? spec.size) : spec.size;
  const size = instruction.broadcast && spec.broadcast !== undefined ? spec.broadcast : wide;
  const access = accessName(operandAccess(instruction, form, spec, index));
  return { kind: spec.kind, memory, register, size, access };
}

function operandAccess(instruction: Instruction, form: Form, spec: OperandSpec, index: number): number {
  const { mnemonic } = form;
  const plain = accessMask(spec.access);
  if (isIdiom(instruction, form)) return index === 0 ? write : 0;
  if (/^fcmov/.test(mnemonic)) return index === 0 ? mayWrite : mayRead;
  if (index > 0) return plain;
  if (instruction.mask !== 0) return maskedAccess(instruction, form, spec, plain);
  if (/^cmov/.test(mnemonic)) {
    // The upper half is cleared even if nothing is moved, so the register is read and written.
    return spec.size === 32 && instruction.mode === 64 ? plain : mayWrite;
  }
  // Flushing a line checks the access like a load of it.
  if (/^cl(flush|flushopt|wb)$/.test(mnemonic)) return read;
  if (/^(bs[fr]|lar|lsl)$/.test(mnemonic)) return mayWrite;
  return /^(cmpxchg(8b|16b)?|arpl)$/.test(mnemonic) ? read | mayWrite : plain;
}

/** A destination under a mask: elements that are not selected stay, or become zero in a register. */
function maskedAccess(instruction: Instruction, form: Form, spec: OperandSpec, plain: number): number {
  if ((plain & write) === 0 || instruction.zeroing || spec.kind === 'kreg') return plain;
  if (isMemory(instruction, spec)) return (plain & read) | mayWrite;
  // The mask of a blend chooses between sources.
  if (/^vp?blendm/.test(form.mnemonic)) return plain;
  // Above its 128 or 256 bits the register is cleared under any mask.
  return spec.size === 512 ? read | mayWrite : plain | read;
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

const generalKinds = /^(reg|rm|r|opreg|regv)$/;

function addOperand(uses: Uses, form: Form, spec: OperandSpec, operand: OperandFacts): void {
  const { instruction } = uses;
  const mask = accessMask(operand.access);
  if (operand.memory) return addMemory(uses, form, spec, operand, mask);
  if (mask === 0) return;
  if (generalKinds.test(spec.kind)) {
    const number = registerNumber(instruction, registerOperand(spec)?.source ?? 0);
    // A source that memory would give fewer bits of is used to that extent only.
    const narrow = (mask & (write | mayWrite)) === 0 ? usedBits(form, spec) : spec.size;
    return uses.general(number, narrow, mask, narrow < spec.size);
  }
  if (spec.kind === 'fixed') return addNamed(uses, spec.register ?? '', mask);
  if (spec.kind.startsWith('xmm') || spec.kind === 'kreg') return addVector(uses, form, spec, mask);
  if (operand.register !== '') uses.register(operand.register, mask);
}

/** Bits of a general register that a source is read for. */
function usedBits(form: Form, spec: OperandSpec): number {
  const { mnemonic, operands } = form;
  if (mnemonic === 'vpbroadcastb') return 8;
  if (mnemonic === 'vpbroadcastw') return 16;
  if (spec === operands[2] && mnemonic === 'bextr') return 16;
  if (spec === operands[2] && /^(bzhi|shlx|shrx|sarx)$/.test(mnemonic)) return 8;
  if (/^incssp[dq]$/.test(mnemonic)) return 8;
  if (/^(tpause|umwait)$/.test(mnemonic)) return 32;
  return spec.memory ?? spec.size;
}

/** Vector and opmask registers, of which an operand can name several. */
function addVector(uses: Uses, form: Form, spec: OperandSpec, mask: number): void {
  const { instruction } = uses;
  const number = registerNumber(instruction, registerOperand(spec)?.source ?? 0);
  const count = spec.count ?? 1;
  const first = number & -count;
  for (let i = first; i < first + count; i++) {
    if (spec.kind === 'kreg') uses.register(`k${i & 7}`, mask);
    else uses.vector(i, spec.size, mask, form.encoding !== 'legacy');
  }
}

/** The opmask register; gather and scatter clear its bits as they go. */
function addMask(uses: Uses, form: Form): void {
  const { mask } = uses.instruction;
  if (mask === 0) return;
  const changes = form.masking === 'required' && !/pf[01][dq]p[sd]$/.test(form.mnemonic);
  uses.register(`k${mask}`, changes ? read | write : read);
}

const accumulators: Readonly<Record<string, number>> = { eax: 0, ecx: 1 };

/** A register by its name. */
function addNamed(uses: Uses, name: string, mask: number): void {
  if (name in accumulators) uses.general(accumulators[name], 32, mask);
  else uses.register(name, mask);
}

function addMemory(uses: Uses, form: Form, spec: OperandSpec, operand: OperandFacts, mask: number): void {
  const { instruction } = uses;
  if (mask === 0 && /^(nop|ud[01])$/.test(form.mnemonic)) return;
  const size = addressRegisterSize(instruction, form);
  const name = (number: number): string =>
    number < 0 ? '' : number === 16 ? (size === 64 ? 'rip' : 'eip') : registerName(number, size, true);
  const base = name(instruction.base);
  const vector = spec.index !== undefined && instruction.index >= 0;
  const index = vector ? `${vectorTable(spec.index)}${instruction.index}` : name(instruction.index);
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
    displacement: displacement(instruction) + poppedBytes(instruction, form),
    size: operand.size / 8,
    access: operand.access,
  });
}

/** POP computes an address that contains the stack pointer after it has moved it. */
function poppedBytes(instruction: Instruction, form: Form): bigint {
  return form.mnemonic === 'pop' && instruction.base === 4 && instruction.addressSize !== 16
    ? BigInt(form.operandSize / 8)
    : 0n;
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
    const [, segment, base, index = '', bytes] = /^\[(s|es):(@|\w+?)(?:\+(\w+))?\](\d+)$/.exec(what) ?? [];
    if (base === undefined) addRegister(uses, what, mask);
    else {
      const place = segment === 's' ? sourceSegment(instruction) : segment;
      uses.access(place, baseName(instruction, form, base), 0n, Number(bytes), mask, index);
    }
  }
  if (/^j[er]?cxz$/.test(form.mnemonic)) uses.general(1, form.addressSize, read);
  if (/^loop/.test(form.mnemonic)) uses.general(1, instruction.addressSize, read | write);
}

function baseName(instruction: Instruction, form: Form, base: string): string {
  if (base === '@') return registerOf(instruction, form.operands[0]);
  return registerName(generalOf(base), instruction.addressSize, true);
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
  if (name === 's') return uses.segment(sourceSegment(instruction), mask);
  if (name === 'xmm0-7') return range(uses, 'xmm', 8, mask);
  if (name === 'st0-7') return range(uses, 'st', 8, mask);
  if (name === 'tmm0-7') return range(uses, 'tmm', 8, mask);
  if (name.endsWith('*')) return range(uses, name.slice(0, -1), instruction.mode === 64 ? 16 : 8, mask);
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
