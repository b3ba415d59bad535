import { i32, i64, select, v128Const, wasm, wasmLoad, type I64, type V128 } from '@trapgate/wasm-assembler';
import type { Semantics } from '../../builder/builder';
import { c32, c64 } from '../../float/format';
import type { MeaningTable } from '../meaning';
import { half, Simd } from './simd';

const SHAPE: Readonly<Record<number, string>> = { 16: 'i16x8', 32: 'i32x4', 64: 'i64x2' };
const ZERO = v128Const(new Array<number>(16).fill(0));

/** Shifts of elements; counts beyond the width give 0, or the sign. The count is 64 bits of a register, or an immediate. */
const shift =
  (width: 16 | 32 | 64, operation: 'shl' | 'shr_u' | 'shr_s'): Semantics =>
  (k) => {
    const simd = new Simd(k);
    const immediate = k.form.operands[1]!.kind === 'imm';
    const count = simd.let(
      immediate ? i64.extendI32U(i32.and(k.immediate(), c32(0xff))) : (half(simd.read(1), 0) as I64),
    );
    const a = simd.read(0);
    const name = `${SHAPE[width]}.${operation}`;
    if (operation === 'shr_s') {
      const limited = select(i64.gtU(count, c64(width - 1)), c64(width - 1), count);
      return simd.write(0, simd.let(wasm<'v128'>(name, a, i32.wrap(limited))));
    }
    const shifted = wasm<'v128'>(name, a, i32.wrap(count));
    simd.write(0, simd.let(select(i64.gtU(count, c64(width - 1)), ZERO, shifted)));
  };

/** PSLLDQ, PSRLDQ: by bytes, as an unaligned load from between the vector and zeros. */
const shiftBytes =
  (left: boolean): Semantics =>
  (k) => {
    const simd = new Simd(k);
    const given = simd.let(i32.and(k.immediate(), c32(0xff)));
    const count = simd.let(select(i32.gtU(given, c32(16)), c32(16), given));
    const [low, high] = [simd.slot('source'), simd.slot('second')];
    k.fn.store('v128.store', low, left ? ZERO : simd.read(0));
    k.fn.store('v128.store', high, left ? simd.read(0) : ZERO);
    const at = left ? i32.sub(high, count) : i32.add(low, count);
    simd.write(0, simd.let(wasmLoad<'v128'>('v128.load', at)));
  };

/** One element of the result: from which operand (0 destination, 1 source), by which bits of the immediate. */
interface Pick {
  readonly from: 0 | 1;
  readonly shift: number;
}

/** Elements of `bytes` bytes chosen by an immediate; those before `first` are the source's own, as are those behind. */
function shuffled(simd: Simd, bytes: 2 | 4 | 8, first: number, picks: readonly Pick[]): V128 {
  const { k } = simd;
  const choice = simd.let(i32.and(k.immediate(), c32(0xff)));
  const sources = [simd.slot('second'), simd.slot('source')];
  const result = simd.slot('result');
  const source = simd.read(1);
  k.fn.store('v128.store', sources[1]!, source);
  if (picks.some((pick) => pick.from === 0)) k.fn.store('v128.store', sources[0]!, simd.read(0));
  k.fn.store('v128.store', result, source);
  const bits = bytes === 8 ? 1 : 3;
  picks.forEach(({ from, shift: by }, n) => {
    const element = i32.and(i32.shrU(choice, c32(by)), c32(bits));
    const at = i32.add(sources[from]!, i32.mul(element, c32(bytes)));
    const to = (first + n) * bytes;
    if (bytes === 8) k.fn.store('i64.store', result, i64.load(at, 0), to);
    else if (bytes === 4) k.fn.store('i32.store', result, i32.load(at), to);
    else k.fn.store('i32.store16', result, i32.load16U(at, first === 4 ? 8 : 0), to);
  });
  return simd.let(wasmLoad<'v128'>('v128.load', result));
}

const shuffleBy =
  (
    bytes: 2 | 4 | 8,
    first: number,
    ...picks: readonly (readonly [from: 0 | 1, shift: number])[]
  ): Semantics =>
  (k) => {
    const simd = new Simd(k);
    simd.write(
      0,
      shuffled(
        simd,
        bytes,
        first,
        picks.map(([from, by]) => ({ from, shift: by })),
      ),
    );
  };

/** Shifts and shuffles (SDM vol. 1, 9.4.5, 11.4.2). */
export const SIMD_SHIFT_SHUFFLE: MeaningTable = {
  psllw: { semantics: shift(16, 'shl') },
  pslld: { semantics: shift(32, 'shl') },
  psllq: { semantics: shift(64, 'shl') },
  psrlw: { semantics: shift(16, 'shr_u') },
  psrld: { semantics: shift(32, 'shr_u') },
  psrlq: { semantics: shift(64, 'shr_u') },
  psraw: { semantics: shift(16, 'shr_s') },
  psrad: { semantics: shift(32, 'shr_s') },
  pslldq: { semantics: shiftBytes(true) },
  psrldq: { semantics: shiftBytes(false) },
  pshufw: { semantics: shuffleBy(2, 0, [1, 0], [1, 2], [1, 4], [1, 6]) },
  pshuflw: { semantics: shuffleBy(2, 0, [1, 0], [1, 2], [1, 4], [1, 6]) },
  pshufhw: { semantics: shuffleBy(2, 4, [1, 0], [1, 2], [1, 4], [1, 6]) },
  pshufd: { semantics: shuffleBy(4, 0, [1, 0], [1, 2], [1, 4], [1, 6]) },
  shufps: { semantics: shuffleBy(4, 0, [0, 0], [0, 2], [1, 4], [1, 6]) },
  shufpd: { semantics: shuffleBy(8, 0, [0, 0], [1, 1]) },
};
