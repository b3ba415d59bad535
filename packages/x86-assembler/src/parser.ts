import { SourceError, type DiagnosticList } from './diagnostics';
import type { PrefixRequest } from './encode';
import { isMnemonic } from './aliases';
import { parseExpression, qualifyLabel, TokenReader, type Expression } from './expression';
import type { SourceLine, Token } from './lexer';
import { parseOperand } from './operand-parser';
import { readFile, type FileReader } from './files';
import { lookupRegister } from './registers';
import type { Action, DataItem, OperandSyntax, SectionAttributes, Statement } from './statement';

const UNITS = { b: 1, w: 2, d: 4, q: 8, t: 10 };
const DATA_UNITS = new Map(Object.entries(UNITS).map(([letter, bytes]) => [`d${letter}`, bytes]));
const RESERVE_UNITS = new Map(Object.entries(UNITS).map(([letter, bytes]) => [`res${letter}`, bytes]));
const DIRECTIVES = new Set(
  (
    'bits use16 use32 org section segment absolute align alignb sectalign struc endstruc ' +
    'global extern cpu default incbin times equ'
  ).split(' '),
);
const PREFIX_WORDS = new Set(
  'lock rep repe repz repne repnz o16 o32 o64 a16 a32 a64 es cs ss ds fs gs'.split(' '),
);

const TO = new Set(['to']);
const NOP: Action = { kind: 'instruction', mnemonic: 'nop', operands: [], prefixes: {} };

/** Turns preprocessed lines into statements. One parser serves one source: it keeps the scope of local labels. */
export class Parser {
  private readonly statements: Statement[] = [];
  private scope = '';
  private structure = '';
  private text = '';

  constructor(
    private readonly files: FileReader | undefined,
    private readonly diagnostics: DiagnosticList,
  ) {}

  parse(lines: readonly SourceLine[]): readonly Statement[] {
    for (const line of lines) {
      this.text = line.text;
      this.diagnostics.collect(() => this.parseLine(line));
    }
    if (this.structure) {
      const last = lines[lines.length - 1]!;
      this.diagnostics.error(last.location, `'struc ${this.structure}' lacks its endstruc`);
    }
    return this.statements;
  }

  private parseLine(line: SourceLine): void {
    const bracketed = unwrapDirective(line.tokens);
    const reader = new TokenReader(bracketed ?? line.tokens, line.location, this.scope);
    if (!bracketed && this.parseLabel(reader)) return;
    if (reader.done) return;
    const { location } = reader;
    const inner = new TokenReader(reader.tokens, line.location, this.scope);
    inner.position = reader.position;
    for (const action of this.parseAction(inner)) this.push(action, location);
    if (!inner.done) inner.fail(`unexpected '${inner.peek()!.text}' after the end of the statement`);
  }

  private push(action: Action, location: Statement['location']): void {
    this.statements.push({ action, location, text: this.text });
    this.text = '';
  }

  /** Takes a label; returns true if the line was `name equ value` and is done. */
  private parseLabel(reader: TokenReader): boolean {
    const token = reader.peek()!;
    if (token.kind !== 'identifier' || token.text === '$' || token.text === '$$') {
      return reader.fail(
        `a line begins with a label, an instruction or a directive, not with '${token.text}'`,
      );
    }
    const colon = isOperator(reader.peek(1), ':');
    if (!colon && isKeyword(token.text)) return false;
    if (lookupRegister(token.text)) reader.fail(`'${token.text}' is a register and cannot be a label`);
    const following = reader.peek(colon ? 2 : 1);
    const named = following?.kind === 'identifier';
    if (!colon && following && !(named && isKeyword(following.text))) {
      reader.fail(`'${token.text}' is no instruction or directive; a label needs a ':'`);
    }
    reader.position += colon ? 2 : 1;
    const name = qualifyLabel(token.text, this.scope);
    if (named && following.text.toLowerCase() === 'equ') {
      reader.position++;
      const value = new TokenReader(reader.tokens, reader.lineLocation, this.scope);
      value.position = reader.position;
      this.push({ kind: 'equ', name, value: parseExpression(value) }, token.location);
      if (!value.done) value.fail(`unexpected '${value.peek()!.text}' after the expression`);
      return true;
    }
    if (!token.text.startsWith('.')) {
      if (!token.text.startsWith('..@')) this.scope = name;
    }
    this.push({ kind: 'label', name }, token.location);
    return false;
  }

