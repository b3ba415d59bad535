import {
  call,
  i32,
  i64,
  select,
  type Expression,
  type FunctionBuilder,
  type FunctionRef,
  type I32,
  type ModuleBuilder,
} from '@trapgate/wasm-assembler';
import { c32, c64, FLAG, has, MODE } from './format';
import type { FloatFunctions } from './functions';
import { scratch } from './scratch';

type Scalar = Pick<
  FloatFunctions,
  'add' | 'multiply' | 'divide' | 'squareRoot' | 'widen' | 'narrow' | 'compare' | 'fromInteger' | 'toInteger'
>;

/** Operations on vectors of single or double numbers, given by address: (state, destination, a, b, mode, lanes) -> flags. */
export interface VectorFunctions {
  readonly add: FunctionRef;
  readonly multiply: FunctionRef;
  readonly divide: FunctionRef;
  /** (state, destination, source, mode, lanes) -> flags. */
  readonly squareRoot: FunctionRef;
  readonly minimum: FunctionRef;
  readonly maximum: FunctionRef;
  /** Masks of ones or zeros; the predicate (0..7) is in the mode's bits 26:24. */
  readonly compare: FunctionRef;
  /** (state, destination, source, mode, lanes) -> flags: 32-bit integers to and from the mode's format. */
  readonly fromIntegers: FunctionRef;
  readonly toIntegers: FunctionRef;
  /** (state, destination, source, mode, lanes) -> flags: to the mode's format from the other one of single and double. */
  readonly changeFormat: FunctionRef;
}

export const PREDICATE_SHIFT = 24;

/** 4 or 8: bytes of a number in the mode's format. */
const laneBytes = (mode: I32): I32 => select(has(mode, MODE.single), c32(4), c32(8));

interface Lane {
  readonly fn: FunctionBuilder;
  readonly s: I32;
  readonly to: I32;
  readonly a: I32;
  readonly b: I32;
  readonly mode: I32;
}

/** A loop over lanes; `each` gives the flags of one. Strides are in bytes. */
function overLanes(
  fn: FunctionBuilder,
  pointers: readonly { position: number; stride: I32 }[],
  count: I32,
  each: () => I32,
): void {
  const flags = fn.variable(c32(0));
  const left = fn.variable(count);
  fn.loop((again) => {
    fn.set(flags, i32.or(flags.get, each()));
    for (const { position, stride } of pointers) {
      fn.set(fn.params[position]! as never, i32.add(fn.param<'i32'>(position), stride) as never);
    }
    fn.set(left, i32.sub(left.get, c32(1)));
    fn.brIf(again, left.get);
  });
  fn.return(flags.get);
}

