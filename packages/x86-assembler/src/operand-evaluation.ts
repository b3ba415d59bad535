import { buildAddress } from './address';
import type { Expression } from './expression';
import type { CodeMode } from './match';
import type { ImmediateOperand, MemoryOperand, Operand } from './operand';
import type { Action, OperandSyntax } from './statement';
import { evaluate, resolve, type AddressBase, type EvaluationContext, type ResolvedNumber } from './value';

/** Where an instruction stands while its operands are evaluated. */
export interface InstructionPlace {
  readonly context: EvaluationContext;
  /** Base of the section it is in; undefined outside sections. */
  readonly base: AddressBase | undefined;
  /** Linear address of the instruction. */
  readonly address: bigint;
  readonly mode: CodeMode;
}

const BRANCHES = /^(j|call|loop)/;
const BRANCHES_WITHOUT_NEAR_FORM = /^(loop|j[er]?cxz$)/;

/** Evaluates one operand in the present pass; throws SourceError. */
export function evaluateOperand(syntax: OperandSyntax, mnemonic: string, place: InstructionPlace): Operand {
  switch (syntax.kind) {
    case 'register':
      return { kind: 'register', register: syntax.register };
    case 'number':
      return evaluateImmediate(syntax, mnemonic, place);
    case 'far': {
      const selector = number(syntax.selector, syntax, place).value;
      const offset = number(syntax.offset, syntax, place).value;
      return { kind: 'far', selector, offset, ...(syntax.size ? { size: syntax.size } : {}) };
    }
    case 'memory':
      return evaluateMemory(syntax, place);
  }
}

function number(
  expression: Expression,
  { location }: OperandSyntax,
  { context }: InstructionPlace,
): ResolvedNumber {
  return resolve(evaluate(expression, context), location);
}

function evaluateImmediate(
  syntax: OperandSyntax & { kind: 'number' },
  mnemonic: string,
  place: InstructionPlace,
): ImmediateOperand {
  const { value, base, unknown } = number(syntax.value, syntax, place);
  // Only a target in the same section is at a distance that stays; one that is not known yet is taken as close.
  const moves = base !== place.base && !unknown && !BRANCHES_WITHOUT_NEAR_FORM.test(mnemonic);
  const distance = syntax.distance ?? (moves || syntax.strict ? 'near' : undefined);
  return {
    kind: 'immediate',
    value: unknown && BRANCHES.test(mnemonic) ? place.address : value,
    strict: syntax.strict,
    relocatable: base !== undefined,
    ...(syntax.size ? { size: syntax.size } : {}),
    ...(distance ? { distance } : {}),
  };
}

function evaluateMemory(
  syntax: OperandSyntax & { kind: 'memory' },
  { context, mode }: InstructionPlace,
): MemoryOperand {
  const value = evaluate(syntax.address, context);
  const address = buildAddress(value, syntax.address, syntax.noSplit, syntax.location);
  const absolute = !address.base && !address.index;
  const size = syntax.displacementSize;
  const long = mode === 64;
  return {
    kind: 'memory',
    ...address,
    size: syntax.size,
    far: syntax.far,
    ...(syntax.segment === undefined ? {} : { segment: syntax.segment }),
    ...(absolute && !long && (size === 16 || size === 32) ? { addressSize: size } : {}),
    ...(size && (!absolute || (long && size === 64)) ? { displacementSize: size } : {}),
    ...(long && absolute && syntax.relative ? { ripRelative: true } : {}),
  };
}

/** True if the bytes of an instruction can differ from pass to pass. */
export function dependsOnSymbols(action: Action & { kind: 'instruction' }): boolean {
  return action.operands.some((operand) => {
    switch (operand.kind) {
      case 'register':
        return false;
      case 'number':
        return !isConstant(operand.value) || BRANCHES.test(action.mnemonic);
      case 'far':
        return !isConstant(operand.selector) || !isConstant(operand.offset);
      case 'memory':
        return !isConstant(operand.address) || operand.relative === true;
    }
  });
}

function isConstant(expression: Expression): boolean {
  switch (expression.kind) {
    case 'number':
    case 'register':
      return true;
    case 'unary':
      return isConstant(expression.operand);
    case 'binary':
      return isConstant(expression.left) && isConstant(expression.right);
    case 'choice':
      return isConstant(expression.condition) && isConstant(expression.yes) && isConstant(expression.no);
    case 'symbol':
    case 'here':
    case 'sectionStart':
      return false;
  }
}
