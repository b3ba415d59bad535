import { i32, type FunctionRef, type ModuleBuilder } from '@trapgate/wasm-assembler';
import { LN2, P as BIG_BITS } from './big-functions';
import { exponentOf, finish } from './circular';
import { c32, c64, unpack } from './format';
import type { Primitives } from './functions';
import { COEFFICIENT_BITS, emitSeries } from './series';
import { wideConst, WideArithmetic, type WideFloat } from './wide';

const factorial = (n: number): bigint => (n < 2 ? 1n : BigInt(n) * factorial(n - 1));

/** Emits `powerMinusOne(destination, x, mode) -> flags`: 2^x - 1 for a normal x, |x| < 1, not tiny. */
export function emitPowerMinusOne(module: ModuleBuilder, p: Pick<Primitives, 'round'>): FunctionRef {
  const fn = module.function('floatPowerMinusOne', { params: ['i32', 'i32', 'i32'], results: ['i32'] });
  const w = new WideArithmetic(fn);
  const x = unpack(fn, fn.param(1));
  const size: WideFloat = {
    hi: x.significand,
    lo: c64(0),
    exponent: fn.let(i32.add(exponentOf(fn, x.field), c32(1))),
  };
  // 2^x - 1 = t (1 + t / 2 + t^2 / 6 ...) with t = x ln 2.
  const t = w.scale(size, wideConst(LN2 >> BigInt(BIG_BITS - 128)));
  const series = (alternating: boolean): WideFloat => {
    const { value, exponent } = emitSeries(
      fn,
      {
        coefficient: (n) => (1n << BigInt(COEFFICIENT_BITS)) / factorial(n + 1),
        alternating,
        limit: Math.LN2,
      },
      w.fixed(t, 0),
    );
    return w.scale(t, value, exponent);
  };
  fn.if(x.sign, () => finish(fn, p, c32(1), series(true)));
  finish(fn, p, c32(0), series(false));
  return fn;
}
