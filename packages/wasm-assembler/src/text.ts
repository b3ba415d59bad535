import type { Expression } from './expressions';
import type { FunctionBuilder, Label, Statement } from './function';
import { operations } from './operations';

/** Prints one function, an operation a line, in the order of execution. */
class Printer {
  private readonly lines: string[] = [];
  private indent = 1;
  private results = 0;
  private readonly labels = new Map<Label, string>();

  print(fn: FunctionBuilder): string {
    const params = fn.params.map(({ index, type }) => `$${index}: ${type}`).join(', ');
    const result = fn.signature.results.join(', ');
    this.lines.push(`func ${fn.name}(${params})${result ? ` -> ${result}` : ''}`);
    this.statements(fn.body);
    this.lines.push('end', '');
    return this.lines.join('\n');
  }

  private line(text: string): void {
    this.lines.push('  '.repeat(this.indent) + text);
  }

  private label(label: Label): string {
    const known = this.labels.get(label);
    if (known) return known;
    const name = `@${label.name || label.kind}${this.labels.size}`;
    this.labels.set(label, name);
    return name;
  }

  private statements(list: readonly Statement[]): void {
    for (const statement of list) this.statement(statement);
  }

  private nested(list: readonly Statement[]): void {
    this.indent++;
    this.statements(list);
    this.indent--;
  }

  private statement(s: Statement): void {
    switch (s.kind) {
      case 'set':
        return this.line(`$${s.local.index}: ${s.local.type} = ${this.operation(s.value)}`);
      case 'set-results': {
        const locals = s.locals.map(({ index, type }) => `$${index}: ${type}`);
        return this.line(`${locals.join(', ')} = ${this.operation(s.value)}`);
      }
      case 'store': {
        const address = this.value(s.address);
        return this.line(
          `${s.name} ${address}${offset(s.offset)}, ${this.value(s.value)}: ${operations.get(s.name)!.operands[1]}`,
        );
      }
      case 'drop':
        return this.line(`drop ${this.operation(s.value)}`);
      case 'call':
        return this.line(this.operation(s.value));
      case 'block':
      case 'loop':
        this.line(`${s.kind} ${this.label(s.label)}`);
        this.nested(s.body);
        return this.line('end');
      case 'if':
        return this.branches(s);
      case 'br':
        if (!s.condition) return this.line(`br ${this.label(s.label)}`);
        return this.line(`br_if ${this.value(s.condition)}, ${this.label(s.label)}`);
      case 'br-table': {
        const index = this.value(s.index);
        return this.line(
          `br_table ${index}, [${s.labels.map((label) => this.label(label)).join(' ')}], ${this.label(s.otherwise)}`,
        );
      }
      case 'return':
        return this.line(`return ${s.values.map((value) => this.value(value)).join(', ')}`.trimEnd());
      case 'memory-copy':
      case 'memory-fill':
        return this.line(
          `${s.kind.replace('-', '.')} ${s.operands.map((operand) => this.value(operand)).join(', ')}`,
        );
      case 'group':
        for (const statement of s.body) this.statement(statement);
        return;
      case 'return-call-indirect': {
        const operands = s.operands.map((operand) => this.value(operand));
        return this.line(`return_call_indirect ${operands.pop()!}(${operands.join(', ')})`);
      }
      case 'comment':
        return this.line(`; ${s.text}`);
      case 'unreachable':
        return this.line('unreachable');
    }
  }

  private branches(s: Extract<Statement, { kind: 'if' }>): void {
    this.line(`if ${this.value(s.condition)} ${this.label(s.label)}`);
    this.nested(s.then);
    if (s.otherwise.length > 0) {
      this.line('else');
      this.nested(s.otherwise);
    }
    this.line('end');
  }

  /** A local, a constant, or the name of the result of operations that are printed first. */
  private value(e: Expression): string {
    if (e.kind === 'get') return `$${e.local!.index}`;
    if (e.kind === 'constant') return constant(e);
    const text = this.operation(e);
    const name = `%${this.results++}`;
    this.line(`${name}: ${e.type} = ${text}`);
    return name;
  }

  /** The operation itself; what it is computed from is printed first. */
  private operation(e: Expression): string {
    if (e.kind === 'get' || e.kind === 'constant') return this.value(e);
    const operands = e.operands.map((operand) => this.value(operand));
    switch (e.kind) {
      case 'call':
        return `call ${e.callee!.name}(${operands.join(', ')})`;
      case 'call-indirect':
        return `call_indirect ${operands.pop()!}(${operands.join(', ')})`;
      case 'select':
        return `select ${operands[2]!}, ${operands[0]!}, ${operands[1]!}`;
      case 'tee':
        return `tee $${e.local!.index} ${operands[0]!}`;
      default:
        return `${e.operation!.name} ${operands.join(', ')}${immediate(e)}`;
    }
  }
}

function constant(e: Expression): string {
  return Array.isArray(e.value) ? `[${e.value.join(' ')}]` : String(e.value);
}

function offset(value: number): string {
  return value === 0 ? '' : ` +${value}`;
}

function immediate(e: Expression): string {
  const kind = e.operation!.immediate;
  if (kind === 'memory') return offset((e.value as number | undefined) ?? 0);
  if (kind === 'lane') return ` lane ${String(e.value)}`;
  return kind === 'shuffle' ? ` ${constant(e)}` : '';
}

/**
 * The text form of a function: one operation a line with its type, blocks indented. Locals are `$n`, intermediate results
 * `%n`, labels `@name`; operations have their WebAssembly names, memory offsets are written `+n`. It is for reading: its
 * syntax is not WAT's.
 */
export function printFunction(fn: FunctionBuilder): string {
  return new Printer().print(fn);
}
