import {
  call,
  i32,
  type FunctionBuilder,
  type FunctionRef,
  type I32,
  type Label,
  type ModuleBuilder,
} from '@trapgate/wasm-assembler';
import type { Builder, Semantics } from '../../builder/builder';
import { Flags } from '../../builder/flags';
import { ARITHMETIC_FLAGS, FLAG } from '../../state/flags';
import { AT, GPR, SEGMENT, STATE } from '../../state/layout';
import { ATTRIBUTE } from '../../state/mode';
import { STATUS } from '../../system/context';
import type { Meaning } from '../meaning';
import { interruptDue, unusual } from './ordinary-state';
import {
  attributesOf,
  dplOf,
  flatDescriptor,
  isNull,
  need,
  setCpl,
  setFlatSegment,
  type SupervisorAccess,
} from './supervisor-access';

const ESP = AT.gpr + 8 * GPR.esp;
const DR7 = AT.dr + 8 * 7;
/** Local and global enables of all four breakpoints. */
const BREAKPOINTS_ENABLED = 0xff;

const { df, nt, ac, id, rf, vif, vip, iopl, vm, tf } = FLAG;
/** Flags besides the arithmetic ones that IRETD always loads; RF, loaded while no breakpoint is enabled, is unobservable: it becomes 0. */
const ALWAYS = df | nt | ac | id | rf;
const LOADED = df | nt | id;

/**
 * Emits `returnFromInterrupt(state) -> 1`: IRETD from a level that is not 3 to the same or an outer one (SDM vol. 2, IRET,
 * operation); 0, and nothing has changed, for whatever is not ordinary.
 */
export function emitReturn(module: ModuleBuilder, access: SupervisorAccess): FunctionRef {
  const fn = module.function('returnFromInterrupt', { params: ['i32'], results: ['i32'] });
  const s = fn.param<'i32'>(0);
  const cpl = fn.let(STATE.load32(s, 'cpl'));
  fn.block((fail) => {
    requireOrdinary(fn, fail, s, cpl);
    const esp = fn.let(i32.load(s, ESP));
    const frame = need(fn, fail, call<'i32'>(access.window, s, esp, i32.const(12), i32.const(0)));
    const image = fn.let(i32.load(frame, 8));
    fn.brIf(fail, i32.and(image, i32.const(vm | tf | ac)));
    const cs = fn.let(i32.load16U(frame, 4));
    fn.brIf(fail, isNull(cs));
    const code = need(fn, fail, call<'i32'>(access.descriptor, s, cs));
    const high = flatDescriptor(fn, fail, code, 'code');
    const rpl = fn.let(i32.and(cs, i32.const(3)));
    fn.brIf(fail, i32.or(i32.ltU(rpl, cpl), i32.ne(dplOf(high), rpl)));
    const eip = fn.let(i32.load(frame));
    const mask = fn.let(loadedFlags(s, cpl));
    fn.if(
      i32.gtU(rpl, cpl),
      () => loadOuter({ fn, fail, s, access }, esp, rpl),
      () => fn.store('i32.store', s, i32.add(esp, i32.const(12)), ESP),
    );
    setFlatSegment(fn, s, SEGMENT.cs, cs, attributesOf(high));
    fn.store('i32.store', s, eip, AT.rip);
    loadFlags(fn, s, image, mask);
    fn.return(i32.const(1));
  });
  fn.return(i32.const(0));
  return fn;
}

/** No nested task, no NMI whose handler this ends, no breakpoints, no AC. */
function requireOrdinary(fn: FunctionBuilder, fail: Label, s: I32, cpl: I32): void {
  fn.brIf(fail, unusual(s));
  const flags = i32.and(i32.load(s, AT.eflags), i32.const(nt | ac));
  const breakpoints = i32.and(i32.load(s, DR7), i32.const(BREAKPOINTS_ENABLED));
  fn.brIf(fail, i32.or(i32.or(flags, breakpoints), STATE.load32(s, 'nmiBlocked')));
  fn.brIf(fail, i32.eq(cpl, i32.const(3)));
}

/** EFLAGS bits, without the arithmetic ones, that the image replaces: IF where CPL <= IOPL, and more at CPL 0. */
function loadedFlags(s: I32, cpl: I32): I32 {
  const level = i32.and(i32.shrU(i32.load(s, AT.eflags), i32.const(12)), i32.const(3));
  const changesIf = i32.shl(i32.leU(cpl, level), i32.const(9));
  const atCpl0 = i32.and(i32.sub(i32.const(0), i32.eqz(cpl)), i32.const(iopl | vif | vip));
  return i32.or(i32.or(i32.const(ALWAYS), changesIf), atCpl0);
}

function loadFlags(fn: FunctionBuilder, s: I32, image: I32, mask: I32): void {
  const old = i32.and(i32.load(s, AT.eflags), i32.xor(mask, i32.const(-1)));
  const loaded = i32.and(image, i32.and(mask, i32.const(~ALWAYS | LOADED)));
  fn.store(
    'i32.store',
    s,
    i32.and(i32.or(i32.or(old, loaded), i32.const(2)), i32.const(~ARITHMETIC_FLAGS)),
    AT.eflags,
  );
  const flags = new Flags({ fn, s, let: (value: I32) => fn.let(value) } as unknown as Builder);
  flags.fromByte(image, fn.let(i32.and(i32.shrU(image, i32.const(11)), i32.const(1))));
}

interface Outer {
  readonly fn: FunctionBuilder;
  readonly fail: Label;
  readonly s: I32;
  readonly access: SupervisorAccess;
}

/** Stack and privilege of an outer level. No data segment may have to become null: that would change the mode, or is rare. */
function loadOuter({ fn, fail, s, access }: Outer, esp: I32, rpl: I32): void {
  const frame = need(fn, fail, call<'i32'>(access.window, s, esp, i32.const(20), i32.const(0)));
  const ss = fn.let(i32.load16U(frame, 16));
  fn.brIf(fail, isNull(ss));
  fn.brIf(fail, i32.ne(i32.and(ss, i32.const(3)), rpl));
  const stack = need(fn, fail, call<'i32'>(access.descriptor, s, ss));
  const high = flatDescriptor(fn, fail, stack, 'data');
  fn.brIf(fail, i32.ne(dplOf(high), rpl));
  for (const segment of [SEGMENT.es, SEGMENT.ds, SEGMENT.fs, SEGMENT.gs]) {
    const attributes = fn.let(STATE.load32(s, 'segmentAttributes', segment));
    const level = i32.and(i32.shrU(attributes, i32.const(ATTRIBUTE.dplShift)), i32.const(3));
    fn.brIf(fail, i32.and(i32.ne(attributes, i32.const(0)), i32.ltU(level, rpl)));
  }
  fn.store('i32.store', s, i32.load(frame, 12), ESP);
  setFlatSegment(fn, s, SEGMENT.ss, ss, attributesOf(high));
  setCpl(fn, s, rpl);
}

const iret: Semantics = (k) => {
  k.if(call<'i32'>(k.support.system.returnFromInterrupt, k.s), () => {
    k.if(interruptDue(k.s), () => k.leaveWith(STATUS.exit));
    k.leaveWith(STATUS.jump);
  });
  k.leaveToHost();
};

/** IRET with 32-bit operands; the 16-bit form is the host function's. */
export const INTERRUPT_RETURN = {
  iretd: { semantics: iret, host: true, called: true },
} as const satisfies Record<string, Meaning>;
