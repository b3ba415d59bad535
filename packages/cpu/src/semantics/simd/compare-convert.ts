import {
  call,
  f32Const,
  f64Const,
  i32,
  i64,
  wasm,
  wasmLane,
  type Expression,
  type FunctionRef,
  type I32,
  type I64,
  type V128,
} from '@trapgate/wasm-assembler';
import type { Semantics } from '../../builder/builder';
import { c32, MODE } from '../../float/format';
import { PREDICATE_SHIFT } from '../../float/vectors';
import type { Meaning, MeaningTable } from '../meaning';
import {
  allTrue,
  bothPlain,
  FloatUnit,
  named,
  normal,
  plainNumber,
  shapeOf,
  SUFFIXES,
  type Shape,
} from './arithmetic-unit';
import { half } from './simd';

const compareMasks =
  (shape: Shape): Semantics =>
  (k) => {
    const unit = new FloatUnit(k);
    const [b, a] = [unit.read(1), unit.read(0)];
    const [second, source] = [unit.spill('second', a), unit.spill('source', b)];
    const predicate = i32.shl(i32.and(k.immediate(), c32(7)), c32(PREDICATE_SHIFT));
    const mode = i32.or(unit.mode(shape), predicate);
    unit.settle(
      call<'i32'>(
        unit.float.vectors.compare,
        k.s,
        unit.slot('result'),
        second,
        source,
        mode,
        c32(shape.lanes),
      ),
    );
    unit.writeShape(shape, unit.result(), a);
  };

/** COMISS and UCOMISS: ZF, PF and CF; OF, SF and AF are cleared. */
const compareFlags =
  (shape: Shape, quiet: boolean): Semantics =>
  (k) => {
    const unit = new FloatUnit(k);
    const [b, a] = [unit.read(1), unit.read(0)];
    const byte = k.fn.variable(nativeOrder(shape, a, b));
    k.if(i32.eqz(allTrue(shape, bothPlain(unit, shape, a, b))), () =>
      k.fn.set(byte, softwareOrder(unit, shape, quiet, a, b)),
    );
    k.flags.fromByte(byte.get, c32(0));
  };

/** ZF and CF of a compare of numbers that are neither NaNs nor denormals. */
function nativeOrder(shape: Shape, a: V128, b: V128): I32 {
  const bit = (operation: string): I32 =>
    i32.and(wasm<'i32'>('i8x16.bitmask', wasm<'v128'>(named(shape, operation), a, b)), c32(1));
  return i32.or(bit('lt'), i32.shl(bit('eq'), c32(6)));
}

/** ZF, PF and CF by the software compare; exceptions are settled. */
function softwareOrder(unit: FloatUnit, shape: Shape, quiet: boolean, a: V128, b: V128): I32 {
  const { k } = unit;
  const mode = k.let(unit.mode(shape, quiet ? MODE.quiet : 0));
  const widen = (slot: 'x' | 'y', from: I32): I32 =>
    call<'i32'>(unit.float.widen, unit.slot(slot), from, mode);
  const de = k.let(i32.or(widen('x', unit.spill('second', a)), widen('y', unit.spill('source', b))));
  const laneMode = i32.or(mode, i32.shl(de, c32(20)));
  const outcome = k.let(call<'i32'>(unit.float.compare, unit.slot('x'), unit.slot('y'), laneMode));
  unit.settle(outcome);
  return i32.and(i32.shrU(outcome, c32(8)), c32(0x45));
}

/** How a packed conversion goes: which function, how many elements, and the format that its mode names. */
interface Conversion {
  readonly operation: 'fromIntegers' | 'toIntegers' | 'changeFormat';
  readonly lanes: number;
  readonly double: boolean;
  readonly truncate?: boolean;
}

