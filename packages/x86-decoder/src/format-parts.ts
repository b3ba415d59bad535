// What both syntaxes share: prefixes, numbers, branch targets, the parts of a memory operand.
import type { Form, OperandSpec } from './form';
import { forms } from './forms';
import type { Instruction } from './instruction';
import { registerName, segmentNames } from './registers';

export interface FormatOptions {
  /** Text for a branch target or absolute address, if it has a name. */
  readonly symbol?: (address: bigint) => string | undefined;
}

/** Conditions as both syntaxes usually spell them: je rather than jz. */
export function commonMnemonic(mnemonic: string): string {
  const match = /^(j|set|cmov|loop)(n?)z$/.exec(mnemonic);
  return match ? `${match[1]}${match[2]}e` : mnemonic;
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
  else if (nearBranch.test(form.mnemonic) && !form.far) {
    if (instruction.rep === 0xf2 && !(form.mnemonic === 'jmp' && form.opcode === 0xeb)) text += 'bnd ';
    else if (instruction.rep === 0xf3 && form.mnemonic === 'ret' && form.operands.length === 0)
      text += 'rep ';
  }
  return text;
}

const sizeFromPrefix = /^(ret|retf|enter|leave|loop(n?z)?|j[er]?cxz)$/;

/** Operand size that a prefix chose and that no operand shows; 0 if it is the code's own, or shown. */
export function hiddenOperandSize(instruction: Instruction, form: Form): number {
  const kind = form.operands[0]?.kind;
  const hidden =
    kind === 'rel' ||
    kind === 'far' ||
    sizeFromPrefix.test(form.mnemonic) ||
    (/^(push|pop)$/.test(form.mnemonic) && (kind === 'fixed' || kind === 'imm'));
  if (!hidden) return 0;
  const natural = instruction.mode === 64 && form.sizeRule === 'exact' ? 32 : instruction.mode;
  return form.operandSize === natural ? 0 : form.operandSize;
}

/** Address size that a prefix chose and that no operand shows, else 0. */
export function hiddenAddressSize(instruction: Instruction, form: Form): number {
  const hidden =
    /^(loop(n?z)?|monitorx?|maskmov.*)$/.test(form.mnemonic) ||
    form.operands.some((operand) => operand.kind === 'moffs');
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
  if (!conditional) return '';
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

/** Where a `rel` operand leads. */
export function branchTarget(instruction: Instruction, address: number | bigint): bigint {
  return BigInt.asUintN(
    instruction.operandSize,
    BigInt(address) + BigInt(instruction.length + instruction.branch),
  );
}

/** Value of an immediate operand as an unsigned number of the width it is extended to. */
export function immediateValue(instruction: Instruction, form: Form, operand: OperandSpec): bigint {
  const first = form.operands.find((other) => other.kind === 'imm');
  if (operand !== first) return BigInt(instruction.immediate2);
  const width = operand.extended ?? operand.size;
  const low = BigInt(instruction.immediate);
  const value = width === 64 ? (BigInt(instruction.immediateHigh) << 32n) | BigInt.asUintN(32, low) : low;
  return BigInt.asUintN(width, value);
}

/** A memory operand with names in place of numbers. */
export interface MemoryText {
  /** Segment register to show, '' if none. */
  readonly segment: string;
  readonly base: string;
  readonly index: string;
  readonly scale: number;
  /** Signed if there is a base or an index, else an unsigned address. */
  readonly displacement: bigint;
  readonly absolute: boolean;
}

/** rip-relative operands are given as the address they mean. */
export function memoryText(instruction: Instruction, address: number | bigint): MemoryText {
  const size = instruction.addressSize;
  const relative = instruction.base === 16;
  const base = instruction.base < 0 || relative ? '' : registerName(instruction.base, size, true);
  const index = instruction.index < 0 ? '' : registerName(instruction.index, size, true);
  const absolute = base === '' && index === '';
  let displacement = BigInt(instruction.displacement);
  if (relative) displacement += BigInt(address) + BigInt(instruction.length);
  if (instruction.displacementHigh !== 0) displacement += BigInt(instruction.displacementHigh) << 32n;
  if (absolute) displacement = BigInt.asUintN(size, displacement);
  const segment =
    instruction.segmentOverride && formOf(instruction).mnemonic !== 'lea'
      ? segmentNames[instruction.segment]
      : '';
  return { segment, base, index, scale: instruction.scale, displacement, absolute };
}

export function formOf(instruction: Instruction): Form {
  return forms[instruction.form];
}

/** Name of a register operand without decoration, or undefined if the operand is no register. */
export function registerText(instruction: Instruction, operand: OperandSpec): string | undefined {
  const rex = instruction.rex !== 0;
  switch (operand.kind) {
    case 'reg':
      return registerName(instruction.reg, operand.size, rex);
    case 'rm':
    case 'r':
      return instruction.memory ? undefined : registerName(instruction.rm, operand.size, rex);
    case 'opreg':
      return registerName(instruction.rm, operand.size, rex);
    case 'fixed':
      return operand.register;
    case 'sreg':
      return segmentNames[instruction.reg];
    case 'creg':
      return `cr${instruction.reg}`;
    case 'dreg':
      return `dr${instruction.reg}`;
    case 'mmreg':
      return `mm${instruction.reg & 7}`;
    case 'xmmreg':
      return `xmm${instruction.reg}`;
    case 'mmr':
    case 'mmrm':
      return instruction.memory ? undefined : `mm${instruction.rm & 7}`;
    case 'xmmr':
    case 'xmmrm':
      return instruction.memory ? undefined : `xmm${instruction.rm}`;
    default:
      return undefined;
  }
}
