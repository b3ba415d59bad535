import { SourceError, type DiagnosticList, type SourceLocation } from './diagnostics';
import { parseExpression, TokenReader } from './expression';
import { tokenize, type SourceLine, type Token } from './lexer';
import { BlockExit, MAXIMUM_LINES, TooLong } from './block-exits';
import { holdsFor } from './conditions';
import { BLOCKS, findEnd, IF, REP } from './blocks';
import { decodeUtf8, readFile, type FileReader } from './files';
import {
  bindArguments,
  expandDefines,
  joinPasted,
  makeToken,
  markUse,
  parseMacroHeader,
  splitArguments,
  substituteParameters,
  type MacroFrame,
  type MultiLineMacro,
  type SingleLineMacro,
} from './macros';
import { evaluate, resolve, scalarValue, type EvaluationContext } from './value';

export interface PreprocessorOptions {
  readonly defines: Readonly<Record<string, number>>;
  readonly files: FileReader | undefined;
}

const MAXIMUM_DEPTH = 200;
const CONDITIONS = /^%(el)?if(n?)(def|macro|idn|idni|num|id|str|empty|)$/;

/**
 * Carries out the `%` directives and macros of a source: text in, the lines that remain out. Conditions see `%define`s,
 * `%assign`s and those `equ` constants that stand before them and are plain numbers.
 */
export class Preprocessor {
  private readonly output: SourceLine[] = [];
  private readonly defines = new Map<string, SingleLineMacro>();
  private readonly caseless = new Map<string, SingleLineMacro>();
  private readonly macros = new Map<string, MultiLineMacro[]>();
  private readonly constants = new Map<string, bigint>();
  private depth = 0;
  private steps = 0;
  private serial = 0;

  constructor(
    private readonly options: PreprocessorOptions,
    private readonly diagnostics: DiagnosticList,
  ) {
    const nowhere = { spaced: true, location: { file: '<options>', line: 1, column: 1 } };
    for (const [name, value] of Object.entries(options.defines)) {
      const body = [makeToken('number', String(value), BigInt(value), nowhere)];
      if (value < 0)
        body.splice(
          0,
          1,
          makeToken('operator', '-', 0n, nowhere),
          makeToken('number', String(-value), BigInt(-value), nowhere),
        );
      this.defines.set(name, { name, parameters: undefined, body });
    }
  }

  process(source: string, file: string): readonly SourceLine[] {
    try {
      this.diagnostics.collect(() => this.processLines(tokenize(source, file), undefined));
    } catch (error) {
      if (error instanceof TooLong) this.diagnostics.error(error.location, error.message);
      else if (error instanceof BlockExit) this.diagnostics.error(error.location, error.message);
      else throw error;
    }
    return this.output;
  }

  private processLines(lines: readonly SourceLine[], frame: MacroFrame | undefined): void {
    if (this.depth >= MAXIMUM_DEPTH) {
      throw new SourceError(
        lines[0]?.location ?? UNKNOWN_PLACE,
        `macros or files nest deeper than ${MAXIMUM_DEPTH}; does one use itself?`,
      );
    }
    this.depth++;
    try {
      for (let index = 0; index < lines.length;) {
        index =
          this.diagnostics.collect(() => this.processLine(lines, index, frame)) ??
          this.skipBlock(lines, index);
      }
    } finally {
      this.depth--;
    }
  }

  /** After an error in a block's head the whole block is passed over, so that its parts give no further errors. */
  private skipBlock(lines: readonly SourceLine[], index: number): number {
    const word = lines[index]!.tokens[0]!.text.toLowerCase();
    const block = BLOCKS.find(({ open }) => open.test(word));
    return (block && this.diagnostics.collect(() => findEnd(lines, index, block).end)) ?? index + 1;
  }

