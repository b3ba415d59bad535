import { operations, type Operation, type ValueType } from './operations';
import type { FunctionRef, Local } from './function';

/**
 * A typed WebAssembly expression. An expression that is not a constant or a local may be placed once only: to use a value
 * twice, put it into a local first. (The encoder checks this: a second use would compute the value again, perhaps from
 * memory that has changed.)
 */
export interface Expression<T extends ValueType = ValueType> {
  readonly kind: 'operation' | 'constant' | 'get' | 'tee' | 'call' | 'call-indirect' | 'select';
  readonly type: T;
  readonly operation?: Operation | undefined;
  readonly operands: readonly Expression[];
  /** Constant value (lanes for v128); memory offset; lane. */
  readonly value?: number | bigint | readonly number[] | undefined;
  readonly local?: Local | undefined;
  readonly callee?: FunctionRef | undefined;
  readonly signature?: Signature | undefined;
  /** Set by the encoder when the expression has been placed. */
  placed?: boolean;
}

/** The types of a function's parameters and results. */
export interface Signature {
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** An expression whose value is an i32. */
export type I32 = Expression<'i32'>;
/** An expression whose value is an i64. */
export type I64 = Expression<'i64'>;
/** An expression whose value is an f32. */
export type F32 = Expression<'f32'>;
/** An expression whose value is an f64. */
export type F64 = Expression<'f64'>;
/** An expression whose value is a v128. */
export type V128 = Expression<'v128'>;

const NO_OPERANDS: readonly Expression[] = [];

interface Parts {
  readonly operation?: Operation;
  readonly value?: number | bigint | readonly number[] | undefined;
  readonly local?: Local;
  readonly callee?: FunctionRef;
  readonly signature?: Signature;
}

/** All expressions have one shape, which is what makes building and encoding them fast. */
class Node<T extends ValueType> implements Expression<T> {
  readonly operation: Operation | undefined;
  readonly value: number | bigint | readonly number[] | undefined;
  readonly local: Local | undefined;
  readonly callee: FunctionRef | undefined;
  readonly signature: Signature | undefined;
  placed = false;

