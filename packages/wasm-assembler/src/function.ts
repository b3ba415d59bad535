import { operations, type ValueType } from './operations';
import { call, getLocal, isLeaf, type Expression, type I32, type Signature } from './expressions';

/** A local variable of a function under construction. */
export interface Local<T extends ValueType = ValueType> {
  readonly index: number;
  readonly type: T;
  readonly get: Expression<T>;
}

/** A function that can be called: defined in the module or imported. */
export interface FunctionRef {
  readonly name: string;
  readonly signature: Signature;
  /** Index in the module's function space; imports first. */
  readonly index: number;
}

/** A block, loop or if that branches can name. */
export interface Label {
  readonly kind: 'block' | 'loop' | 'if';
  readonly name: string;
}

/** What a condition mostly is; the engine lays out code and chooses registers for that. */
export type Expected = 'true' | 'false';

/** One step of a function under construction; expressions hang on it. */
export type Statement =
  | { readonly kind: 'set'; readonly local: Local; readonly value: Expression }
  | {
      readonly kind: 'store';
      readonly name: string;
      readonly address: I32;
      readonly value: Expression;
      readonly offset: number;
    }
  /** A call's results, in order. */
  | { readonly kind: 'set-results'; readonly locals: readonly Local[]; readonly value: Expression }
  | { readonly kind: 'drop'; readonly value: Expression }
  | { readonly kind: 'call'; readonly value: Expression }
  | { readonly kind: 'block' | 'loop'; readonly label: Label; readonly body: readonly Statement[] }
  | {
      readonly kind: 'if';
      readonly label: Label;
      readonly condition: I32;
      readonly expected?: Expected | undefined;
      readonly then: readonly Statement[];
      readonly otherwise: readonly Statement[];
    }
  | {
      readonly kind: 'br';
      readonly label: Label;
      readonly condition?: I32;
      readonly expected?: Expected | undefined;
    }
  | {
      readonly kind: 'br-table';
      readonly index: I32;
      readonly labels: readonly Label[];
      readonly otherwise: Label;
    }
  | { readonly kind: 'return'; readonly values: readonly Expression[] }
  | { readonly kind: 'memory-copy' | 'memory-fill'; readonly operands: readonly [I32, I32, I32] }
  | { readonly kind: 'group'; readonly body: readonly Statement[] }
  | {
      readonly kind: 'return-call-indirect';
      readonly signature: Signature;
      readonly operands: readonly Expression[];
    }
  | { readonly kind: 'comment'; readonly text: string }
  | { readonly kind: 'unreachable' };

/** Which locals are in use; see {@link FunctionBuilder.mark}. */
export type LocalMark = Readonly<Record<ValueType, number>>;

/** Builds one function's body as a list of statements; bytes come last (see ModuleBuilder.finish). */
export class FunctionBuilder implements FunctionRef {
  readonly params: readonly Local[];
  readonly body: Statement[] = [];
  /** All locals in index order, parameters first. */
  readonly locals: Local[] = [];
  private current: Statement[] = this.body;
  private readonly pools: Record<ValueType, Local[]> = { i32: [], i64: [], f32: [], f64: [], v128: [] };
  private readonly used: Record<ValueType, number> = { i32: 0, i64: 0, f32: 0, f64: 0, v128: 0 };

  constructor(
    readonly name: string,
    readonly signature: Signature,
    readonly index: number,
  ) {
    this.params = signature.params.map((type) => this.addLocal(type));
  }

  private addLocal<T extends ValueType>(type: T): Local<T> {
    const index = this.locals.length;
    const local = { index, type } as { index: number; type: T; get: Expression<T> };
    local.get = getLocal(local);
    this.locals.push(local);
    return local;
  }

  /** A local that lives until {@link release} of an earlier mark; it starts with whatever its predecessor left. */
  local<T extends ValueType>(type: T): Local<T> {
    const pool = this.pools[type];
    const position = this.used[type]++;
    if (position === pool.length) pool.push(this.addLocal(type));
    return pool[position] as Local<T>;
  }

  mark(): LocalMark {
    return { ...this.used };
  }

  /** Frees the locals handed out since `mark`, for reuse. */
  release(mark: LocalMark): void {
    Object.assign(this.used, mark);
  }

  /** The parameter's value. */
  param<T extends ValueType>(position: number): Expression<T> {
    return this.params[position]!.get as Expression<T>;
  }

  /** Puts a value into a fresh local unless it is a constant or a local already; the result can be placed often. */
  let<T extends ValueType>(value: Expression<T>): Expression<T> {
    if (isLeaf(value)) return value;
    const local = this.local(value.type);
    this.set(local, value);
    return local.get;
  }

