import { i32, i64, type I32, type I64 } from '@trapgate/wasm-assembler';
import type { Builder, Semantics } from '../builder/builder';
import type { Operand } from '../builder/operands';
import { signExtend } from '../builder/values';
import { GPR } from '../state/layout';
import type { MeaningTable } from './meaning';

const DIVIDE_ERROR = 0;

const extend = (signed: boolean, value: I32): I64 => (signed ? i64.extendI32S(value) : i64.extendI32U(value));

/** The accumulator's product or quotient lives in (E)DX:(E)AX, or AH:AL for bytes. */
function storePair(k: Builder, width: number, low: I32, high: I32): void {
  if (width === 8) {
    const joined = i32.or(
      i32.and(low, i32.const(0xff)),
      i32.shl(i32.and(high, i32.const(0xff)), i32.const(8)),
    );
    return k.setGpr(GPR.eax, 16, joined);
  }
  k.setGpr(GPR.eax, width, low);
  k.setGpr(GPR.edx, width, high);
}

/** One-operand MUL and IMUL. */
const multiply =
  (signed: boolean): Semantics =>
  (k, src) => {
    const { width } = src!;
    const value = (operand: I32): I64 =>
      extend(signed, (signed ? signExtend(width, operand) : operand) as I32);
    const b = src!.read() as I32;
    const a = k.gpr(GPR.eax, width) as I32;
    const product = k.let(i64.mul(value(a), value(b)));
    const low = k.let(i32.wrap(product));
    const high = k.let(i32.wrap(i64.shrU(product, i64.const(width))));
    storePair(k, width, low, high);
    if (signed) k.flags.multiplySigned(width, a, b, low);
    else k.flags.multiplyUnsigned(width, low, high);
  };

function truncatingMultiply(k: Builder, dst: Operand, a: I32, b: I32): void {
  const low = k.let(i32.mul(a, b));
  dst.write(low);
  k.flags.multiplySigned(dst.width, a, b, low);
}

/** IMUL with one, two or three operands. */
const imul: Semantics = (k, dst, src, third) => {
  if (!src) return multiply(true)(k, dst!);
  const a = src.read() as I32;
  const b = (third ? third.read() : dst!.read()) as I32;
  truncatingMultiply(k, dst!, a, b);
};

/** The dividend: AX, DX:AX or EDX:EAX as a 64-bit number. */
function dividend(k: Builder, width: number, signed: boolean): I64 {
  if (width === 8) {
    const ax = k.gpr(GPR.eax, 16) as I32;
    return extend(signed, signed ? (i32.extend16S(ax) as I32) : ax);
  }
  const low = k.gpr(GPR.eax, width) as I32;
  const high = k.gpr(GPR.edx, width) as I32;
  if (width === 16) return extend(signed, i32.or(i32.shl(high, i32.const(16)), low));
  return i64.or(i64.shl(i64.extendI32U(high), i64.const(32)), i64.extendI32U(low));
}

/** DIV and IDIV: #DE for a zero divisor or a quotient that does not fit; flags are undefined and stay. */
const divide =
  (signed: boolean): Semantics =>
  (k, src) => {
    const { width } = src!;
    const divisor32 = src!.read() as I32;
    k.if(i32.eqz(divisor32), () => k.raise(DIVIDE_ERROR));
    const divisor = k.let(extend(signed, (signed ? signExtend(width, divisor32) : divisor32) as I32));
    const number = k.let(dividend(k, width, signed));
    if (signed && width === 32) {
      // The one case in which WebAssembly's own division would trap.
      const least = i64.eq(number, i64.const(-0x8000_0000_0000_0000n));
      k.if(i32.and(least, i64.eq(divisor, i64.const(-1))), () => k.raise(DIVIDE_ERROR));
    }
    const quotient = k.let(signed ? (i64.divS(number, divisor) as I64) : (i64.divU(number, divisor) as I64));
    const low = k.let(i32.wrap(quotient));
    const fits = signed
      ? i64.eq(quotient, i64.extendI32S(signExtend(width, low) as I32))
      : i64.eqz(i64.shrU(quotient, i64.const(width)));
    k.if(i32.eqz(fits), () => k.raise(DIVIDE_ERROR));
    const remainder = i32.wrap(i64.sub(number, i64.mul(quotient, divisor)));
    storePair(k, width, low, k.let(remainder));
  };

