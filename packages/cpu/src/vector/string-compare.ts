import {
  i32,
  shuffle,
  v128Const,
  wasm,
  wasmLoad,
  type FunctionBuilder,
  type FunctionRef,
  type I32,
  type ModuleBuilder,
  type V128,
} from '@trapgate/wasm-assembler';
import { c32, has } from '../float/format';
import { scratch } from '../float/scratch';

/** The immediate of PCMPESTRI and its relatives (SDM vol. 2B, 4.1). */
export const STRING_CONTROL = {
  words: 1,
  signed: 2,
  /** 0 equal any, 4 ranges, 8 equal each, 12 equal ordered. */
  aggregation: 0x0c,
  ranges: 4,
  equalEach: 8,
  equalOrdered: 12,
  negative: 0x10,
  /** Only valid elements are negated. */
  masked: 0x20,
  /** The index of the last element, or a mask of elements instead of bits. */
  last: 0x40,
} as const;

type Relation = 'eq' | 'max_s' | 'max_u' | 'min_s' | 'min_u';

/** What the function works on: the source as a vector, the destination's elements in memory. */
interface Strings {
  readonly fn: FunctionBuilder;
  readonly source: V128;
  readonly destination: I32;
  readonly control: I32;
}

/** Bits of the source's elements that are equal to, at least or at most a value (min: at least, max: at most). */
function related(source: V128, every: V128, shape: 'i8x16' | 'i16x8', relation: Relation): I32 {
  const compared = relation === 'eq' ? every : wasm<'v128'>(`${shape}.${relation}`, source, every);
  return wasm<'i32'>(
    `${shape}.bitmask`,
    wasm<'v128'>(`${shape}.eq`, compared, relation === 'eq' ? source : every),
  );
}

/** {@link related} with element `index` of the destination, for bytes or words. */
function row(
  { fn, source, destination, control }: Strings,
  index: I32,
  unsigned: Relation,
  signed: Relation,
): I32 {
  const bits = fn.variable(c32(0));
  const choose = (shape: 'i8x16' | 'i16x8', every: V128): void => {
    const value = fn.let(every);
    if (unsigned === signed) return fn.set(bits, related(source, value, shape, unsigned));
    fn.if(
      has(control, STRING_CONTROL.signed),
      () => fn.set(bits, related(source, value, shape, signed)),
      () => fn.set(bits, related(source, value, shape, unsigned)),
    );
  };
  fn.if(
    has(control, STRING_CONTROL.words),
    () =>
      choose('i16x8', wasm<'v128'>('i16x8.splat', i32.load16U(i32.add(destination, i32.shl(index, c32(1)))))),
    () => choose('i8x16', wasm<'v128'>('i8x16.splat', i32.load8U(i32.add(destination, index)))),
  );
  return bits.get;
}

/** Runs `body` for 0, step, 2 * step ... while `within` holds. */
function count(
  fn: FunctionBuilder,
  step: number,
  within: (index: I32) => I32,
  body: (index: I32) => void,
): void {
  const index = fn.variable(c32(0));
  fn.block((done) =>
    fn.loop((again) => {
      fn.brIf(done, i32.eqz(within(index.get)));
      body(index.get);
      fn.set(index, i32.add(index.get, c32(step)));
      fn.br(again);
    }),
  );
}

const EVEN_BYTES = Array.from({ length: 16 }, (_, n) => (2 * n) & 15);

/**
 * Emits `compareStrings(state, control, lengthA, lengthB) -> IntRes2`: the destination string (A) in scratch `second`, the
 * source string (B) in scratch `source`; lengths in elements, already limited.
 */
export function emitCompareStrings(module: ModuleBuilder): FunctionRef {
  const fn = module.function('compareStrings', { params: ['i32', 'i32', 'i32', 'i32'], results: ['i32'] });
  const [s, control, lengthA, lengthB] = [0, 1, 2, 3].map((n) => fn.param<'i32'>(n)) as [I32, I32, I32, I32];
  const source = fn.let(wasmLoad<'v128'>('v128.load', scratch(s, 'source')));
  const destination = fn.let(scratch(s, 'second'));
  const strings: Strings = { fn, source, destination, control };
  const ones = (length: I32): I32 => i32.sub(i32.shl(c32(1), length), c32(1));
  const words = fn.let(has(control, STRING_CONTROL.words));
  const all = fn.let(i32.shrU(c32(0xffff), i32.shl(words, c32(3))));
  const [validA, validB] = [fn.let(ones(lengthA)), fn.let(ones(lengthB))];
  const aggregation = fn.let(has(control, STRING_CONTROL.aggregation));
  const result = fn.variable(c32(0));
  const isMode = (mode: number): I32 => i32.eq(aggregation, c32(mode));

  fn.block((done) => {
    fn.if(isMode(STRING_CONTROL.equalEach), () => {
      const other = fn.let(wasmLoad<'v128'>('v128.load', destination));
      const equal = fn.let(wasm<'v128'>('i8x16.eq', source, other));
      const wordEqual = wasm<'v128'>('i16x8.eq', source, other);
      const packed = shuffle(wordEqual, v128Const(new Array<number>(16).fill(0)), EVEN_BYTES);
      const bits = fn.variable(wasm<'i32'>('i8x16.bitmask', equal));
      fn.if(words, () => fn.set(bits, i32.and(wasm<'i32'>('i8x16.bitmask', packed), c32(0xff))));
      // Two elements behind the ends of both strings are equal; one that is behind only one is not.
      const both = i32.and(bits.get, i32.and(validA, validB));
      const neither = i32.xor(i32.or(validA, validB), all);
      fn.set(result, i32.or(both, neither));
      fn.br(done);
    });
    fn.if(isMode(STRING_CONTROL.ranges), () => {
      count(
        fn,
        2,
        (index) => i32.ltU(i32.add(index, c32(1)), lengthA),
        (index) => {
          const from = row(strings, index, 'min_u', 'min_s');
          const to = row(strings, fn.let(i32.add(index, c32(1))), 'max_u', 'max_s');
          fn.set(result, i32.or(result.get, i32.and(from, to)));
        },
      );
      fn.set(result, i32.and(result.get, validB));
      fn.br(done);
    });
    const ordered = fn.let(isMode(STRING_CONTROL.equalOrdered));
    fn.if(ordered, () => fn.set(result, all));
    count(
      fn,
      1,
      (index) => i32.ltU(index, lengthA),
      (index) => {
        const equal = fn.let(i32.and(row(strings, index, 'eq', 'eq'), validB));
        fn.if(
          ordered,
          () => {
            // Element n of the result tells whether the whole destination string begins at element n of the source.
            const beyond = i32.xor(i32.shrU(all, index), c32(-1));
            fn.set(result, i32.and(result.get, i32.or(i32.shrU(equal, index), beyond)));
          },
          () => fn.set(result, i32.or(result.get, equal)),
        );
      },
    );
  });

  fn.if(has(control, STRING_CONTROL.negative), () => {
    fn.if(
      has(control, STRING_CONTROL.masked),
      () => fn.return(i32.xor(result.get, validB)),
      () => fn.return(i32.xor(result.get, all)),
    );
  });
  fn.return(i32.and(result.get, all));
  return fn;
}
