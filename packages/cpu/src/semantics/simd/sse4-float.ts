import {
  i32,
  i64,
  select,
  shuffle,
  v128Const,
  wasm,
  wasmLane,
  wasmLoad,
  type I32,
  type I64,
  type V128,
} from '@trapgate/wasm-assembler';
import type { Semantics } from '../../builder/builder';
import { c32, FLAG, ROUND } from '../../float/format';
import type { Meaning, MeaningTable } from '../meaning';
import { FloatUnit, named, shapeOf, smallest, splat, SUFFIXES, type Shape } from './arithmetic-unit';
import { compute } from './float-arithmetic';

const v = (name: string, ...operands: (V128 | I32 | I64)[]): V128 => wasm<'v128'>(name, ...operands);
const bytes = (byte: (n: number) => number): V128 => v128Const(Array.from({ length: 16 }, (_, n) => byte(n)));
const MXCSR_DAZ = 0x40;

/** Bits of the immediate of ROUNDPS and its relatives (SDM vol. 2B, figure 4-24). */
const ROUND_IMMEDIATE = { control: 3, useMxcsr: 4, noPrecision: 8 } as const;

const NATIVE_ROUND = [
  [ROUND.nearest, 'nearest'],
  [ROUND.down, 'floor'],
  [ROUND.up, 'ceil'],
  [ROUND.zero, 'trunc'],
] as const;

/** The quiet bit of every element. */
const quietBits = ({ double }: Shape): V128 =>
  double ? bytes((n) => (n % 8 === 6 ? 8 : 0)) : bytes((n) => (n % 4 === 2 ? 0x40 : 0));

/** FLAG bits for the elements that take part whose mask is ones. */
function flagOf(shape: Shape, mask: V128, flag: number): I32 {
  const bits = wasm<'i32'>(shape.double ? 'i64x2.bitmask' : 'i32x4.bitmask', mask);
  return select(i32.and(bits, c32((1 << shape.lanes) - 1)), c32(flag), c32(0));
}

/** ROUNDPS and its relatives: native rounding is exact; NaNs, denormals as zeros and flags are what remains to do. */
const round =
  (shape: Shape): Semantics =>
  (k) => {
    const unit = new FloatUnit(k);
    const [b, a] = [unit.read(1), unit.read(0)];
    const choice = unit.let(k.immediate());
    const mxcsr = unit.let(k.state32('mxcsr'));
    const denormal = v(named(shape, 'lt'), v(named(shape, 'abs'), b), smallest(shape));
    const flushed = v('v128.bitselect', v('v128.and', b, splat(shape, -0)), b, denormal);
    const x = unit.let(select(i32.and(mxcsr, c32(MXCSR_DAZ)), flushed, b));
    const own = i32.and(choice, c32(ROUND_IMMEDIATE.control));
    const current = i32.and(i32.shrU(mxcsr, c32(13)), c32(3));
    const control = unit.let(select(i32.and(choice, c32(ROUND_IMMEDIATE.useMxcsr)), current, own));
    const rounded = k.fn.variable(x);
    for (const [number, operation] of NATIVE_ROUND)
      k.if(i32.eq(control, c32(number)), () => k.fn.set(rounded, v(named(shape, operation), x)));
    const nan = unit.let(v(named(shape, 'ne'), x, x));
    const quiet = quietBits(shape);
    const integers = shape.double ? 'i64x2' : 'i32x4';
    const signaling = v('v128.and', nan, v(`${integers}.eq`, v('v128.and', x, quiet), splat(shape, 0)));
    const changed = v('v128.andnot', v(named(shape, 'ne'), rounded.get, x), nan);
    const precision = select(
      i32.and(choice, c32(ROUND_IMMEDIATE.noPrecision)),
      c32(0),
      flagOf(shape, changed, FLAG.pe),
    );
    unit.settle(i32.or(flagOf(shape, signaling, FLAG.ie), precision));
    unit.writeShape(shape, unit.let(v('v128.bitselect', v('v128.or', x, quiet), rounded.get, nan)), a);
  };

