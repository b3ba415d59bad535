import {
  i32,
  i64,
  shuffle,
  v128Const,
  wasm,
  wasmLane,
  wasmLoad,
  type I32,
  type I64,
  type V128,
} from '@trapgate/wasm-assembler';
import type { Semantics } from '../../builder/builder';
import { c32 } from '../../float/format';
import { AT } from '../../state/layout';
import type { Meaning, MeaningTable } from '../meaning';
import { named, vertical } from './integer';
import { Simd } from './simd';

const v = (name: string, ...operands: (V128 | I32 | I64)[]): V128 => wasm<'v128'>(name, ...operands);
const bytes = (byte: (n: number) => number): V128 => v128Const(Array.from({ length: 16 }, (_, n) => byte(n)));
const ZERO = bytes(() => 0);

const EXTENSIONS = {
  b: ['i16x8.extend_low_i8x16', 'i32x4.extend_low_i16x8', 'i64x2.extend_low_i32x4'],
  w: ['i32x4.extend_low_i16x8', 'i64x2.extend_low_i32x4'],
  d: ['i64x2.extend_low_i32x4'],
} as const;
const STEPS: Readonly<Record<string, readonly string[]>> = {
  bw: EXTENSIONS.b.slice(0, 1),
  bd: EXTENSIONS.b.slice(0, 2),
  bq: EXTENSIONS.b,
  wd: EXTENSIONS.w.slice(0, 1),
  wq: EXTENSIONS.w,
  dq: EXTENSIONS.d,
};

/** PMOVSX, PMOVZX: the lowest elements, widened step by step. */
const extend =
  (steps: readonly string[], signed: 's' | 'u'): Semantics =>
  (k) => {
    const simd = new Simd(k);
    simd.write(0, simd.let(steps.reduce((value, step) => v(`${step}_${signed}`, value), simd.read(1))));
  };

const EXTEND_ROWS = Object.entries(STEPS).flatMap(([suffix, steps]): [string, Meaning][] => [
  [`pmovsx${suffix}`, { semantics: extend(steps, 's') }],
  [`pmovzx${suffix}`, { semantics: extend(steps, 'u') }],
]);

/** PMULDQ: the lower dwords of each half, signed. */
const pmuldq = vertical((a, b) => {
  const low = (x: V128): V128 => v('i64x2.shr_s', v('i64x2.shl', x, c32(32)), c32(32));
  return v('i64x2.mul', low(a), low(b));
});

/** PHMINPOSUW: the smallest word and the number of its first place, found as the smallest of word * 2^16 + place. */
const phminposuw: Semantics = (k) => {
  const simd = new Simd(k);
  const source = simd.read(1);
  const keys = (half: 'low' | 'high', first: number): V128 => {
    const words = v(`i32x4.extend_${half}_i16x8_u`, source);
    return v(
      'v128.or',
      v('i32x4.shl', words, c32(16)),
      bytes((n) => (n % 4 === 0 ? first + n / 4 : 0)),
    );
  };
  const smaller = (x: V128, turn: number): V128 =>
    v(
      'i32x4.min_u',
      x,
      shuffle(
        x,
        x,
        Array.from({ length: 16 }, (_, n) => (n + turn) & 15),
      ),
    );
  const four = simd.let(v('i32x4.min_u', keys('low', 0), keys('high', 4)));
  const key = simd.let(wasmLane<'i32'>('i32x4.extract_lane', 0, smaller(simd.let(smaller(four, 8)), 4)));
  simd.write(0, simd.let(v('i32x4.replace_lane', ZERO, i32.rotl(key, c32(16)))));
};

/** MPSADBW: eight sums of absolute differences of four bytes at successive places with the same four. */
const mpsadbw: Semantics = (k) => {
  const simd = new Simd(k);
  const choice = simd.let(i32.and(k.immediate(), c32(7)));
  const [sums, four] = [simd.slot('second'), simd.slot('source')];
  k.fn.store('v128.store', four, simd.read(1));
  k.fn.store('v128.store', sums, simd.read(0));
  const from = simd.let(i32.add(sums, i32.and(choice, c32(4))));
  const against = simd.let(i32.add(four, i32.shl(i32.and(choice, c32(3)), c32(2))));
  const difference = (n: number): V128 => {
    const eight = v('i16x8.extend_low_i8x16_u', wasmLoad<'v128'>('v128.load64_zero', from, n));
    return v('i16x8.abs', v('i16x8.sub', eight, v('i16x8.splat', i32.load8U(against, n))));
  };
  const sum = [1, 2, 3].reduce((total, n) => v('i16x8.add', total, difference(n)), difference(0));
  simd.write(0, simd.let(sum));
};

/** PTEST: ZF of source AND destination, CF of source AND NOT destination. */
const ptest: Semantics = (k) => {
  const simd = new Simd(k);
  const [b, a] = [simd.read(1), simd.read(0)];
  const none = (x: V128): I32 => i32.eqz(wasm<'i32'>('v128.any_true', x));
  const zf = i32.shl(none(v('v128.and', b, a)), c32(6));
  k.flags.fromByte(i32.or(zf, none(v('v128.andnot', b, a))), c32(0));
};

