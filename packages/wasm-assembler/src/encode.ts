import { ByteWriter } from './byte-writer';
import type { Expression, Signature } from './expressions';
import type { Expected, FunctionBuilder, Label, Statement } from './function';
import { operations, type ValueType } from './operations';

// Control instructions, variables and bulk memory: core specification 5.4.1-5.4.6.
const OP = {
  unreachable: 0x00,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  brTable: 0x0e,
  return: 0x0f,
  call: 0x10,
  callIndirect: 0x11,
  returnCallIndirect: 0x13,
  drop: 0x1a,
  select: 0x1b,
  selectTyped: 0x1c,
  get: 0x20,
  set: 0x21,
  tee: 0x22,
} as const;
const EMPTY_BLOCK = 0x40;
const VALUE_TYPE: Readonly<Record<ValueType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};

/** The byte that stands for a value type in a type or locals section. */
export function valueTypeCode(type: ValueType): number {
  return VALUE_TYPE[type];
}

/** Turns one function's statements into its code-section entry. */
export class FunctionEncoder {
  /** Offset in the body of each conditional branch with an expectation, and 1 if that is `true`. */
  readonly hints: (readonly [offset: number, value: number])[] = [];
  private readonly out = new ByteWriter();
  private readonly labels: Label[] = [];

  /** `typeIndex` answers the module's type number of a signature (for call_indirect). */
  constructor(private readonly typeIndex: (signature: Signature) => number) {}

  encode(fn: FunctionBuilder): ByteWriter {
    this.localDeclarations(fn);
    this.statements(fn.body);
    // A function with a result ends by a return statement; the body's end is then unreachable.
    if (fn.signature.results.length > 0) this.out.byte(OP.unreachable);
    this.out.byte(OP.end);
    return this.out;
  }

  private localDeclarations(fn: FunctionBuilder): void {
    const runs: { type: ValueType; count: number }[] = [];
    for (const local of fn.locals.slice(fn.params.length)) {
      const last = runs[runs.length - 1];
      if (last?.type === local.type) last.count++;
      else runs.push({ type: local.type, count: 1 });
    }
    this.out.unsigned(runs.length);
    for (const run of runs) {
      this.out.unsigned(run.count);
      this.out.byte(VALUE_TYPE[run.type]);
    }
  }

  private statements(list: readonly Statement[]): void {
    for (const statement of list) this.statement(statement);
  }

  private depth(label: Label): number {
    const position = this.labels.lastIndexOf(label);
    if (position < 0) throw new Error(`branch to ${label.kind} ${label.name}, which does not enclose it`);
    return this.labels.length - 1 - position;
  }

  private nested(
    opcode: number,
    label: Label,
    body: readonly Statement[],
    otherwise?: readonly Statement[],
  ): void {
    this.out.byte(opcode);
    this.out.byte(EMPTY_BLOCK);
    this.labels.push(label);
    this.statements(body);
    if (otherwise && otherwise.length > 0) {
      this.out.byte(OP.else);
      this.statements(otherwise);
    }
    this.labels.pop();
    this.out.byte(OP.end);
  }

  /** The next byte is the opcode of a conditional branch. */
  private expect(expected: Expected | undefined): void {
    if (expected) this.hints.push([this.out.length, expected === 'true' ? 1 : 0]);
  }

  private statement(s: Statement): void {
    const out = this.out;
    switch (s.kind) {
      case 'set':
        this.expression(s.value);
        out.byte(OP.set);
        return out.unsigned(s.local.index);
      case 'set-results':
        this.expression(s.value);
        for (const { index } of [...s.locals].reverse()) {
          out.byte(OP.set);
          out.unsigned(index);
        }
        return;
      case 'store': {
        const row = operations.get(s.name)!;
        this.expression(s.address);
        this.expression(s.value);
        out.append(row.code);
        out.unsigned(row.align);
        return out.unsigned(s.offset);
      }
      case 'drop':
        this.expression(s.value);
        return out.byte(OP.drop);
      case 'call':
        return this.expression(s.value);
      case 'block':
        return this.nested(OP.block, s.label, s.body);
      case 'loop':
        return this.nested(OP.loop, s.label, s.body);
      case 'if':
        this.expression(s.condition);
        this.expect(s.expected);
        return this.nested(OP.if, s.label, s.then, s.otherwise);
      case 'br':
        if (s.condition) this.expression(s.condition);
        this.expect(s.expected);
        out.byte(s.condition ? OP.brIf : OP.br);
        return out.unsigned(this.depth(s.label));
      case 'br-table':
        this.expression(s.index);
        out.byte(OP.brTable);
        out.unsigned(s.labels.length);
        for (const label of s.labels) out.unsigned(this.depth(label));
        return out.unsigned(this.depth(s.otherwise));
      case 'return':
        for (const value of s.values) this.expression(value);
        return out.byte(OP.return);
      case 'memory-copy':
      case 'memory-fill':
        for (const operand of s.operands) this.expression(operand);
        return out.append(s.kind === 'memory-copy' ? [0xfc, 10, 0, 0] : [0xfc, 11, 0]);
      case 'group':
        return this.statements(s.body);
      case 'return-call-indirect':
        for (const operand of s.operands) this.expression(operand);
        out.byte(OP.returnCallIndirect);
        out.unsigned(this.typeIndex(s.signature));
        return out.byte(0);
      case 'comment':
        return;
      case 'unreachable':
        return out.byte(OP.unreachable);
    }
  }

  private expression(e: Expression): void {
    const out = this.out;
    if (e.kind === 'get') {
      out.byte(OP.get);
      return out.unsigned(e.local!.index);
    }
    if (e.kind === 'constant') return this.constant(e);
    if (e.placed)
      throw new Error(`a ${e.operation?.name ?? e.kind} expression is used twice; put it into a local first`);
    e.placed = true;
    for (const operand of e.operands) this.expression(operand);
    switch (e.kind) {
      case 'operation':
        return this.operation(e);
      case 'call':
        out.byte(OP.call);
        return out.unsigned(e.callee!.index);
      case 'call-indirect':
        out.byte(OP.callIndirect);
        out.unsigned(this.typeIndex(e.signature!));
        return out.unsigned((e.value as number | undefined) ?? 0);
      case 'select':
        if (e.type !== 'v128') return out.byte(OP.select);
        return out.append([OP.selectTyped, 1, VALUE_TYPE.v128]);
      case 'tee':
        out.byte(OP.tee);
        return out.unsigned(e.local!.index);
    }
  }

  private operation(e: Expression): void {
    const op = e.operation!;
    this.out.append(op.code);
    if (op.immediate === 'memory') {
      this.out.unsigned(op.align);
      this.out.unsigned(e.value as number);
    } else if (op.immediate === 'lane') this.out.byte(e.value as number);
    else if (op.immediate === 'shuffle') this.out.append(e.value as readonly number[]);
  }

  private constant(e: Expression): void {
    const out = this.out;
    out.append(e.operation!.code);
    if (e.type === 'i32') out.signed(e.value as number);
    else if (e.type === 'i64') out.signed64(e.value as bigint);
    else if (e.type === 'f32') out.float32(e.value as number);
    else if (e.type === 'f64') out.float64(e.value as number);
    else out.append(e.value as readonly number[]);
  }
}
