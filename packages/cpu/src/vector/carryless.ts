import {
  i64,
  type FunctionBuilder,
  type FunctionRef,
  type I64,
  type ModuleBuilder,
} from '@trapgate/wasm-assembler';
import { c64 } from '../float/format';

const HOLES = [
  0x1111_1111_1111_1111n,
  0x2222_2222_2222_2222n,
  0x4444_4444_4444_4444n,
  0x8888_8888_8888_8888n,
];

/**
 * The low half of a carry-less product. With three holes between the bits of both factors an integer product has at most
 * 15 carried into a place below the last one, which does not reach the next bit; sums of such products are parities.
 */
function low(fn: FunctionBuilder, a: I64, b: I64): I64 {
  const [as, bs] = [a, b].map((x) => HOLES.map((mask) => fn.let(i64.and(x, c64(mask))))) as [I64[], I64[]];
  const parts = HOLES.map((mask, k) => {
    const products = as.map((x, n) => i64.mul(x, bs[(k - n) & 3]!));
    return i64.and(
      products.reduce((sum, product) => i64.xor(sum, product)),
      c64(mask),
    );
  });
  return fn.let(parts.reduce((all, part) => i64.or(all, part)));
}

/** The bits in the opposite order. */
function reversed(fn: FunctionBuilder, value: I64): I64 {
  let x = value;
  for (const [by, mask] of [
    [1, 0x5555_5555_5555_5555n],
    [2, 0x3333_3333_3333_3333n],
    [4, 0x0f0f_0f0f_0f0f_0f0fn],
    [8, 0x00ff_00ff_00ff_00ffn],
    [16, 0x0000_ffff_0000_ffffn],
  ] as const)
    x = fn.let(i64.or(i64.and(i64.shrU(x, c64(by)), c64(mask)), i64.shl(i64.and(x, c64(mask)), c64(by))));
  return fn.let(i64.rotl(x, c64(32)));
}

/** Emits `carrylessMultiply(destination, a, b)`: 128 bits are written. */
export function emitCarrylessMultiply(module: ModuleBuilder): FunctionRef {
  const fn = module.function('carrylessMultiply', { params: ['i32', 'i64', 'i64'], results: [] });
  const [a, b] = [fn.param<'i64'>(1), fn.param<'i64'>(2)];
  fn.store('i64.store', fn.param<'i32'>(0), low(fn, a, b));
  // Bit n of the product of the reversed factors is bit 126 - n of the product.
  const high = reversed(fn, low(fn, reversed(fn, a), reversed(fn, b)));
  fn.store('i64.store', fn.param<'i32'>(0), i64.shrU(high, c64(1)), 8);
  return fn;
}