  private parseAction(reader: TokenReader): Action[] {
    const token = reader.peek();
    if (token?.kind !== 'identifier')
      return reader.fail(`expected an instruction or a directive ${reader.found()}`);
    const word = token.text.toLowerCase();
    const unit = DATA_UNITS.get(word);
    if (unit !== undefined) return [parseData(take(reader), unit)];
    const reserved = RESERVE_UNITS.get(word);
    if (reserved !== undefined)
      return [{ kind: 'reserve', unit: reserved, count: parseExpression(take(reader)) }];
    if (DIRECTIVES.has(word)) return this.parseDirective(take(reader), word);
    return [parseInstruction(reader)];
  }

  private parseDirective(reader: TokenReader, word: string): Action[] {
    switch (word) {
      case 'bits':
        return [parseBits(reader)];
      case 'use16':
      case 'use32':
        return [{ kind: 'bits', bits: word === 'use16' ? 16 : 32 }];
      case 'org':
        return [{ kind: 'org', address: parseExpression(reader) }];
      case 'section':
      case 'segment':
        return [parseSection(reader)];
      case 'absolute':
        return [{ kind: 'absolute', address: parseExpression(reader) }];
      case 'align':
      case 'alignb':
        return [this.parseAlign(reader, word)];
      case 'sectalign':
        return [{ kind: 'sectionAlign', to: parseExpression(reader) }];
      case 'struc':
        return this.parseStructure(reader);
      case 'endstruc':
        return this.endStructure(reader);
      case 'incbin':
        return [this.parseBinary(reader)];
      case 'times':
        return [this.parseTimes(reader)];
      case 'extern':
        return reader.fail(
          "a flat program has no linker: 'extern' cannot be resolved; define the symbol or %include its file",
        );
      case 'equ':
        return reader.fail("'equ' needs a name before it: NAME equ value");
      default: // global, cpu, default: nothing to do in a flat program
        reader.position = reader.tokens.length;
        return [];
    }
  }

  private parseTimes(reader: TokenReader): Action {
    const count = parseExpression(reader);
    const [body, ...more] = this.parseAction(reader);
    if (!body || more.length > 0 || !['instruction', 'data', 'reserve', 'binary'].includes(body.kind)) {
      return reader.fail("'times' repeats instructions and data only");
    }
    return { kind: 'times', count, body };
  }

  private parseAlign(reader: TokenReader, word: string): Action {
    const to = parseExpression(reader);
    const raises = word === 'align';
    if (!reader.takeOperator(',')) {
      const reserve: Action = { kind: 'reserve', unit: 1, count: { kind: 'number', value: 1n } };
      return { kind: 'align', to, raises, fill: raises ? NOP : reserve };
    }
    const [fill] = this.parseAction(reader);
    return { kind: 'align', to, raises, fill: fill ?? NOP };
  }

  private parseStructure(reader: TokenReader): Action[] {
    const name = reader.next();
    if (name?.kind !== 'identifier') return reader.fail("expected 'struc NAME'");
    if (this.structure) reader.fail(`'struc ${this.structure}' lacks its endstruc`);
    const zero: Expression = { kind: 'number', value: 0n };
    const address = reader.takeOperator(',') ? parseExpression(reader) : zero;
    this.structure = this.scope = name.text;
    return [
      { kind: 'absolute', address },
      { kind: 'label', name: name.text },
    ];
  }

  private endStructure(reader: TokenReader): Action[] {
    if (!this.structure) return reader.fail("'endstruc' without 'struc NAME'");
    const name = this.structure;
    this.structure = '';
    return [{ kind: 'endstruc', name }];
  }

  private parseBinary(reader: TokenReader): Action {
    const name = reader.next();
    if (name?.kind !== 'string') return reader.fail('expected \'incbin "file"\'');
    const content = readFile(this.files, name);
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
    const skip = reader.takeOperator(',') ? parseExpression(reader) : undefined;
    const limit = reader.takeOperator(',') ? parseExpression(reader) : undefined;
    return { kind: 'binary', bytes, skip, limit };
  }
}

function take(reader: TokenReader): TokenReader {
  reader.position++;
  return reader;
}

function isOperator(token: Token | undefined, text: string): boolean {
  return token?.kind === 'operator' && token.text === text;
}

/** `[bits 32]` is the same as `bits 32`. */
function unwrapDirective(tokens: readonly Token[]): readonly Token[] | undefined {
  return isOperator(tokens[0], '[') && isOperator(tokens[tokens.length - 1], ']')
    ? tokens.slice(1, -1)
    : undefined;
}

function isKeyword(text: string): boolean {
  const word = text.toLowerCase();
  return (
    DATA_UNITS.has(word) ||
    RESERVE_UNITS.has(word) ||
    DIRECTIVES.has(word) ||
    PREFIX_WORDS.has(word) ||
    isMnemonic(word)
  );
}