  /** Handles the line or the block that begins at `index`; returns the index after it. */
  private processLine(lines: readonly SourceLine[], index: number, frame: MacroFrame | undefined): number {
    const line = lines[index]!;
    this.step(line.location);
    const head = line.tokens[0]!;
    if (head.kind !== 'preprocessor' || !/^%[a-z]/i.test(head.text)) {
      this.emit(markUse(this.expand(line, frame), frame), line);
      return index + 1;
    }
    const word = head.text.toLowerCase();
    if (CONDITIONS.test(word)) return this.conditional(lines, index, frame);
    const block = BLOCKS.find(({ open }) => open.test(word));
    if (!block) {
      this.directive(word, line, frame);
      return index + 1;
    }
    const { end } = findEnd(lines, index, block);
    const body = lines.slice(index + 1, end - 1);
    if (block === REP) this.repeat(line, body, frame);
    else this.defineMacro(line, body, frame);
    return end;
  }

  private step(location: SourceLocation): void {
    if (++this.steps > MAXIMUM_LINES) throw new TooLong(location);
  }

  private expand(line: SourceLine, frame: MacroFrame | undefined): Token[] {
    const substituted = substituteParameters(line.tokens, frame);
    return joinPasted(expandDefines(substituted, (name) => this.findDefine(name)));
  }

  private findDefine(name: string): SingleLineMacro | undefined {
    return this.defines.get(name) ?? this.caseless.get(name.toLowerCase());
  }

  /** Passes on an expanded line, or uses the multi-line macro it names. */
  private emit(tokens: Token[], line: SourceLine): void {
    const first = tokens[0];
    if (!first) return;
    const labelled = first.kind === 'identifier' && tokens[1]?.kind === 'operator' && tokens[1].text === ':';
    for (const start of labelled ? [2] : [0, 1]) {
      const use = this.findMacro(tokens, start);
      if (!use) continue;
      if (start > 0) this.push(tokens.slice(0, start), line);
      return this.useMacro(use.macro, use.given, tokens[start]!);
    }
    this.push(tokens, line);
    this.noteConstant(tokens, line.location);
  }

  private push(tokens: Token[], { text }: SourceLine): void {
    this.output.push({ tokens, location: tokens[0]!.location, text });
  }

  private findMacro(
    tokens: readonly Token[],
    start: number,
  ): { macro: MultiLineMacro; given: Token[][] } | undefined {
    const name = tokens[start];
    const overloads = name?.kind === 'identifier' ? this.macros.get(name.text) : undefined;
    if (!overloads) return undefined;
    const given = splitArguments(tokens.slice(start + 1));
    const fits = ({ minimum, maximum, greedy }: MultiLineMacro) =>
      given.length >= minimum && (greedy || given.length <= maximum);
    const macro = overloads.find(fits);
    if (macro) return { macro, given };
    const counts = overloads.map(({ minimum, maximum }) =>
      maximum === minimum ? `${minimum}` : `${minimum}-${maximum}`,
    );
    throw new SourceError(
      name!.location,
      `macro '${name!.text}' takes ${counts.join(' or ')} arguments, not ${given.length}`,
    );
  }

  private useMacro(macro: MultiLineMacro, given: Token[][], use: Token): void {
    const { file, line } = use.location;
    const frame = {
      macro,
      serial: ++this.serial,
      use: `macro '${macro.name}', used in ${file}:${line}`,
      arguments: bindArguments(macro, given, use.location),
    };
    this.untilExit('macro', () => this.processLines(macro.body, frame));
  }

  private untilExit(block: 'rep' | 'macro', body: () => void): boolean {
    const depth = this.depth;
    try {
      body();
      return true;
    } catch (exit) {
      if (!(exit instanceof BlockExit) || exit.block !== block) throw exit;
      this.depth = depth;
      return false;
    }
  }

  /** Remembers `NAME equ NUMBER` for conditions further down. */
  private noteConstant(tokens: readonly Token[], location: SourceLocation): void {
    const colon = tokens[1]?.text === ':' ? 1 : 0;
    const [name, keyword] = [tokens[0]!, tokens[1 + colon]];
    if (keyword?.kind !== 'identifier' || keyword.text.toLowerCase() !== 'equ' || name.text.startsWith('.'))
      return;
    try {
      this.constants.set(name.text, this.evaluateTokens(tokens.slice(2 + colon), location));
    } catch (error) {
      if (!(error instanceof SourceError)) throw error; // reported, if it is one, when the line is assembled
    }
  }