/** A mask of the elements whose bit, counted from `first`, is set in a value. */
function elements(unit: FloatUnit, shape: Shape, value: I32, first: number): V128 {
  const [name, size] = shape.double ? ['i64x2', 8] : ['i32x4', 4];
  const bits = bytes((n) => (n % size === 0 ? 1 << (first + n / size) : 0));
  const every = v(`${name}.splat`, shape.double ? i64.extendI32U(value) : value);
  return unit.let(v(`${name}.eq`, v('v128.and', every, bits), bits));
}

/** DPPS, DPPD: products chosen by bits 7:4, added in pairs, the sum put where bits 3:0 say. Products left out are +0. */
const dotProduct =
  (shape: Shape): Semantics =>
  (k) => {
    const unit = new FloatUnit(k);
    const [b, a] = [unit.read(1), unit.read(0)];
    const choice = unit.let(i32.and(k.immediate(), c32(0xff)));
    const taken = elements(unit, shape, choice, 4);
    const only = (x: V128): V128 => unit.let(v('v128.and', x, taken));
    let sum = compute(unit, shape, 'mul', only(a), only(b));
    const size = shape.double ? 8 : 4;
    const turned = (x: V128, by: number): V128 =>
      unit.let(
        shuffle(
          x,
          x,
          Array.from({ length: 16 }, (_, n) => n ^ (by * size)),
        ),
      );
    for (let by = 1; by < shape.lanes; by *= 2) {
      const even = unit.let(shuffle(sum, turned(sum, by), pairOrder(size, by, 0)));
      const odd = unit.let(shuffle(sum, turned(sum, by), pairOrder(size, by, 1)));
      sum = compute(unit, shape, 'add', even, odd);
    }
    unit.write(0, unit.let(v('v128.and', sum, elements(unit, shape, choice, 0))));
  };

/** Lanes that give every element of a pair its lower (0) or upper (1) one; the second vector has pairs exchanged. */
const pairOrder = (size: number, by: number, upper: 0 | 1): number[] =>
  Array.from({ length: 16 }, (_, n) => {
    const isUpper = (Math.floor(n / size) & by) !== 0;
    return isUpper === (upper === 1) ? n : n + 16;
  });

/** INSERTPS: bits 7:6 choose the source's element (not of memory), 5:4 its place, 3:0 what becomes zero. */
const insertps: Semantics = (k) => {
  const unit = new FloatUnit(k);
  const [b, a] = [unit.read(1), unit.read(0)];
  const choice = unit.let(i32.and(k.immediate(), c32(0xff)));
  const quarter = (shift: number): I32 => i32.shl(i32.and(i32.shrU(choice, c32(shift)), c32(3)), c32(2));
  const from = unit.spill('source', b);
  const value = k.variant.memory
    ? wasmLane<'i32'>('i32x4.extract_lane', 0, b)
    : i32.load(unit.let(i32.add(from, quarter(6))));
  const to = unit.spill('result', a);
  k.fn.store('i32.store', unit.let(i32.add(to, quarter(4))), value);
  const cleared = elements(unit, shapeOf('ps'), choice, 0);
  unit.write(0, unit.let(v('v128.andnot', wasmLoad<'v128'>('v128.load', to), cleared)));
};

/** Floating point of SSE4.1 (SDM vol. 1, 12.8.1, 12.8.4). */
export const SSE4_FLOAT: MeaningTable = {
  ...Object.fromEntries(
    SUFFIXES.map((suffix): [string, Meaning] => [`round${suffix}`, { semantics: round(shapeOf(suffix)) }]),
  ),
  dpps: { semantics: dotProduct(shapeOf('ps')) },
  dppd: { semantics: dotProduct(shapeOf('pd')) },
  insertps: { semantics: insertps },
};
