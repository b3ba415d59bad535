import {
  call,
  i32,
  select,
  v128Const,
  wasm,
  wasmLoad,
  type FunctionRef,
  type I64,
  type V128,
} from '@trapgate/wasm-assembler';
import type { Semantics } from '../../builder/builder';
import { c32 } from '../../float/format';
import { inverseMixColumns, inverseShiftRows, mixColumns, shiftRows, turnColumns } from '../../vector/cipher';
import type { MeaningTable } from '../meaning';
import { half, Simd } from './simd';

const v = (name: string, ...operands: V128[]): V128 => wasm<'v128'>(name, ...operands);

/** One round: rows are shifted, bytes substituted, columns mixed except in the last round, the key added. */
const round =
  (encrypt: boolean, last: boolean): Semantics =>
  (k) => {
    const simd = new Simd(k);
    const { cipher } = simd.float.integers;
    const [key, state] = [simd.read(1), simd.read(0)];
    const shifted = encrypt ? shiftRows(state) : inverseShiftRows(state);
    const table: FunctionRef = encrypt ? cipher.substitute : cipher.inverseSubstitute;
    const substituted = simd.let(call<'v128'>(table, shifted));
    const keep = (value: V128): V128 => simd.let(value);
    const mix = encrypt ? mixColumns : inverseMixColumns;
    simd.write(0, simd.let(v('v128.xor', last ? substituted : mix(substituted, keep), key)));
  };

const aesimc: Semantics = (k) => {
  const simd = new Simd(k);
  const keep = (value: V128): V128 => simd.let(value);
  simd.write(0, simd.let(inverseMixColumns(simd.read(1), keep)));
};

/** Dwords 1 and 3: their bytes substituted, and the same turned with the round constant. */
const aeskeygenassist: Semantics = (k) => {
  const simd = new Simd(k);
  const { cipher } = simd.float.integers;
  const substituted = simd.let(call<'v128'>(cipher.substitute, simd.read(1)));
  const constant = wasm<'v128'>('i32x4.splat', i32.and(k.immediate(), c32(0xff)));
  const turned = v('v128.xor', turnColumns(substituted, 1), constant);
  const odd = v128Const(Array.from({ length: 16 }, (_, n) => (n & 4 ? 255 : 0)));
  const low = v('i8x16.swizzle', substituted, v128Const(Array.from({ length: 16 }, (_, n) => n | 4)));
  const high = v('v128.and', turned, odd);
  simd.write(0, simd.let(v('v128.or', v('v128.andnot', low, odd), high)));
};

/** PCLMULQDQ: bits 0 and 4 of the immediate choose the halves of destination and source. */
const pclmulqdq: Semantics = (k) => {
  const simd = new Simd(k);
  const [b, a] = [simd.read(1), simd.read(0)];
  const choice = simd.let(k.immediate());
  const chosen = (value: V128, bit: number): I64 =>
    simd.let(select(i32.and(choice, c32(bit)), half(value, 1), half(value, 0)));
  const [first, second] = [chosen(a, 1), chosen(b, 0x10)];
  const to = simd.slot('result');
  k.fn.call(simd.float.integers.carrylessMultiply, to, first, second);
  simd.write(0, simd.let(wasmLoad<'v128'>('v128.load', to)));
};

/** AES and PCLMULQDQ (SDM vol. 1, 12.13). */
export const SIMD_CIPHER: MeaningTable = {
  aesenc: { semantics: round(true, false) },
  aesenclast: { semantics: round(true, true) },
  aesdec: { semantics: round(false, false) },
  aesdeclast: { semantics: round(false, true) },
  aesimc: { semantics: aesimc },
  aeskeygenassist: { semantics: aeskeygenassist },
  pclmulqdq: { semantics: pclmulqdq },
};