  private evaluateTokens(tokens: readonly Token[], location: SourceLocation): bigint {
    const reader = new TokenReader(tokens, location);
    const expression = parseExpression(reader);
    if (!reader.done) reader.fail(`unexpected '${reader.peek()!.text}' after the expression`);
    return resolve(evaluate(expression, this.conditionContext(location)), location).value;
  }

  private conditionContext(location: SourceLocation): EvaluationContext {
    const unsettled = (): never => {
      throw new SourceError(location, 'addresses are not known yet where the preprocessor needs a number');
    };
    return {
      symbol: (name, place) => {
        const value = this.constants.get(name);
        if (value !== undefined) return scalarValue(value);
        throw new SourceError(place, `'${name}' is no constant that stands before this line`);
      },
      here: unsettled,
      sectionStart: unsettled,
    };
  }

  private conditional(lines: readonly SourceLine[], index: number, frame: MacroFrame | undefined): number {
    const { end, parts } = findEnd(lines, index, IF);
    const stops = [...parts, end - 1];
    for (let part = 0; part < parts.length; part++) {
      const line = lines[parts[part]!]!;
      if (line.tokens[0]!.text.toLowerCase() !== '%else' && !this.holds(line, frame)) continue;
      for (let at = parts[part]! + 1; at < stops[part + 1]!;) {
        at = this.diagnostics.collect(() => this.processLine(lines, at, frame)) ?? this.skipBlock(lines, at);
      }
      break;
    }
    return end;
  }

  private holds(line: SourceLine, frame: MacroFrame | undefined): boolean {
    const [, , not, test] = CONDITIONS.exec(line.tokens[0]!.text.toLowerCase())!;
    const raw = substituteParameters(line.tokens.slice(1), frame);
    return this.test(test!, raw, line) !== (not === 'n');
  }

  private test(test: string, raw: Token[], { location }: SourceLine): boolean {
    if (test === 'def') return raw.some(({ text }) => this.findDefine(text) !== undefined);
    if (test === 'macro') return this.macros.has(raw[0]?.text ?? '');
    const tokens = joinPasted(expandDefines(raw, (name) => this.findDefine(name)));
    return holdsFor(test, tokens, () => this.evaluateTokens(tokens, location));
  }

  private repeat(line: SourceLine, body: readonly SourceLine[], frame: MacroFrame | undefined): void {
    const tokens = this.expand({ ...line, tokens: line.tokens.slice(1) }, frame);
    const count = this.evaluateTokens(tokens, line.location);
    if (count > BigInt(MAXIMUM_LINES))
      throw new SourceError(line.location, `%rep ${count} is more than ${MAXIMUM_LINES} times`);
    for (let turn = 0n; turn < count; turn++) {
      this.step(line.location);
      if (!this.untilExit('rep', () => this.processLines(body, frame))) return;
    }
  }

  private defineMacro(line: SourceLine, body: readonly SourceLine[], frame: MacroFrame | undefined): void {
    const header = parseMacroHeader(substituteParameters(line.tokens.slice(1), frame), line.location);
    const others = (this.macros.get(header.name) ?? []).filter(
      ({ minimum, maximum }) => minimum !== header.minimum || maximum !== header.maximum,
    );
    this.macros.set(header.name, [...others, { ...header, body }]);
  }

  private directive(word: string, line: SourceLine, frame: MacroFrame | undefined): void {
    const tokens = substituteParameters(line.tokens.slice(1), frame);
    switch (word) {
      case '%define':
      case '%xdefine':
      case '%idefine':
      case '%ixdefine':
        return this.define(word, tokens, line);
      case '%undef':
        return tokens.forEach(
          ({ text }) => void (this.defines.delete(text), this.caseless.delete(text.toLowerCase())),
        );
      case '%assign':
      case '%iassign':
        return this.assign(word, tokens, line);
      case '%strlen':
        return this.strlen(tokens, line);
      case '%include':
        return this.include(this.expand(line, frame)[1], line);
      case '%rotate':
        return this.rotate(tokens, line, frame);
      case '%exitrep':
        throw new BlockExit('rep', line.location);
      case '%exitmacro':
        throw new BlockExit('macro', line.location);
      case '%error':
      case '%fatal':
        throw new SourceError(line.location, messageText(tokens));
      case '%warning':
      case '%note':
        return this.diagnostics.warn(line.location, messageText(tokens));
      default:
        throw new SourceError(
          line.location,
          `'${word}' is not a directive of this assembler (or has no beginning)`,
        );
    }
  }

