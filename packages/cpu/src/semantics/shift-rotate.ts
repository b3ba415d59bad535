import { i32, i64, type Expression, type I32, type I64 } from '@trapgate/wasm-assembler';
import type { Builder, Semantics } from '../builder/builder';
import type { ShiftKind } from '../builder/flags';
import type { Operand } from '../builder/operands';
import { low32, signExtend, widen, zeroExtend, type Value } from '../builder/values';
import type { MeaningTable } from './meaning';

/** The count as the processor masks it: 5 bits, 6 for 64-bit operands (SDM vol. 2B, SAL/SAR/SHL/SHR). */
function maskedCount(k: Builder, width: number, count: Operand): I32 {
  return k.let(i32.and(low32(count.read()), i32.const(width === 64 ? 63 : 31)));
}

function topBit(width: number, value: Value): I32 {
  if (width === 64) return i32.wrap(i64.shrU(value as I64, i64.const(63)));
  return i32.and(i32.shrU(value as I32, i32.const(width - 1)), i32.const(1));
}

const bit0 = (value: Value): I32 => i32.and(low32(value), i32.const(1));

/** Runs a shift only when the masked count is not zero, since flags and destination then stay. */
const shift =
  (kind: ShiftKind): Semantics =>
  (k, dst, source) => {
    const { width } = dst!;
    const count = maskedCount(k, width, source!);
    const a = dst!.read();
    k.if(count, () => {
      const value = k.let(shifted(k, kind, width, a, count) as Expression) as Value;
      dst!.write(value);
      k.flags.shift(kind, width, a, count, value);
    });
  };

function shifted(k: Builder, kind: ShiftKind, width: number, a: Value, count: I32): Value {
  const op = k.op(width);
  const n = widen(width, count);
  if (kind === 'shl') return op.shl(a, n);
  return kind === 'shr' ? op.shrU(a, n) : op.shrS(signExtend(width, a), n);
}

function rotateLeft(k: Builder, width: number, a: Value, count: I32): Value {
  const op = k.op(width);
  if (width >= 32) return op.rotl(a, widen(width, count));
  const n = k.let(i32.and(count, i32.const(width - 1)));
  return i32.or(i32.shl(a as I32, n), i32.shrU(a as I32, i32.sub(i32.const(width), n)));
}

const rotate =
  (left: boolean): Semantics =>
  (k, dst, source) => {
    const { width } = dst!;
    const count = maskedCount(k, width, source!);
    const a = dst!.read();
    k.if(count, () => {
      const turn = left
        ? count
        : k.let(i32.and(i32.sub(i32.const(width), count), i32.const(width === 64 ? 63 : 31)));
      const result = k.let(zeroExtend(width, rotateLeft(k, width, a, turn)));
      dst!.write(result);
      k.flags.rotate(left ? 'rol' : 'ror', width, result, count);
    });
  };

/** Rotates operand and CF as one value of width + 1 bits; below 64 bits it fits an i64. */
function rotateThroughNarrow(
  k: Builder,
  width: number,
  a: I32,
  count: I32,
  left: boolean,
): { result: I32; cf: I32 } {
  const size = width + 1;
  const n = k.let(width === 32 ? count : i32.remU(count, i32.const(size)));
  const turn = left ? n : k.let(i32.sub(i32.const(size), n));
  const whole = k.let(i64.or(i64.extendI32U(a), i64.shl(i64.extendI32U(k.flags.cf()), i64.const(width))));
  const high = i64.shl(whole, i64.extendI32U(turn));
  const low = i64.shrU(whole, i64.extendI32U(i32.sub(i32.const(size), turn)));
  const rotated = k.let(i64.or(high, low));
  return {
    result: i32.wrap(rotated),
    cf: i32.and(i32.wrap(i64.shrU(rotated, i64.const(width))), i32.const(1)),
  };
}

