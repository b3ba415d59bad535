import type { Form, OperandSpec } from '@trapgate/x86-decoder';
import { memorySize, needsLongMode, type CodeMode } from './match';
import { describeOperand, type Operand } from './operand';

const MOST_SHAPES = 6;

/** Why no form takes the operands, and what the instruction does take. */
export function explainMismatch(
  mnemonic: string,
  forms: readonly Form[] | undefined,
  operands: readonly Operand[],
  mode: CodeMode,
): string {
  const given = operands.length === 0 ? 'no operands' : `(${operands.map(describeOperand).join(', ')})`;
  const what = `'${mnemonic}' does not take ${given} in ${mode}-bit code`;
  const registers = operands.flatMap((operand) => (operand.kind === 'register' ? [operand.register] : []));
  const long = mode === 64 ? undefined : registers.find(needsLongMode);
  if (long) return `${what}; ${long.name} exists in 64-bit code only`;
  const valid = (forms ?? []).filter(({ modes, operandSize }) =>
    mode === 64 ? (modes & 2) !== 0 : (modes & 1) !== 0 && operandSize !== 64,
  );
  const shapes = shapesOf(valid.filter((form) => form.operands.length === operands.length));
  const known = shapes.length > 0 ? shapes : shapesOf(valid);
  if (known.length > 0 && known.length <= MOST_SHAPES) return `${what}; it takes ${known.join(' or ')}`;
  const [left, right] = registers;
  if (left && right && left.size !== right.size && valid.some(pairsRegisters)) {
    return `${what}; the registers differ in size: ${left.size} and ${right.size} bits`;
  }
  return what;
}

/** True if a form takes two general registers of one size. */
function pairsRegisters({ operands: [left, right] }: Form): boolean {
  const general = (spec: OperandSpec | undefined) => spec?.kind === 'reg' || spec?.kind === 'rm';
  return general(left) && general(right) && left!.size === right!.size;
}

function shapesOf(forms: readonly Form[]): string[] {
  const shapes = forms.map(({ operands, far }) =>
    operands.length === 0 ? 'no operands' : `(${operands.map((spec) => describeSpec(spec, far)).join(', ')})`,
  );
  return [...new Set(shapes)];
}

/** An operand in the manual's notation (SDM vol. 2, 3.1.1.3). */
function describeSpec(spec: OperandSpec, far: boolean): string {
  const { kind, size, register = '' } = spec;
  const memory = memorySize(spec) || '';
  switch (kind) {
    case 'reg':
    case 'opreg':
    case 'r':
      return `r${size}`;
    case 'rm':
      return spec.memory ? `r${size}/m${memory}` : `r/m${size}`;
    case 'm':
      return far ? `far m` : `m${memory}`;
    case 'fixed':
      return register;
    case 'imm':
      return `imm${size}`;
    case 'one':
      return '1';
    case 'rel':
      return `rel${size}`;
    case 'far':
      return `ptr16:${size}`;
    case 'moffs':
      return `moffs${size}`;
    case 'sreg':
      return 'segment register';
    case 'creg':
      return 'control register';
    case 'dreg':
      return 'debug register';
    case 'st0':
      return 'st0';
    case 'sti':
      return 'st(i)';
    case 'mmreg':
    case 'mmr':
      return 'mm';
    case 'mmrm':
      return `mm/m${memory}`;
    case 'xmmreg':
    case 'xmmr':
      return 'xmm';
    case 'xmmrm':
      return `xmm/m${memory}`;
    case 'bndreg':
      return 'bnd';
    case 'bndrm':
      return `bnd/m${memory}`;
    default:
      return kind;
  }
}
