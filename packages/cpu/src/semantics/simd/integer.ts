import { i32, shuffle, v128Const, wasm, wasmLoad, type I32, type V128 } from '@trapgate/wasm-assembler';
import type { Semantics } from '../../builder/builder';
import { c32 } from '../../float/format';
import type { Meaning, MeaningTable } from '../meaning';
import { Simd } from './simd';

const v = (name: string, ...operands: (V128 | I32)[]): V128 => wasm<'v128'>(name, ...operands);
/** A vector constant that repeats some bytes. */
const repeated = (...bytes: number[]): V128 =>
  v128Const(Array.from({ length: 16 }, (_, n) => bytes[n % bytes.length]!));

/** destination = operation(destination, source), element by element, on MMX and XMM registers. */
export const vertical =
  (operation: (a: V128, b: V128, simd: Simd) => V128): Semantics =>
  (k) => {
    const simd = new Simd(k);
    const [b, a] = [simd.read(1), simd.read(0)];
    simd.write(0, simd.let(operation(a, b, simd)));
  };

export const named = (operation: string): Semantics => vertical((a, b) => v(operation, a, b));

/** The upper 16 bits of products of words. */
const multiplyHigh = (sign: 's' | 'u'): Semantics =>
  vertical((a, b) => {
    const low = v(`i32x4.extmul_low_i16x8_${sign}`, a, b);
    const high = v(`i32x4.extmul_high_i16x8_${sign}`, a, b);
    return shuffle(low, high, [2, 3, 6, 7, 10, 11, 14, 15, 18, 19, 22, 23, 26, 27, 30, 31]);
  });

const LOW_DWORDS = repeated(255, 255, 255, 255, 0, 0, 0, 0);

const pmuludq = vertical((a, b) =>
  v('i64x2.mul', v('v128.and', a, LOW_DWORDS), v('v128.and', b, LOW_DWORDS)),
);

/** Sum of absolute differences of eight bytes, in each half. */
const psadbw = vertical((a, b, simd) => {
  const difference = simd.let(v('v128.or', v('i8x16.sub_sat_u', a, b), v('i8x16.sub_sat_u', b, a)));
  const words = v(
    'i16x8.add',
    v('v128.and', difference, repeated(255, 0)),
    v('i16x8.shr_u', difference, c32(8)),
  );
  const dwords = simd.let(v('i32x4.dot_i16x8_s', words, repeated(1, 0)));
  return v('i64x2.add', v('v128.and', dwords, LOW_DWORDS), v('i64x2.shr_u', dwords, c32(32)));
});

/** The lower halves of two MMX operands side by side. */
export const sideBySide = (a: V128, b: V128): V128 =>
  shuffle(a, b, [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23]);

const pack = (operation: string): Semantics =>
  vertical((a, b, simd) => {
    if (!simd.mmx) return v(operation, a, b);
    const both = simd.let(sideBySide(a, b));
    return v(operation, both, both);
  });

/** Interleaves elements of `bytes` bytes of the lower or upper halves. */
export const unpackHalves = (bytes: number, high: boolean): Semantics =>
  vertical((a, b, simd) => {
    const first = high ? (simd.mmx ? 4 : 8) : 0;
    const lanes = Array.from({ length: 16 }, (_, n) => {
      const element = Math.floor(n / bytes);
      return (first + (element >> 1) * bytes + (n % bytes) + (element & 1 ? 16 : 0)) & 31;
    });
    return shuffle(a, b, lanes);
  });

const andNot: Semantics = vertical((a, b) => v('v128.andnot', b, a));

const NAMED: Readonly<Record<string, string>> = {
  paddb: 'i8x16.add',
  paddw: 'i16x8.add',
  paddd: 'i32x4.add',
  paddq: 'i64x2.add',
  psubb: 'i8x16.sub',
  psubw: 'i16x8.sub',
  psubd: 'i32x4.sub',
  psubq: 'i64x2.sub',
  paddsb: 'i8x16.add_sat_s',
  paddsw: 'i16x8.add_sat_s',
  paddusb: 'i8x16.add_sat_u',
  paddusw: 'i16x8.add_sat_u',
  psubsb: 'i8x16.sub_sat_s',
  psubsw: 'i16x8.sub_sat_s',
  psubusb: 'i8x16.sub_sat_u',
  psubusw: 'i16x8.sub_sat_u',
  pcmpeqb: 'i8x16.eq',
  pcmpeqw: 'i16x8.eq',
  pcmpeqd: 'i32x4.eq',
  pcmpgtb: 'i8x16.gt_s',
  pcmpgtw: 'i16x8.gt_s',
  pcmpgtd: 'i32x4.gt_s',
  pminub: 'i8x16.min_u',
  pmaxub: 'i8x16.max_u',
  pminsw: 'i16x8.min_s',
  pmaxsw: 'i16x8.max_s',
  pavgb: 'i8x16.avgr_u',
  pavgw: 'i16x8.avgr_u',
  pmullw: 'i16x8.mul',
  pmaddwd: 'i32x4.dot_i16x8_s',
  pand: 'v128.and',
  por: 'v128.or',
  pxor: 'v128.xor',
  andps: 'v128.and',
  andpd: 'v128.and',
  orps: 'v128.or',
  orpd: 'v128.or',
  xorps: 'v128.xor',
  xorpd: 'v128.xor',
};

