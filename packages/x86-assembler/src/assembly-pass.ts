import { SourceError, type DiagnosticList, type SourceLocation } from './diagnostics';
import { encode, type EncodedInstruction } from './encode';
import { EncodeError } from './encode-error';
import type { Expression } from './expression';
import { encodeFloat, isFloatSize } from './float-constant';
import { dependsOnSymbols, evaluateOperand } from './operand-evaluation';
import { Section } from './section';
import type { Action, DataItem, SectionAttributes, Statement } from './statement';
import {
  addressValue,
  evaluate,
  resolve,
  scalarValue,
  unknownValue,
  type EvaluationContext,
  type ResolvedNumber,
  type Value,
} from './value';

/** One line of the program with what it became. */
export interface ListingLine {
  readonly file: string;
  readonly line: number;
  /** Linear address of the first byte. */
  readonly address: number;
  readonly bytes: Uint8Array;
  /** Source text; empty for the further statements of one line. */
  readonly text: string;
}

/** What one pass leaves for the next. */
export interface ProgramState {
  readonly sections: Map<string, Section>;
  readonly symbols: Map<string, Value>;
  origin: bigint;
}

const MAXIMUM_SIZE = 1 << 28;

/**
 * One walk over the statements. Names that stand further down have their values of the previous pass, so that passes
 * are repeated until nothing changes; the last one (`final`) reports errors and keeps a listing.
 */
export class AssemblyPass implements EvaluationContext {
  changed = false;
  readonly listing: ListingLine[] = [];
  private readonly defined = new Map<string, SourceLocation>();
  private section: Section | undefined;
  private previousSection: Section | undefined;
  /** Offset while `absolute` or `struc` is in force and there is no section. */
  private absolute = 0n;
  /** Where the current statement begins; what `$` means, also in all repetitions of `times`. */
  private start = 0;

  constructor(
    private readonly state: ProgramState,
    private bits: 16 | 32 | 64,
    private readonly final: boolean,
    private readonly diagnostics: DiagnosticList,
    private readonly encoded: Map<Action, EncodedInstruction>,
  ) {
    for (const section of state.sections.values()) section.rewind();
    this.section = this.enterSection('.text');
  }

  run(statements: readonly Statement[]): void {
    for (const statement of statements) {
      const { section } = this;
      const offset = (this.start = section?.offset ?? 0);
      try {
        this.perform(statement.action, statement.location);
      } catch (error) {
        if (!(error instanceof SourceError)) throw error;
        if (this.final) this.diagnostics.error(error.location, error.message);
      }
      if (this.final && section) this.list(statement, section, offset);
    }
  }

  private list({ location, text }: Statement, section: Section, offset: number): void {
    const bytes = section.noBits ? new Uint8Array(0) : section.bytes.slice(offset, section.offset);
    const last = this.listing[this.listing.length - 1];
    const address = Number(section.base.address) + offset;
    const { file, line } = location;
    // A label and what it stands before are one line.
    if (text === '' && last?.bytes.length === 0 && last.file === file && last.line === line) {
      this.listing[this.listing.length - 1] = { ...last, address, bytes };
    } else if (bytes.length > 0 || text !== '') this.listing.push({ file, line, address, bytes, text });
  }

  symbol(name: string, location: SourceLocation): Value {
    const value = this.state.symbols.get(name) ?? this.sectionSymbol(name);
    if (value) return value;
    if (!this.final) return unknownValue();
    const lower = name.toLowerCase();
    const similar = [...this.state.symbols.keys()].find((each) => each.toLowerCase() === lower);
    throw new SourceError(
      location,
      `'${name}' is not defined${similar ? `; did you mean '${similar}'?` : ''}`,
    );
  }

  private sectionSymbol(name: string): Value | undefined {
    const [, section, which] = /^section\.(.+)\.(v?start)$/.exec(name) ?? [];
    const found = section ? this.state.sections.get(section) : undefined;
    return found && addressValue(which === 'start' ? found.loadBase : found.base, 0n);
  }

  here(): Value {
    return this.section ? addressValue(this.section.base, BigInt(this.start)) : scalarValue(this.absolute);
  }

  sectionStart(): Value {
    return this.section ? addressValue(this.section.base, 0n) : scalarValue(0n);
  }

  private number(expression: Expression, location: SourceLocation): ResolvedNumber {
    return resolve(evaluate(expression, this), location);
  }

