import { i32, i64, type Expression, type I32 } from '@trapgate/wasm-assembler';

/** An integer value of an instruction: i32 for operands of 8, 16 and 32 bits (upper bits unspecified unless said), i64 for 64. */
export type Value = Expression<'i32'> | Expression<'i64'>;
export type Width = 8 | 16 | 32 | 64;

/** Arithmetic on values of one type; both arms of {@link arithmetic} have this shape. */
export interface Arithmetic {
  const(value: number | bigint): Value;
  add(a: Value, b: Value): Value;
  sub(a: Value, b: Value): Value;
  mul(a: Value, b: Value): Value;
  and(a: Value, b: Value): Value;
  or(a: Value, b: Value): Value;
  xor(a: Value, b: Value): Value;
  shl(a: Value, b: Value): Value;
  shrS(a: Value, b: Value): Value;
  shrU(a: Value, b: Value): Value;
  rotl(a: Value, b: Value): Value;
  rotr(a: Value, b: Value): Value;
  clz(a: Value): Value;
  ctz(a: Value): Value;
  popcnt(a: Value): Value;
  eq(a: Value, b: Value): I32;
  ne(a: Value, b: Value): I32;
  ltU(a: Value, b: Value): I32;
  gtU(a: Value, b: Value): I32;
  eqz(a: Value): I32;
}

/** The i32 or the i64 operations, by the operand's width in bits. */
export function arithmetic(width: number): Arithmetic {
  return (width === 64 ? i64 : i32) as unknown as Arithmetic;
}

/** `value` with only its low `width` bits (zero-extended within its type). */
export function zeroExtend(width: number, value: Value): Value {
  if (width >= 32) return value;
  return i32.and(value as I32, i32.const(width === 8 ? 0xff : 0xffff));
}

/** `value` sign-extended from `width` bits within its type. */
export function signExtend(width: number, value: Value): Value {
  if (width === 8) return i32.extend8S(value as I32) as I32;
  if (width === 16) return i32.extend16S(value as I32) as I32;
  return value;
}

/** The low 32 bits of a value. */
export function low32(value: Value): I32 {
  return value.type === 'i64' ? i32.wrap(value as Expression<'i64'>) : (value as I32);
}

/** An i32 widened to the type of `width`, zero-extended. */
export function widen(width: number, value: I32): Value {
  return width === 64 ? i64.extendI32U(value) : value;
}
