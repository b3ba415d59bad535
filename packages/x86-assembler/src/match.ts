import type { Form, OperandSpec } from '@trapgate/x86-decoder';
import { addressSizeOf } from './effective-address';
import type { ImmediateOperand, MemoryOperand, Operand, RegisterOperand } from './operand';
import type { Register } from './registers';

/** The kind of code: bits of its default operand and address size. */
export type CodeMode = 16 | 32 | 64;

/** True if the form takes these operands in this mode (sizes, register classes, ranges of shortened immediates). */
export function matchesForm(form: Form, operands: readonly Operand[], mode: CodeMode): boolean {
  if (operands.length !== form.operands.length || (form.modes & (mode === 64 ? 2 : 1)) === 0) return false;
  if (form.operandSize === 64 && mode !== 64) return false;
  return form.operands.every((spec, index) => matchesOperand(form, spec, operands[index]!, mode));
}

function matchesOperand(form: Form, spec: OperandSpec, operand: Operand, mode: CodeMode): boolean {
  switch (operand.kind) {
    case 'register':
      return (mode === 64 || !needsLongMode(operand.register)) && matchesRegister(form, spec, operand);
    case 'memory':
      return matchesMemory(form, spec, operand, mode);
    case 'immediate':
      return matchesImmediate(spec, operand);
    case 'far':
      return spec.kind === 'far' && (operand.size === undefined || operand.size === form.operandSize);
  }
}

/** True if only 64-bit code can name the register. */
export function needsLongMode({ class: kind, number, size, needsRex }: Register): boolean {
  if (kind === 'control' || kind === 'debug') return false;
  return number >= 8 || needsRex || (kind === 'general' && size === 64);
}

function matchesRegister(form: Form, spec: OperandSpec, { register }: RegisterOperand): boolean {
  const general = register.class === 'general';
  switch (spec.kind) {
    case 'reg':
      return general && register.size === spec.size;
    case 'opreg':
      return general && register.size === spec.size && !(form.rexB && register.number === 0);
    case 'r':
      return general && register.size === spec.size;
    case 'rm':
      if (!general || form.mod === 'memory') return false;
      if (register.size === spec.size) return true;
      // Only the low word of these sources counts, so that a register of any size names it.
      if (form.operands[0]!.kind === 'sreg') return register.size > 16;
      return spec.memory !== undefined && spec.access === 'r' && register.size === spec.memory;
    case 'fixed':
      return register.name === spec.register;
    case 'sreg':
      return register.class === 'segment';
    case 'creg':
      return register.class === 'control';
    case 'dreg':
      return register.class === 'debug';
    case 'st0':
      return register.class === 'x87' && register.number === 0;
    case 'sti':
      return register.class === 'x87';
    case 'mmreg':
    case 'mmr':
      return register.class === 'mmx';
    case 'mmrm':
      return register.class === 'mmx' && form.mod !== 'memory';
    case 'bndreg':
      return register.class === 'bound';
    case 'bndrm':
      return register.class === 'bound' && form.mod !== 'memory';
    case 'xmmreg':
    case 'xmmr':
      return register.class === 'xmm';
    case 'xmmrm':
      return register.class === 'xmm' && form.mod !== 'memory';
    default:
      return false;
  }
}

/** Bits that a form accesses through a memory operand. */
export function memorySize(spec: OperandSpec): number {
  return spec.memory ?? spec.size;
}

function matchesMemory(form: Form, spec: OperandSpec, operand: MemoryOperand, mode: CodeMode): boolean {
  if (spec.kind === 'moffs') {
    if (operand.base || operand.index || operand.ripRelative) return false;
    if (mode === 64 && operand.displacementSize !== 64) return false;
  } else if (!['rm', 'm', 'mmrm', 'xmmrm', 'bndrm'].includes(spec.kind) || form.mod === 'register')
    return false;
  else if (operand.displacementSize === 64) return false;
  if (form.far || operand.far) {
    return form.far && operand.far === true && (!operand.size || operand.size === form.operandSize);
  }
  const address = addressSizeOf(operand, mode);
  if (form.addressSize !== 0 && form.addressSize !== address) return false;
  if (form.feature === 'mpx' && address === 16) return false;
  const size = memorySize(spec);
  // movzx r16, [x] can only mean a byte; the form with r16 and m16 has to be asked for.
  if (!operand.size && size === form.operandSize && /^mov[sz]x$/.test(form.mnemonic)) return false;
  return !operand.size || size === 0 || operand.size === size;
}

function matchesImmediate(spec: OperandSpec, operand: ImmediateOperand): boolean {
  if (spec.kind === 'one') return !operand.relocatable && !operand.strict && BigInt(operand.value) === 1n;
  if (spec.kind === 'rel') return matchesBranch(spec, operand);
  if (spec.kind !== 'imm') return false;
  const extended = spec.extended ?? spec.size;
  if (operand.size !== undefined) {
    if (operand.size !== spec.size && (operand.strict || operand.size !== extended)) return false;
    if (operand.size === spec.size && spec.size === 8) return true; // a stated byte is taken at its word
  }
  return spec.size === extended || fits(operand, spec.size, extended);
}

/** True if the value, taken as one of `extended` bits, is the sign extension of its low `size` bits. */
function fits({ value, relocatable }: ImmediateOperand, size: number, extended: number): boolean {
  if (relocatable) return size >= 32;
  const whole = extended === 64 ? BigInt(value) : BigInt.asIntN(extended, BigInt(value));
  return BigInt.asIntN(size, whole) === whole;
}

function matchesBranch(spec: OperandSpec, { distance, size }: ImmediateOperand): boolean {
  if (spec.size === 8) return distance !== 'near' && (size === undefined || size === 8);
  return distance !== 'short' && (size === undefined || size === spec.size);
}