  /** A number that decides how much there is: plain and not negative. */
  private count(expression: Expression, location: SourceLocation, what: string): number {
    const { value, base, unknown } = this.number(expression, location);
    if (unknown) return 0;
    if (base) throw new SourceError(location, `${what} must be a plain number, not an address`);
    if (value < 0n) {
      if (!this.final) return 0;
      throw new SourceError(location, `${what} is negative: ${value}`);
    }
    if (value > BigInt(MAXIMUM_SIZE))
      throw new SourceError(location, `${what} is more than ${MAXIMUM_SIZE}: ${value}`);
    return Number(value);
  }

  private define(name: string, value: Value, location: SourceLocation): void {
    const earlier = this.defined.get(name);
    if (earlier)
      throw new SourceError(location, `'${name}' is defined already, in ${earlier.file}:${earlier.line}`);
    this.defined.set(name, location);
    if (value.unknown) return;
    const old = this.state.symbols.get(name);
    if (!old || !sameValue(old, value)) this.changed = true;
    this.state.symbols.set(name, value);
  }

  private perform(action: Action, location: SourceLocation): void {
    switch (action.kind) {
      case 'label':
        return this.define(action.name, this.here(), location);
      case 'equ':
        return this.define(action.name, evaluate(action.value, this), location);
      case 'instruction':
        return this.instructionBytes(action, location);
      case 'data':
        return this.data(action.unit, action.items, location);
      case 'reserve':
        return this.reserve(
          this.count(action.count, location, 'the number of items') * action.unit,
          location,
        );
      case 'binary':
        return this.binary(action, location);
      case 'times':
        return this.repeat(this.count(action.count, location, "the count of 'times'"), action.body, location);
      case 'align':
        return this.align(action, location);
      case 'bits':
        this.bits = action.bits;
        return;
      case 'org':
        return this.setOrigin(this.number(action.address, location));
      case 'section':
        return this.openSection(action.name, action.attributes, location);
      case 'sectionAlign':
        this.raiseAlignment(this.alignment(action.to, location));
        return;
      case 'absolute':
        return this.goAbsolute(this.number(action.address, location));
      case 'endstruc':
        this.define(`${action.name}_size`, scalarValue(this.absolute), location);
        this.section = this.previousSection;
    }
  }

  private setOrigin({ value }: ResolvedNumber): void {
    if (this.state.origin !== value) this.changed = true;
    this.state.origin = value;
  }

  private goAbsolute({ value }: ResolvedNumber): void {
    if (this.section) this.previousSection = this.section;
    this.section = undefined;
    this.absolute = value;
  }

  private enterSection(name: string): Section {
    let section = this.state.sections.get(name);
    if (!section) this.state.sections.set(name, (section = new Section(name)));
    return section;
  }

  private openSection(name: string, attributes: SectionAttributes, location: SourceLocation): void {
    const section = (this.section = this.enterSection(name));
    if (attributes.noBits !== undefined) section.noBits = attributes.noBits;
    if (attributes.align) this.raiseAlignment(this.alignment(attributes.align, location));
    if (attributes.start) section.start = this.number(attributes.start, location).value;
    if (attributes.vstart) section.vstart = this.number(attributes.vstart, location).value;
    if (attributes.follows) section.follows = attributes.follows;
  }

  private alignment(expression: Expression, location: SourceLocation): number {
    const value = this.count(expression, location, 'the alignment');
    if (value > 0 && (value & (value - 1)) === 0) return value;
    if (!this.final) return 1;
    throw new SourceError(location, `the alignment must be a power of two, not ${value}`);
  }

  private raiseAlignment(alignment: number): void {
    if (!this.section || this.section.alignment >= alignment) return;
    this.section.alignment = alignment;
    this.changed = true;
  }

  private align(action: Action & { kind: 'align' }, location: SourceLocation): void {
    const to = this.alignment(action.to, location);
    this.raiseAlignment(to);
    const at = this.section ? this.section.offset : Number(this.absolute);
    const gap = (to - (at % to)) % to;
    if (!this.section || this.section.noBits) this.reserve(gap, location);
    else this.repeat(gap, action.fill, location);
  }

  private repeat(count: number, body: Action, location: SourceLocation): void {
    if (count > 0 && body.kind === 'instruction' && !dependsOnSymbols(body)) {
      const { bytes } = this.instruction(body, location);
      const all = new Uint8Array(bytes.length * count);
      for (let turn = 0; turn < count; turn++) all.set(bytes, turn * bytes.length);
      return this.emit(all, location);
    }
    for (let turn = 0; turn < count; turn++) this.perform(body, location);
  }

