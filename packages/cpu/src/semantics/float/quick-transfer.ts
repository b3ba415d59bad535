import { i32, i64, select, type I32 } from '@trapgate/wasm-assembler';
import { Flags } from '../../builder/flags';
import { c32, c64, EXTENDED, FLAG, ROUND, TOP_BIT } from '../../float/format';
import type { QuickNumber } from '../../float/quick';
import type { QuickSemantics } from '../meaning';
import { QuickX87 } from './quick';
import { FCMOV_CONDITIONS } from './transfer';

const fld: QuickSemantics = (k, otherwise) => {
  const operand = k.form.operands[0]!;
  const memory = operand.kind === 'm';
  if (memory && operand.size === 80) return k.fn.br(otherwise);
  const q = new QuickX87(k, otherwise);
  const below = q.below();
  if (memory) q.push(below, q.number(operand.size));
  else {
    const from = q.sti();
    q.requireFilled(from);
    q.push(below, q.read(from));
  }
  q.remember(memory);
  q.setStatus(c32(0));
};

const fild: QuickSemantics = (k, otherwise) => {
  const q = new QuickX87(k, otherwise);
  const below = q.below();
  q.push(below, q.integer(k.form.operands[0]!.size));
  q.remember();
  q.setStatus(c32(0));
};

const constant =
  (value: QuickNumber): QuickSemantics =>
  (k, otherwise) => {
    const q = new QuickX87(k, otherwise);
    q.push(q.below(), value);
    q.remember();
    q.setStatus(c32(0));
  };

interface FloatFormat {
  readonly fractionBits: number;
  readonly bias: number;
  /** The exponent field of infinities and NaNs. */
  readonly last: number;
}
const FORMATS: Readonly<Record<number, FloatFormat>> = {
  32: { fractionBits: 23, bias: 127, last: 0xff },
  64: { fractionBits: 52, bias: 1023, last: 0x7ff },
};

/** FST, FSTP to 32 or 64 bits of memory. */
function storeNumber(q: QuickX87, bits: number, pops: number): void {
  const { k } = q;
  const { fractionBits, bias, last } = FORMATS[bits]!;
  q.requireNearest();
  const st0 = q.st(0);
  q.requireFilled(st0);
  const { significand, word } = q.read(st0);
  const place = q.place(bits, 'write');
  const cut = c64(63 - fractionBits);
  const half = 1n << BigInt(62 - fractionBits);
  // Rounding may carry into the next power of two, which has to be a number, too.
  const exponent = k.let(i32.sub(i32.and(word, c32(EXTENDED.field)), c32(EXTENDED.bias - bias + 1)));
  const inRange = i32.and(i32.ltU(exponent, c32(last - 2)), i64.ltS(significand, c64(0)));
  const normal = k.let(inRange);
  q.unless(
    i32.eqz(i32.or(normal, i64.eqz(i64.or(significand, i64.extendI32U(i32.and(word, c32(EXTENDED.field))))))),
  );
  const rest = k.let(i64.and(significand, c64(2n * half - 1n)));
  const kept = k.let(i64.shrU(significand, cut));
  const up = k.let(i64.gtU(rest, i64.sub(c64(half), i64.and(kept, c64(1)))));
  // The integer bit adds one to the exponent.
  const field = i64.shl(i64.extendI32U(select(normal, exponent, c32(0))), c64(fractionBits));
  const rounded = i64.add(i64.add(field, kept), i64.extendI32U(up));
  const sign = i64.shl(i64.extendI32U(i32.shrU(word, c32(15))), c64(bits - 1));
  k.fn.store(bits === 32 ? 'i64.store32' : 'i64.store', place, i64.or(rounded, sign));
  q.pop(pops);
  q.remember();
  q.setStatus(inexact(i64.ne(rest, c64(0)), up));
}

const inexact = (isInexact: I32, up: I32): I32 => i32.or(i32.shl(isInexact, c32(5)), i32.shl(up, c32(9)));

