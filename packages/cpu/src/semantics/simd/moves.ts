import { i32, i64, shuffle, wasmLane, type I32, type I64, type V128 } from '@trapgate/wasm-assembler';
import type { Semantics } from '../../builder/builder';
import { c32 } from '../../float/format';
import { GPR, SEGMENT } from '../../state/layout';
import type { MeaningTable } from '../meaning';
import { fromLow, half, Simd } from './simd';

/** Whole registers; also movq, whose upper half becomes zero, and the loads of movss and movsd. */
const move =
  (aligned: boolean): Semantics =>
  (k) => {
    const simd = new Simd(k);
    simd.write(0, simd.read(1, aligned), aligned);
  };

/** MOVQ xmm, xmm zeroes the upper half. */
const movq: Semantics = (k, dst, src) => {
  const simd = new Simd(k);
  const kinds = k.form.operands.map((operand) => operand.kind);
  if (kinds[1] === 'rm') return simd.write(0, simd.let(fromLow(src!.read() as I64)));
  if (kinds[0] === 'rm') return finishGeneral(simd, () => dst!.write(half(simd.read(1), 0)));
  const value = simd.read(1);
  simd.write(0, kinds[0]!.startsWith('xmm') ? simd.let(fromLow(half(value, 0))) : value);
};

/** An MMX register was read for a general operand: MMX state is entered once the store has succeeded. */
function finishGeneral(simd: Simd, store: () => void): void {
  store();
  if (simd.k.form.operands[1]!.kind.startsWith('mm')) simd.enterMmx();
}

const movd: Semantics = (k, dst, src) => {
  const simd = new Simd(k);
  if (k.form.operands[1]!.kind === 'rm') simd.write(0, simd.let(fromLow(i64.extendI32U(src!.read() as I32))));
  else finishGeneral(simd, () => dst!.write(wasmLane<'i32'>('i32x4.extract_lane', 0, simd.read(1))));
};

/** MOVSS, MOVSD: between registers only the low element moves. */
const moveScalar =
  (bits: 32 | 64): Semantics =>
  (k) => {
    const simd = new Simd(k);
    const source = simd.read(1);
    if (k.form.operands.some((operand) => operand.kind === 'm')) return simd.write(0, source);
    simd.write(0, simd.let(mergeLow(simd.read(0), source, bits)));
  };

/** `low`'s low 32 or 64 bits with the rest of `rest`. Leaves. */
export function mergeLow(rest: V128, low: V128, bits: 32 | 64): V128 {
  const bytes = bits / 8;
  return shuffle(
    rest,
    low,
    Array.from({ length: 16 }, (_, n) => (n < bytes ? 16 + n : n)),
  );
}

/** The two 64-bit halves of the result: 0, 1 of the destination, 2, 3 of the source. */
const halves =
  (low: number, high: number): Semantics =>
  (k) => {
    const simd = new Simd(k);
    if (simd.isMemory(0)) {
      const source = simd.read(1);
      return simd.write(0, high === 2 ? simd.let(fromLow(half(source, 1))) : source);
    }
    const [b, a] = [simd.read(1), simd.read(0)];
    const lanes = [low, high].flatMap((lane) => Array.from({ length: 8 }, (_, n) => lane * 8 + n));
    simd.write(0, simd.let(shuffle(a, b, lanes)));
  };

const duplicate =
  (lanes: readonly number[]): Semantics =>
  (k) => {
    const simd = new Simd(k);
    const source = simd.read(1);
    const bytes = 16 / lanes.length;
    simd.write(
      0,
      simd.let(
        shuffle(
          source,
          source,
          lanes.flatMap((lane) => Array.from({ length: bytes }, (_, n) => lane * bytes + n)),
        ),
      ),
    );
  };

const movq2dq: Semantics = (k) => {
  const simd = new Simd(k);
  simd.write(0, simd.read(1));
  simd.enterMmx();
};

const movnti: Semantics = (_k, dst, src) => dst!.write(src!.read());

/**
 * MASKMOVQ, MASKMOVDQU: bytes whose mask has its top bit set go to DS:(E)DI (the segment can be overridden). As on AMD's
 * processors all bytes must be writable whatever the mask, and a fault finds MMX state entered.
 */
const maskmov: Semantics = (k) => {
  const simd = new Simd(k);
  const [source, mask] = [simd.read(0), simd.read(1)];
  const bytes = simd.mmx ? 8 : 16;
  const offset = k.let(i32.and(k.gpr(GPR.edi, 32) as I32, k.addressMask()));
  const segment = k.variant.general ? k.stringSegment() : SEGMENT.ds;
  if (simd.mmx) simd.enterMmx();
  const linear = k.segmentLinear(segment, offset, bytes, true);
  simd.checkAlignment(linear, 8);
  k.probe(bytes, linear);
  for (let n = 0; n < bytes; n++) {
    const byte = (of: V128): I32 => simd.let(wasmLane<'i32'>('i8x16.extract_lane_u', n, of));
    k.if(i32.and(byte(mask), c32(0x80)), () => k.store(1, k.let(i32.add(linear, c32(n))), byte(source)));
  }
};

/** Data transfer (SDM vol. 1, 10.4.1, 11.4.1). */
export const SIMD_MOVES: MeaningTable = {
  movaps: { semantics: move(true) },
  movapd: { semantics: move(true) },
  movdqa: { semantics: move(true) },
  movups: { semantics: move(false) },
  movupd: { semantics: move(false) },
  movdqu: { semantics: move(false) },
  lddqu: { semantics: move(false) },
  movntps: { semantics: move(true) },
  movntpd: { semantics: move(true) },
  movntdq: { semantics: move(true) },
  movntq: { semantics: move(true) },
  movdq2q: { semantics: move(true) },
  movq2dq: { semantics: movq2dq },
  movnti: { semantics: movnti },
  movq: { semantics: movq },
  movd: { semantics: movd },
  movss: { semantics: moveScalar(32) },
  movsd: { semantics: moveScalar(64) },
  movlps: { semantics: halves(2, 1) },
  movlpd: { semantics: halves(2, 1) },
  movhps: { semantics: halves(0, 2) },
  movhpd: { semantics: halves(0, 2) },
  movlhps: { semantics: halves(0, 2) },
  movhlps: { semantics: halves(3, 1) },
  movsldup: { semantics: duplicate([0, 0, 2, 2]) },
  movshdup: { semantics: duplicate([1, 1, 3, 3]) },
  movddup: { semantics: duplicate([0, 0]) },
  maskmovq: { semantics: maskmov, implicit: true },
  maskmovdqu: { semantics: maskmov, implicit: true },
};
