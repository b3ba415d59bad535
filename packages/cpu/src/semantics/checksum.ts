import {
  i32,
  i64,
  shuffle,
  v128Const,
  wasm,
  wasmLane,
  type I32,
  type I64,
  type V128,
} from '@trapgate/wasm-assembler';
import type { Semantics } from '../builder/builder';
import { low32, widen } from '../builder/values';
import type { MeaningTable } from './meaning';

/** 11EDC6F41h, the Castagnoli polynomial, its bits reversed (SDM vol. 2A, CRC32). */
const POLYNOMIAL = 0x82f6_3b78;

/** The remainder after `width` steps. */
function remainder(value: number, width: number): number {
  let rest = value;
  for (let n = 0; n < width; n++) rest = (rest >>> 1) ^ (rest & 1 ? POLYNOMIAL : 0);
  return rest;
}

const dwords = (values: readonly number[]): V128 =>
  v128Const(values.flatMap((value) => [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff)));
const v = (name: string, ...operands: (V128 | I32)[]): V128 => wasm<'v128'>(name, ...operands);

/** CRC of `width` bits of data: the remainders of its bits, four at a time, added (the checksum is linear). */
function step(checksum: I32, data: I32, width: 8 | 16 | 32, let_: <E extends I32 | V128>(e: E) => E): I32 {
  const all = let_(i32.xor(checksum, data));
  const every = let_(v('i32x4.splat', all));
  let sum: V128 | undefined;
  for (let bit = 0; bit < width; bit += 4) {
    const bits = [0, 1, 2, 3].map((n) => (1 << (bit + n)) >>> 0);
    const mask = v('i32x4.eq', v('v128.and', every, dwords(bits)), dwords(bits));
    const part = v('v128.and', mask, dwords(bits.map((value) => remainder(value, width))));
    sum = sum ? v('v128.xor', sum, part) : part;
  }
  const four = let_(sum!);
  const two = let_(
    v('v128.xor', four, shuffle(four, four, [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7])),
  );
  const lane = (n: number): I32 => wasmLane<'i32'>('i32x4.extract_lane', n, two);
  const low = i32.xor(lane(0), lane(1));
  return let_(width === 32 ? low : i32.xor(low, i32.shrU(checksum, i32.const(width))));
}

const crc32: Semantics = (k, dst, src) => {
  const data = src!.read();
  const checksum = k.let(low32(dst!.read()));
  const let_ = <E extends I32 | V128>(e: E): E => k.let(e);
  const result =
    src!.width === 64
      ? step(
          step(checksum, i32.wrap(data as I64), 32, let_),
          i32.wrap(i64.shrU(data as I64, i64.const(32))),
          32,
          let_,
        )
      : step(checksum, data as I32, src!.width as 8 | 16 | 32, let_);
  dst!.write(widen(dst!.width, result));
};

/** CRC32 (SDM vol. 1, 12.11.2). */
export const CHECKSUM: MeaningTable = { crc32: { semantics: crc32 } };
