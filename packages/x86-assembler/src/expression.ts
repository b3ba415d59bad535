import { SourceError, type SourceLocation } from './diagnostics';
import type { Token } from './lexer';
import type { Register } from './registers';
import { lookupRegister } from './registers';

/** Parsed expression; evaluated once per pass. */
export type Expression =
  | { readonly kind: 'number'; readonly value: bigint }
  | { readonly kind: 'symbol'; readonly name: string; readonly location: SourceLocation }
  | { readonly kind: 'register'; readonly register: Register; readonly location: SourceLocation }
  | { readonly kind: 'here' }
  | { readonly kind: 'sectionStart' }
  | {
      readonly kind: 'unary';
      readonly operator: string;
      readonly operand: Expression;
      readonly location: SourceLocation;
    }
  | {
      readonly kind: 'binary';
      readonly operator: string;
      readonly left: Expression;
      readonly right: Expression;
      readonly location: SourceLocation;
    }
  | {
      readonly kind: 'choice';
      readonly condition: Expression;
      readonly yes: Expression;
      readonly no: Expression;
    };

/** Reads tokens of one line from left to right. */
export class TokenReader {
  position = 0;

  constructor(
    readonly tokens: readonly Token[],
    readonly lineLocation: SourceLocation,
    /** Last label that is not local; local labels (`.name`) belong to it. */
    readonly scope = '',
  ) {}

  peek(ahead = 0): Token | undefined {
    return this.tokens[this.position + ahead];
  }

  next(): Token | undefined {
    return this.tokens[this.position++];
  }

  get done(): boolean {
    return this.position >= this.tokens.length;
  }

  /** Where the next token is; after the last one, where the last one began. */
  get location(): SourceLocation {
    return (this.peek() ?? this.tokens[this.tokens.length - 1])?.location ?? this.lineLocation;
  }

  isOperator(text: string): boolean {
    const token = this.peek();
    return token?.kind === 'operator' && token.text === text;
  }

  takeOperator(text: string): boolean {
    if (!this.isOperator(text)) return false;
    this.position++;
    return true;
  }

  expectOperator(text: string): void {
    if (!this.takeOperator(text)) this.fail(`expected '${text}' ${this.found()}`);
  }

  /** Takes the next token if it is one of the given words (any case); returns it in lower case. */
  takeWord(words: ReadonlySet<string>): string | undefined {
    const token = this.peek();
    if (token?.kind !== 'identifier') return undefined;
    const word = token.text.toLowerCase();
    if (!words.has(word)) return undefined;
    this.position++;
    return word;
  }

  found(): string {
    const token = this.peek();
    return token ? `but found '${token.text}'` : 'before the end of the line';
  }

  fail(message: string): never {
    throw new SourceError(this.location, message);
  }
}

/** Binary operators by precedence, loosest first; `operand` levels bind tighter. */
const LEVELS: readonly ReadonlySet<string>[] = [
  new Set(['||']),
  new Set(['^^']),
  new Set(['&&']),
  new Set(['=', '==', '!=', '<>', '<', '<=', '>', '>=']),
  new Set(['|']),
  new Set(['^']),
  new Set(['&']),
  new Set(['<<', '>>', '<<<', '>>>']),
  new Set(['+', '-']),
  new Set(['*', '/', '%', '//', '%%']),
];

/** Parses one expression; throws SourceError at the offending token. */
export function parseExpression(reader: TokenReader): Expression {
  const condition = parseLevel(reader, 0);
  const question = reader.peek();
  if (question?.kind !== 'identifier' || question.text !== '?') return condition;
  reader.position++;
  const yes = parseExpression(reader);
  reader.expectOperator(':');
  return { kind: 'choice', condition, yes, no: parseExpression(reader) };
}

function parseLevel(reader: TokenReader, level: number): Expression {
  const operators = LEVELS[level];
  if (!operators) return parseOperand(reader);
  let left = parseLevel(reader, level + 1);
  for (;;) {
    const token = reader.peek();
    if (token?.kind !== 'operator' || !operators.has(token.text)) return left;
    reader.position++;
    const right = parseLevel(reader, level + 1);
    left = { kind: 'binary', operator: token.text, left, right, location: token.location };
  }
}

const UNARY = new Set(['-', '+', '~', '!']);

function parseOperand(reader: TokenReader): Expression {
  const token = reader.next();
  if (!token) {
    reader.position--;
    return reader.fail('expected a value before the end of the line');
  }
  const { location } = token;
  switch (token.kind) {
    case 'number':
    case 'string':
      return { kind: 'number', value: token.value };
    case 'identifier':
      return parseName(token, reader.scope);
    case 'operator':
      if (UNARY.has(token.text))
        return { kind: 'unary', operator: token.text, operand: parseOperand(reader), location };
      if (token.text === '(') {
        const inner = parseExpression(reader);
        reader.expectOperator(')');
        return inner;
      }
      break;
    case 'float':
      throw new SourceError(location, `a floating-point constant stands alone, in dd, dq or dt only`);
    case 'invalid':
      throw new SourceError(location, token.text);
    case 'preprocessor':
      break;
  }
  throw new SourceError(location, `expected a value but found '${token.text}'`);
}

function parseName({ text, location }: Token, scope: string): Expression {
  if (text === '$') return { kind: 'here' };
  if (text === '$$') return { kind: 'sectionStart' };
  const register = lookupRegister(text);
  if (register) return { kind: 'register', register, location };
  return { kind: 'symbol', name: qualifyLabel(text, scope), location };
}

/** Full name of a label: `.name` belongs to the last label that is not local; `$name` is a name that may be a keyword. */
export function qualifyLabel(text: string, scope: string): string {
  if (text.startsWith('$')) return text.slice(1);
  return text.startsWith('.') && !text.startsWith('..') ? scope + text : text;
}
