import { call, i32, v128Const, wasm, wasmLoad, type I32, type V128 } from '@trapgate/wasm-assembler';
import { c32, MODE } from '../../float/format';
import { CR4 } from '../../state/mode';
import { VECTOR } from '../../system/vectors';
import { mergeLow } from './moves';
import { Simd } from './simd';

/** Single or double, and how many elements take part: what the last two letters of a mnemonic say. */
export interface Shape {
  readonly double: boolean;
  readonly lanes: number;
  readonly scalar: boolean;
}

export function shapeOf(suffix: string): Shape {
  const double = suffix.endsWith('d');
  const scalar = suffix.startsWith('s');
  return { double, scalar, lanes: scalar ? 1 : double ? 2 : 4 };
}

export const SUFFIXES = ['ps', 'pd', 'ss', 'sd'] as const;

/** Masks set, rounding to nearest, no flushing, and the precision flag set already: MXCSR bits 15:5. */
const PLAIN = { mask: 0xffe0, value: 0x1fa0 } as const;

/** SSE arithmetic: exceptions by MXCSR, and the choice between native and software arithmetic. */
export class FloatUnit extends Simd {
  /** True if results of native arithmetic on normal numbers are the architecture's. */
  plain(): I32 {
    return i32.eq(i32.and(this.k.state32('mxcsr'), c32(PLAIN.mask)), c32(PLAIN.value));
  }

  mode(shape: Pick<Shape, 'double'>, extra = 0): I32 {
    const format = shape.double ? MODE.double : MODE.single;
    return i32.or(call<'i32'>(this.float.mxcsrMode, this.k.s), c32(format | extra));
  }

  /** Enters exception flags into MXCSR; an unmasked one is raised as #XM, or as #UD if the system does not know of #XM. */
  settle(flags: I32): void {
    const { k } = this;
    k.if(call<'i32'>(this.float.mxcsrCommit, k.s, flags), () => {
      k.if(i32.and(k.state32('cr4'), c32(CR4.osxmmexcpt)), () => k.raise(VECTOR.xm));
      k.raise(VECTOR.ud);
    });
  }

  /** Puts a vector into scratch memory and gives its address. */
  spill(slot: 'source' | 'second' | 'result', value: V128): I32 {
    const at = this.slot(slot);
    this.k.fn.store('v128.store', at, value);
    return at;
  }

  result(): V128 {
    return this.k.let(wasmLoad<'v128'>('v128.load', this.slot('result')));
  }

  /** Writes the elements that took part; a scalar instruction keeps the rest of `old`. */
  writeShape({ scalar, double }: Shape, value: V128, old: V128): void {
    this.write(0, scalar ? this.k.let(mergeLow(old, value, double ? 64 : 32)) : value);
  }
}

/** Names of vector operations on a shape. */
export const named = (shape: Shape, operation: string): string =>
  `${shape.double ? 'f64x2' : 'f32x4'}.${operation}`;

/** True if the elements that take part are all ones. */
export function allTrue(shape: Shape, mask: V128): I32 {
  const bits = wasm<'i32'>(shape.double ? 'i64x2.bitmask' : 'i32x4.bitmask', mask);
  const needed = (1 << shape.lanes) - 1;
  return i32.eq(i32.and(bits, c32(needed)), c32(needed));
}

/** A limit in every element. */
export function splat(shape: Shape, value: number): V128 {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < 16; at += shape.double ? 8 : 4) {
    if (shape.double) view.setFloat64(at, value, true);
    else view.setFloat32(at, value, true);
  }
  return v128Const([...bytes]);
}

export const smallest = (shape: Shape): V128 => splat(shape, shape.double ? 2 ** -1022 : 2 ** -126);

/** Elements that are normal numbers above the smallest: not zero, denormal, infinite or NaN. */
export function normal(unit: FloatUnit, shape: Shape, value: V128): V128 {
  const size = unit.let(wasm<'v128'>(named(shape, 'abs'), value));
  return wasm<'v128'>(
    'v128.and',
    wasm<'v128'>(named(shape, 'lt'), smallest(shape), size),
    wasm<'v128'>(named(shape, 'lt'), size, splat(shape, Infinity)),
  );
}

export const zero = (shape: Shape, value: V128): V128 =>
  wasm<'v128'>(named(shape, 'eq'), value, splat(shape, 0));
export const plainNumber = (unit: FloatUnit, shape: Shape, value: V128): V128 =>
  wasm<'v128'>('v128.or', normal(unit, shape, value), zero(shape, value));

export const bothPlain = (unit: FloatUnit, shape: Shape, a: V128, b: V128): V128 =>
  wasm<'v128'>('v128.and', plainNumber(unit, shape, a), plainNumber(unit, shape, b));