/** PMOVMSKB, MOVMSKPS, MOVMSKPD: the top bits of the elements. */
const mask =
  (operation: string): Semantics =>
  (k, dst) => {
    const simd = new Simd(k);
    const bits = wasm<'i32'>(operation, simd.read(1));
    const mmx = k.form.operands[1]!.kind === 'mmr';
    dst!.write(mmx ? i32.and(bits, c32(0xff)) : bits);
    if (mmx) simd.enterMmx();
  };

/** PINSRW and PEXTRW go through memory: the element's number is an operand. */
const pinsrw: Semantics = (k, _dst, src) => {
  const simd = new Simd(k);
  const value = src!.read() as I32;
  const at = simd.slot('source');
  k.fn.store('v128.store', at, simd.read(0));
  k.fn.store('i32.store16', simd.let(i32.add(at, elementOffset(simd))), value);
  simd.write(0, simd.let(wasmLoad<'v128'>('v128.load', at)));
};

const pextrw: Semantics = (k, dst) => {
  const simd = new Simd(k);
  const at = simd.slot('source');
  k.fn.store('v128.store', at, simd.read(1));
  dst!.write(i32.load16U(i32.add(at, elementOffset(simd))));
  if (k.form.operands[1]!.kind === 'mmr') simd.enterMmx();
};

function elementOffset(simd: Simd): I32 {
  const { operands } = simd.k.form;
  const mmx = operands.some((operand) => operand.kind.startsWith('mm'));
  return i32.shl(i32.and(simd.k.immediate(), c32(mmx ? 3 : 7)), c32(1));
}

/** Packed integer arithmetic, comparison and logic (SDM vol. 1, 9.4, 11.4.2). */
export const SIMD_INTEGER: MeaningTable = {
  ...Object.fromEntries(
    Object.entries(NAMED).map(([name, operation]): [string, Meaning] => [
      name,
      { semantics: named(operation) },
    ]),
  ),
  pandn: { semantics: andNot },
  andnps: { semantics: andNot },
  andnpd: { semantics: andNot },
  pmulhw: { semantics: multiplyHigh('s') },
  pmulhuw: { semantics: multiplyHigh('u') },
  pmuludq: { semantics: pmuludq },
  psadbw: { semantics: psadbw },
  packsswb: { semantics: pack('i8x16.narrow_i16x8_s') },
  packuswb: { semantics: pack('i8x16.narrow_i16x8_u') },
  packssdw: { semantics: pack('i16x8.narrow_i32x4_s') },
  punpcklbw: { semantics: unpackHalves(1, false) },
  punpcklwd: { semantics: unpackHalves(2, false) },
  punpckldq: { semantics: unpackHalves(4, false) },
  punpcklqdq: { semantics: unpackHalves(8, false) },
  punpckhbw: { semantics: unpackHalves(1, true) },
  punpckhwd: { semantics: unpackHalves(2, true) },
  punpckhdq: { semantics: unpackHalves(4, true) },
  punpckhqdq: { semantics: unpackHalves(8, true) },
  unpcklps: { semantics: unpackHalves(4, false) },
  unpcklpd: { semantics: unpackHalves(8, false) },
  unpckhps: { semantics: unpackHalves(4, true) },
  unpckhpd: { semantics: unpackHalves(8, true) },
  pmovmskb: { semantics: mask('i8x16.bitmask') },
  movmskps: { semantics: mask('i32x4.bitmask') },
  movmskpd: { semantics: mask('i64x2.bitmask') },
  pinsrw: { semantics: pinsrw },
  pextrw: { semantics: pextrw },
};