/** DAA and DAS (SDM vol. 2A). */
const decimalAdjust =
  (direction: 1 | -1): Semantics =>
  (k) => {
    const al = k.gpr(GPR.eax, 8) as I32;
    const cf = k.let(k.flags.cf());
    const low = k.let(i32.or(i32.gtU(i32.and(al, i32.const(15)), i32.const(9)), k.flags.af()));
    const high = k.let(i32.or(i32.gtU(al, i32.const(0x99)), cf));
    const adjust = i32.add(
      i32.mul(low, i32.const(6 * direction)),
      i32.mul(high, i32.const(0x60 * direction)),
    );
    const result = k.let(i32.add(al, adjust));
    k.setGpr(GPR.eax, 8, result);
    // A borrow of the low adjustment also leaves CF set (DAS).
    const borrow = direction < 0 ? i32.and(low, i32.ltU(al, i32.const(6))) : i32.const(0);
    k.flags.explicit(k.let(i32.or(high, borrow)), i32.const(0), low);
    k.flags.result(8, result);
  };

/** AAA and AAS: adjust AX by 6 and AH by one. */
const asciiAdjust =
  (direction: 1 | -1): Semantics =>
  (k) => {
    const ax = k.gpr(GPR.eax, 16) as I32;
    const adjust = k.let(i32.or(i32.gtU(i32.and(ax, i32.const(15)), i32.const(9)), k.flags.af()));
    const moved = i32.add(ax, i32.mul(adjust, i32.const(0x106 * direction)));
    k.setGpr(GPR.eax, 16, i32.and(moved, i32.const(0xff0f)));
    k.flags.explicit(adjust, i32.const(0), adjust);
  };

/** AAM: AH = AL / base, AL = AL mod base. */
const aam: Semantics = (k, base) => {
  const divisor = k.let(i32.and(base!.read() as I32, i32.const(0xff)));
  k.if(i32.eqz(divisor), () => k.raise(DIVIDE_ERROR));
  const al = k.gpr(GPR.eax, 8) as I32;
  const remainder = k.let(i32.remU(al, divisor) as I32);
  k.setGpr(GPR.eax, 16, i32.or(remainder, i32.shl(i32.divU(al, divisor) as I32, i32.const(8))));
  k.flags.explicit(i32.const(0), i32.const(0));
  k.flags.result(8, remainder);
};

/** AAD: AL = AL + AH * base, AH = 0. */
const aad: Semantics = (k, base) => {
  const ax = k.gpr(GPR.eax, 16) as I32;
  const sum = i32.add(ax, i32.mul(i32.shrU(ax, i32.const(8)), base!.read() as I32));
  const al = k.let(i32.and(sum, i32.const(0xff)));
  k.setGpr(GPR.eax, 16, al);
  k.flags.explicit(i32.const(0), i32.const(0));
  k.flags.result(8, al);
};

/** Multiplication, division and decimal arithmetic (SDM vol. 1, 7.3.2 and 7.3.3). */
export const MULTIPLY_DIVIDE: MeaningTable = {
  mul: { semantics: multiply(false) },
  imul: { semantics: imul },
  div: { semantics: divide(false) },
  idiv: { semantics: divide(true) },
  daa: { semantics: decimalAdjust(1) },
  das: { semantics: decimalAdjust(-1) },
  aaa: { semantics: asciiAdjust(1) },
  aas: { semantics: asciiAdjust(-1) },
  aam: { semantics: aam },
  aad: { semantics: aad },
};