  /** Puts the results of a call with several into fresh locals. */
  letResults(value: Expression): readonly Expression[] {
    const signature = value.callee?.signature ?? value.signature;
    if (!signature) throw new TypeError(`${value.kind} has one result`);
    const locals = signature.results.map((type) => this.local(type));
    this.current.push({ kind: 'set-results', locals, value });
    return locals.map((local) => local.get);
  }

  /** A fresh local that starts with `value`, to be changed by {@link set}. */
  variable<T extends ValueType>(value: Expression<T>): Local<T> {
    const local = this.local(value.type);
    this.set(local, value);
    return local;
  }

  /** Appends a statement; used by code generators that make their own. */
  append(statement: Statement): void {
    this.current.push(statement);
  }

  set<T extends ValueType>(local: Local<T>, value: Expression<T>): void {
    if (local.type !== value.type)
      throw new TypeError(`local ${local.index} is ${local.type}, not ${value.type}`);
    this.current.push({ kind: 'set', local, value });
  }

  /** Stores by operation name, e.g. `store('i32.store8', address, value, offset)`. */
  store(name: string, address: I32, value: Expression, offset = 0): void {
    const row = operations.get(name);
    if (row?.operands[1] !== value.type) throw new TypeError(`${name} cannot store ${value.type}`);
    this.current.push({ kind: 'store', name, address, value, offset });
  }

  drop(value: Expression): void {
    this.current.push({ kind: 'drop', value });
  }

  /** Calls a function without result. */
  call(callee: FunctionRef, ...operands: Expression[]): void {
    if (callee.signature.results.length > 0)
      throw new TypeError(`${callee.name} returns a value; drop it or use it`);
    this.current.push({ kind: 'call', value: call(callee, ...operands) });
  }

  private nested(build: (label: Label) => void, label: Label): Statement[] {
    const outer = this.current;
    const body: Statement[] = [];
    this.current = body;
    try {
      build(label);
    } finally {
      this.current = outer;
    }
    return body;
  }

  /** A branch to the label leaves the block. */
  block(build: (label: Label) => void, name = ''): void {
    const label: Label = { kind: 'block', name };
    this.current.push({ kind: 'block', label, body: this.nested(build, label) });
  }

  /** A branch to the label starts the next iteration; falling out of the body leaves the loop. */
  loop(build: (label: Label) => void, name = ''): void {
    const label: Label = { kind: 'loop', name };
    this.current.push({ kind: 'loop', label, body: this.nested(build, label) });
  }

  /** A constant condition leaves only the arm that runs. */
  if(
    condition: I32,
    then: (label: Label) => void,
    otherwise?: (label: Label) => void,
    expected?: Expected,
  ): void {
    const label: Label = { kind: 'if', name: '' };
    if (condition.kind === 'constant') {
      const arm = condition.value === 0 ? otherwise : then;
      if (arm) this.current.push({ kind: 'block', label, body: this.nested(arm, label) });
      return;
    }
    const thenBody = this.nested(then, label);
    const otherwiseBody = otherwise ? this.nested(otherwise, label) : [];
    this.current.push({
      kind: 'if',
      label,
      condition,
      expected,
      then: thenBody,
      otherwise: otherwiseBody,
    });
  }

  /** An `if` whose condition is hardly ever true: a way out, a slow path. */
  ifRarely(condition: I32, then: (label: Label) => void): void {
    this.if(condition, then, undefined, 'false');
  }

  br(label: Label): void {
    this.current.push({ kind: 'br', label });
  }

  brIf(label: Label, condition: I32, expected?: Expected): void {
    if (condition.kind === 'constant') {
      if (condition.value !== 0) this.br(label);
      return;
    }
    this.current.push({ kind: 'br', label, condition, expected });
  }

  brTable(index: I32, labels: readonly Label[], otherwise: Label): void {
    this.current.push({ kind: 'br-table', index, labels, otherwise });
  }

  return(...values: Expression[]): void {
    this.current.push({ kind: 'return', values });
  }

  /** Calls entry `index` of the table in place of this function, whose results are the callee's (the tail call proposal). */
  returnCallIndirect(signature: Signature, index: I32, ...operands: Expression[]): void {
    this.current.push({ kind: 'return-call-indirect', signature, operands: [...operands, index] });
  }

  /** A place in the code for statements that become known later: append them to the list returned. */
  group(): Statement[] {
    const body: Statement[] = [];
    this.current.push({ kind: 'group', body });
    return body;
  }

  memoryCopy(destination: I32, source: I32, length: I32): void {
    this.current.push({ kind: 'memory-copy', operands: [destination, source, length] });
  }

  memoryFill(destination: I32, value: I32, length: I32): void {
    this.current.push({ kind: 'memory-fill', operands: [destination, value, length] });
  }

  /** A remark for the text form; no bytes. */
  comment(text: string): void {
    this.current.push({ kind: 'comment', text });
  }

  unreachable(): void {
    this.current.push({ kind: 'unreachable' });
  }
}