function rotateThroughWide(k: Builder, a: I64, count: I32, left: boolean): { result: I64; cf: I32 } {
  const n = k.let(i64.extendI32U(count));
  const carry = i64.extendI32U(k.flags.cf());
  const rest = k.let(i64.sub(i64.const(64), n));
  if (left) {
    const result = i64.or(
      i64.or(i64.shl(a, n), i64.shl(carry, i64.sub(n, i64.const(1)))),
      i64.shrU(i64.shrU(a, i64.const(1)), rest),
    );
    return { result, cf: bit0(i64.shrU(a, rest)) };
  }
  const result = i64.or(
    i64.or(i64.shrU(a, n), i64.shl(carry, rest)),
    i64.shl(i64.shl(a, i64.const(1)), rest),
  );
  return { result, cf: bit0(i64.shrU(a, i64.sub(n, i64.const(1)))) };
}

const rotateThroughCarry =
  (left: boolean): Semantics =>
  (k, dst, source) => {
    const { width } = dst!;
    const count = maskedCount(k, width, source!);
    const a = dst!.read();
    k.if(count, () => {
      const turned =
        width === 64
          ? rotateThroughWide(k, a as I64, count, left)
          : rotateThroughNarrow(k, width, a as I32, count, left);
      const result = k.let(turned.result as Expression) as Value;
      const cf = k.let(turned.cf);
      dst!.write(result);
      const top = topBit(width, result);
      const of = left
        ? i32.xor(cf, top)
        : i32.xor(top, topBit(width, k.op(width).shl(result, k.op(width).const(1))));
      k.flags.setCarryOverflow(cf, k.let(of));
    });
  };

/** SHLD and SHRD; a 16-bit operand with a count above 16 is undefined: as on AMD's processors the second operand follows again, and CF is 0. */
const doubleShift =
  (left: boolean): Semantics =>
  (k, dst, src, source) => {
    const { width } = dst!;
    const count = maskedCount(k, width, source!);
    const a = dst!.read();
    const b = src!.read();
    k.if(count, () => {
      const n = k.let(widen(width, count));
      const { result, cf } =
        width === 16
          ? doubleShift16(k, left, a as I32, b as I32, count)
          : doubleShiftWide(k, width, left, a, b, n);
      const value = k.let(result as Expression) as Value;
      const carry = k.let(width === 16 ? i32.and(cf, i32.leU(count, i32.const(16))) : cf);
      dst!.write(value);
      k.flags.explicit(carry, k.let(i32.xor(topBit(width, value), topBit(width, a))));
      k.flags.result(width, value);
    });
  };

function doubleShiftWide(
  k: Builder,
  width: number,
  left: boolean,
  a: Value,
  b: Value,
  n: Value,
): { result: Value; cf: I32 } {
  const op = k.op(width);
  const rest = k.let(op.sub(op.const(width), n));
  if (left) return { result: op.or(op.shl(a, n), op.shrU(b, rest)), cf: bit0(op.shrU(a, rest)) };
  return { result: op.or(op.shrU(a, n), op.shl(b, rest)), cf: bit0(op.shrU(a, op.sub(n, op.const(1)))) };
}

function doubleShift16(k: Builder, left: boolean, a: I32, b: I32, count: I32): { result: I32; cf: I32 } {
  const n = i64.extendI32U(count);
  const join = (parts: I32[]): I64 =>
    parts.reduce<I64>((sum, part) => i64.or(i64.shl(sum, i64.const(16)), i64.extendI32U(part)), i64.const(0));
  if (left) {
    const moved = k.let(i64.shl(join([a, b, b]), n));
    return { result: i32.wrap(i64.shrU(moved, i64.const(32))), cf: bit0(i64.shrU(moved, i64.const(48))) };
  }
  const moved = k.let(i64.shrU(i64.shl(join([b, b, a]), i64.const(1)), n));
  return { result: i32.wrap(i64.shrU(moved, i64.const(1))), cf: bit0(moved) };
}

const bsf: Semantics = (k, dst, src) => scan(k, dst!, src!, (width, value) => k.op(width).ctz(value));

const bsr: Semantics = (k, dst, src) =>
  scan(k, dst!, src!, (width, value) => {
    const op = k.op(width);
    return op.sub(op.const(width === 64 ? 63 : 31), op.clz(value));
  });

