import { call, i32, i64, select, type I32 } from '@trapgate/wasm-assembler';
import type { Semantics } from '../../builder/builder';
import { BEFORE, c32, c64, FLAG, MODE } from '../../float/format';
import type { Meaning, MeaningTable } from '../meaning';
import { convertOperand, fetchOperand } from './operands';
import { BEFORE_STORE, stackFaultC1, X87, type StackRegister } from './x87';

const isMemory = (k: Parameters<Semantics>[0], operand = 0): boolean =>
  k.form.operands[operand]!.kind === 'm';

/** Pushes a single or double number from memory: signaling NaNs and denormals are reported here. */
function pushNumber(x87: X87, at: I32, bits: number): void {
  const { k, float } = x87;
  const mode = c32(bits === 32 ? MODE.single : MODE.double);
  x87.push((z) => {
    const de = k.let(call<'i32'>(float.widen, z, at, mode));
    // Back into the extended format it only quiets NaNs; denormals have become normal numbers.
    const flags = call<'i32'>(float.narrow, z, z, c32(MODE.precision64));
    return i32.or(de, flags);
  });
}

const fld: Semantics = (k) => {
  const x87 = new X87(k);
  if (!isMemory(k)) {
    x87.remember();
    const from = x87.sti();
    return x87.push((z) => copied(x87, z, from.at), x87.filled(from));
  }
  const bits = k.form.operands[0]!.size;
  const at = fetchOperand(x87, bits);
  x87.remember(k.linear());
  if (bits === 80) x87.push((z) => copied(x87, z, at));
  else pushNumber(x87, at, bits);
};

function copied(x87: X87, to: I32, from: I32): I32 {
  x87.copy(to, from);
  return c32(0);
}

const fild: Semantics = (k) => {
  const x87 = new X87(k);
  const bits = k.form.operands[0]!.size;
  const at = fetchOperand(x87, bits);
  x87.remember(k.linear());
  convertOperand(x87, at, bits);
  x87.push((z) => copied(x87, z, x87.slot('x')));
};

const constant =
  (significand: bigint, signExponent: number, roundedUp: (rounding: I32) => I32): Semantics =>
  (k) => {
    const x87 = new X87(k).remember();
    x87.push((z) => {
      x87.setConstant(z, significand, signExponent);
      const control = k.let(i32.and(i32.shrU(k.state32('fpuControl'), c32(10)), c32(3)));
      const last = k.let(i64.add(i64.load(z), i64.extendI32S(roundedUp(control))));
      k.fn.store('i64.store', z, last);
      return c32(0);
    });
  };

const exact = (): I32 => c32(0);
/** The constant is stored rounded up to nearest: one less when rounding down or to zero. */
const lessBelow = (control: I32): I32 => i32.sub(c32(0), i32.and(control, c32(1)));
/** The constant is stored rounded down to nearest: one more when rounding up. */
const moreAbove = (control: I32): I32 => i32.eq(control, c32(2));

/** Faults where a store of `bits` bits to the memory operand would. */
function probeResult({ k }: X87, bits: number): void {
  // Alignment is checked, too: of 80 bits that of the significand.
  k.fn.drop(k.modify(bits === 80 ? 8 : ((bits / 8) as 2 | 4 | 8), k.linear()));
  if (bits === 80) k.probe(10, k.linear());
}

/** Stores scratch z, which holds a number of `bits` bits; may fault. */
function storeResult(x87: X87, bits: number, z: I32): void {
  const { k } = x87;
  const linear = k.linear();
  if (bits === 80) {
    probeResult(x87, bits);
    k.store(8, linear, i64.load(z));
    return k.store(2, k.let(i32.add(linear, c32(8))), i32.load16U(z, 8));
  }
  if (bits === 64) return k.store(8, linear, i64.load(z));
  k.store(bits === 32 ? 4 : 2, linear, bits === 32 ? i32.load(z) : i32.load16U(z));
}

/** What a store of a number or integer to memory does: convert, store unless an exception prevents it, then tell, then pop. */
function storeToMemory(
  x87: X87,
  bits: number,
  pops: number,
  prevent: number,
  convert: (z: I32, from: StackRegister) => I32,
  empty: (z: I32) => void,
): void {
  const { k } = x87;
  k.linear();
  const st0 = x87.st(0);
  const z = x87.slot('z');
  const flags = x87.guarded(
    x87.filled(st0),
    () => convert(z, st0),
    () => empty(z),
  );
  const blocked = x87.blocked(flags, prevent);
  k.if(
    i32.eqz(blocked),
    () => {
      storeResult(x87, bits, z);
      if (pops > 0) x87.pop(pops);
    },
    // A page fault comes before the exception that prevents the store.
    () => probeResult(x87, bits),
  );
  x87.remember(k.linear());
  // What is not stored is not inexact.
  const inexact = select(i32.and(blocked, c32(FLAG.oe | FLAG.ue)), c32(~(FLAG.pe | FLAG.c1)), c32(-1));
  x87.commit(i32.and(flags, inexact));
}

