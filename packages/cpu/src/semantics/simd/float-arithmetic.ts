import { call, i32, shuffle, wasm, wasmLane, type I32, type V128 } from '@trapgate/wasm-assembler';
import type { Semantics } from '../../builder/builder';
import { c32, MODE } from '../../float/format';
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
  zero,
  type Shape,
} from './arithmetic-unit';

const v = (name: string, ...operands: (V128 | I32)[]): V128 => wasm<'v128'>(name, ...operands);

type ArithmeticName = 'add' | 'sub' | 'mul' | 'div';
const SOFTWARE = { add: 'add', sub: 'add', mul: 'multiply', div: 'divide' } as const;

/** Elements of a native result that are known to be exact or rounded as the architecture rounds them. */
function sound(unit: FloatUnit, shape: Shape, name: ArithmeticName, a: V128, b: V128, result: V128): V128 {
  // A zero product or quotient is right only if an operand was zero; a zero sum or difference is always exact.
  const exactZero =
    name === 'mul'
      ? v('v128.or', zero(shape, a), zero(shape, b))
      : name === 'div'
        ? zero(shape, a)
        : v(named(shape, 'eq'), a, a);
  const good = v('v128.or', normal(unit, shape, result), v('v128.and', zero(shape, result), exactZero));
  return v('v128.and', good, bothPlain(unit, shape, a, b));
}

/** a (operation) b by native arithmetic where that is right, else in software. Exceptions are settled. */
export function compute(unit: FloatUnit, shape: Shape, name: ArithmeticName, a: V128, b: V128): V128 {
  const { k } = unit;
  const result = k.fn.variable(v(named(shape, name), a, b));
  const trusted = allTrue(shape, sound(unit, shape, name, a, b, result.get));
  k.if(i32.eqz(i32.and(unit.plain(), trusted)), () => {
    const [second, source] = [unit.spill('second', a), unit.spill('source', b)];
    const mode = unit.mode(shape, name === 'sub' ? MODE.subtract : 0);
    const flags = call<'i32'>(
      unit.float.vectors[SOFTWARE[name]],
      k.s,
      unit.slot('result'),
      second,
      source,
      mode,
      c32(shape.lanes),
    );
    unit.settle(flags);
    k.fn.set(result, unit.result());
  });
  return result.get;
}

const arithmetic =
  (name: ArithmeticName, shape: Shape): Semantics =>
  (k) => {
    const unit = new FloatUnit(k);
    const [b, a] = [unit.read(1), unit.read(0)];
    unit.writeShape(shape, compute(unit, shape, name, a, b), a);
  };

const squareRoot =
  (shape: Shape): Semantics =>
  (k) => {
    const unit = new FloatUnit(k);
    const [b, a] = [unit.read(1), unit.read(0)];
    const result = k.fn.variable(v(named(shape, 'sqrt'), b));
    // The root of a normal number is one; of what is negative it is a NaN.
    const trusted = allTrue(
      shape,
      v('v128.and', plainNumber(unit, shape, b), plainNumber(unit, shape, result.get)),
    );
    k.if(i32.eqz(i32.and(unit.plain(), trusted)), () => {
      const source = unit.spill('source', b);
      unit.settle(
        call<'i32'>(
          unit.float.vectors.squareRoot,
          k.s,
          unit.slot('result'),
          source,
          unit.mode(shape),
          c32(shape.lanes),
        ),
      );
      k.fn.set(result, unit.result());
    });
    unit.writeShape(shape, result.get, a);
  };

/** MIN, MAX: native if no element is a NaN or a denormal. */
const extreme =
  (name: 'minimum' | 'maximum', shape: Shape): Semantics =>
  (k) => {
    const unit = new FloatUnit(k);
    const [b, a] = [unit.read(1), unit.read(0)];
    const [x, y] = name === 'minimum' ? [a, b] : [b, a];
    const result = k.fn.variable(v('v128.bitselect', a, b, v(named(shape, 'lt'), x, y)));
    const trusted = allTrue(shape, bothPlain(unit, shape, a, b));
    k.if(i32.eqz(trusted), () => {
      const [second, source] = [unit.spill('second', a), unit.spill('source', b)];
      const flags = call<'i32'>(
        unit.float.vectors[name],
        k.s,
        unit.slot('result'),
        second,
        source,
        unit.mode(shape),
        c32(shape.lanes),
      );
      unit.settle(flags);
      k.fn.set(result, unit.result());
    });
    unit.writeShape(shape, result.get, a);
  };