/** Conversions of vectors. The destination's unused upper half becomes zero, except that CVTPI2PS keeps it. */
const convert =
  ({ operation, lanes, double, truncate }: Conversion): Semantics =>
  (k) => {
    const unit = new FloatUnit(k);
    const source = unit.spill('source', unit.read(1));
    const fn: FunctionRef = unit.float.vectors[operation];
    k.fn.store('i64.store', unit.slot('result'), i64.const(0), 8);
    // MMX state is entered even if #XM follows (AMD's processors do so).
    if (k.form.operands.some(({ kind }) => kind === 'mmreg' || (kind === 'mmrm' && !k.variant.memory)))
      unit.enterMmx();
    unit.settle(
      call<'i32'>(
        fn,
        k.s,
        unit.slot('result'),
        source,
        unit.mode({ double }, truncate ? MODE.truncate : 0),
        c32(lanes),
      ),
    );
    const result = unit.result();
    if (k.form.mnemonic === 'cvtpi2ps') return finishPi2ps(unit, result);
    unit.write(0, result);
  };

function finishPi2ps(unit: FloatUnit, result: V128): void {
  const old = unit.read(0);
  unit.write(0, unit.let(wasmLane<'v128'>('i64x2.replace_lane', 0, old, half(result, 0))));
}

/** CVTSI2SS, CVTSI2SD. An i32 is always exact as a double. */
const fromGeneral =
  (shape: Shape): Semantics =>
  (k, _dst, src) => {
    const unit = new FloatUnit(k);
    const value = src!.read();
    const wide = value.type === 'i64' ? (value as I64) : i64.extendI32S(value as I32);
    const old = unit.read(0);
    if (shape.double && value.type === 'i32') {
      const number = wasm<'f64'>('f64.convert_i32_s', value as Expression);
      return unit.write(0, unit.let(wasmLane<'v128'>('f64x2.replace_lane', 0, old, number)));
    }
    unit.settle(call<'i32'>(unit.float.fromInteger, unit.slot('result'), wide, unit.mode(shape)));
    unit.writeShape(shape, unit.result(), old);
  };

/** CVTSS2SI and the like, into a general register. */
const toGeneral =
  (shape: Shape, truncate: boolean): Semantics =>
  (k, dst) => {
    const unit = new FloatUnit(k);
    const source = unit.read(1);
    if (dst!.width === 64) return dst!.write(i64.load(softwareInteger(unit, shape, truncate, source, 64)));
    // Native: in range, and exact or the precision flag set and masked already.
    const name = (operation: string): string => `${shape.double ? 'f64' : 'f32'}.${operation}`;
    const number = k.let(wasmLane(named(shape, 'extract_lane'), 0, source));
    const whole = k.let(wasm(name(truncate ? 'trunc' : 'nearest'), number));
    const result = k.fn.variable(shape.double ? i32.truncSatF64S(whole) : i32.truncSatF32S(whole));
    const limit = shape.double ? f64Const(2 ** 31) : f32Const(2 ** 31);
    const inRange = wasm<'i32'>(name('lt'), wasm(name('abs'), whole), limit);
    const trusted = i32.and(inRange, i32.or(wasm<'i32'>(name('eq'), whole, number), unit.plain()));
    k.if(i32.eqz(trusted), () =>
      k.fn.set(result, i32.load(softwareInteger(unit, shape, truncate, source, 32))),
    );
    dst!.write(result.get);
  };

/** Converts in software; gives the address of the integer. */
function softwareInteger(unit: FloatUnit, shape: Shape, truncate: boolean, source: V128, bits: 32 | 64): I32 {
  const mode = unit.let(unit.mode(shape, truncate ? MODE.truncate : 0));
  unit.k.fn.drop(call(unit.float.widen, unit.slot('x'), unit.spill('source', source), mode));
  const result = unit.slot('result');
  unit.settle(call<'i32'>(unit.float.toInteger, result, unit.slot('x'), mode, c32(bits)));
  return result;
}

