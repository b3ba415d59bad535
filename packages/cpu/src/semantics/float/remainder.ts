import { call, i32, i64, select } from '@trapgate/wasm-assembler';
import type { Semantics } from '../../builder/builder';
import { c32, c64, EXTENDED, FLAG } from '../../float/format';
import type { Meaning, MeaningTable } from '../meaning';
import { elseHost, hostedOperand, nothingBelow, ordinary, pushResult } from './operand';
import { X87 } from './x87';

const CODES = FLAG.c0 | FLAG.c1 | FLAG.c2 | FLAG.c3;
/** With a divisor of at least this exponent field no remainder is denormal. */
const LEAST_DIVISOR = 65;

/** FPREM, FPREM1. */
const remainder =
  (nearest: boolean): Semantics =>
  (k) => {
    const x87 = new X87(k);
    const [x, y] = [hostedOperand(x87, 0), hostedOperand(x87, 1)];
    elseHost(x87, i32.and(ordinary(x87, x), ordinary(x87, y, LEAST_DIVISOR)));
    x87.remember();
    const z = x87.slot('z');
    const { at } = x.register;
    const codes = call<'i32'>(x87.float.remainder, z, at, y.register.at, c32(nearest ? 1 : 0));
    x87.commit(codes, c32(CODES));
    x87.copy(at, z);
  };

/** FSCALE: the integer part of ST(1) is added to the exponent of ST(0). */
const fscale: Semantics = (k) => {
  const x87 = new X87(k);
  const [x, y] = [hostedOperand(x87, 0), hostedOperand(x87, 1)];
  const largest = EXTENDED.bias + 14;
  const shift = i64.sub(c64(63), i64.extendI32U(i32.sub(y.field, c32(EXTENDED.bias))));
  const whole = i32.wrap(i64.shrU(y.significand, shift));
  const size = k.let(select(i32.ltU(y.field, c32(EXTENDED.bias)), c32(0), whole));
  const negative = i32.shrU(y.signExponent, c32(15));
  const field = k.let(i32.add(x.field, select(negative, i32.sub(c32(0), size), size)));
  const normal = i32.ltU(i32.sub(field, c32(1)), c32(EXTENDED.field - 1));
  const operands = i32.and(ordinary(x87, x), ordinary(x87, y, 1, largest));
  elseHost(x87, i32.and(normal, operands));
  x87.remember();
  const sign = i32.and(x.signExponent, c32(0x8000));
  k.fn.store('i32.store16', x.register.at, i32.or(sign, field), 8);
  x87.commit(c32(0));
};

/** FXTRACT: the exponent replaces ST(0), the significand is pushed. */
const fxtract: Semantics = (k) => {
  const x87 = new X87(k);
  const x = hostedOperand(x87, 0);
  elseHost(x87, i32.and(ordinary(x87, x), nothingBelow(x87)));
  x87.remember();
  const exponent = i64.extendI32S(i32.sub(x.field, c32(EXTENDED.bias)));
  k.fn.drop(call<'i32'>(x87.float.fromInteger, x.register.at, exponent, x87.mode()));
  x87.commit(c32(0));
  pushResult(x87, (at) => {
    const sign = i32.and(x.signExponent, c32(0x8000));
    k.fn.store('i64.store', at, x.significand);
    k.fn.store('i32.store16', at, i32.or(sign, c32(EXTENDED.bias)), 8);
  });
};

const row = (semantics: Semantics): Meaning => ({ semantics, host: true });

/** Remainders and exponents of normal numbers (SDM vol. 1, 8.3.5); the host has the rest. */
export const X87_REMAINDER: MeaningTable = {
  fprem: row(remainder(false)),
  fprem1: row(remainder(true)),
  fscale: row(fscale),
  fxtract: row(fxtract),
};