function storeNumber(x87: X87, bits: number, pops: number): void {
  const { k, float } = x87;
  if (bits === 80) {
    return storeToMemory(
      x87,
      bits,
      pops,
      BEFORE_STORE,
      (z, from) => copied(x87, z, from.at),
      (z) => x87.setDefaultNan(z),
    );
  }
  const format = bits === 32 ? MODE.single : MODE.double;
  const convert = (z: I32, from: StackRegister): I32 =>
    call<'i32'>(float.narrow, z, from.at, x87.mode(c32(format)));
  storeToMemory(x87, bits, pops, BEFORE_STORE, convert, (z) => {
    if (bits === 32) k.fn.store('i32.store', z, c32(0xffc0_0000 | 0));
    else k.fn.store('i64.store', z, c64(-0x0008_0000_0000_0000n));
  });
}

const fst =
  (pops: number): Semantics =>
  (k) => {
    const x87 = new X87(k);
    if (isMemory(k)) return storeNumber(x87, k.form.operands[0]!.size, pops);
    x87.remember();
    const [st0, sti] = [x87.st(0), x87.sti()];
    if (k.form.opcode === 0xd9) return storeUnchecked(x87, st0, sti);
    x87.produce(sti, x87.filled(st0), (z) => copied(x87, z, st0.at), pops);
  };

/** D9 /3, the undocumented FSTPNCE: an empty ST(0) is no fault, it is not copied. */
function storeUnchecked(x87: X87, st0: StackRegister, sti: StackRegister): void {
  x87.k.if(x87.filled(st0), () => {
    x87.copy(sti.at, st0.at);
    x87.setFilled(sti);
  });
  x87.pop();
  x87.commit(c32(0));
}

/** FIST, FISTP; FISTTP truncates whatever the rounding control says. */
const fist =
  (pops: number, truncate: boolean): Semantics =>
  (k) => {
    const x87 = new X87(k);
    const bits = k.form.operands[0]!.size;
    const mode = (): I32 => x87.mode(c32(truncate ? MODE.truncate : 0));
    const convert = (z: I32, from: StackRegister): I32 => {
      const flags = call<'i32'>(x87.float.toInteger, z, from.at, mode(), c32(bits));
      return truncate ? i32.and(flags, c32(~FLAG.c1)) : flags;
    };
    storeToMemory(x87, bits, pops, BEFORE, convert, (z) =>
      k.fn.store('i64.store', z, c64(-(1n << BigInt(bits - 1)))),
    );
  };

/** FXCH: empty registers are first filled with the default NaN, if that exception is masked. */
const fxch: Semantics = (k) => {
  const x87 = new X87(k).remember();
  const [st0, sti] = [x87.st(0), x87.sti()];
  const full = k.let(i32.and(x87.filled(st0), x87.filled(sti)));
  const flags = k.let(select(full, c32(0), c32(FLAG.ie | FLAG.sf)));
  k.if(i32.eqz(x87.blocked(flags, BEFORE)), () => {
    for (const register of [st0, sti]) {
      k.if(i32.eqz(x87.filled(register)), () => {
        x87.setDefaultNan(register.at);
        x87.setFilled(register);
      });
    }
    const z = x87.slot('z');
    x87.copy(z, st0.at);
    x87.copy(st0.at, sti.at);
    x87.copy(sti.at, z);
  });
  x87.commit(flags);
};

/** FCMOVcc by a condition code of SETcc. */
const fcmov =
  (condition: number): Semantics =>
  (k) => {
    const x87 = new X87(k).remember();
    const [st0, sti] = [x87.st(0), x87.sti()];
    const wanted = k.let(k.flags.condition(condition));
    const both = i32.and(x87.filled(st0), x87.filled(sti));
    const flags = x87.result(st0, both, (z) => {
      x87.copy(z, st0.at);
      k.if(wanted, () => x87.copy(z, sti.at));
      return c32(0);
    });
    x87.commit(flags, stackFaultC1(flags));
  };

export const FCMOV_CONDITIONS: Readonly<Record<string, number>> = {
  b: 2,
  nb: 3,
  e: 4,
  ne: 5,
  be: 6,
  nbe: 7,
  u: 10,
  nu: 11,
};

/** Data transfer and constants (SDM vol. 1, 8.3.3 and 8.3.4). The constants are rounded as RC says. */
export const X87_TRANSFER: MeaningTable = {
  fld: { semantics: fld },
  fild: { semantics: fild },
  fst: { semantics: fst(0) },
  fstp: { semantics: fst(1) },
  fist: { semantics: fist(0, false) },
  fistp: { semantics: fist(1, false) },
  fisttp: { semantics: fist(1, true) },
  fxch: { semantics: fxch },
  fldz: { semantics: constant(0n, 0, exact) },
  fld1: { semantics: constant(0x8000_0000_0000_0000n, 0x3fff, exact) },
  fldpi: { semantics: constant(0xc90f_daa2_2168_c235n, 0x4000, lessBelow) },
  fldl2t: { semantics: constant(0xd49a_784b_cd1b_8afen, 0x4000, moreAbove) },
  fldl2e: { semantics: constant(0xb8aa_3b29_5c17_f0bcn, 0x3fff, lessBelow) },
  fldlg2: { semantics: constant(0x9a20_9a84_fbcf_f799n, 0x3ffd, lessBelow) },
  fldln2: { semantics: constant(0xb172_17f7_d1cf_79acn, 0x3ffe, lessBelow) },
  ...Object.fromEntries(
    Object.entries(FCMOV_CONDITIONS).map(([name, code]): [string, Meaning] => [
      `fcmov${name}`,
      { semantics: fcmov(code) },
    ]),
  ),
};
