import type { Expression } from './expressions';
import type { FunctionBuilder, Label, Statement } from './function';

/** Writes a function in WebAssembly's text format, folded (core specification, 6.5.8): `(i32.add (local.get 0) (i32.const 1))`. */
class TextWriter {
  private readonly lines: string[] = [];
  private readonly labels: Label[] = [];

  write(fn: FunctionBuilder): string {
    const part = (name: string, types: readonly string[]): string =>
      types.length > 0 ? ` (${name} ${types.join(' ')})` : '';
    const locals = fn.locals.slice(fn.params.length).map(({ type }) => type);
    const { params, results } = fn.signature;
    this.lines.push(
      `(func $${fn.name}${part('param', params)}${part('result', results)}${part('local', locals)}`,
    );
    this.body(fn.body);
    if (results.length > 0) this.line('(unreachable)');
    this.lines.push(')');
    return this.lines.join('\n');
  }

  private line(text: string): void {
    this.lines.push('  '.repeat(this.labels.length + 1) + text);
  }

  private body(list: readonly Statement[]): void {
    for (const statement of list) this.statement(statement);
  }

  private nested(opening: string, label: Label, body: readonly Statement[], closing = ')'): void {
    this.line(opening);
    this.labels.push(label);
    this.body(body);
    this.labels.pop();
    this.line(closing);
  }

  private depth(label: Label): number {
    return this.labels.length - 1 - this.labels.lastIndexOf(label);
  }

  private statement(s: Statement): void {
    switch (s.kind) {
      case 'set':
        return this.line(`(local.set ${s.local.index} ${value(s.value)})`);
      case 'set-results':
        this.line(value(s.value));
        for (const { index } of [...s.locals].reverse()) this.line(`(local.set ${index})`);
        return;
      case 'store':
        return this.line(`(${s.name}${offsetOf(s.offset)} ${value(s.address)} ${value(s.value)})`);
      case 'drop':
        return this.line(`(drop ${value(s.value)})`);
      case 'call':
        return this.line(value(s.value));
      case 'block':
      case 'loop':
        return this.nested(`(${s.kind}`, s.label, s.body);
      case 'if':
        this.nested(
          `(if ${value(s.condition)} (then`,
          s.label,
          s.then,
          s.otherwise.length > 0 ? ') (else' : '))',
        );
        if (s.otherwise.length > 0) this.nested('', s.label, s.otherwise, '))');
        return;
      case 'br':
        if (!s.condition) return this.line(`(br ${this.depth(s.label)})`);
        return this.line(`(br_if ${this.depth(s.label)} ${value(s.condition)})`);
      case 'br-table': {
        const labels = [...s.labels, s.otherwise].map((label) => this.depth(label));
        return this.line(`(br_table ${labels.join(' ')} ${value(s.index)})`);
      }
      case 'return':
        return this.line(`(return${s.values.map((result) => ` ${value(result)}`).join('')})`);
      case 'return-call-indirect':
        return this.line(`(return_call_indirect${typeOf(s.signature)} ${s.operands.map(value).join(' ')})`);
      case 'memory-copy':
      case 'memory-fill':
        return this.line(`(${s.kind.replace('-', '.')} ${s.operands.map(value).join(' ')})`);
      case 'group':
        return this.body(s.body);
      case 'comment':
        return this.line(`;; ${s.text}`);
      case 'unreachable':
        return this.line('(unreachable)');
    }
  }
}

/** A number as the text format writes it (core specification, 6.3.1 and 6.3.2). */
function numeral(value: number | bigint): string {
  if (Object.is(value, -0)) return '-0';
  if (Number.isNaN(value)) return 'nan';
  return String(value).replace('Infinity', 'inf');
}

const offsetOf = (offset: number): string => (offset === 0 ? '' : ` offset=${offset}`);

function typeOf({ params, results }: { params: readonly string[]; results: readonly string[] }): string {
  const part = (name: string, types: readonly string[]): string =>
    types.length > 0 ? ` (${name} ${types.join(' ')})` : '';
  return part('param', params) + part('result', results);
}

function immediate(e: Expression): string {
  const { immediate: kind } = e.operation!;
  if (kind === 'memory') return offsetOf(e.value as number);
  if (kind === 'lane') return ` ${String(e.value)}`;
  return kind === 'shuffle' ? ` ${(e.value as readonly number[]).join(' ')}` : '';
}

function value(e: Expression): string {
  const operands = e.operands.map((operand) => ` ${value(operand)}`).join('');
  switch (e.kind) {
    case 'get':
      return `(local.get ${e.local!.index})`;
    case 'constant':
      if (e.type === 'v128') return `(v128.const i8x16 ${(e.value as readonly number[]).join(' ')})`;
      return `(${e.type}.const ${numeral(e.value as number | bigint)})`;
    case 'tee':
      return `(local.tee ${e.local!.index}${operands})`;
    case 'call':
      return `(call $${e.callee!.name}${operands})`;
    case 'call-indirect':
      return `(call_indirect${typeOf(e.signature!)}${operands})`;
    case 'select':
      return e.type === 'v128' ? `(select (result v128)${operands})` : `(select${operands})`;
    case 'operation':
      return `(${e.operation!.name}${immediate(e)}${operands})`;
  }
}

/** A function in WebAssembly's text format, folded. Blocks and locals have numbers; functions called have their names. */
export function printText(fn: FunctionBuilder): string {
  return new TextWriter().write(fn);
}
