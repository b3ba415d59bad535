import {
  call,
  i32,
  i64,
  select,
  v128Const,
  wasm,
  type I32,
  type I64,
  type V128,
} from '@trapgate/wasm-assembler';
import type { Semantics } from '../../builder/builder';
import { c32, has } from '../../float/format';
import { AT, GPR } from '../../state/layout';
import { STRING_CONTROL } from '../../vector/string-compare';
import type { MeaningTable } from '../meaning';
import { Simd } from './simd';

const v = (name: string, ...operands: (V128 | I32 | I64)[]): V128 => wasm<'v128'>(name, ...operands);
const ZERO = v128Const(new Array<number>(16).fill(0));

/** Elements in front of the first that is zero. */
function lengthOf(vector: V128, words: I32): I32 {
  const bits = (shape: 'i8x16' | 'i16x8'): I32 =>
    wasm<'i32'>(`${shape}.bitmask`, v(`${shape}.eq`, vector, ZERO));
  const inBytes = i32.ctz(i32.or(bits('i8x16'), c32(1 << 16)));
  const inWords = i32.ctz(i32.or(bits('i16x8'), c32(1 << 8)));
  return select(words, inWords, inBytes);
}

/** The magnitude of EAX or EDX (RAX, RDX), at most the number of elements (a leaf). */
function explicitLength(simd: Simd, register: number, wide: boolean, elements: I32): I32 {
  const { k } = simd;
  if (wide) {
    const value = k.gpr(register, 64) as I64;
    const size = k.let(select(i64.ltS(value, i64.const(0)), i64.sub(i64.const(0), value), value));
    return k.let(select(i64.gtU(size, i64.extendI32U(elements)), elements, i32.wrap(size)));
  }
  const value = k.gpr(register, 32) as I32;
  const size = k.let(select(i32.ltS(value, c32(0)), i32.sub(c32(0), value), value));
  return k.let(select(i32.gtU(size, elements), elements, size));
}

/** The first or last set bit's number; the number of elements if there is none. */
function writeIndex(simd: Simd, result: I32, control: I32, elements: I32): void {
  const { k } = simd;
  const last = i32.sub(c32(31), i32.clz(result));
  const index = select(has(control, STRING_CONTROL.last), last, i32.ctz(result));
  k.setGpr(GPR.ecx, 32, k.let(select(result, index, elements)));
}

/** The bits themselves, or each as wide as an element, to XMM0. */
function writeMask(simd: Simd, result: I32, control: I32, words: I32): void {
  const { k } = simd;
  const mask = k.fn.variable(v('i32x4.replace_lane', ZERO, result));
  const expanded = (shape: 'i8x16' | 'i16x8', spread: V128, bits: readonly number[]): V128 => {
    const each = v128Const(bits);
    return v(`${shape}.eq`, v('v128.and', spread, each), each);
  };
  k.if(has(control, STRING_CONTROL.last), () => {
    k.if(
      words,
      () =>
        k.fn.set(
          mask,
          expanded(
            'i16x8',
            v('i16x8.splat', result),
            Array.from({ length: 16 }, (_, n) => (n & 1 ? 0 : 1 << (n >> 1))),
          ),
        ),
      () => {
        // Bits 7:0 in the lower half's bytes, 15:8 in the upper half's.
        const place = v128Const(Array.from({ length: 16 }, (_, n) => n >> 3));
        const spread = v('i8x16.swizzle', v('i16x8.splat', result), place);
        const bits = Array.from({ length: 16 }, (_, n) => 1 << (n & 7));
        k.fn.set(mask, expanded('i8x16', spread, bits));
      },
    );
  });
  k.fn.store('v128.store', k.s, mask.get, AT.xmm);
}

/** PCMPESTRI, PCMPESTRM, PCMPISTRI, PCMPISTRM; memory operands need no alignment. */
const compare =
  (explicit: boolean, output: 'index' | 'mask'): Semantics =>
  (k) => {
    const simd = new Simd(k);
    const [b, a] = [simd.read(1, false), simd.read(0)];
    const control = simd.let(i32.and(k.immediate(), c32(0xff)));
    const words = simd.let(has(control, STRING_CONTROL.words));
    const elements = simd.let(i32.shrU(c32(16), words));
    const wide = k.form.mnemonic.endsWith('64');
    const length = (vector: V128, register: number): I32 =>
      explicit ? explicitLength(simd, register, wide, elements) : simd.let(lengthOf(vector, words));
    const [lengthA, lengthB] = [length(a, GPR.eax), length(b, GPR.edx)];
    k.fn.store('v128.store', simd.slot('second'), a);
    k.fn.store('v128.store', simd.slot('source'), b);
    const { compareStrings } = simd.float.integers;
    const result = simd.let(call<'i32'>(compareStrings, k.s, control, lengthA, lengthB));
    if (output === 'index') writeIndex(simd, result, control, elements);
    else writeMask(simd, result, control, words);
    const shorter = (size: I32, bit: number): I32 => i32.shl(i32.ltU(size, elements), c32(bit));
    const cf = i32.ne(result, c32(0));
    k.flags.fromByte(i32.or(cf, i32.or(shorter(lengthB, 6), shorter(lengthA, 7))), i32.and(result, c32(1)));
  };

/** String and text processing of SSE4.2 (SDM vol. 1, 12.11.1). */
export const SIMD_STRINGS: MeaningTable = {
  pcmpestri: { semantics: compare(true, 'index') },
  pcmpestrm: { semantics: compare(true, 'mask') },
  pcmpestri64: { semantics: compare(true, 'index') },
  pcmpestrm64: { semantics: compare(true, 'mask') },
  pcmpistri: { semantics: compare(false, 'index') },
  pcmpistrm: { semantics: compare(false, 'mask') },
};
