import { call, i32, i64, type I32, type I64 } from '@trapgate/wasm-assembler';
import { c32, MODE } from '../../float/format';
import { asDenormalMode, type X87 } from './x87';

/** Reads the memory operand before anything changes and puts it into scratch `source`. */
export function fetchOperand(x87: X87, bits: number): I32 {
  const { k } = x87;
  const linear = k.linear();
  const at = x87.slot('source');
  if (bits === 80) {
    const significand = k.load(8, linear) as I64;
    const rest = k.load(2, k.let(i32.add(linear, c32(8)))) as I32;
    k.fn.store('i64.store', at, significand);
    k.fn.store('i32.store16', at, rest, 8);
    return at;
  }
  const value = k.load((bits / 8) as 2 | 4 | 8, linear);
  if (bits === 64) k.fn.store('i64.store', at, value);
  else k.fn.store('i32.store', at, value);
  return at;
}

/** The memory operand as a signed 64-bit integer, in a local. */
export function integerAt(x87: X87, at: I32, bits: number): I64 {
  if (bits === 16) return x87.k.let(i64.load16S(at));
  return x87.k.let(bits === 32 ? i64.load32S(at) : i64.load(at));
}

/** Widens a single or double operand into scratch x; the result is the mode bit for a denormal. */
export function widenOperand(x87: X87, at: I32, bits: number): I32 {
  const mode = c32(bits === 32 ? MODE.single : MODE.double);
  return x87.k.let(asDenormalMode(call<'i32'>(x87.float.widen, x87.slot('x'), at, mode)));
}

/** Converts an integer operand, exactly, into scratch x. */
export function convertOperand(x87: X87, at: I32, bits: number): void {
  x87.k.fn.drop(call(x87.float.fromInteger, x87.slot('x'), integerAt(x87, at, bits), c32(MODE.precision64)));
}

/** Puts an arithmetic instruction's memory operand into scratch x; the result is the mode bit for a denormal. */
export function memoryOperand(x87: X87, integer: boolean): I32 {
  const bits = x87.k.form.operands[0]!.size;
  const at = fetchOperand(x87, bits);
  if (!integer) return widenOperand(x87, at, bits);
  convertOperand(x87, at, bits);
  return c32(0);
}
