import {
  call,
  i32,
  v128Const,
  wasm,
  wasmLane,
  type FunctionRef,
  type I32,
  type Local,
  type ModuleBuilder,
  type V128,
} from '@trapgate/wasm-assembler';
import { ESTIMATE_ROWS } from './estimate-table';
import { c32 } from './format';

const SIGN = 0x8000_0000 | 0;
const INFINITY = 0x7f80_0000;
const QUIET = 0x0040_0000;
const DEFAULT_NAN = 0xffc0_0000 | 0;
const ROWS_OF_TABLE = 16;

interface Row {
  /** Low and high bytes of sixteen entries. */
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly less: readonly number[];
}

function rows(): Row[] {
  const lines = ESTIMATE_ROWS.split('\n').filter((line) => line !== '' && !line.startsWith(';'));
  return lines.map((line) => {
    const [first, second] = line.split('|').map((part) =>
      part
        .trim()
        .split(' ')
        .map((entry) => parseInt(entry, 16)),
    ) as [number[], number[]];
    return { low: first.map((n) => n & 0xff), high: first.map((n) => n >> 8), less: second };
  });
}

/** (row, significand) -> the sum of the two entries, less 1000h. */
function emitLookup(module: ModuleBuilder): FunctionRef {
  const fn = module.function('estimateLookup', { params: ['i32', 'i32'], results: ['i32'] });
  const [row, significand] = [fn.param<'i32'>(0), fn.param<'i32'>(1)];
  const nothing = v128Const(new Array<number>(16).fill(0));
  const [low, high, less] = [0, 1, 2].map(() => fn.variable(nothing)) as [
    Local<'v128'>,
    Local<'v128'>,
    Local<'v128'>,
  ];
  const table = rows();
  fn.block((done) => {
    // Block n is the nth from the inside; what follows it fetches row n.
    const nest = (n: number, labels: Parameters<typeof fn.brTable>[1]): void => {
      if (n < 0) return fn.brTable(row, [...labels].reverse(), labels[0]!);
      fn.block((label) => nest(n - 1, [...labels, label]));
      const { low: lows, high: highs, less: lesses } = table[n]!;
      fn.set(low, v128Const(lows));
      fn.set(high, v128Const(highs));
      fn.set(less, v128Const(lesses));
      fn.br(done);
    };
    nest(table.length - 1, []);
  });
  const nibble = (shift: number): I32 => i32.and(i32.shrU(significand, c32(shift)), c32(15));
  const entry = (vector: Local<'v128'>, index: I32): I32 => {
    const place = wasm<'v128'>('i8x16.splat', index);
    return wasmLane<'i32'>(
      'i8x16.extract_lane_u',
      0,
      wasm<'v128'>('i8x16.swizzle', vector.get as V128, place),
    );
  };
  const first = i32.or(entry(low, nibble(15)), i32.shl(entry(high, nibble(15)), c32(8)));
  fn.return(i32.sub(first, entry(less, nibble(11))));
  return fn;
}

/** Estimates of single-precision functions as AMD's processors make them: (bits) -> bits. No exceptions; denormals are zeros. */
export interface EstimateFunctions {
  readonly reciprocal: FunctionRef;
  readonly reciprocalRoot: FunctionRef;
}

export function emitEstimates(module: ModuleBuilder): EstimateFunctions {
  const lookup = emitLookup(module);
  const emit = (name: string, root: boolean): FunctionRef => {
    const fn = module.function(name, { params: ['i32'], results: ['i32'] });
    const x = fn.param<'i32'>(0);
    const sign = fn.let(i32.and(x, c32(SIGN)));
    const exponent = fn.let(i32.and(i32.shrU(x, c32(23)), c32(0xff)));
    const significand = fn.let(i32.and(x, c32(0x7f_ffff)));
    fn.if(i32.gtU(i32.and(x, c32(~SIGN)), c32(INFINITY)), () => fn.return(i32.or(x, c32(QUIET))));
    fn.if(i32.eqz(exponent), () => fn.return(i32.or(sign, c32(INFINITY))));
    if (root) fn.if(sign, () => fn.return(c32(DEFAULT_NAN)));
    fn.if(i32.eq(exponent, c32(0xff)), () => fn.return(sign));
    const unbiased = fn.let(i32.sub(exponent, c32(127)));
    // Table 0 is the reciprocal's; 1 and 2 are those of even and odd exponents.
    const table = root ? i32.add(c32(1), i32.and(unbiased, c32(1))) : c32(0);
    const row = i32.add(i32.mul(table, c32(ROWS_OF_TABLE)), i32.shrU(significand, c32(19)));
    const place = root ? i32.sub(c32(126), i32.shrS(unbiased, c32(1))) : i32.sub(c32(126), unbiased);
    const result = fn.let(place);
    if (!root) fn.if(i32.leS(result, c32(0)), () => fn.return(sign));
    const found = i32.shl(call<'i32'>(lookup, row, significand), c32(11));
    fn.return(i32.or(sign, i32.add(i32.shl(result, c32(23)), found)));
    return fn;
  };
  return { reciprocal: emit('estimateReciprocal', false), reciprocalRoot: emit('estimateRoot', true) };
}