/** BSF and BSR: a zero source sets ZF and leaves the destination (as processors do). */
function scan(k: Builder, dst: Operand, src: Operand, index: (width: number, value: Value) => Value): void {
  const { width } = src;
  const value = src.read();
  const op = k.op(width);
  k.if(
    op.eqz(value),
    () => k.flags.setZero(i32.const(1)),
    () => {
      dst.write(index(width, value));
      k.flags.setZero(i32.const(0));
    },
  );
}

const popcnt: Semantics = (k, dst, src) => {
  const op = k.op(src!.width);
  const value = src!.read();
  dst!.write(op.popcnt(value));
  k.flags.explicit(i32.const(0), i32.const(0));
  const zero = op.eqz(value);
  k.setState32('signParity', i32.const(1));
  k.flags.setZero(zero);
};

/** BT, BTS, BTR, BTC. A register bit offset reaches beyond a memory operand: it is a signed number of bits from its address. */
const bitTest =
  (change: 'none' | 'set' | 'reset' | 'complement'): Semantics =>
  (k, dst, src) => {
    const { width } = dst!;
    const op = k.op(width);
    const offset = src!.read();
    const position = k.let(op.and(offset, op.const(width - 1)));
    const far = dst!.isMemory && k.form.operands[1]!.kind === 'reg';
    const access = far
      ? farBits(k, width, offset, change !== 'none')
      : { read: () => dst!.read(), write: (v: Value) => dst!.write(v) };
    const value = access.read();
    const cf = bit0(op.shrU(value, position));
    if (change !== 'none') {
      const carry = k.let(cf);
      const mask = op.shl(op.const(1), position);
      if (change === 'set') access.write(op.or(value, mask));
      else if (change === 'reset') access.write(op.and(value, op.xor(mask, op.const(-1))));
      else access.write(op.xor(value, mask));
      return k.flags.setCarry(carry);
    }
    k.flags.setCarry(cf);
  };

function farBits(
  k: Builder,
  width: number,
  offset: Value,
  write: boolean,
): { read(): Value; write(v: Value): void } {
  const bytes = (width / 8) as 2 | 4 | 8;
  const signed = width === 16 ? (i32.extend16S(offset as I32) as I32) : low32(offset);
  const units = i32.shrS(signed, i32.const(Math.log2(width)));
  // The offset of the access, not of the operand, is what wraps and what the segment's limit is compared with.
  const sum = i32.add(k.linear(), i32.shl(units, i32.const(Math.log2(bytes))));
  const linear = k.variant.general
    ? k.segmentLinear(k.stringSegment(), k.let(i32.and(sum, k.addressMask())), bytes, write)
    : k.let(sum);
  if (!write) return { read: () => k.load(bytes, linear), write: () => undefined };
  const place = k.modify(bytes, linear);
  return {
    read: () =>
      k.let(
        (bytes === 2 ? i32.load16U(place) : bytes === 4 ? i32.load(place) : i64.load(place)) as Expression,
      ) as Value,
    write: (value) => {
      k.fn.store(bytes === 2 ? 'i32.store16' : bytes === 4 ? 'i32.store' : 'i64.store', place, value);
      k.commit(place);
    },
  };
}

/** Shifts, rotates and bit instructions (SDM vol. 1, 7.3.5 to 7.3.7). */
export const SHIFT_ROTATE: MeaningTable = {
  shl: { semantics: shift('shl') },
  shr: { semantics: shift('shr') },
  sar: { semantics: shift('sar') },
  rol: { semantics: rotate(true) },
  ror: { semantics: rotate(false) },
  rcl: { semantics: rotateThroughCarry(true) },
  rcr: { semantics: rotateThroughCarry(false) },
  shld: { semantics: doubleShift(true) },
  shrd: { semantics: doubleShift(false) },
  bsf: { semantics: bsf },
  bsr: { semantics: bsr },
  popcnt: { semantics: popcnt },
  bt: { semantics: bitTest('none'), implicit: true },
  bts: { semantics: bitTest('set'), implicit: true },
  btr: { semantics: bitTest('reset'), implicit: true },
  btc: { semantics: bitTest('complement'), implicit: true },
};
