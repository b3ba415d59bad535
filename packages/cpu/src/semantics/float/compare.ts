import { call, i32, i64, type I32 } from '@trapgate/wasm-assembler';
import type { Semantics } from '../../builder/builder';
import { BEFORE, c32, FLAG, isNan, isUnsupported, MODE, unpack } from '../../float/format';
import type { MeaningTable } from '../meaning';
import { memoryOperand } from './operands';
import { stackFaultC1, X87, type StackRegister } from './x87';

const CODES = FLAG.c0 | FLAG.c2 | FLAG.c3;

/** FCOM and FUCOM in all their forms: the outcome goes to the condition codes. */
const compareCodes =
  (pops: number, quiet: boolean, integer = false): Semantics =>
  (k) => {
    const x87 = new X87(k);
    const operand = k.form.operands[0];
    const memory = operand?.kind === 'm';
    const denormal = memory ? memoryOperand(x87, integer) : c32(0);
    x87.remember(memory ? k.linear() : undefined);
    const st0 = x87.st(0);
    const other: StackRegister | undefined = memory ? undefined : operand ? x87.sti() : x87.st(1);
    const available = k.let(other ? i32.and(x87.filled(st0), x87.filled(other)) : x87.filled(st0));
    finishCompare(
      x87,
      other?.at ?? x87.slot('x'),
      available,
      quiet ? i32.or(denormal, c32(MODE.quiet)) : denormal,
      pops,
    );
  };

/** Compares ST(0) with a value; `done` is emitted with the outcome, `pops` happens unless an unmasked exception prevents it. */
function compareWith(
  x87: X87,
  other: I32,
  available: I32,
  extra: I32,
  pops: number,
  clear: number,
  done: (outcome: I32) => I32,
): void {
  const { k } = x87;
  const outcome = x87.guarded(
    available,
    () => call<'i32'>(x87.float.compare, x87.st(0).at, other, x87.mode(extra)),
    () => undefined,
    FLAG.ie | FLAG.sf | CODES,
  );
  const flags = k.let(done(outcome));
  if (pops > 0) k.if(i32.eqz(x87.blocked(outcome, BEFORE)), () => x87.pop(pops));
  x87.commit(flags, clear === 0 ? stackFaultC1(flags) : c32(clear));
}

/** The condition codes are set even where an unmasked exception keeps the operands on the stack, as AMD's processors do. */
function finishCompare(x87: X87, other: I32, available: I32, extra: I32, pops: number): void {
  compareWith(x87, other, available, extra, pops, CODES | FLAG.c1, (outcome) => outcome);
}

/** FCOMI, FUCOMI: the outcome goes to ZF, PF and CF; OF, SF and AF are cleared. */
const compareFlags =
  (pops: number, quiet: boolean): Semantics =>
  (k) => {
    const x87 = new X87(k).remember();
    const [st0, sti] = [x87.st(0), x87.sti()];
    const both = i32.and(x87.filled(st0), x87.filled(sti));
    compareWith(x87, sti.at, both, c32(quiet ? MODE.quiet : 0), pops, 0, (outcome) => {
      k.flags.fromByte(i32.and(i32.shrU(outcome, c32(8)), c32(0x45)), c32(0));
      return i32.and(outcome, c32(~CODES));
    });
  };

const ftst: Semantics = (k) => {
  const x87 = new X87(k).remember();
  const zero = x87.slot('x');
  x87.setConstant(zero, 0n, 0);
  finishCompare(x87, zero, x87.filled(x87.st(0)), c32(0), 0);
};

/** FXAM: the class of ST(0), empty or not (SDM vol. 2, table 3-42); C1 is its sign. */
const fxam: Semantics = (k) => {
  const x87 = new X87(k).remember();
  const st0 = x87.st(0);
  const x = unpack(k.fn, st0.at);
  const codes = k.fn.variable(c32(FLAG.c2));
  const set = (condition: I32, value: number): void => k.if(condition, () => k.fn.set(codes, c32(value)));
  set(i32.eqz(x.field), FLAG.c2 | FLAG.c3);
  set(i32.and(i32.eqz(x.field), i64.eqz(x.significand)), FLAG.c3);
  set(i32.eq(x.field, c32(0x7fff)), FLAG.c0 | FLAG.c2);
  set(isNan(x), FLAG.c0);
  set(isUnsupported(x), 0);
  set(i32.eqz(x87.filled(st0)), FLAG.c0 | FLAG.c3);
  x87.commit(i32.or(codes.get, i32.shl(x.sign, c32(9))), c32(CODES | FLAG.c1));
};

/** Comparison and classification (SDM vol. 1, 8.3.6). */
export const X87_COMPARE: MeaningTable = {
  fcom: { semantics: compareCodes(0, false) },
  fcomp: { semantics: compareCodes(1, false) },
  fcompp: { semantics: compareCodes(2, false) },
  fucom: { semantics: compareCodes(0, true) },
  fucomp: { semantics: compareCodes(1, true) },
  fucompp: { semantics: compareCodes(2, true) },
  ficom: { semantics: compareCodes(0, false, true) },
  ficomp: { semantics: compareCodes(1, false, true) },
  fcomi: { semantics: compareFlags(0, false) },
  fcomip: { semantics: compareFlags(1, false) },
  fucomi: { semantics: compareFlags(0, true) },
  fucomip: { semantics: compareFlags(1, true) },
  ftst: { semantics: ftst },
  fxam: { semantics: fxam },
};