  private emit(bytes: Uint8Array, location: SourceLocation): void {
    if (!this.section)
      throw new SourceError(
        location,
        "code and data need a section; after 'absolute' or in 'struc' space can only be reserved",
      );
    if (this.section.noBits && bytes.length > 0 && this.final) {
      throw new SourceError(
        location,
        `section ${this.section.name} has no contents; reserve space there (resb) or put this in .data`,
      );
    }
    if (this.section.offset + bytes.length > MAXIMUM_SIZE)
      throw new SourceError(location, `section ${this.section.name} grows beyond ${MAXIMUM_SIZE} bytes`);
    this.section.append(bytes);
  }

  private reserve(count: number, location: SourceLocation): void {
    if (!this.section) this.absolute += BigInt(count);
    else if (this.section.offset + count > MAXIMUM_SIZE)
      throw new SourceError(location, `section ${this.section.name} grows beyond ${MAXIMUM_SIZE} bytes`);
    else this.section.reserve(count);
  }

  private binary(action: Action & { kind: 'binary' }, location: SourceLocation): void {
    const skip = action.skip ? this.count(action.skip, location, 'the number of bytes to skip') : 0;
    const limit = action.limit
      ? this.count(action.limit, location, 'the number of bytes')
      : action.bytes.length;
    this.emit(action.bytes.subarray(skip, skip + limit), location);
  }

  private data(unit: number, items: readonly DataItem[], location: SourceLocation): void {
    const bytes: number[] = [];
    for (const item of items) this.dataItem(bytes, unit, item);
    this.emit(Uint8Array.from(bytes), location);
  }

  private dataItem(bytes: number[], unit: number, item: DataItem): void {
    if (item.kind === 'text') {
      for (const character of item.bytes) bytes.push(character.charCodeAt(0));
      while (bytes.length % unit !== 0) bytes.push(0);
      return;
    }
    let value = 0n;
    if (item.kind === 'float') {
      if (!isFloatSize(unit))
        throw new SourceError(item.location, 'a floating-point constant needs dw, dd, dq or dt');
      value = encodeFloat(item.text, item.negative, unit);
    } else if (item.kind === 'number') {
      const number = this.number(item.value, item.location);
      value = number.value;
      this.warnOverflow(number, unit * 8, item.location);
    }
    for (let index = 0; index < unit; index++, value >>= 8n) bytes.push(Number(value & 0xffn));
  }

  private warnOverflow({ value, base }: ResolvedNumber, bits: number, location: SourceLocation): void {
    if (!this.final || bits >= 64 || (base && bits >= 32)) return;
    const limit = 1n << BigInt(bits);
    if (value >= limit || value < -limit)
      this.diagnostics.warn(location, `${value} does not fit ${bits} bits and is cut`);
  }

  private instructionBytes(action: Action & { kind: 'instruction' }, location: SourceLocation): void {
    try {
      this.emit(this.instruction(action, location).bytes, location);
    } catch (error) {
      // What is out of reach now may not be when sizes have settled; till then it takes the room of a short branch.
      if (this.final || !(error instanceof OutOfReach)) throw error;
      this.reserve(2, location);
    }
  }

  private instruction(
    action: Action & { kind: 'instruction' },
    location: SourceLocation,
  ): EncodedInstruction {
    const known = this.encoded.get(action);
    if (known) return known;
    const base = this.section?.base;
    const address = base ? base.address + BigInt(this.section!.offset) : 0n;
    const place = { context: this, base, address, mode: this.bits };
    const operands = action.operands.map((operand) => evaluateOperand(operand, action.mnemonic, place));
    try {
      const encoded = encode(action.mnemonic, operands, { ...action.prefixes, mode: this.bits, address });
      if (this.final && encoded.warning) this.diagnostics.warn(location, encoded.warning);
      if (!encoded.warning && !dependsOnSymbols(action)) this.encoded.set(action, encoded);
      return encoded;
    } catch (error) {
      if (!(error instanceof EncodeError)) throw error;
      if (error.code === 'branch-out-of-range') throw new OutOfReach(location, error.message);
      throw new SourceError(location, error.message);
    }
  }
}

class OutOfReach extends SourceError {}

function sameValue(left: Value, right: Value): boolean {
  const term = left.terms[0];
  return (
    left.scalar === right.scalar &&
    left.terms.length === right.terms.length &&
    (!term || (term.key === right.terms[0]!.key && term.coefficient === right.terms[0]!.coefficient))
  );
}
