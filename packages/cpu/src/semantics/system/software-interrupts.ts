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
import { EVENT } from '../../state/event';
import { ARITHMETIC_FLAGS, FLAG } from '../../state/flags';
import { AT, GPR, SEGMENT, STATE } from '../../state/layout';
import { STATUS } from '../../system/context';
import type { Meaning } from '../meaning';
import { interruptDue, unusual } from './ordinary-state';
import {
  asSupervisor,
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
/** Second word of a gate: S and type without the bit that tells trap from interrupt gates; P. */
const GATE = { mask: 0x9e00, wanted: 0x8e00, trap: 0x100 } as const;
/** Type bit of a TSS that tells that it has 32 bits. */
const WIDE_TSS = 8;
/** Bytes from a 32-bit TSS' ESP0 to the end of SS0. */
const INNER_STACK_BYTES = 6;

/** Values that the parts of `enterGate` share; all are leaves. */
interface Entry {
  readonly fn: FunctionBuilder;
  readonly s: I32;
  readonly access: SupervisorAccess;
  readonly fail: Label;
  readonly hasError: I32;
}

/** Emits EFLAGS as PUSHFD would store it at CPL 0, VM and RF included. */
export function emitFlagsImage(fn: FunctionBuilder, s: I32): I32 {
  const flags = new Flags({ fn, s, let: (value: I32) => fn.let(value) } as unknown as Builder);
  const others = i32.and(i32.load(s, AT.eflags), i32.const(~ARITHMETIC_FLAGS));
  return i32.or(i32.or(others, i32.shl(flags.of(), i32.const(11))), flags.lowByte());
}

/**
 * Emits `enterGate(state, vector, EVENT, error, return EIP) -> 1`: enters the handler of an interrupt or exception through
 * a 32-bit interrupt or trap gate, at the same or an inner level, neither of which is 3 (SDM vol. 2, INT n, operation); 0,
 * and nothing has changed, for whatever is not ordinary. `error` is -1 if none is to be pushed.
 */
export function emitEnterGate(module: ModuleBuilder, access: SupervisorAccess): FunctionRef {
  const fn = module.function(
    'enterGate',
    { params: ['i32', 'i32', 'i32', 'i32', 'i32'], results: ['i32'] },
    { exported: true },
  );
  const [s, vector, event, error, returnIp] = [0, 1, 2, 3, 4].map((n) => fn.param<'i32'>(n)) as [
    I32,
    I32,
    I32,
    I32,
    I32,
  ];
  fn.if(unusual(s), () => fn.return(i32.const(0)));
  const cpl = fn.let(STATE.load32(s, 'cpl'));
  asSupervisor(fn, s, (fail) => {
    const hasError = fn.let(i32.ne(error, i32.const(-1)));
    const entry: Entry = { fn, s, access, fail, hasError };
    const gate = findGate(entry, vector, event, cpl);
    const selector = fn.let(i32.shrU(gate.low, i32.const(16)));
    fn.brIf(fail, isNull(selector));
    const code = need(fn, fail, call<'i32'>(access.descriptor, s, selector));
    const high = flatDescriptor(fn, fail, code, 'code');
    const dpl = fn.let(dplOf(high));
    fn.brIf(fail, i32.gtU(dpl, cpl));
    fn.brIf(fail, i32.eq(dpl, i32.const(3)));
    const flags = fn.let(savedFlags(fn, s, event));
    const save = (frame: I32): void => {
      fn.if(hasError, () => fn.store('i32.store', frame, error));
      const at = fn.let(i32.add(frame, i32.shl(hasError, i32.const(2))));
      fn.store('i32.store', at, returnIp);
      fn.store('i32.store', at, i32.load16U(s, AT.selector + 2 * SEGMENT.cs), 4);
      fn.store('i32.store', at, flags, 8);
    };
    fn.if(
      i32.ltU(dpl, cpl),
      () => pushInner(entry, dpl, save),
      () => pushSame(entry, save),
    );
    enter(fn, s, gate, i32.or(i32.and(selector, i32.const(0xfffc)), dpl), high);
    fn.return(i32.const(1));
  });
  fn.return(i32.const(0));
  return fn;
}

/** The vector's gate: a present 32-bit interrupt or trap gate that the event may go through. */
function findGate(
  { fn, s, access, fail }: Entry,
  vector: I32,
  event: I32,
  cpl: I32,
): { low: I32; high: I32 } {
  const offset = fn.let(i32.shl(vector, i32.const(3)));
  fn.brIf(fail, i32.gtU(i32.add(offset, i32.const(7)), i32.load(s, AT.idtrLimit)));
  const linear = i32.add(i32.load(s, AT.idtrBase), offset);
  const place = need(fn, fail, call<'i32'>(access.window, s, linear, i32.const(8), i32.const(0)));
  const [low, high] = [fn.let(i32.load(place)), fn.let(i32.load(place, 4))];
  fn.brIf(fail, i32.ne(i32.and(high, i32.const(GATE.mask)), i32.const(GATE.wanted)));
  fn.if(i32.and(event, i32.const(EVENT.software)), () => fn.brIf(fail, i32.ltU(dplOf(high), cpl)));
  return { low, high };
}

function savedFlags(fn: FunctionBuilder, s: I32, event: I32): I32 {
  const flags = fn.variable(emitFlagsImage(fn, s));
  fn.if(i32.and(event, i32.const(EVENT.fault)), () => fn.set(flags, i32.or(flags.get, i32.const(FLAG.rf))));
  fn.if(i32.and(event, i32.const(EVENT.software)), () =>
    fn.set(flags, i32.and(flags.get, i32.const(~FLAG.rf))),
  );
  return flags.get;
}

/** Room for `words` and an error code below `top`: the new stack pointer, and its place in linear memory. */
function makeRoom(entry: Entry, top: I32, words: number): { pointer: I32; frame: I32 } {
  const { fn, s, access, fail, hasError } = entry;
  const bytes = fn.let(i32.add(i32.const(4 * words), i32.shl(hasError, i32.const(2))));
  const pointer = fn.let(i32.sub(top, bytes));
  return { pointer, frame: need(fn, fail, call<'i32'>(access.window, s, pointer, bytes, i32.const(1))) };
}

function pushSame(entry: Entry, save: (frame: I32) => void): void {
  const { fn, s } = entry;
  const { pointer, frame } = makeRoom(entry, i32.load(s, ESP), 3);
  save(frame);
  fn.store('i32.store', s, pointer, ESP);
}

/** The stack of level `dpl` is in the TSS (SDM vol. 3A, 7.2.1). */
function pushInner(entry: Entry, dpl: I32, save: (frame: I32) => void): void {
  const { fn, s, access, fail, hasError } = entry;
  fn.brIf(fail, i32.eqz(i32.and(STATE.load32(s, 'segmentAttributes', SEGMENT.tr), i32.const(WIDE_TSS))));
  const offset = fn.let(i32.add(i32.shl(dpl, i32.const(3)), i32.const(4)));
  const last = i32.add(offset, i32.const(INNER_STACK_BYTES - 1));
  fn.brIf(fail, i32.gtU(last, STATE.load32(s, 'segmentLimit', SEGMENT.tr)));
  const linear = i32.add(i32.load(s, STATE.offset('segmentBase', SEGMENT.tr)), offset);
  const read = i32.const(0);
  const tss = need(fn, fail, call<'i32'>(access.window, s, linear, i32.const(INNER_STACK_BYTES), read));
  const top = fn.let(i32.load(tss));
  const ss = fn.let(i32.load16U(tss, 4));
  fn.brIf(fail, isNull(ss));
  fn.brIf(fail, i32.ne(i32.and(ss, i32.const(3)), dpl));
  const stack = need(fn, fail, call<'i32'>(access.descriptor, s, ss));
  const high = flatDescriptor(fn, fail, stack, 'data');
  fn.brIf(fail, i32.ne(dplOf(high), dpl));
  const { pointer, frame } = makeRoom(entry, top, 5);
  save(frame);
  const outer = fn.let(i32.add(frame, i32.shl(hasError, i32.const(2))));
  fn.store('i32.store', outer, i32.load(s, ESP), 12);
  fn.store('i32.store', outer, i32.load16U(s, AT.selector + 2 * SEGMENT.ss), 16);
  setFlatSegment(fn, s, SEGMENT.ss, ss, attributesOf(high));
  fn.store('i32.store', s, pointer, ESP);
  setCpl(fn, s, dpl);
}

function enter(fn: FunctionBuilder, s: I32, gate: { low: I32; high: I32 }, selector: I32, high: I32): void {
  setFlatSegment(fn, s, SEGMENT.cs, selector, attributesOf(high));
  const offset = i32.or(i32.and(gate.high, i32.const(0xffff_0000 | 0)), i32.and(gate.low, i32.const(0xffff)));
  fn.store('i32.store', s, offset, AT.rip);
  const isTrap = i32.ne(i32.and(gate.high, i32.const(GATE.trap)), i32.const(0));
  const keepsIf = i32.shl(isTrap, i32.const(9));
  const kept = i32.or(i32.const(~(FLAG.tf | FLAG.vm | FLAG.rf | FLAG.nt | FLAG.if)), keepsIf);
  fn.store('i32.store', s, i32.and(i32.load(s, AT.eflags), kept), AT.eflags);
}

const interrupt =
  (vector: (k: Builder) => I32): Semantics =>
  (k) => {
    const { enterGate } = k.support.system;
    const event = i32.const(EVENT.software);
    const number = k.let(vector(k));
    k.if(k.state32('systemCallsWatched'), () => k.leaveToHost());
    const entered = call<'i32'>(enterGate, k.s, number, event, i32.const(-1), k.nextIp());
    k.if(entered, () => {
      const counter = k.let(i32.add(k.s, i32.shl(number, i32.const(2))));
      k.fn.store(
        'i32.store',
        counter,
        i32.add(i32.load(counter, AT.softwareInterrupts), i32.const(1)),
        AT.softwareInterrupts,
      );
      k.if(interruptDue(k.s), () => k.leaveWith(STATUS.exit));
      k.leaveWith(STATUS.jump);
    });
    k.leaveToHost();
  };

const BREAKPOINT = 3;

/** INT n and INT3 (SDM vol. 2, INT n). */
export const SOFTWARE_INTERRUPTS = {
  int: { semantics: interrupt((k) => i32.and(k.immediate(), i32.const(0xff))), host: true, called: true },
  int3: { semantics: interrupt(() => i32.const(BREAKPOINT)), host: true, called: true },
} as const satisfies Record<string, Meaning>;
