import { i32, shuffle, v128Const, wasm, wasmLoad, type I32, type V128 } from '@trapgate/wasm-assembler';
import type { Semantics } from '../../builder/builder';
import { c32 } from '../../float/format';
import type { MeaningTable } from '../meaning';
import { sideBySide, vertical } from './integer';
import { Simd } from './simd';

const v = (name: string, ...operands: (V128 | I32)[]): V128 => wasm<'v128'>(name, ...operands);
const filled = (byte: number): V128 => v128Const(new Array<number>(16).fill(byte));
const ZERO = filled(0);
const WORD_LOW = v128Const(Array.from({ length: 16 }, (_, n) => (n % 2 === 0 ? 255 : 0)));

type Shape = 'i8x16' | 'i16x8' | 'i32x4';
const TOP_BIT: Readonly<Record<Shape, number>> = { i8x16: 7, i16x8: 15, i32x4: 31 };

/** PSHUFB: bit 7 of an index gives zero, the bits that count an element of the destination. */
const pshufb = vertical((a, b, simd) =>
  v('i8x16.swizzle', a, v('v128.and', b, filled(simd.mmx ? 0x87 : 0x8f))),
);

/** Even or odd elements of the destination, then of the source. */
function everyOther(simd: Simd, bytes: 2 | 4, a: V128, b: V128, odd: 0 | 1): V128 {
  const lanes = (from: number, count: number): number[] =>
    Array.from({ length: count }, (_, n) => from + (2 * Math.floor(n / bytes) + odd) * bytes + (n % bytes));
  if (!simd.mmx) return shuffle(a, b, [...lanes(0, 8), ...lanes(16, 8)]);
  return shuffle(a, b, [...lanes(0, 4), ...lanes(16, 4), ...lanes(0, 4), ...lanes(16, 4)]);
}

/** PHADD, PHSUB: neighbours are added, or the upper one is subtracted from the lower one. */
const horizontal = (bytes: 2 | 4, operation: string): Semantics =>
  vertical((a, b, simd) => v(operation, everyOther(simd, bytes, a, b, 0), everyOther(simd, bytes, a, b, 1)));

/** PMADDUBSW: unsigned bytes of the destination by signed ones of the source; neighbouring products are added, saturated. */
const pmaddubsw = vertical((a, b) => {
  const even = v(
    'i16x8.mul',
    v('v128.and', a, WORD_LOW),
    v('i16x8.shr_s', v('i16x8.shl', b, c32(8)), c32(8)),
  );
  const odd = v('i16x8.mul', v('i16x8.shr_u', a, c32(8)), v('i16x8.shr_s', b, c32(8)));
  return v('i16x8.add_sat_s', even, odd);
});

/** PSIGN: negated where the source is negative, zero where it is zero. */
const sign = (shape: Shape): Semantics =>
  vertical((a, b, simd) => {
    const negative = simd.let(v(`${shape}.shr_s`, b, c32(TOP_BIT[shape])));
    const signed = v(`${shape}.sub`, v('v128.xor', a, negative), negative);
    return v('v128.andnot', signed, v(`${shape}.eq`, b, ZERO));
  });

/** PMULHRSW: bits 30:15 of the products after adding half of bit 15's weight. */
const pmulhrsw = vertical((a, b) => {
  const one = v128Const(Array.from({ length: 16 }, (_, n) => (n % 4 === 0 ? 1 : 0)));
  const rounded = (half: 'low' | 'high'): V128 => {
    const product = v(`i32x4.extmul_${half}_i16x8_s`, a, b);
    return v('i32x4.shr_s', v('i32x4.add', v('i32x4.shr_s', product, c32(14)), one), c32(1));
  };
  return shuffle(
    rounded('low'),
    rounded('high'),
    Array.from({ length: 16 }, (_, n) => 4 * (n >> 1) + (n & 1)),
  );
});

const absolute =
  (shape: Shape): Semantics =>
  (k) => {
    const simd = new Simd(k);
    simd.write(0, simd.let(v(`${shape}.abs`, simd.read(1))));
  };

/** PALIGNR: destination and source side by side, shifted right by bytes. */
const palignr: Semantics = (k) => {
  const simd = new Simd(k);
  const given = simd.let(i32.and(k.immediate(), c32(0xff)));
  const [b, a] = [simd.read(1), simd.read(0)];
  const at = simd.slot('source');
  k.fn.store('v128.store', at, simd.mmx ? sideBySide(b, a) : b);
  k.fn.store('v128.store', at, simd.mmx ? ZERO : a, 16);
  k.fn.store('v128.store', at, ZERO, 32);
  const count = i32.add(at, simd.atMost(given, 32));
  simd.write(0, simd.let(wasmLoad<'v128'>('v128.load', count)));
};

/** SSSE3 (SDM vol. 1, 12.6). */
export const SSSE3: MeaningTable = {
  pshufb: { semantics: pshufb },
  phaddw: { semantics: horizontal(2, 'i16x8.add') },
  phaddd: { semantics: horizontal(4, 'i32x4.add') },
  phaddsw: { semantics: horizontal(2, 'i16x8.add_sat_s') },
  phsubw: { semantics: horizontal(2, 'i16x8.sub') },
  phsubd: { semantics: horizontal(4, 'i32x4.sub') },
  phsubsw: { semantics: horizontal(2, 'i16x8.sub_sat_s') },
  pmaddubsw: { semantics: pmaddubsw },
  psignb: { semantics: sign('i8x16') },
  psignw: { semantics: sign('i16x8') },
  psignd: { semantics: sign('i32x4') },
  pmulhrsw: { semantics: pmulhrsw },
  pabsb: { semantics: absolute('i8x16') },
  pabsw: { semantics: absolute('i16x8') },
  pabsd: { semantics: absolute('i32x4') },
  palignr: { semantics: palignr },
};