/** Even and odd elements of two vectors. */
function gather(shape: Shape, a: V128, b: V128, odd: 0 | 1): V128 {
  const bytes = shape.double ? 8 : 4;
  const lanes = Array.from({ length: 16 }, (_, n) => {
    const element = Math.floor(n / bytes) * 2 + odd;
    return element * bytes + (n % bytes);
  });
  return shuffle(a, b, lanes);
}

const horizontal =
  (name: 'add' | 'sub', shape: Shape): Semantics =>
  (k) => {
    const unit = new FloatUnit(k);
    const [b, a] = [unit.read(1), unit.read(0)];
    const [even, odd] = [unit.let(gather(shape, a, b, 0)), unit.let(gather(shape, a, b, 1))];
    unit.write(0, compute(unit, shape, name, even, odd));
  };

/** ADDSUBPS, ADDSUBPD: even elements are subtracted. A NaN's sign is not changed, so both operations are done in software. */
const addSubtract =
  (shape: Shape): Semantics =>
  (k) => {
    const unit = new FloatUnit(k);
    const [b, a] = [unit.read(1), unit.read(0)];
    const [second, source] = [unit.spill('second', a), unit.spill('source', b)];
    const bytes = shape.double ? 8 : 4;
    const flags = k.fn.variable(c32(0));
    for (let lane = 0; lane < shape.lanes; lane++) {
      const place = (base: I32): I32 => i32.add(base, c32(lane * bytes));
      const mode = unit.mode(shape, lane % 2 === 0 ? MODE.subtract : 0);
      const one = call<'i32'>(
        unit.float.vectors.add,
        k.s,
        place(unit.slot('result')),
        place(second),
        place(source),
        mode,
        c32(1),
      );
      k.fn.set(flags, i32.or(flags.get, one));
    }
    unit.settle(flags.get);
    unit.write(0, unit.result());
  };

/** RCPPS, RSQRTPS and their scalar forms. */
const approximate =
  (root: boolean, shape: Shape): Semantics =>
  (k) => {
    const unit = new FloatUnit(k);
    const [b, a] = [unit.read(1), unit.read(0)];
    const { reciprocal, reciprocalRoot } = unit.float.estimates;
    const lanes = Array.from({ length: shape.lanes }, (_, n) =>
      call<'i32'>(root ? reciprocalRoot : reciprocal, wasmLane<'i32'>('i32x4.extract_lane', n, b)),
    );
    const value = lanes.reduce<V128>(
      (sum, lane, n) => wasmLane<'v128'>('i32x4.replace_lane', n, sum, lane),
      b,
    );
    unit.writeShape(shape, unit.let(value), a);
  };

type Row = [string, Meaning];
const each = (
  prefix: string,
  make: (shape: Shape) => Semantics,
  suffixes: readonly string[] = SUFFIXES,
): Row[] => suffixes.map((suffix) => [prefix + suffix, { semantics: make(shapeOf(suffix)) }]);

const ROWS: readonly Row[] = [
  ...(['add', 'sub', 'mul', 'div'] as const).flatMap((name) =>
    each(name, (shape) => arithmetic(name, shape)),
  ),
  ...each('sqrt', squareRoot),
  ...each('min', (shape) => extreme('minimum', shape)),
  ...each('max', (shape) => extreme('maximum', shape)),
  ...each('hadd', (shape) => horizontal('add', shape), ['ps', 'pd']),
  ...each('hsub', (shape) => horizontal('sub', shape), ['ps', 'pd']),
  ...each('addsub', addSubtract, ['ps', 'pd']),
  ...each('rcp', (shape) => approximate(false, shape), ['ps', 'ss']),
  ...each('rsqrt', (shape) => approximate(true, shape), ['ps', 'ss']),
];

/** SSE arithmetic (SDM vol. 1, 10.4.1.2, 11.4.1.2, 12.3). */
export const SIMD_FLOAT: MeaningTable = Object.fromEntries(ROWS);
