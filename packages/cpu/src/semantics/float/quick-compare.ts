import { i32, i64, select, type I32 } from '@trapgate/wasm-assembler';
import { Flags } from '../../builder/flags';
import { c32, c64, EXTENDED, FLAG } from '../../float/format';
import type { QuickNumber } from '../../float/quick';
import type { QuickSemantics } from '../meaning';
import { QuickX87 } from './quick';

const CODES = FLAG.c0 | FLAG.c2 | FLAG.c3;
const ZERO: QuickNumber = { significand: c64(0), word: c32(0) };

/** Condition codes of a comparison of normal numbers and zeros: C3 equal, C0 less. */
function outcome(q: QuickX87, a: QuickNumber, b: QuickNumber): I32 {
  const { k } = q;
  q.requireOrdinary(a);
  if (b !== ZERO) q.requireOrdinary(b);
  const field = ({ word }: QuickNumber): I32 => k.let(i32.and(word, c32(EXTENDED.field)));
  const [fieldA, fieldB] = [field(a), field(b)];
  const signA = k.let(i32.shrU(a.word, c32(15)));
  const signs = k.let(i32.xor(signA, i32.shrU(b.word, c32(15))));
  const sameField = k.let(i32.eq(fieldA, fieldB));
  const sameSize = k.let(i32.and(sameField, i64.eq(a.significand, b.significand)));
  const smaller = i32.or(i32.ltU(fieldA, fieldB), i32.and(sameField, i64.ltU(a.significand, b.significand)));
  const equal = i32.and(sameSize, i32.or(i32.eqz(signs), i64.eqz(a.significand)));
  // With equal signs, the smaller one is less if positive; else the negative one is less.
  const less = select(signs, signA, i32.xor(smaller, signA));
  return k.let(select(equal, c32(FLAG.c3), i32.mul(less, c32(FLAG.c0))));
}

const codes =
  (pops: number, integer = false): QuickSemantics =>
  (k, otherwise) => {
    const q = new QuickX87(k, otherwise);
    const operand = k.form.operands[0];
    const st0 = q.st(0);
    const memory = operand?.kind === 'm';
    const other = memory ? undefined : operand ? q.sti() : q.st(1);
    q.requireFilled(st0, ...(other ? [other] : []));
    const b = other ? q.read(other) : integer ? q.integer(operand!.size) : q.number(operand!.size);
    const found = outcome(q, q.read(st0), b);
    q.pop(pops);
    q.remember(memory);
    q.setStatus(found, CODES | FLAG.c1);
  };

const flags =
  (pops: number): QuickSemantics =>
  (k, otherwise) => {
    const q = new QuickX87(k, otherwise);
    const [st0, sti] = [q.st(0), q.sti()];
    q.requireFilled(st0, sti);
    const found = outcome(q, q.read(st0), q.read(sti));
    new Flags(k).fromByte(i32.shrU(found, c32(8)), c32(0));
    q.pop(pops);
    q.remember();
  };

const ftst: QuickSemantics = (k, otherwise) => {
  const q = new QuickX87(k, otherwise);
  const st0 = q.st(0);
  q.requireFilled(st0);
  const found = outcome(q, q.read(st0), ZERO);
  q.remember();
  q.setStatus(found, CODES | FLAG.c1);
};

/** The ordinary cases of comparisons. */
export const QUICK_COMPARE: Readonly<Record<string, QuickSemantics>> = {
  fcom: codes(0),
  fcomp: codes(1),
  fcompp: codes(2),
  fucom: codes(0),
  fucomp: codes(1),
  fucompp: codes(2),
  ficom: codes(0, true),
  ficomp: codes(1, true),
  fcomi: flags(0),
  fcomip: flags(1),
  fucomi: flags(0),
  fucomip: flags(1),
  ftst,
};
