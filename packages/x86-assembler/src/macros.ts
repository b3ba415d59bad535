import { SourceError, type SourceLocation } from './diagnostics';
import type { SourceLine, Token } from './lexer';
import { tokenize } from './lexer';

/** `%define`: replaces a name in a line. */
export interface SingleLineMacro {
  readonly name: string;
  /** Undefined: used without parentheses. */
  readonly parameters: readonly string[] | undefined;
  readonly body: readonly Token[];
}

/** `%macro`: replaces a line. */
export interface MultiLineMacro {
  readonly name: string;
  readonly minimum: number;
  readonly maximum: number;
  /** The last parameter takes the rest of the line, commas included. */
  readonly greedy: boolean;
  readonly defaults: readonly (readonly Token[])[];
  readonly body: readonly SourceLine[];
}

/** One use of a multi-line macro: what `%1`, `%0` and `%%name` stand for. */
export interface MacroFrame {
  readonly macro: MultiLineMacro;
  readonly serial: number;
  /** For diagnostics: `macro 'name', used in file:line`. */
  readonly use: string;
  arguments: readonly (readonly Token[])[];
}

/** Makes a token that stands where `like` stood. */
export function makeToken(
  kind: Token['kind'],
  text: string,
  value: bigint,
  like: Pick<Token, 'spaced' | 'location'>,
): Token {
  return { kind, text, value, spaced: like.spaced, location: like.location };
}

/** Replaces macro parameters and macro-local names of one body line, pasting what touches them. */
export function substituteParameters(tokens: readonly Token[], frame: MacroFrame | undefined): Token[] {
  const output: Token[] = [];
  let paste = false;
  for (const token of tokens) {
    const replaced = token.kind === 'preprocessor' ? parameterTokens(token, frame) : undefined;
    const pieces = replaced ?? [token];
    const touches = !token.spaced && (paste || replaced !== undefined);
    pieces.forEach((piece, index) => appendPasting(output, piece, touches && index === 0));
    paste = replaced !== undefined;
  }
  return output;
}

/** Notes in the tokens of a macro's body where the macro was used; arguments keep their own places. */
export function markUse(tokens: Token[], frame: MacroFrame | undefined): Token[] {
  if (!frame) return tokens;
  return tokens.map((token) =>
    token.location.within ? token : { ...token, location: { ...token.location, within: frame.use } },
  );
}

const PASTED = new Set(['identifier', 'number', 'invalid']);

function appendPasting(output: Token[], piece: Token, touches: boolean): void {
  const left = output[output.length - 1];
  if (!touches || !left || !PASTED.has(left.kind) || !PASTED.has(piece.kind)) output.push(piece);
  else output.splice(-1, 1, ...retokenize(left.text + piece.text, left));
}

/** The `%+` operator: joins the tokens on both sides of it. */
export function joinPasted(tokens: readonly Token[]): Token[] {
  const output: Token[] = [];
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index]!;
    const right = tokens[index + 1];
    if (token.kind === 'preprocessor' && token.text === '%+' && output.length > 0 && right) {
      const left = output.pop()!;
      output.push(...retokenize(left.text + right.text, left));
      index++;
    } else output.push(token);
  }
  return output;
}

function retokenize(text: string, like: Token): Token[] {
  return (tokenize(text, '')[0]?.tokens ?? []).map((token, index) => ({
    ...token,
    spaced: index === 0 ? like.spaced : token.spaced,
    location: like.location,
  }));
}

/** What a `%` word of a macro body stands for; undefined if it is no parameter. */
function parameterTokens(token: Token, frame: MacroFrame | undefined): Token[] | undefined {
  const word = token.text.replace(/^%\{(.*)\}$/, '%$1');
  if (word.startsWith('%%')) {
    if (!frame)
      throw new SourceError(token.location, `'${token.text}' is a macro-local name, outside any macro`);
    return [makeToken('identifier', `..@${frame.serial}.${word.slice(2)}`, 0n, token)];
  }
  if (!/^%[0-9]+$/.test(word)) return undefined;
  if (!frame)
    throw new SourceError(
      token.location,
      `'${token.text}' is a macro parameter, outside any macro; the remainder operator needs a space after it`,
    );
  const number = Number(word.slice(1));
  if (number === 0) {
    return [makeToken('number', String(frame.arguments.length), BigInt(frame.arguments.length), token)];
  }
  const argument = frame.arguments[number - 1] ?? [];
  return argument.map((piece, index) => (index === 0 ? { ...piece, spaced: token.spaced } : piece));
}

/** Splits the tokens after a macro's name at commas; braces keep commas together. */
export function splitArguments(tokens: readonly Token[]): Token[][] {
  if (tokens.length === 0) return [];
  const split: Token[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    const text = token.kind === 'operator' ? token.text : '';
    if (text === '{') depth++;
    if (text === '}') depth--;
    if (text === ',' && depth === 0) split.push([]);
    else if ((text === '{' && depth === 1) || (text === '}' && depth === 0)) continue;
    else split[split.length - 1]!.push(token);
  }
  return split;
}

