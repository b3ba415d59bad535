import { SourceError, type SourceLocation } from './diagnostics';
import type { Expression } from './expression';
import type { Register } from './registers';

/** Something whose address is settled only when sections are laid out. */
export interface AddressBase {
  readonly name: string;
  /** Linear address of the base as of the last layout. */
  address: bigint;
}

/** One unsettled part of a value: so many times a section's address, or a register. */
export interface Term {
  readonly key: AddressBase | Register;
  readonly coefficient: bigint;
}

/** Result of an expression: 64-bit wrapping number plus unsettled parts. */
export interface Value {
  readonly scalar: bigint;
  readonly terms: readonly Term[];
  /** Depends on a symbol that has no value yet (first pass). */
  readonly unknown: boolean;
}

/** What `$`, `$$` and names mean at the place of evaluation. */
export interface EvaluationContext {
  symbol(name: string, location: SourceLocation): Value;
  here(): Value;
  sectionStart(): Value;
}

const UNKNOWN: Value = { scalar: 0n, terms: [], unknown: true };

export function scalarValue(value: bigint): Value {
  return { scalar: BigInt.asIntN(64, value), terms: [], unknown: false };
}

export function addressValue(base: AddressBase, offset: bigint): Value {
  return { scalar: offset, terms: [{ key: base, coefficient: 1n }], unknown: false };
}

export function unknownValue(): Value {
  return UNKNOWN;
}

export function isRegister(key: AddressBase | Register): key is Register {
  return 'class' in key;
}

/** Evaluates an expression; throws SourceError where an operator cannot be applied. */
export function evaluate(expression: Expression, context: EvaluationContext): Value {
  switch (expression.kind) {
    case 'number':
      return scalarValue(expression.value);
    case 'symbol':
      return context.symbol(expression.name, expression.location);
    case 'register':
      return { scalar: 0n, terms: [{ key: expression.register, coefficient: 1n }], unknown: false };
    case 'here':
      return context.here();
    case 'sectionStart':
      return context.sectionStart();
    case 'unary':
      return applyUnary(expression.operator, evaluate(expression.operand, context), expression.location);
    case 'binary':
      return applyBinary(
        expression.operator,
        evaluate(expression.left, context),
        evaluate(expression.right, context),
        expression.location,
      );
    case 'choice':
      return evaluate(
        evaluate(expression.condition, context).scalar !== 0n ? expression.yes : expression.no,
        context,
      );
  }
}

function applyUnary(operator: string, value: Value, location: SourceLocation): Value {
  if (value.unknown || operator === '+') return value;
  if (operator === '-') return multiply(value, -1n);
  requireScalar(operator, value, location);
  return scalarValue(operator === '~' ? ~value.scalar : value.scalar === 0n ? 1n : 0n);
}

function applyBinary(operator: string, left: Value, right: Value, location: SourceLocation): Value {
  if (left.unknown || right.unknown) return UNKNOWN;
  if (operator === '+') return add(left, right);
  if (operator === '-') return add(left, multiply(right, -1n));
  if (operator === '*' && left.terms.length === 0) return multiply(right, left.scalar);
  if (operator === '*' && right.terms.length === 0) return multiply(left, right.scalar);
  if (COMPARISONS.has(operator)) return compare(operator, left, right, location);
  requireScalar(operator, left, location);
  requireScalar(operator, right, location);
  return scalarValue(applyScalar(operator, left.scalar, right.scalar, location));
}

function add(left: Value, right: Value): Value {
  const terms = [...left.terms];
  for (const term of right.terms) {
    const index = terms.findIndex(({ key }) => key === term.key);
    if (index < 0) terms.push(term);
    else terms[index] = { key: term.key, coefficient: terms[index]!.coefficient + term.coefficient };
  }
  return {
    scalar: BigInt.asIntN(64, left.scalar + right.scalar),
    terms: terms.filter(({ coefficient }) => coefficient !== 0n),
    unknown: false,
  };
}

function multiply(value: Value, factor: bigint): Value {
  const terms = value.terms.map(({ key, coefficient }) => ({ key, coefficient: coefficient * factor }));
  return {
    scalar: BigInt.asIntN(64, value.scalar * factor),
    terms: terms.filter(({ coefficient }) => coefficient !== 0n),
    unknown: false,
  };
}

