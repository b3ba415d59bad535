import { i32, select, type FunctionRef, type I32, type ModuleBuilder } from '@trapgate/wasm-assembler';
import { STATE } from '../state/layout';
import { BEFORE, c32, FLAG, has, MODE } from './format';

/**
 * Emits `commit(state, flags, clear) -> unmasked exceptions`: enters the outcome of an x87 instruction into the status word.
 * Of the condition codes those in `clear` are replaced by those of `flags`; exception flags are sticky. An unmasked exception
 * that prevents the operation hides those of its result; any unmasked one sets ES and B (SDM vol. 1, 8.1.3.3, 8.5).
 */
export function emitCommit(module: ModuleBuilder): FunctionRef {
  const fn = module.function('x87Commit', { params: ['i32', 'i32', 'i32'], results: ['i32'] });
  const [s, flags, clear] = [fn.param<'i32'>(0), fn.params[1]!, fn.param<'i32'>(2)];
  const control = STATE.load32(s, 'fpuControl');
  const given = flags.get as I32;
  const unmasked = fn.let(i32.and(i32.and(given, i32.xor(control, c32(-1))), c32(0x3f)));
  fn.if(i32.and(unmasked, c32(BEFORE)), () => {
    const stackC1 = i32.shl(i32.and(given, c32(FLAG.sf)), c32(3));
    const codes = FLAG.c0 | FLAG.c2 | FLAG.c3;
    fn.set(flags, i32.and(given, i32.or(c32(BEFORE | FLAG.sf | codes), stackC1)));
  });
  const pending = i32.mul(i32.ne(unmasked, c32(0)), c32(FLAG.es | FLAG.busy));
  const kept = i32.and(STATE.load32(s, 'fpuStatus'), i32.xor(clear, c32(-1)));
  STATE.store32(fn, s, 'fpuStatus', i32.or(i32.or(kept, pending), given));
  fn.return(unmasked);
  return fn;
}

/** Emits `mxcsrMode(state) -> mode`: what MXCSR says of SSE arithmetic, as a mode word without a format. */
export function emitMxcsrMode(module: ModuleBuilder): FunctionRef {
  const fn = module.function('mxcsrMode', { params: ['i32'], results: ['i32'] });
  const mxcsr = fn.let(STATE.load32(fn.param(0), 'mxcsr'));
  const masks = i32.and(i32.shrU(mxcsr, c32(7)), c32(0x3f));
  const control = i32.and(i32.shrU(mxcsr, c32(3)), c32(MODE.rounding));
  const flush = i32.and(i32.shl(mxcsr, c32(3)), c32(MODE.flushToZero));
  const zeros = i32.and(i32.shl(mxcsr, c32(13)), c32(MODE.denormalsAreZeros));
  fn.return(i32.or(i32.or(i32.or(masks, control), i32.or(flush, zeros)), c32(MODE.sse)));
  return fn;
}

/**
 * Emits `mxcsrCommit(state, flags) -> unmasked exceptions`: enters exceptions into MXCSR. An unmasked one found before the
 * operation hides those of results, also of other elements (SDM vol. 1, 11.5.3).
 */
export function emitMxcsrCommit(module: ModuleBuilder): FunctionRef {
  const fn = module.function('mxcsrCommit', { params: ['i32', 'i32'], results: ['i32'] });
  const s = fn.param<'i32'>(0);
  const mxcsr = fn.let(STATE.load32(s, 'mxcsr'));
  const flags = fn.let(i32.and(fn.param<'i32'>(1), c32(0x3f)));
  const unmasked = fn.let(i32.and(flags, i32.xor(i32.shrU(mxcsr, c32(7)), c32(-1))));
  const kept = select(has(unmasked, BEFORE), i32.and(flags, c32(BEFORE)), flags);
  STATE.store32(fn, s, 'mxcsr', i32.or(mxcsr, kept));
  fn.return(unmasked);
  return fn;
}