  private define(word: string, tokens: Token[], line: SourceLine): void {
    const name = tokens[0];
    if (name?.kind !== 'identifier') throw new SourceError(line.location, `expected '${word} NAME value'`);
    let start = 1;
    let parameters: string[] | undefined;
    if (tokens[1]?.text === '(' && !tokens[1].spaced) {
      const close = tokens.findIndex(({ kind, text }) => kind === 'operator' && text === ')');
      if (close < 0) throw new SourceError(tokens[1].location, "the parameter list lacks its ')'");
      parameters = tokens
        .slice(2, close)
        .filter(({ kind }) => kind === 'identifier')
        .map(({ text }) => text);
      start = close + 1;
    }
    let body = tokens.slice(start);
    if (word.includes('x')) body = joinPasted(expandDefines(body, (each) => this.findDefine(each)));
    this.setDefine(word.startsWith('%i'), { name: name.text, parameters, body });
  }

  private setDefine(caseless: boolean, macro: SingleLineMacro): void {
    if (caseless) this.caseless.set(macro.name.toLowerCase(), macro);
    else this.defines.set(macro.name, macro);
  }

  private assign(word: string, tokens: Token[], line: SourceLine): void {
    const name = tokens[0];
    if (name?.kind !== 'identifier')
      throw new SourceError(line.location, `expected '${word} NAME expression'`);
    const expression = joinPasted(expandDefines(tokens.slice(1), (each) => this.findDefine(each)));
    this.defineNumber(name, this.evaluateTokens(expression, line.location), word === '%iassign');
  }

  private defineNumber(name: Token, value: bigint, caseless: boolean): void {
    const magnitude = value < 0n ? -value : value;
    const number = makeToken('number', String(magnitude), magnitude, name);
    const body = value < 0n ? [makeToken('operator', '-', 0n, name), number] : [number];
    this.setDefine(caseless, { name: name.text, parameters: undefined, body });
  }

  private strlen([name, ...rest]: Token[], line: SourceLine): void {
    const [text] = expandDefines(rest, (each) => this.findDefine(each));
    if (name?.kind !== 'identifier' || text?.kind !== 'string') {
      throw new SourceError(line.location, 'expected \'%strlen NAME "text"\'');
    }
    this.defineNumber(name, BigInt(text.text.length), false);
  }

  private include(name: Token | undefined, line: SourceLine): void {
    if (name?.kind !== 'string') throw new SourceError(line.location, 'expected \'%include "file"\'');
    const content = readFile(this.options.files, name);
    const text = typeof content === 'string' ? content : decodeUtf8(content);
    this.processLines(tokenize(text, name.text), undefined);
  }

  private rotate(tokens: Token[], line: SourceLine, frame: MacroFrame | undefined): void {
    if (!frame) throw new SourceError(line.location, '%rotate outside a macro');
    const count = frame.arguments.length;
    if (count === 0) return;
    const by = Number(
      this.evaluateTokens(
        expandDefines(tokens, (each) => this.findDefine(each)),
        line.location,
      ),
    );
    const start = ((by % count) + count) % count;
    frame.arguments = [...frame.arguments.slice(start), ...frame.arguments.slice(0, start)];
  }
}

const UNKNOWN_PLACE: SourceLocation = { file: '<options>', line: 1, column: 1 };

function messageText(tokens: readonly Token[]): string {
  return tokens.map(({ text, spaced }, index) => (spaced && index > 0 ? ' ' : '') + text).join('');
}