/** What each comparison says about left minus right. */
const COMPARISONS: ReadonlyMap<string, (difference: bigint) => boolean> = new Map([
  ['=', (difference) => difference === 0n],
  ['==', (difference) => difference === 0n],
  ['!=', (difference) => difference !== 0n],
  ['<>', (difference) => difference !== 0n],
  ['<', (difference) => difference < 0n],
  ['<=', (difference) => difference <= 0n],
  ['>', (difference) => difference > 0n],
  ['>=', (difference) => difference >= 0n],
]);

/** Two addresses of one section compare like numbers. */
function compare(operator: string, left: Value, right: Value, location: SourceLocation): Value {
  const difference = add(left, multiply(right, -1n));
  requireScalar(operator, difference, location);
  const sign = left.terms.length > 0 ? difference.scalar : left.scalar - right.scalar;
  const holds = COMPARISONS.get(operator)!(sign);
  return scalarValue(holds ? 1n : 0n);
}

type ScalarOperator = (left: bigint, right: bigint) => bigint;

const unsigned = (value: bigint) => BigInt.asUintN(64, value);
const shiftCount = (value: bigint) => (value < 0n || value > 63n ? 64n : value);
const truth = (value: boolean) => (value ? 1n : 0n);

/** `/` and `%` are unsigned, `//` and `%%` signed; `>>` shifts in zeros, `>>>` the sign. */
const SCALAR_OPERATORS: ReadonlyMap<string, ScalarOperator> = new Map<string, ScalarOperator>([
  ['||', (left, right) => truth(left !== 0n || right !== 0n)],
  ['&&', (left, right) => truth(left !== 0n && right !== 0n)],
  ['^^', (left, right) => truth((left !== 0n) !== (right !== 0n))],
  ['|', (left, right) => left | right],
  ['^', (left, right) => left ^ right],
  ['&', (left, right) => left & right],
  ['<<', (left, right) => left << shiftCount(right)],
  ['<<<', (left, right) => left << shiftCount(right)],
  ['>>', (left, right) => unsigned(left) >> shiftCount(right)],
  ['>>>', (left, right) => left >> shiftCount(right)],
  ['*', (left, right) => left * right],
  ['/', (left, right) => unsigned(left) / unsigned(right)],
  ['%', (left, right) => unsigned(left) % unsigned(right)],
  ['//', (left, right) => left / right],
  ['%%', (left, right) => left % right],
]);
const DIVISIONS = new Set(['/', '%', '//', '%%']);

function applyScalar(operator: string, left: bigint, right: bigint, location: SourceLocation): bigint {
  if (DIVISIONS.has(operator) && right === 0n) throw new SourceError(location, 'division by zero');
  return SCALAR_OPERATORS.get(operator)!(left, right);
}

function requireScalar(operator: string, { terms }: Value, location: SourceLocation): void {
  const term = terms[0];
  if (!term) return;
  const what = isRegister(term.key) ? `register ${term.key.name}` : 'an address';
  const hint = isRegister(term.key) ? '' : '; subtract a label of the same section (or $$) first';
  throw new SourceError(location, `'${operator}' works on plain numbers, not on ${what}${hint}`);
}

/** A settled or relocatable number: the value without registers, its address parts resolved by the last layout. */
export interface ResolvedNumber {
  readonly value: bigint;
  /** The section the number is an address in, or undefined for a plain number. */
  readonly base: AddressBase | undefined;
  readonly unknown: boolean;
}

/** Resolves a value to a number; throws SourceError if it contains registers or adds or mixes addresses. */
export function resolve({ scalar, terms, unknown }: Value, location: SourceLocation): ResolvedNumber {
  const term = terms[0];
  if (!term) return { value: scalar, base: undefined, unknown };
  if (terms.length === 1 && !isRegister(term.key) && term.coefficient === 1n) {
    return { value: BigInt.asIntN(64, scalar + term.key.address), base: term.key, unknown };
  }
  const register = terms.find(({ key }) => isRegister(key));
  if (register) throw new SourceError(location, `a number is needed here, not register ${register.key.name}`);
  throw new SourceError(
    location,
    'addresses of different sections cannot be combined; only a difference within one section is a number',
  );
}