  constructor(
    readonly kind: Expression['kind'],
    readonly type: T,
    readonly operands: readonly Expression[],
    operation: Operation | undefined,
    value?: number | bigint | readonly number[],
    rest?: Parts,
  ) {
    this.operation = operation;
    this.value = value;
    this.local = rest?.local;
    this.callee = rest?.callee;
    this.signature = rest?.signature;
  }
}

/** The value of a local, which may be placed any number of times. */
export function getLocal<T extends ValueType>(local: Local<T>): Expression<T> {
  return new Node('get', local.type, NO_OPERANDS, undefined, undefined, { local });
}

/** The value of an i32 or i64 constant, or undefined if the expression is no constant. */
export function constantOf(expression: I32): number | undefined;
export function constantOf(expression: I64): bigint | undefined;
export function constantOf(expression: Expression): number | bigint | undefined {
  return expression.kind === 'constant' ? (expression.value as number | bigint) : undefined;
}

/** True when the expression may be placed any number of times. */
export function isLeaf(expression: Expression): boolean {
  return expression.kind === 'constant' || expression.kind === 'get';
}

function operation(name: string): Operation {
  const found = operations.get(name);
  if (!found) throw new TypeError(`no WebAssembly operation is called ${name}`);
  return found;
}

function make<T extends ValueType>(
  op: Operation,
  operands: readonly Expression[],
  value?: number | readonly number[],
): Expression<T> {
  for (let i = 0; i < op.operands.length; i++) {
    if (operands[i]?.type !== op.operands[i]) {
      throw new TypeError(
        `${op.name}: operand ${i + 1} is ${operands[i]?.type ?? 'missing'}, needs ${op.operands[i]}`,
      );
    }
  }
  return new Node('operation', op.result as T, operands, op, value);
}

const I32_CONST = operation('i32.const');
const I64_CONST = operation('i64.const');

function constI32(value: number): I32 {
  return new Node('constant', 'i32', NO_OPERANDS, I32_CONST, value | 0);
}
function constI64(value: bigint | number): I64 {
  return new Node('constant', 'i64', NO_OPERANDS, I64_CONST, BigInt.asIntN(64, BigInt(value)));
}

type Fold2 = (a: number, b: number) => number;
type Fold2Big = (a: bigint, b: bigint) => bigint;

function unary<T extends ValueType>(name: string): (a: Expression) => Expression<T> {
  const op = operation(name);
  return (a) => make<T>(op, [a]);
}
function binary<T extends ValueType>(name: string): (a: Expression, b: Expression) => Expression<T> {
  const op = operation(name);
  return (a, b) => make<T>(op, [a, b]);
}

/** i32 binary operation, folded on constants; `identity` is a right operand that changes nothing. */
function binary32(name: string, fold: Fold2, identity?: number): (a: I32, b: I32) => I32 {
  const op = operation(name);
  return (a, b) => {
    const y = b.kind === 'constant' ? (b.value as number) : undefined;
    if (y !== undefined) {
      if (a.kind === 'constant') return constI32(fold(a.value as number, y));
      if (y === identity) return a;
    }
    return make<'i32'>(op, [a, b]);
  };
}
function binary64(name: string, fold?: Fold2Big, identity?: bigint): (a: I64, b: I64) => I64 {
  const op = operation(name);
  return (a, b) => {
    const y = b.kind === 'constant' ? (b.value as bigint) : undefined;
    if (y !== undefined) {
      if (fold && a.kind === 'constant') return constI64(fold(a.value as bigint, y));
      if (y === identity) return a;
    }
    return make<'i64'>(op, [a, b]);
  };
}
const bit = (condition: boolean): number => (condition ? 1 : 0);

function load<T extends ValueType>(name: string): (address: I32, offset?: number) => Expression<T> {
  const op = operation(name);
  return (address, offset = 0) => make<T>(op, [address], offset);
}

/** i32 operations; comparisons of either integer type give i32. */
export const i32 = {
  const: constI32 as (value: number) => I32,
  add: binary32('i32.add', (a, b) => a + b, 0),
  sub: binary32('i32.sub', (a, b) => a - b, 0),
  mul: binary32('i32.mul', Math.imul, 1),
  and: binary32('i32.and', (a, b) => a & b, -1),
  or: binary32('i32.or', (a, b) => a | b, 0),
  xor: binary32('i32.xor', (a, b) => a ^ b, 0),
  shl: binary32('i32.shl', (a, b) => a << b, 0),
  shrS: binary32('i32.shr_s', (a, b) => a >> b, 0),
  shrU: binary32('i32.shr_u', (a, b) => a >>> b, 0),
  rotl: binary32('i32.rotl', (a, b) => (a << b) | (a >>> (32 - (b & 31))), 0),
  rotr: binary32('i32.rotr', (a, b) => (a >>> b) | (a << (32 - (b & 31))), 0),
  divS: binary<'i32'>('i32.div_s'),
  divU: binary<'i32'>('i32.div_u'),
  remS: binary<'i32'>('i32.rem_s'),
  remU: binary<'i32'>('i32.rem_u'),
  eq: binary32('i32.eq', (a, b) => bit(a === b)),
  ne: binary32('i32.ne', (a, b) => bit(a !== b)),
  ltS: binary32('i32.lt_s', (a, b) => bit(a < b)),
  ltU: binary32('i32.lt_u', (a, b) => bit(a >>> 0 < b >>> 0)),
  gtS: binary32('i32.gt_s', (a, b) => bit(a > b)),
  gtU: binary32('i32.gt_u', (a, b) => bit(a >>> 0 > b >>> 0)),
  leS: binary32('i32.le_s', (a, b) => bit(a <= b)),
  leU: binary32('i32.le_u', (a, b) => bit(a >>> 0 <= b >>> 0)),
  geS: binary32('i32.ge_s', (a, b) => bit(a >= b)),
  geU: binary32('i32.ge_u', (a, b) => bit(a >>> 0 >= b >>> 0)),
  eqz: (a: I32): I32 =>
    a.kind === 'constant' ? constI32(bit(a.value === 0)) : make<'i32'>(operation('i32.eqz'), [a]),
  clz: unary<'i32'>('i32.clz'),
  ctz: unary<'i32'>('i32.ctz'),
  popcnt: unary<'i32'>('i32.popcnt'),
  extend8S: unary<'i32'>('i32.extend8_s'),
  extend16S: unary<'i32'>('i32.extend16_s'),
  wrap: (a: I64): I32 =>
    a.kind === 'constant'
      ? constI32(Number(BigInt.asIntN(32, a.value as bigint)))
      : make<'i32'>(operation('i32.wrap_i64'), [a]),
  reinterpret: unary<'i32'>('i32.reinterpret_f32'),
  truncSatF32S: unary<'i32'>('i32.trunc_sat_f32_s'),
  truncSatF32U: unary<'i32'>('i32.trunc_sat_f32_u'),
  truncSatF64S: unary<'i32'>('i32.trunc_sat_f64_s'),
  truncSatF64U: unary<'i32'>('i32.trunc_sat_f64_u'),
  load: load<'i32'>('i32.load'),
  load8S: load<'i32'>('i32.load8_s'),
  load8U: load<'i32'>('i32.load8_u'),
  load16S: load<'i32'>('i32.load16_s'),
  load16U: load<'i32'>('i32.load16_u'),
} as const;

/** i64 operations. */
export const i64 = {
  const: constI64 as (value: bigint | number) => I64,
  add: binary64('i64.add', (a, b) => a + b, 0n),
  sub: binary64('i64.sub', (a, b) => a - b, 0n),
  mul: binary64('i64.mul', (a, b) => a * b, 1n),
  and: binary64('i64.and', (a, b) => a & b, -1n),
  or: binary64('i64.or', (a, b) => a | b, 0n),
  xor: binary64('i64.xor', (a, b) => a ^ b, 0n),
  shl: binary64('i64.shl', (a, b) => a << (b & 63n), 0n),
  shrS: binary64('i64.shr_s', (a, b) => a >> (b & 63n), 0n),
  shrU: binary64('i64.shr_u', (a, b) => BigInt.asUintN(64, a) >> (b & 63n), 0n),
  rotl: binary64('i64.rotl', undefined, 0n),
  rotr: binary64('i64.rotr', undefined, 0n),
  divS: binary<'i64'>('i64.div_s'),
  divU: binary<'i64'>('i64.div_u'),
  remS: binary<'i64'>('i64.rem_s'),
  remU: binary<'i64'>('i64.rem_u'),
  eq: binary<'i32'>('i64.eq'),
  ne: binary<'i32'>('i64.ne'),
  ltS: binary<'i32'>('i64.lt_s'),
  ltU: binary<'i32'>('i64.lt_u'),
  gtS: binary<'i32'>('i64.gt_s'),
  gtU: binary<'i32'>('i64.gt_u'),
  leS: binary<'i32'>('i64.le_s'),
  leU: binary<'i32'>('i64.le_u'),
  geS: binary<'i32'>('i64.ge_s'),
  geU: binary<'i32'>('i64.ge_u'),
  eqz: unary<'i32'>('i64.eqz'),
  clz: unary<'i64'>('i64.clz'),
  ctz: unary<'i64'>('i64.ctz'),
  popcnt: unary<'i64'>('i64.popcnt'),
  extendI32S: (a: I32): I64 =>
    a.kind === 'constant' ? constI64(a.value as number) : make<'i64'>(operation('i64.extend_i32_s'), [a]),
  extendI32U: (a: I32): I64 =>
    a.kind === 'constant'
      ? constI64((a.value as number) >>> 0)
      : make<'i64'>(operation('i64.extend_i32_u'), [a]),
  extend8S: unary<'i64'>('i64.extend8_s'),
  extend16S: unary<'i64'>('i64.extend16_s'),
  extend32S: unary<'i64'>('i64.extend32_s'),
  reinterpret: unary<'i64'>('i64.reinterpret_f64'),
  truncSatF32S: unary<'i64'>('i64.trunc_sat_f32_s'),
  truncSatF32U: unary<'i64'>('i64.trunc_sat_f32_u'),
  truncSatF64S: unary<'i64'>('i64.trunc_sat_f64_s'),
  truncSatF64U: unary<'i64'>('i64.trunc_sat_f64_u'),
  load: load<'i64'>('i64.load'),
  load8S: load<'i64'>('i64.load8_s'),
  load8U: load<'i64'>('i64.load8_u'),
  load16S: load<'i64'>('i64.load16_s'),
  load16U: load<'i64'>('i64.load16_u'),
  load32S: load<'i64'>('i64.load32_s'),
  load32U: load<'i64'>('i64.load32_u'),
} as const;

/** Any operation by its WebAssembly name, for the less common ones (floating point, vectors): `wasm('f64.add', a, b)`. */
export function wasm<T extends ValueType>(name: string, ...operands: Expression[]): Expression<T> {
  return make<T>(operation(name), operands);
}

/** An operation with a lane number: `wasmLane('i32x4.extract_lane', 2, v)`. */
export function wasmLane<T extends ValueType>(
  name: string,
  lane: number,
  ...operands: Expression[]
): Expression<T> {
  return make<T>(operation(name), operands, lane);
}

/** A memory load by name: `wasmLoad('v128.load', address, 16)`. */
export function wasmLoad<T extends ValueType>(name: string, address: I32, offset = 0): Expression<T> {
  return make<T>(operation(name), [address], offset);
}

/** i8x16.shuffle: sixteen lane numbers, 0..15 from a, 16..31 from b. */
export function shuffle(a: V128, b: V128, lanes: readonly number[]): V128 {
  if (lanes.length !== 16 || lanes.some((lane) => lane < 0 || lane > 31))
    throw new RangeError('i8x16.shuffle takes sixteen lanes of 0..31');
  return make<'v128'>(operation('i8x16.shuffle'), [a, b], lanes);
}

export function f32Const(value: number): F32 {
  return new Node('constant', 'f32', NO_OPERANDS, operation('f32.const'), value);
}
export function f64Const(value: number): F64 {
  return new Node('constant', 'f64', NO_OPERANDS, operation('f64.const'), value);
}
/** A v128 constant from its sixteen bytes. */
export function v128Const(bytes: readonly number[]): V128 {
  return new Node('constant', 'v128', NO_OPERANDS, operation('v128.const'), bytes);
}

/** `condition ? a : b`, both computed. */
export function select<T extends ValueType>(
  condition: I32,
  a: Expression<T>,
  b: Expression<T>,
): Expression<T> {
  if (condition.kind === 'constant') return condition.value === 0 ? b : a;
  return new Node('select', a.type, [a, b, condition], undefined);
}

/** The value that a call returns; a call of a function without result is a statement. */
export function call<T extends ValueType>(callee: FunctionRef, ...operands: Expression[]): Expression<T> {
  checkArguments(callee.name, callee.signature, operands);
  return new Node('call', callee.signature.results[0] as T, operands, undefined, undefined, { callee });
}

/** Calls entry `index` of the module's first table; the index comes last in `operands`' evaluation order. */
export function callIndirect<T extends ValueType>(
  signature: Signature,
  index: I32,
  ...operands: Expression[]
): Expression<T> {
  checkArguments('call_indirect', signature, operands);
  return new Node('call-indirect', signature.results[0] as T, [...operands, index], undefined, undefined, {
    signature,
  });
}

/** Calls entry `index` of a table by its number in the module. */
export function callTable<T extends ValueType>(
  table: number,
  signature: Signature,
  index: I32,
  ...operands: Expression[]
): Expression<T> {
  checkArguments('call_indirect', signature, operands);
  const type = signature.results[0] as T;
  return new Node('call-indirect', type, [...operands, index], undefined, table, { signature });
}

function checkArguments(name: string, signature: Signature, operands: readonly Expression[]): void {
  const given = operands.map((operand) => operand.type).join();
  if (given !== signature.params.join())
    throw new TypeError(`${name} takes (${signature.params.join()}), not (${given})`);
}
