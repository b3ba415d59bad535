import { SourceError, type SourceLocation } from './diagnostics';
import type { Expression } from './expression';
import type { MemoryOperand } from './operand';
import type { Register } from './registers';
import { isRegister, resolve, type Term, type Value } from './value';

interface Shape {
  base?: Register;
  index?: Register;
  scale?: 1 | 2 | 4 | 8;
}

/** The registers and displacement of an evaluated `[...]`; throws SourceError if they make no address. */
export function buildAddress(
  value: Value,
  written: Expression,
  noSplit: boolean,
  location: SourceLocation,
): Pick<MemoryOperand, 'base' | 'index' | 'scale' | 'displacement' | 'relocatable'> {
  const registers = value.terms.filter(({ key }) => isRegister(key));
  const number = resolve({ ...value, terms: value.terms.filter(({ key }) => !isRegister(key)) }, location);
  const shape = assignRoles(registers, scaledRegister(written), noSplit, location);
  return {
    ...shape,
    displacement: number.value,
    relocatable: number.base !== undefined,
  };
}

const BAD_SHAPE = 'an address is at most base + index * scale + displacement, with scale 1, 2, 4 or 8';

/** Chooses base and index; `scaled` is a register written with `*`, which is meant as the index. */
function assignRoles(
  terms: readonly Term[],
  scaled: Register | undefined,
  noSplit: boolean,
  location: SourceLocation,
): Shape {
  if (terms.length === 0) return {};
  if (terms.length > 2) throw new SourceError(location, BAD_SHAPE);
  const parts = terms.map(({ key, coefficient }) => ({
    register: key as Register,
    scale: Number(coefficient),
  }));
  if (parts.length === 1) {
    const { register, scale } = parts[0]!;
    return oneRegister(register, scale, noSplit, scaled === register, location);
  }
  let [base, index] = parts as [(typeof parts)[0], (typeof parts)[0]];
  const { size } = base.register;
  const swap =
    base.scale !== 1 || (index.scale === 1 && (scaled === base.register || isStackPointer(index.register)));
  if (swap) [base, index] = [index, base];
  if (size !== 16 && index.scale === 1 && isStackPointer(index.register)) [base, index] = [index, base];
  if (base.scale !== 1) throw new SourceError(location, BAD_SHAPE);
  return { base: base.register, index: index.register, scale: checkScale(index.scale, location) };
}

function isStackPointer({ number, size }: Register): boolean {
  return number === 4 && size !== 16;
}

/** A lone register times 2, 3, 5 or 9 is base plus index, which needs no 32-bit displacement. */
function oneRegister(
  register: Register,
  scale: number,
  noSplit: boolean,
  scaled: boolean,
  location: SourceLocation,
): Shape {
  if (scale === 1 && (!noSplit || !scaled || isStackPointer(register))) return { base: register };
  const splits = scale === 3 || scale === 5 || scale === 9 || (scale === 2 && !noSplit);
  if (!splits || isStackPointer(register)) return { index: register, scale: checkScale(scale, location) };
  return { base: register, index: register, scale: checkScale(scale - 1, location) };
}

function checkScale(scale: number, location: SourceLocation): 1 | 2 | 4 | 8 {
  if (scale !== 1 && scale !== 2 && scale !== 4 && scale !== 8) throw new SourceError(location, BAD_SHAPE);
  return scale;
}

/** The register of a `register * n` or `n * register` inside the expression, if there is one. */
function scaledRegister(expression: Expression): Register | undefined {
  if (expression.kind !== 'binary') return undefined;
  const { operator, left, right } = expression;
  if (operator === '*') {
    if (left.kind === 'register') return left.register;
    if (right.kind === 'register') return right.register;
  }
  return scaledRegister(left) ?? scaledRegister(right);
}
