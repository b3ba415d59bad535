import { call, i32, i64, type I32, type Label } from '@trapgate/wasm-assembler';
import type { Builder, Semantics } from '../../builder/builder';
import { AT, SEGMENT, STATE } from '../../state/layout';
import { CR0, MODE } from '../../state/mode';
import { STATUS } from '../../system/context';
import type { Meaning } from '../meaning';
import { need } from './supervisor-access';

/*
 * FXSAVE and FXRSTOR of images in RAM that is mapped in one piece (SDM vol. 1, table 10-2), which is what a context
 * switch consists of. All else - #NM, misaligned images, odd segments - is the host functions'.
 */

const FX = {
  control: 0,
  tags: 4,
  ip: 8,
  cs: 12,
  dp: 16,
  ds: 20,
  mxcsr: 24,
  mxcsrMask: 28,
  st: 32,
  xmm: 160,
} as const;
const IMAGE_BYTES = 512;
const XMM_BYTES = 128;
/** Bits of MXCSR that exist (SDM vol. 1, 11.6.6). */
const MXCSR_MASK = 0xffff;
/** Status word: error summary and busy; TOP. */
const SUMMARY = 0x8080;
const TOP = 0x3800;

/** Address in linear memory of the whole image, which is accessed as the running code does. */
function imageAt(k: Builder, host: Label, linear: I32, write: 0 | 1): I32 {
  const { fn, s } = k;
  const absent = i32.and(i32.load(s, AT.cr0), i32.const(CR0.em | CR0.ts));
  const general = i32.xor(i32.and(STATE.load32(s, 'mode'), i32.const(MODE.flat)), i32.const(MODE.flat));
  const misaligned = i32.and(linear, i32.const(15));
  fn.brIf(host, i32.or(i32.or(absent, general), misaligned));
  fn.brIf(host, i32.geU(k.stringSegment(), i32.const(SEGMENT.fs)));
  const piece = (from: I32, bytes: I32): I32 =>
    need(fn, host, call<'i32'>(k.support.system.window, s, from, bytes, i32.const(write)));
  // Two pages, if it lies in two, have to follow each other in RAM; the host function tries the last byte first, too.
  const left = i32.sub(i32.const(0x1000), i32.and(linear, i32.const(0xfff)));
  const first = fn.variable(left);
  const second = fn.variable(i32.const(0));
  fn.if(
    i32.ltU(first.get, i32.const(IMAGE_BYTES)),
    () => {
      const rest = i32.sub(i32.const(IMAGE_BYTES), first.get);
      fn.set(second, piece(fn.let(i32.add(linear, first.get)), rest));
    },
    () => fn.set(first, i32.const(IMAGE_BYTES)),
  );
  const place = piece(linear, first.get);
  const follows = i32.eq(second.get, i32.add(place, first.get));
  fn.if(second.get, () => fn.brIf(host, i32.eqz(follows)));
  return place;
}

/** Address of ST(n) in the state block, less AT.fpr. */
const stackPlace = (k: Builder, top: I32, n: number): I32 => {
  const index = i32.and(i32.add(top, i32.const(n)), i32.const(7));
  return k.let(i32.add(k.s, i32.shl(index, i32.const(4))));
};

