import {
  call,
  i32,
  i64,
  select,
  type FunctionRef,
  type I32,
  type ModuleBuilder,
} from '@trapgate/wasm-assembler';
import { c32, c64, FLAG, unpack } from './format';
import type { Primitives } from './functions';

/** Bits 2, 1 and 0 of a quotient (a leaf) as C0, C3 and C1. */
function quotientCodes(quotient: I32): I32 {
  const [c0, c3] = [
    i32.and(i32.shl(quotient, c32(6)), c32(FLAG.c0)),
    i32.and(i32.shl(quotient, c32(13)), c32(FLAG.c3)),
  ];
  return i32.or(i32.or(c0, c3), i32.and(i32.shl(quotient, c32(9)), c32(FLAG.c1)));
}

/**
 * Emits `remainder(destination, x, y, nearest) -> condition codes`: FPREM (quotient truncated) or FPREM1 (to nearest) of normal
 * numbers whose remainder is a normal number, too. It is exact. Where x is 2^64 times y or more, its exponent is reduced by
 * 32 to 63 and C2 set (SDM vol. 2A, FPREM).
 */
export function emitRemainder(module: ModuleBuilder, p: Pick<Primitives, 'divide128'>): FunctionRef {
  const fn = module.function('floatRemainder', { params: ['i32', 'i32', 'i32', 'i32'], results: ['i32'] });
  const [to, nearest] = [fn.param<'i32'>(0), fn.param<'i32'>(3)];
  const [x, y] = [unpack(fn, fn.param(1)), unpack(fn, fn.param(2))];
  const difference = fn.let(i32.sub(x.field, y.field));
  const [rest, quotient] = [fn.variable(x.significand), fn.variable(c32(0))];
  const [field, sign] = [fn.variable(x.field), fn.variable(x.sign)];
  /** The quotient is rounded up: what is left changes its sign. */
  const another = (left: typeof x.significand): void => {
    fn.set(rest, left);
    fn.set(quotient, i32.add(quotient.get, c32(1)));
    fn.set(sign, i32.xor(sign.get, c32(1)));
  };
  const partial = fn.let(i32.gtS(difference, c32(63)));
  fn.if(
    i32.geS(difference, c32(0)),
    () => {
      const step = fn.let(select(partial, i32.or(i32.and(difference, c32(31)), c32(32)), difference));
      const by = fn.let(i64.extendI32U(step));
      const high = select(step, i64.shrU(x.significand, i64.sub(c64(64), by)), c64(0));
      const low = fn.let(i64.shl(x.significand, by));
      const whole = fn.let(call<'i64'>(p.divide128, high, low, y.significand));
      const left = fn.let(i64.sub(low, i64.mul(whole, y.significand)));
      fn.set(rest, left);
      fn.set(quotient, i32.wrap(whole));
      fn.set(field, i32.sub(x.field, step));
      fn.if(i32.and(nearest, i32.eqz(partial)), () => {
        const other = fn.let(i64.sub(y.significand, left));
        const tie = i32.and(i64.eq(left, other), quotient.get);
        fn.if(i32.or(i64.gtU(left, other), i32.and(tie, c32(1))), () => another(other));
      });
    },
    () => {
      // x is less than y, but may be more than half of it.
      const half = i32.and(i32.eq(difference, c32(-1)), i64.gtU(x.significand, y.significand));
      fn.if(i32.and(nearest, half), () =>
        another(fn.let(i64.sub(i64.shl(y.significand, c64(1)), x.significand))),
      );
    },
  );
  const codes = select(partial, c32(FLAG.c2), quotientCodes(fn.let(quotient.get)));
  fn.if(
    i64.eqz(rest.get),
    () => {
      fn.store('i64.store', to, c64(0));
      fn.store('i32.store16', to, i32.shl(x.sign, c32(15)), 8);
    },
    () => {
      const zeros = fn.let(i64.clz(rest.get));
      fn.store('i64.store', to, i64.shl(rest.get, zeros));
      const exponent = i32.sub(field.get, i32.wrap(zeros));
      fn.store('i32.store16', to, i32.or(i32.shl(sign.get, c32(15)), exponent), 8);
    },
  );
  fn.return(codes);
  return fn;
}
