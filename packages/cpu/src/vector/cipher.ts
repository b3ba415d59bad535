import {
  shuffle,
  v128Const,
  wasm,
  type FunctionRef,
  type ModuleBuilder,
  type V128,
} from '@trapgate/wasm-assembler';

// The Advanced Encryption Standard (FIPS 197); bytes of a vector are the state's columns one after the other.

/** Multiplication by x in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1. */
const double = (a: number): number => ((a << 1) ^ (a & 0x80 ? 0x11b : 0)) & 0xff;

function multiply(a: number, b: number): number {
  let product = 0;
  for (let [x, y] = [a, b]; y !== 0; x = double(x), y >>= 1) if (y & 1) product ^= x;
  return product;
}

/** SubBytes: the inverse in the field, then an affine transformation (FIPS 197, 5.1.1). */
function substitution(): readonly number[] {
  const inverses = new Array<number>(256).fill(0);
  for (let a = 1; a < 256; a++) {
    // a^254 is the inverse.
    let inverse = 1;
    for (let n = 0; n < 254; n++) inverse = multiply(inverse, a);
    inverses[a] = inverse;
  }
  const turn = (byte: number, by: number): number => ((byte << by) | (byte >> (8 - by))) & 0xff;
  return inverses.map((b) => b ^ turn(b, 1) ^ turn(b, 2) ^ turn(b, 3) ^ turn(b, 4) ^ 0x63);
}

function inverseOf(table: readonly number[]): readonly number[] {
  const inverse = new Array<number>(256).fill(0);
  table.forEach((byte, n) => (inverse[byte] = n));
  return inverse;
}

/** Emits a function that replaces every byte of a vector by that of a table: a look-up per sixteen entries, zero outside. */
function emitSubstitution(module: ModuleBuilder, name: string, table: readonly number[]): FunctionRef {
  const fn = module.function(name, { params: ['v128'], results: ['v128'] });
  const bytes = fn.param<'v128'>(0);
  let all: V128 | undefined;
  for (let row = 0; row < 256; row += 16) {
    const index = wasm<'v128'>('v128.xor', bytes, v128Const(new Array<number>(16).fill(row)));
    const part = wasm<'v128'>('i8x16.swizzle', v128Const(table.slice(row, row + 16)), index);
    all = all ? wasm<'v128'>('v128.or', all, part) : part;
  }
  fn.return(all!);
  return fn;
}

const byPlace = (from: (column: number, row: number) => number): readonly number[] =>
  Array.from({ length: 16 }, (_, n) => from(n >> 2, n & 3));
const SHIFT_ROWS = byPlace((column, row) => 4 * ((column + row) & 3) + row);
const INVERSE_SHIFT_ROWS = byPlace((column, row) => 4 * ((column - row) & 3) + row);

export const shiftRows = (state: V128): V128 => shuffle(state, state, SHIFT_ROWS);
export const inverseShiftRows = (state: V128): V128 => shuffle(state, state, INVERSE_SHIFT_ROWS);
/** Every column turned up by rows. */
export const turnColumns = (state: V128, by: number): V128 =>
  shuffle(
    state,
    state,
    byPlace((column, row) => 4 * column + ((row + by) & 3)),
  );

type Let = (value: V128) => V128;
const xor = (a: V128, b: V128): V128 => wasm<'v128'>('v128.xor', a, b);

/** Every byte multiplied by x. The argument is a leaf. */
function doubled(bytes: V128): V128 {
  const carried = wasm<'v128'>('i8x16.gt_s', v128Const(new Array<number>(16).fill(0)), bytes);
  const reduction = wasm<'v128'>('v128.and', carried, v128Const(new Array<number>(16).fill(0x1b)));
  return xor(wasm<'v128'>('i8x16.add', bytes, bytes), reduction);
}

/** MixColumns (FIPS 197, 5.1.3): 2 a + 3 b + c + d in every column. */
export function mixColumns(state: V128, keep: Let): V128 {
  const turned = keep(turnColumns(state, 1));
  const pair = keep(xor(state, turned));
  return xor(xor(doubled(pair), turned), turnColumns(pair, 2));
}

/** InvMixColumns: MixColumns after adding 4 (a + c), since its matrix is that of MixColumns times (5, 0, 4, 0). */
export function inverseMixColumns(state: V128, keep: Let): V128 {
  const sum = keep(xor(state, turnColumns(state, 2)));
  return mixColumns(keep(xor(state, doubled(keep(doubled(sum))))), keep);
}

/** Byte substitutions, (v128) -> v128. */
export interface CipherFunctions {
  readonly substitute: FunctionRef;
  readonly inverseSubstitute: FunctionRef;
}

export function emitCipherFunctions(module: ModuleBuilder): CipherFunctions {
  const table = substitution();
  return {
    substitute: emitSubstitution(module, 'aesSubstitute', table),
    inverseSubstitute: emitSubstitution(module, 'aesInverseSubstitute', inverseOf(table)),
  };
}