/** FXSAVE: as on AMD's processors the last instruction's pointers are saved only while an exception is pending. */
const fxsave: Semantics = (k) => {
  const { fn, s } = k;
  const linear = k.linear();
  fn.block((host) => {
    const image = imageAt(k, host, linear, 1);
    const top = k.let(STATE.load32(s, 'fpuTop'));
    const status = k.let(i32.load16U(s, AT.fpuStatus));
    const put = (offset: number, value: I32): void => fn.store('i32.store', image, value, offset);
    const whole = i32.or(status, i32.shl(top, i32.const(11)));
    put(FX.control, i32.or(i32.load16U(s, AT.fpuControl), i32.shl(whole, i32.const(16))));
    const pending = i32.and(i32.shrU(status, i32.const(7)), i32.const(1));
    const pointers = k.let(i32.sub(i32.const(0), pending));
    const opcode = i32.and(i32.load16U(s, AT.fpuOpcode), pointers);
    const valid = i32.and(STATE.load32(s, 'fpuValid'), i32.const(0xff));
    put(FX.tags, i32.or(valid, i32.shl(opcode, i32.const(16))));
    put(FX.ip, i32.and(i32.load(s, AT.fpuInstructionPointer), pointers));
    put(FX.cs, i32.and(i32.load16U(s, AT.fpuInstructionSelector), pointers));
    put(FX.dp, i32.and(i32.load(s, AT.fpuDataPointer), pointers));
    put(FX.ds, i32.and(i32.load16U(s, AT.fpuDataSelector), pointers));
    put(FX.mxcsr, STATE.load32(s, 'mxcsr'));
    put(FX.mxcsrMask, i32.const(MXCSR_MASK));
    for (let n = 0; n < 8; n++) {
      const from = stackPlace(k, top, n);
      fn.store('i64.store', image, i64.load(from, AT.fpr), FX.st + 16 * n);
      fn.store('i64.store', image, i64.extendI32U(i32.load16U(from, AT.fpr + 8)), FX.st + 16 * n + 8);
    }
    fn.memoryCopy(i32.add(image, i32.const(FX.xmm)), i32.add(s, i32.const(AT.xmm)), i32.const(XMM_BYTES));
    k.leaveWith(STATUS.next);
  });
  k.leaveToHost(true);
};

const fxrstor: Semantics = (k) => {
  const { fn, s } = k;
  const linear = k.linear();
  fn.block((host) => {
    const image = imageAt(k, host, linear, 0);
    fn.brIf(host, i32.and(i32.load(image, FX.mxcsr), i32.const(~MXCSR_MASK)));
    const set16 = (field: number, value: I32): void => fn.store('i32.store16', s, value, field);
    const control = k.let(
      i32.or(i32.and(i32.load16U(image, FX.control), i32.const(0x1f3f)), i32.const(0x40)),
    );
    set16(AT.fpuControl, control);
    const word = k.let(i32.load16U(image, FX.control + 2));
    const flags = k.let(i32.and(word, i32.const(0xffff & ~(SUMMARY | TOP))));
    const unmasked = i32.and(i32.and(flags, i32.xor(control, i32.const(-1))), i32.const(0x3f));
    const summary = i32.and(i32.sub(i32.const(0), i32.ne(unmasked, i32.const(0))), i32.const(SUMMARY));
    set16(AT.fpuStatus, i32.or(flags, summary));
    const top = k.let(i32.and(i32.shrU(word, i32.const(11)), i32.const(7)));
    STATE.store32(fn, s, 'fpuTop', top);
    STATE.store32(fn, s, 'fpuValid', i32.load8U(image, FX.tags));
    set16(AT.fpuOpcode, i32.and(i32.load16U(image, FX.tags + 2), i32.const(0x7ff)));
    fn.store('i32.store', s, i32.load(image, FX.ip), AT.fpuInstructionPointer);
    set16(AT.fpuInstructionSelector, i32.load16U(image, FX.cs));
    fn.store('i32.store', s, i32.load(image, FX.dp), AT.fpuDataPointer);
    set16(AT.fpuDataSelector, i32.load16U(image, FX.ds));
    STATE.store32(fn, s, 'mxcsr', i32.load(image, FX.mxcsr));
    for (let n = 0; n < 8; n++) {
      const to = stackPlace(k, top, n);
      fn.store('i64.store', to, i64.load(image, FX.st + 16 * n), AT.fpr);
      fn.store('i32.store16', to, i32.load16U(image, FX.st + 16 * n + 8), AT.fpr + 8);
    }
    fn.memoryCopy(i32.add(s, i32.const(AT.xmm)), i32.add(image, i32.const(FX.xmm)), i32.const(XMM_BYTES));
    k.leaveWith(STATUS.next);
  });
  k.leaveToHost(true);
};

export const STATE_IMAGE = {
  fxsave: { semantics: fxsave, host: true, called: true },
  fxrstor: { semantics: fxrstor, host: true, called: true },
} as const satisfies Record<string, Meaning>;