const fst =
  (pops: number): QuickSemantics =>
  (k, otherwise) => {
    const operand = k.form.operands[0]!;
    const memory = operand.kind === 'm';
    // FSTPNCE is a transfer of another kind.
    if (memory ? operand.size === 80 : k.form.opcode === 0xd9) return k.fn.br(otherwise);
    const q = new QuickX87(k, otherwise);
    if (memory) return storeNumber(q, operand.size, pops);
    const [st0, sti] = [q.st(0), q.sti()];
    q.requireFilled(st0);
    q.write(sti, q.read(st0));
    q.pop(pops, sti);
    q.remember();
    q.setStatus(c32(0));
  };

/** FIST, FISTP, FISTTP, rounding to nearest or to zero. */
const fist =
  (pops: number, truncate: boolean): QuickSemantics =>
  (k, otherwise) => {
    const bits = k.form.operands[0]!.size;
    const q = new QuickX87(k, otherwise);
    q.unless(i32.eqz(i32.and(q.control, c32(FLAG.pe))));
    const control = k.let(i32.and(i32.shrU(q.control, c32(10)), c32(3)));
    const odd = i32.and(i32.xor(control, i32.shrU(control, c32(1))), c32(1));
    if (!truncate) q.unless(odd);
    const st0 = q.st(0);
    q.requireFilled(st0);
    const { significand, word } = q.read(st0);
    const place = q.place(bits, 'write');
    q.requireOrdinary({ significand, word });
    // Places above one half.
    const above = k.let(i32.sub(i32.and(word, c32(EXTENDED.field)), c32(EXTENDED.bias - 1)));
    q.unless(i32.gtS(above, c32(63)));
    const by = k.let(i64.extendI32U(above));
    const whole = k.fn.variable(i64.shrU(i64.shrU(significand, c64(1)), i64.sub(c64(63), by)));
    const rest = k.fn.variable(i64.shl(significand, by));
    k.if(i32.ltS(above, c32(0)), () => {
      k.fn.set(whole, c64(0));
      k.fn.set(rest, i64.extendI32U(i64.ne(significand, c64(0))));
    });
    let up: I32 = c32(0);
    if (!truncate) {
      const nearest = i64.gtU(rest.get, i64.sub(TOP_BIT, i64.and(whole.get, c64(1))));
      up = k.let(i32.and(nearest, i32.eq(control, c32(ROUND.nearest))));
    }
    const magnitude = k.let(i64.add(whole.get, i64.extendI32U(up)));
    const sign = k.let(i64.extendI32U(i32.shrU(word, c32(15))));
    const largest = i64.add(c64((1n << BigInt(bits - 1)) - 1n), sign);
    q.unless(i64.gtU(magnitude, largest));
    const mask = k.let(i64.sub(c64(0), sign));
    const value = i64.sub(i64.xor(magnitude, mask), mask);
    k.fn.store(bits === 64 ? 'i64.store' : bits === 32 ? 'i64.store32' : 'i64.store16', place, value);
    q.pop(pops);
    q.remember();
    q.setStatus(inexact(i64.ne(rest.get, c64(0)), up));
  };

const fxch: QuickSemantics = (k, otherwise) => {
  const q = new QuickX87(k, otherwise);
  const [st0, sti] = [q.st(0), q.sti()];
  q.requireFilled(st0, sti);
  const [a, b] = [q.read(st0), q.read(sti)];
  q.write(st0, b);
  q.write(sti, a);
  q.remember();
  q.setStatus(c32(0));
};

const fcmov =
  (condition: number): QuickSemantics =>
  (k, otherwise) => {
    const q = new QuickX87(k, otherwise);
    const [st0, sti] = [q.st(0), q.sti()];
    q.requireFilled(st0, sti);
    k.if(new Flags(k).condition(condition), () => q.write(st0, q.read(sti)));
    q.remember();
  };

/** The ordinary cases of data transfers. */
export const QUICK_TRANSFER: Readonly<Record<string, QuickSemantics>> = {
  fld,
  fild,
  fst: fst(0),
  fstp: fst(1),
  fist: fist(0, false),
  fistp: fist(1, false),
  fisttp: fist(1, true),
  fxch,
  fldz: constant({ significand: c64(0), word: c32(0) }),
  fld1: constant({ significand: TOP_BIT, word: c32(EXTENDED.bias) }),
  ...Object.fromEntries(
    Object.entries(FCMOV_CONDITIONS).map(([name, code]): [string, QuickSemantics] => [
      `fcmov${name}`,
      fcmov(code),
    ]),
  ),
};