function binary(
  module: ModuleBuilder,
  widen: FunctionRef,
  name: string,
  operate: (lane: Lane) => I32,
): FunctionRef {
  const fn = module.function(name, { params: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'], results: ['i32'] });
  const [s, to, a, b, mode] = [0, 1, 2, 3, 4].map((n) => fn.param<'i32'>(n)) as [I32, I32, I32, I32, I32];
  const stride = fn.let(laneBytes(mode));
  const pointers = [1, 2, 3].map((position) => ({ position, stride }));
  overLanes(fn, pointers, fn.param(5), () => {
    const deA = call<'i32'>(widen, scratch(s, 'x'), a, mode);
    const deB = call<'i32'>(widen, scratch(s, 'y'), b, mode);
    const laneMode = fn.let(i32.or(mode, i32.shl(i32.or(deA, deB), c32(20))));
    return operate({ fn, s, to, a, b, mode: laneMode });
  });
  return fn;
}

/** Copies the number at `from` unless its widened value is zero (it may have been a denormal): then a zero of its sign. */
function copyLane({ fn, s, to, mode }: Lane, from: I32, widened: 'x' | 'y'): void {
  const zero = fn.let(i64.eqz(i64.load(scratch(s, widened))));
  fn.if(
    has(mode, MODE.single),
    () => fn.store('i32.store', to, i32.and(i32.load(from), select(zero, c32(0x8000_0000 | 0), c32(-1)))),
    () => fn.store('i64.store', to, i64.and(i64.load(from), select(zero, c64(1n << 63n), c64(-1)))),
  );
}

/** MIN and MAX: the first operand if it is strictly less (greater), else, NaNs and zeros included, the second. */
function extreme(scalar: Scalar, wanted: number): (lane: Lane) => I32 {
  return (lane) => {
    const { fn, s, a, b, mode } = lane;
    const codes = fn.let(call<'i32'>(scalar.compare, scratch(s, 'x'), scratch(s, 'y'), mode));
    const first = i32.eq(i32.and(codes, c32(FLAG.c0 | FLAG.c2 | FLAG.c3)), c32(wanted));
    fn.if(
      first,
      () => copyLane(lane, a, 'x'),
      () => copyLane(lane, b, 'y'),
    );
    return i32.and(codes, c32(0x3f));
  };
}

/** Which outcomes (bit 0 greater, 1 less, 2 equal, 3 unordered) make EQ, LT, LE and UNORD true, four bits each. */
const PREDICATES = 0x8624;

function compareLane(scalar: Scalar): (lane: Lane) => I32 {
  return ({ fn, s, to, mode }) => {
    const predicate = fn.let(i32.shrU(mode, c32(PREDICATE_SHIFT)));
    const ordering = i32.and(i32.add(predicate, c32(1)), c32(2));
    const quiet = select(ordering, c32(0), c32(MODE.quiet));
    const codes = fn.let(call<'i32'>(scalar.compare, scratch(s, 'x'), scratch(s, 'y'), i32.or(mode, quiet)));
    const outcome = i32.or(has(i32.shrU(codes, c32(8)), 1), has(i32.shrU(codes, c32(13)), 2));
    const table = i32.shrU(c32(PREDICATES), i32.shl(i32.and(predicate, c32(3)), c32(2)));
    const truth = i32.xor(has(i32.shrU(table, outcome), 1), i32.shrU(has(predicate, 4), c32(2)));
    const mask = fn.let(i32.sub(c32(0), truth));
    fn.if(
      has(mode, MODE.single),
      () => fn.store('i32.store', to, mask),
      () => fn.store('i64.store', to, i64.extendI32S(mask)),
    );
    return i32.and(codes, c32(0x3f));
  };
}

function conversion(
  module: ModuleBuilder,
  name: string,
  strides: (mode: I32) => readonly [I32, I32],
  each: (fn: FunctionBuilder, s: I32, to: I32, from: I32, mode: I32) => I32,
): FunctionRef {
  const fn = module.function(name, { params: ['i32', 'i32', 'i32', 'i32', 'i32'], results: ['i32'] });
  const [s, to, from, mode] = [0, 1, 2, 3].map((n) => fn.param<'i32'>(n)) as [I32, I32, I32, I32];
  const [toStride, fromStride] = strides(mode).map((stride: Expression<'i32'>) => fn.let(stride)) as [
    I32,
    I32,
  ];
  const pointers = [
    { position: 1, stride: toStride },
    { position: 2, stride: fromStride },
  ];
  overLanes(fn, pointers, fn.param(4), () => each(fn, s, to, from, mode));
  return fn;
}

/** Emits the vector operations over the scalar ones. */
export function emitVectorFunctions(module: ModuleBuilder, scalar: Scalar): VectorFunctions {
  const arithmetic = (name: string, operation: FunctionRef): FunctionRef =>
    binary(module, scalar.widen, name, ({ s, to, mode }) =>
      call<'i32'>(operation, to, scratch(s, 'x'), scratch(s, 'y'), mode),
    );
  const four = c32(4);
  return {
    add: arithmetic('vectorAdd', scalar.add),
    multiply: arithmetic('vectorMultiply', scalar.multiply),
    divide: arithmetic('vectorDivide', scalar.divide),
    squareRoot: conversion(
      module,
      'vectorSquareRoot',
      (mode) => [laneBytes(mode), laneBytes(mode)],
      (_fn, s, to, from, mode) => {
        const de = call<'i32'>(scalar.widen, scratch(s, 'y'), from, mode);
        return call<'i32'>(scalar.squareRoot, to, scratch(s, 'y'), i32.or(mode, i32.shl(de, c32(20))));
      },
    ),
    minimum: binary(module, scalar.widen, 'vectorMinimum', extreme(scalar, FLAG.c0)),
    maximum: binary(module, scalar.widen, 'vectorMaximum', extreme(scalar, 0)),
    compare: binary(module, scalar.widen, 'vectorCompare', compareLane(scalar)),
    fromIntegers: conversion(
      module,
      'vectorFromIntegers',
      (mode) => [laneBytes(mode), four],
      (_fn, _s, to, from, mode) => call<'i32'>(scalar.fromInteger, to, i64.load32S(from), mode),
    ),
    toIntegers: conversion(
      module,
      'vectorToIntegers',
      (mode) => [four, laneBytes(mode)],
      (fn, s, to, from, mode) => {
        fn.drop(call(scalar.widen, scratch(s, 'x'), from, mode));
        const flags = fn.let(call<'i32'>(scalar.toInteger, scratch(s, 'y'), scratch(s, 'x'), mode, c32(32)));
        fn.store('i32.store', to, i32.load(scratch(s, 'y')));
        return flags;
      },
    ),
    changeFormat: conversion(
      module,
      'vectorChangeFormat',
      (mode) => [laneBytes(mode), i32.sub(c32(12), laneBytes(mode))],
      (fn, s, to, from, mode) => {
        const de = fn.let(call<'i32'>(scalar.widen, scratch(s, 'x'), from, i32.xor(mode, c32(MODE.format))));
        return i32.or(de, call<'i32'>(scalar.narrow, to, scratch(s, 'x'), mode));
      },
    ),
  };
}