/** CVTSS2SD, CVTSD2SS: the low element. */
const changeScalar =
  (toDouble: boolean): Semantics =>
  (k) => {
    const unit = new FloatUnit(k);
    const [b, a] = [unit.read(1), unit.read(0)];
    const [shape, from] = toDouble ? [shapeOf('sd'), shapeOf('ss')] : [shapeOf('ss'), shapeOf('sd')];
    const lane = wasmLane(named(from, 'extract_lane'), 0, b);
    const native = wasm(toDouble ? 'f64.promote_f32' : 'f32.demote_f64', lane);
    const result = k.fn.variable(wasm<'v128'>(named(shape, 'splat'), native));
    // A wider number is exact; a narrower one of a normal number has to be a normal number again.
    const fits = toDouble
      ? allTrue(from, plainNumber(unit, from, b))
      : allTrue(shape, normal(unit, shape, result.get));
    const trusted = toDouble
      ? fits
      : i32.and(i32.and(fits, allTrue(from, normal(unit, from, b))), unit.plain());
    k.if(i32.eqz(trusted), () => {
      const source = unit.spill('source', b);
      unit.settle(
        call<'i32'>(
          unit.float.vectors.changeFormat,
          k.s,
          unit.slot('result'),
          source,
          unit.mode(shape),
          c32(1),
        ),
      );
      k.fn.set(result, unit.result());
    });
    unit.writeShape(shape, result.get, a);
  };

const CONVERSIONS: Readonly<Record<string, Conversion>> = {
  cvtdq2ps: { operation: 'fromIntegers', lanes: 4, double: false },
  cvtdq2pd: { operation: 'fromIntegers', lanes: 2, double: true },
  cvtpi2ps: { operation: 'fromIntegers', lanes: 2, double: false },
  cvtpi2pd: { operation: 'fromIntegers', lanes: 2, double: true },
  cvtps2dq: { operation: 'toIntegers', lanes: 4, double: false },
  cvttps2dq: { operation: 'toIntegers', lanes: 4, double: false, truncate: true },
  cvtpd2dq: { operation: 'toIntegers', lanes: 2, double: true },
  cvttpd2dq: { operation: 'toIntegers', lanes: 2, double: true, truncate: true },
  cvtps2pi: { operation: 'toIntegers', lanes: 2, double: false },
  cvttps2pi: { operation: 'toIntegers', lanes: 2, double: false, truncate: true },
  cvtpd2pi: { operation: 'toIntegers', lanes: 2, double: true },
  cvttpd2pi: { operation: 'toIntegers', lanes: 2, double: true, truncate: true },
  cvtps2pd: { operation: 'changeFormat', lanes: 2, double: true },
  cvtpd2ps: { operation: 'changeFormat', lanes: 2, double: false },
};

const rows = (entries: readonly (readonly [string, Semantics])[]): MeaningTable =>
  Object.fromEntries(entries.map(([name, semantics]): [string, Meaning] => [name, { semantics }]));

/** Comparison and conversion (SDM vol. 1, 10.4.1.4, 10.4.3, 11.4.1.4, 11.4.1.6). */
export const SIMD_COMPARE_CONVERT: MeaningTable = {
  ...rows(SUFFIXES.map((suffix) => [`cmp${suffix}`, compareMasks(shapeOf(suffix))])),
  ...rows(
    ['ss', 'sd'].flatMap(
      (suffix) =>
        [
          [`comi${suffix}`, compareFlags(shapeOf(suffix), false)],
          [`ucomi${suffix}`, compareFlags(shapeOf(suffix), true)],
          [`cvt${suffix}2si`, toGeneral(shapeOf(suffix), false)],
          [`cvtt${suffix}2si`, toGeneral(shapeOf(suffix), true)],
          [`cvtsi2${suffix}`, fromGeneral(shapeOf(suffix))],
        ] as const,
    ),
  ),
  ...rows(Object.entries(CONVERSIONS).map(([name, conversion]) => [name, convert(conversion)])),
  ...rows([
    ['cvtss2sd', changeScalar(true)],
    ['cvtsd2ss', changeScalar(false)],
  ]),
};
