import { i32, i64, select, type FunctionRef, type ModuleBuilder } from '@trapgate/wasm-assembler';
import {
  c32,
  c64,
  DEFAULT_NAN,
  FLAG,
  has,
  isNan,
  isQuiet,
  isUnsupported,
  MODE,
  quieted,
  unpack,
} from './format';

/**
 * Emits `nan(destination, a, b, mode) -> flags`: the result of an operation of which an operand is a NaN or has an
 * unsupported encoding (SDM vol. 1, table 4-7). For an operation with one operand pass it twice.
 */
export function emitNan(module: ModuleBuilder, pack: FunctionRef): FunctionRef {
  const fn = module.function('floatNan', { params: ['i32', 'i32', 'i32', 'i32'], results: ['i32'] });
  const [to, addressA, addressB, mode] = [
    fn.param<'i32'>(0),
    fn.param<'i32'>(1),
    fn.param<'i32'>(2),
    fn.param<'i32'>(3),
  ];
  const [a, b] = [unpack(fn, addressA), unpack(fn, addressB)];
  fn.if(i32.or(isUnsupported(a), isUnsupported(b)), () => {
    fn.call(pack, to, c32(1), c32(-1), c64(DEFAULT_NAN.significand), mode);
    fn.return(c32(FLAG.ie));
  });
  const [nanA, nanB] = [fn.let(isNan(a)), fn.let(isNan(b))];
  const signalingA = fn.let(i32.and(nanA, i32.eqz(isQuiet(a))));
  const signalingB = fn.let(i32.and(nanB, i32.eqz(isQuiet(b))));
  const larger = i64.gtU(a.significand, b.significand);
  const positive = i32.and(i64.eq(a.significand, b.significand), i32.eqz(a.sign));
  const bySize = select(i32.eq(signalingA, signalingB), i32.or(larger, positive), signalingB);
  const both = select(has(mode, MODE.sse), c32(1), bySize);
  const first = fn.let(select(i32.and(nanA, nanB), both, nanA));
  const significand = quieted(select(first, a.significand, b.significand));
  fn.call(pack, to, select(first, a.sign, b.sign), c32(-1), significand, mode);
  fn.return(i32.or(signalingA, signalingB));
  return fn;
}
