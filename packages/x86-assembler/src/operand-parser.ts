import { parseExpression, type TokenReader } from './expression';
import { lookupRegister } from './registers';
import type { OperandSyntax } from './statement';

const SIZES: ReadonlyMap<string, number> = new Map(
  Object.entries({ byte: 8, word: 16, dword: 32, qword: 64, tword: 80, tbyte: 80, oword: 128, dqword: 128 }),
);
const OPERAND_WORDS = new Set([...SIZES.keys(), 'near', 'far', 'short', 'strict']);
const ADDRESS_WORDS = new Set(['byte', 'word', 'dword', 'qword', 'nosplit', 'rel', 'abs']);

interface Qualifiers {
  size: number;
  strict: boolean;
  far: boolean;
  distance: 'short' | 'near' | undefined;
}

/** Parses one operand with its size words; throws SourceError. */
export function parseOperand(reader: TokenReader): OperandSyntax {
  const qualifiers: Qualifiers = { size: 0, strict: false, far: false, distance: undefined };
  for (let word = reader.takeWord(OPERAND_WORDS); word; word = reader.takeWord(OPERAND_WORDS))
    applyWord(qualifiers, word);
  const { location } = reader;
  if (reader.isOperator('[')) return parseMemory(reader, qualifiers);
  const value = parseExpression(reader);
  if (reader.takeOperator(':')) {
    const size = qualifiers.size === 16 || qualifiers.size === 32 ? qualifiers.size : 0;
    for (let word = reader.takeWord(OPERAND_WORDS); word; word = reader.takeWord(OPERAND_WORDS))
      applyWord(qualifiers, word);
    return {
      kind: 'far',
      selector: value,
      offset: parseExpression(reader),
      size: size || (qualifiers.size as 0 | 16 | 32),
      location,
    };
  }
  if (value.kind === 'register') {
    const { size } = value.register;
    if (qualifiers.size !== 0 && qualifiers.size !== size && value.register.class === 'general') {
      reader.fail(`${value.register.name} has ${size} bits, not the stated ${qualifiers.size}`);
    }
    return { kind: 'register', register: value.register, location };
  }
  const { strict, distance } = qualifiers;
  return { kind: 'number', value, size: qualifiers.size as 0, strict, distance, location };
}

function applyWord(qualifiers: Qualifiers, word: string): void {
  const size = SIZES.get(word);
  if (size !== undefined) qualifiers.size = size;
  else if (word === 'strict') qualifiers.strict = true;
  else if (word === 'far') qualifiers.far = true;
  else qualifiers.distance = word as 'short' | 'near';
}

function parseMemory(reader: TokenReader, { size, far }: Qualifiers): OperandSyntax {
  const { location } = reader;
  reader.expectOperator('[');
  let displacementSize: 0 | 8 | 16 | 32 | 64 = 0;
  let noSplit = false;
  let relative: boolean | undefined;
  let segment: number | undefined;
  for (;;) {
    const word = reader.takeWord(ADDRESS_WORDS);
    if (word === 'nosplit') noSplit = true;
    else if (word === 'rel' || word === 'abs') relative = word === 'rel';
    else if (word) displacementSize = SIZES.get(word) as 8;
    else {
      const override = takeSegment(reader);
      if (override === undefined) break;
      segment = override;
    }
  }
  const address = parseExpression(reader);
  reader.expectOperator(']');
  return { kind: 'memory', address, size, far, segment, displacementSize, noSplit, relative, location };
}

/** Takes `fs:` and its like; returns the segment's number. */
function takeSegment(reader: TokenReader): number | undefined {
  const token = reader.peek();
  const register = token?.kind === 'identifier' ? lookupRegister(token.text) : undefined;
  const colon = reader.peek(1);
  if (register?.class !== 'segment' || colon?.kind !== 'operator' || colon.text !== ':') return undefined;
  reader.position += 2;
  return register.number;
}