function parseBits(reader: TokenReader): Action {
  const token = reader.next();
  const bits = Number(token?.value ?? 0n);
  if (bits !== 16 && bits !== 32 && bits !== 64)
    throw new SourceError(token?.location ?? reader.location, "expected 'bits 16', 'bits 32' or 'bits 64'");
  return { kind: 'bits', bits };
}

function parseSection(reader: TokenReader): Action {
  const name = reader.next();
  if (name?.kind !== 'identifier')
    return reader.fail("expected 'section NAME', for instance 'section .text'");
  const attributes: { -readonly [Key in keyof SectionAttributes]: SectionAttributes[Key] } = {};
  while (!reader.done) {
    const word = reader.next()!;
    const key = word.text.toLowerCase();
    if (key === 'nobits' || key === 'progbits') attributes.noBits = key === 'nobits';
    else if (key === 'align' || key === 'start' || key === 'vstart') {
      reader.expectOperator('=');
      attributes[key] = parseExpression(reader);
    } else if (key === 'follows') {
      reader.expectOperator('=');
      attributes.follows = reader.next()?.text ?? '';
    } else if (
      !['exec', 'noexec', 'write', 'nowrite', 'alloc', 'noalloc', 'code', 'data', 'bss'].includes(key)
    ) {
      throw new SourceError(
        word.location,
        `'${word.text}' is no section attribute; there are align=, start=, vstart=, follows=, progbits, nobits`,
      );
    }
  }
  return { kind: 'section', name: name.text, attributes };
}

function parseData(reader: TokenReader, unit: number): Action {
  const items: DataItem[] = [];
  do {
    if (reader.done && items.length > 0) break; // a trailing comma is allowed
    items.push(parseDataItem(reader, unit));
  } while (reader.takeOperator(','));
  return { kind: 'data', unit, items };
}

function parseDataItem(reader: TokenReader, unit: number): DataItem {
  const { location } = reader;
  const token = reader.peek();
  const ends = (ahead: number) => !reader.peek(ahead) || isOperator(reader.peek(ahead), ',');
  if (token?.kind === 'string' && ends(1) && (unit === 1 || token.text.length !== unit)) {
    reader.position++;
    return { kind: 'text', bytes: token.text };
  }
  if (token?.kind === 'identifier' && token.text === '?' && ends(1)) {
    reader.position++;
    return { kind: 'reserved' };
  }
  const sign = isOperator(token, '-') || isOperator(token, '+') ? 1 : 0;
  const float = reader.peek(sign);
  if (float?.kind === 'float') {
    reader.position += sign + 1;
    return { kind: 'float', text: float.text, negative: sign === 1 && token!.text === '-', location };
  }
  return { kind: 'number', value: parseExpression(reader), location };
}

function parseInstruction(reader: TokenReader): Action {
  const prefixes: { -readonly [Key in keyof PrefixRequest]: PrefixRequest[Key] } = {};
  let word = reader.takeWord(PREFIX_WORDS);
  for (; word; word = reader.takeWord(PREFIX_WORDS)) applyPrefix(prefixes, word);
  const name = reader.next();
  if (name?.kind !== 'identifier') return reader.fail('expected an instruction after the prefix');
  const mnemonic = name.text.toLowerCase();
  if (!isMnemonic(mnemonic))
    throw new SourceError(name.location, `'${name.text}' is no instruction or directive`);
  const operands: OperandSyntax[] = [];
  if (!reader.done) {
    const location = reader.location;
    const to = reader.takeWord(TO); // fadd to st1: ST(0) is the source
    do operands.push(parseOperand(reader));
    while (reader.takeOperator(','));
    if (to) operands.push({ kind: 'register' as const, register: lookupRegister('st0')!, location });
  }
  return { kind: 'instruction', mnemonic, operands, prefixes };
}

function applyPrefix(
  prefixes: { -readonly [Key in keyof PrefixRequest]: PrefixRequest[Key] },
  word: string,
): void {
  const segment = lookupRegister(word);
  if (segment) prefixes.segment = segment.number;
  else if (word === 'lock') prefixes.lock = true;
  else if (word.startsWith('rep'))
    prefixes.rep = word.startsWith('repn') ? 'repne' : word === 'rep' ? 'rep' : 'repe';
  else if (word.startsWith('o')) prefixes.operandSize = Number(word.slice(1)) as 16;
  else prefixes.addressSize = Number(word.slice(1)) as 16;
}
