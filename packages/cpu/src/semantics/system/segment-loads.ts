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
import { FLAG } from '../../state/flags';
import { AT, GPR, SEGMENT, STATE } from '../../state/layout';
import { ATTRIBUTE, CR0, MODE } from '../../state/mode';
import { STATUS } from '../../system/context';
import type { Meaning } from '../meaning';
import {
  asSupervisor,
  attributesOf,
  dplOf,
  isNull,
  need,
  setSegment,
  type SupervisorAccess,
} from './supervisor-access';

const { present, writable, readable, code, conforming, expandDown, nonSystem, accessed } = ATTRIBUTE;

const has = (value: I32, mask: number, wanted: number): I32 =>
  i32.eq(i32.and(value, i32.const(mask)), i32.const(wanted));
/** DS and ES belong to what makes the mode flat; FS and GS do not. */
const mattersToMode = (segment: I32): I32 => i32.leU(segment, i32.const(SEGMENT.ds));
const isModeFlat = (s: I32): I32 =>
  i32.ne(i32.and(STATE.load32(s, 'mode'), i32.const(MODE.flat)), i32.const(0));

/**
 * Emits `loadSegment(state, segment, selector) -> 1`: loads DS, ES, FS or GS in protected mode (SDM vol. 2, MOV); 0, and
 * nothing has changed, for whatever is not ordinary: faults, an accessed bit to be set, a change of the mode word.
 */
export function emitLoadSegment(module: ModuleBuilder, access: SupervisorAccess): FunctionRef {
  const fn = module.function('loadSegment', { params: ['i32', 'i32', 'i32'], results: ['i32'] });
  const [s, segment, selector] = [fn.param<'i32'>(0), fn.param<'i32'>(1), fn.param<'i32'>(2)];
  const refuse = (): void => fn.return(i32.const(0));
  fn.if(i32.eqz(i32.and(i32.load(s, AT.cr0), i32.const(CR0.pe))), refuse);
  fn.if(i32.and(i32.load(s, AT.eflags), i32.const(FLAG.vm)), refuse);
  fn.if(isNull(selector), () => {
    fn.if(i32.and(mattersToMode(segment), isModeFlat(s)), refuse);
    const zero = i32.const(0);
    setSegment(fn, s, segment, { selector, base: zero, limit: zero, attributes: zero });
    fn.return(i32.const(1));
  });
  asSupervisor(fn, s, (fail, context) => {
    const place = need(fn, fail, call<'i32'>(access.descriptor, s, selector));
    const [low, high] = [fn.let(i32.load(place)), fn.let(i32.load(place, 4))];
    const attributes = fn.let(attributesOf(high));
    requireLoadable(fn, fail, s, selector, high, attributes);
    const base = fn.let(baseOf(low, high));
    const limit = fn.let(limitOf(fn, low, high));
    fn.if(mattersToMode(segment), () => {
      const data = has(attributes, present | writable | expandDown | code, present | writable);
      const flat = i32.and(i32.and(i32.eqz(base), i32.eq(limit, i32.const(-1))), data);
      fn.brIf(fail, i32.xor(flat, isModeFlat(s)));
    });
    setSegment(fn, s, segment, { selector, base, limit, attributes });
    STATE.store32(fn, s, 'tlbContext', context);
    fn.return(i32.const(1));
  });
  refuse();
  return fn;
}

/** Present, accessed, readable, and within reach of CPL and RPL. `high` and `attributes` are leaves. */
function requireLoadable(
  fn: FunctionBuilder,
  fail: Label,
  s: I32,
  selector: I32,
  high: I32,
  attributes: I32,
): void {
  const marks = present | nonSystem | accessed;
  fn.brIf(fail, i32.eqz(has(attributes, marks, marks)));
  fn.brIf(fail, has(attributes, code | readable, code));
  fn.if(i32.eqz(has(attributes, code | conforming, code | conforming)), () => {
    const dpl = fn.let(dplOf(high));
    fn.brIf(fail, i32.gtU(i32.and(selector, i32.const(3)), dpl));
    fn.brIf(fail, i32.gtU(STATE.load32(s, 'cpl'), dpl));
  });
}

