import { i32, i64, type I32, type I64 } from '@trapgate/wasm-assembler';
import { c32, c64, EXTENDED } from '../../float/format';
import type { StackRegister, X87 } from './x87';

/** A stack register of an instruction of which generated code takes the ordinary operands, the host function the rest. */
export interface HostedOperand {
  readonly register: StackRegister;
  readonly field: I32;
  readonly signExponent: I32;
  readonly significand: I64;
}

export function hostedOperand(x87: X87, n: number): HostedOperand {
  const { k } = x87;
  const register = x87.st(n);
  const signExponent = k.let(i32.load16U(register.at, 8));
  return {
    register,
    signExponent,
    field: k.let(i32.and(signExponent, c32(EXTENDED.field))),
    significand: k.let(i64.load(register.at)),
  };
}

/** The register is filled with a number whose integer bit is set and whose exponent field (or word) is in a range. */
export function ordinary(
  x87: X87,
  x: HostedOperand,
  least = 1,
  most = EXTENDED.field - 1,
  word = x.field,
): I32 {
  const inRange = i32.leU(i32.sub(word, c32(least)), c32(most - least));
  const normal = i32.and(inRange, i64.ltS(x.significand, c64(0)));
  return i32.and(normal, x87.filled(x.register));
}

/** Leaves the instruction to its host function unless the condition holds; nothing of it may have happened yet. */
export const elseHost = (x87: X87, condition: I32): void =>
  x87.k.if(i32.eqz(condition), () => x87.k.leaveToHost());

/** Room for a second result. */
export const nothingBelow = (x87: X87): I32 => i32.eqz(x87.filled(x87.st(-1)));

/** Pushes what `write` puts at an address. */
export function pushResult(x87: X87, write: (at: I32) => void): void {
  const below = x87.st(-1);
  write(below.at);
  x87.setFilled(below);
  x87.turn(-1);
}