/** Elements of the source where the mask has ones, of the destination elsewhere. */
function blend(simd: Simd, mask: V128): void {
  const [b, a] = [simd.read(1), simd.read(0)];
  simd.write(0, simd.let(v('v128.bitselect', b, a, mask)));
}

/** BLENDPS, BLENDPD, PBLENDW: bit n of the immediate chooses element n. */
const blendImmediate =
  (shape: 'i16x8' | 'i32x4' | 'i64x2', size: number): Semantics =>
  (k) => {
    const simd = new Simd(k);
    const choice = i32.and(k.immediate(), c32(0xff));
    const every = v(`${shape}.splat`, size === 8 ? i64.extendI32U(choice) : choice);
    const bits = bytes((n) => (n % size === 0 ? 1 << (n / size) : 0));
    blend(simd, simd.let(v(`${shape}.eq`, v('v128.and', every, bits), bits)));
  };

/** PBLENDVB, BLENDVPS, BLENDVPD: the top bits of XMM0's elements choose. */
const blendVariable =
  (shape: 'i8x16' | 'i32x4' | 'i64x2', topBit: number): Semantics =>
  (k) => {
    const simd = new Simd(k);
    const mask = wasmLoad<'v128'>('v128.load', k.s, AT.xmm);
    blend(simd, simd.let(v(`${shape}.shr_s`, mask, c32(topBit))));
  };

/** Address of the element of a vector in scratch memory that the immediate names. */
const element = (simd: Simd, at: I32, size: number): I32 =>
  simd.let(i32.add(at, i32.mul(i32.and(simd.k.immediate(), c32(16 / size - 1)), c32(size))));

/** PEXTRB, PEXTRD, PEXTRQ, EXTRACTPS. */
const extract =
  (size: 1 | 4 | 8): Semantics =>
  (k, dst) => {
    const simd = new Simd(k);
    const at = simd.slot('source');
    k.fn.store('v128.store', at, simd.read(1));
    const place = element(simd, at, size);
    if (size === 8) return dst!.write(simd.let(i64.load(place)));
    const value = simd.let(size === 1 ? i32.load8U(place) : i32.load(place));
    dst!.write(dst!.width === 64 ? i64.extendI32U(value) : value);
  };

/** PINSRB, PINSRD, PINSRQ. */
const insert =
  (size: 1 | 4 | 8): Semantics =>
  (k, _dst, src) => {
    const simd = new Simd(k);
    const value = src!.read();
    const at = simd.slot('source');
    k.fn.store('v128.store', at, simd.read(0));
    const place = element(simd, at, size);
    const low = size !== 8 && value.type === 'i64' ? i32.wrap(value as I64) : value;
    k.fn.store(size === 1 ? 'i32.store8' : size === 4 ? 'i32.store' : 'i64.store', place, low);
    simd.write(0, simd.let(wasmLoad<'v128'>('v128.load', at)));
  };

/** MOVNTDQA. */
const load: Semantics = (k) => {
  const simd = new Simd(k);
  simd.write(0, simd.read(1));
};

const NAMED: Readonly<Record<string, string>> = {
  pcmpeqq: 'i64x2.eq',
  pcmpgtq: 'i64x2.gt_s',
  packusdw: 'i16x8.narrow_i32x4_u',
  pmulld: 'i32x4.mul',
  pminsb: 'i8x16.min_s',
  pminsd: 'i32x4.min_s',
  pminuw: 'i16x8.min_u',
  pminud: 'i32x4.min_u',
  pmaxsb: 'i8x16.max_s',
  pmaxsd: 'i32x4.max_s',
  pmaxuw: 'i16x8.max_u',
  pmaxud: 'i32x4.max_u',
};

/** Packed integers of SSE4.1 and SSE4.2 (SDM vol. 1, 12.8, 12.11). */
export const SSE4_INTEGER: MeaningTable = {
  ...Object.fromEntries(
    Object.entries(NAMED).map(([name, operation]): [string, Meaning] => [
      name,
      { semantics: named(operation) },
    ]),
  ),
  ...Object.fromEntries(EXTEND_ROWS),
  pmuldq: { semantics: pmuldq },
  phminposuw: { semantics: phminposuw },
  mpsadbw: { semantics: mpsadbw },
  ptest: { semantics: ptest },
  pblendw: { semantics: blendImmediate('i16x8', 2) },
  blendps: { semantics: blendImmediate('i32x4', 4) },
  blendpd: { semantics: blendImmediate('i64x2', 8) },
  pblendvb: { semantics: blendVariable('i8x16', 7) },
  blendvps: { semantics: blendVariable('i32x4', 31) },
  blendvpd: { semantics: blendVariable('i64x2', 63) },
  pextrb: { semantics: extract(1) },
  pextrd: { semantics: extract(4) },
  pextrq: { semantics: extract(8) },
  extractps: { semantics: extract(4) },
  pinsrb: { semantics: insert(1) },
  pinsrd: { semantics: insert(4) },
  pinsrq: { semantics: insert(8) },
  movntdqa: { semantics: load },
};