/** Arguments of one use: greedy tail joined again, defaults filled in. */
export function bindArguments(
  macro: MultiLineMacro,
  given: readonly Token[][],
  location: SourceLocation,
): (readonly Token[])[] {
  const bound: (readonly Token[])[] = [...given];
  if (macro.greedy && given.length > macro.maximum) {
    const comma = makeToken('operator', ',', 0n, { spaced: false, location });
    const rest = given
      .slice(macro.maximum - 1)
      .flatMap((tokens, index) => (index === 0 ? tokens : [comma, ...tokens]));
    bound.splice(macro.maximum - 1, bound.length, rest);
  }
  for (let index = bound.length; index < macro.minimum + macro.defaults.length; index++) {
    bound.push(macro.defaults[index - macro.minimum]!);
  }
  return bound;
}

/** Parses what follows `%macro`: `name 1`, `name 1-3 default, default`, `name 2+`, `name 1-*`. */
export function parseMacroHeader(
  tokens: readonly Token[],
  location: SourceLocation,
): Omit<MultiLineMacro, 'body'> {
  const [name, ...rest] = tokens;
  const shape = "expected '%macro name count', for instance '%macro outb 2'";
  if (name?.kind !== 'identifier') throw new SourceError(name?.location ?? location, shape);
  let index = 0;
  const first = rest[index++];
  if (first?.kind !== 'number') throw new SourceError(first?.location ?? location, shape);
  const minimum = Number(first.value);
  let maximum = minimum;
  const operator = () => (rest[index]?.kind === 'operator' ? rest[index]!.text : '');
  if (operator() === '-') {
    const limit = rest[++index];
    if (limit?.kind !== 'number' && limit?.text !== '*')
      throw new SourceError(limit?.location ?? location, shape);
    maximum = limit.kind === 'number' ? Number(limit.value) : Infinity;
    index++;
  }
  const greedy = operator() === '+';
  if (greedy) index++;
  return { name: name.text, minimum, maximum, greedy, defaults: splitArguments(rest.slice(index)) };
}

const MAXIMUM_TOKENS = 10_000;

/** Expands single-line macros in a line; a macro is not expanded again inside its own expansion. */
export function expandDefines(
  tokens: readonly Token[],
  find: (name: string) => SingleLineMacro | undefined,
  active: ReadonlySet<SingleLineMacro> = new Set(),
): Token[] {
  const output: Token[] = [];
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index]!;
    const macro = token.kind === 'identifier' ? find(token.text) : undefined;
    const open = tokens[index + 1];
    const called = open?.kind === 'operator' && open.text === '(';
    if (!macro || active.has(macro) || (macro.parameters && !called)) {
      output.push(token);
      continue;
    }
    let body = macro.body;
    if (macro.parameters) {
      const call = readCall(tokens, index + 1, macro.name);
      body = bindCall(
        macro,
        macro.parameters,
        call.arguments.map((each) => expandDefines(each, find, active)),
        token,
      );
      index = call.end;
    }
    const expanded = expandDefines(body, find, new Set([...active, macro]));
    if (output.length + expanded.length > MAXIMUM_TOKENS) {
      throw new SourceError(token.location, `'${macro.name}' expands to more than ${MAXIMUM_TOKENS} words`);
    }
    output.push(
      ...expanded.map((piece, at) => ({
        ...piece,
        spaced: at === 0 ? token.spaced : piece.spaced,
        location: token.location,
      })),
    );
  }
  return output;
}

function readCall(
  tokens: readonly Token[],
  open: number,
  name: string,
): { arguments: Token[][]; end: number } {
  const split: Token[][] = [[]];
  let depth = 0;
  for (let index = open; index < tokens.length; index++) {
    const token = tokens[index]!;
    const text = token.kind === 'operator' ? token.text : '';
    if (text === '(' && depth++ === 0) continue;
    if (text === ')' && --depth === 0) return { arguments: split, end: index };
    if (text === ',' && depth === 1) split.push([]);
    else split[split.length - 1]!.push(token);
  }
  throw new SourceError(tokens[open]!.location, `the use of macro '${name}' lacks its closing ')'`);
}

function bindCall(
  macro: SingleLineMacro,
  parameters: readonly string[],
  given: Token[][],
  use: Token,
): Token[] {
  if (given.length !== parameters.length) {
    throw new SourceError(
      use.location,
      `macro '${macro.name}' takes ${parameters.length} arguments, not ${given.length}`,
    );
  }
  return macro.body.flatMap((token) => {
    const index = token.kind === 'identifier' ? parameters.indexOf(token.text) : -1;
    return index < 0
      ? [token]
      : given[index]!.map((piece, at) => (at === 0 ? { ...piece, spaced: token.spaced } : piece));
  });
}