function baseOf(low: I32, high: I32): I32 {
  const middle = i32.shl(i32.and(high, i32.const(0xff)), i32.const(16));
  return i32.or(i32.or(i32.shrU(low, i32.const(16)), middle), i32.and(high, i32.const(0xff00_0000 | 0)));
}

function limitOf(fn: FunctionBuilder, low: I32, high: I32): I32 {
  const raw = i32.or(i32.and(low, i32.const(0xffff)), i32.and(high, i32.const(0xf_0000)));
  const limit = fn.variable(raw);
  fn.if(i32.and(high, i32.const(0x80_0000)), () =>
    fn.set(limit, i32.or(i32.shl(limit.get, i32.const(12)), i32.const(0xfff))),
  );
  return limit.get;
}

/** MOV Sreg, r/m16: DS, ES, FS and GS. */
const load: Semantics = (k, _segment, source) => {
  const { system } = k.support;
  const linear = k.variant.memory ? k.linear() : i32.const(0);
  const segment = k.registerNumber('reg');
  const loadable = (1 << SEGMENT.es) | (1 << SEGMENT.ds) | (1 << SEGMENT.fs) | (1 << SEGMENT.gs);
  k.fn.block((host) => {
    k.fn.brIf(host, i32.eqz(i32.and(i32.shrU(i32.const(loadable), segment), i32.const(1))));
    const selector = k.variant.memory ? wordAt(k, host, linear) : (source!.read() as I32);
    k.fn.brIf(host, i32.eqz(call<'i32'>(system.loadSegment, k.s, segment, selector)));
    k.leaveWith(STATUS.next);
  });
  k.leaveToHost(k.variant.memory);
};

/** The word at a linear address, where it is RAM. */
function wordAt(k: Builder, host: Label, linear: I32): I32 {
  const window = call<'i32'>(k.support.system.window, k.s, linear, i32.const(2), i32.const(0));
  return k.let(i32.load16U(need(k.fn, host, window)));
}

/** MOV r/m16, Sreg: zero-extended into a 32-bit register. */
const store: Semantics = (k, destination) => {
  if (k.variant.memory) k.linear();
  const segment = k.registerNumber('reg');
  k.if(i32.gtU(segment, i32.const(SEGMENT.gs)), () => k.leaveToHost(k.variant.memory));
  const place = i32.add(k.s, i32.shl(segment, i32.const(1)));
  destination!.write(k.let(i32.load16U(place, AT.selector)));
};

const segmentNamed = (k: Builder): number => SEGMENT[k.form.operands[0]!.register as keyof typeof SEGMENT];

/** PUSH Sreg: a 32-bit push is zero-extended, as AMD processors do. */
const push: Semantics = (k) =>
  k.push(k.form.operandSize, k.let(i32.load16U(k.s, AT.selector + 2 * segmentNamed(k))));

/** POP DS, ES, FS, GS from a flat stack. */
const pop: Semantics = (k) => {
  const { system } = k.support;
  const bytes = k.form.operandSize / 8;
  k.fn.block((host) => {
    k.fn.brIf(host, i32.eqz(isModeFlat(k.s)));
    const esp = k.gpr(GPR.esp, 32) as I32;
    const window = call<'i32'>(system.window, k.s, esp, i32.const(bytes), i32.const(0));
    const selector = k.let(i32.load16U(need(k.fn, host, window)));
    k.fn.brIf(host, i32.eqz(call<'i32'>(system.loadSegment, k.s, i32.const(segmentNamed(k)), selector)));
    k.setGpr(GPR.esp, 32, i32.add(esp, i32.const(bytes)));
    k.leaveWith(STATUS.next);
  });
  k.leaveToHost(k.variant.memory);
};

/** Moves to and from segment registers by the host function's name (SDM vol. 1, 7.3.1); see systemMeaning. */
export const SEGMENT_LOADS = {
  load: { semantics: load, host: true, called: true },
  store: { semantics: store, host: true, cold: true },
  push: { semantics: push, implicit: true, cold: true },
  pop: { semantics: pop, host: true, called: true },
} as const satisfies Record<string, Meaning>;
