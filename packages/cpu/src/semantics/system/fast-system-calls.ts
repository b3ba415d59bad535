import { i32, type I32, type Label } from '@trapgate/wasm-assembler';
import type { Builder, Semantics } from '../../builder/builder';
import { FLAG } from '../../state/flags';
import { AT, GPR, SEGMENT } from '../../state/layout';
import { STATUS } from '../../system/context';
import type { Meaning } from '../meaning';
import { interruptDue, unusual } from './ordinary-state';
import { isNull, setCpl, setFlatSegment } from './supervisor-access';

const FLAT_CODE = 0xc09b;
const FLAT_DATA = 0xc093;
const register = (number: number): number => AT.gpr + 8 * number;

/** MSR 174h, from which the selectors follow. */
function baseSelector(k: Builder, fail: Label): I32 {
  k.fn.brIf(fail, unusual(k.s));
  const cs = k.let(i32.load16U(k.s, AT.sysenterCs));
  k.fn.brIf(fail, isNull(cs));
  return cs;
}

/** Flat CS and SS of level `cpl`, whose selectors lie `distance` and `distance` + 8 above MSR 174h's. */
function loadFlat(k: Builder, base: I32, distance: number, cpl: 0 | 3): void {
  const selector = (offset: number): I32 =>
    i32.or(i32.and(i32.add(base, i32.const(offset)), i32.const(0xfffc)), i32.const(cpl));
  const dpl = cpl << 5;
  setFlatSegment(k.fn, k.s, SEGMENT.cs, selector(distance), i32.const(FLAT_CODE | dpl));
  setFlatSegment(k.fn, k.s, SEGMENT.ss, selector(distance + 8), i32.const(FLAT_DATA | dpl));
  setCpl(k.fn, k.s, i32.const(cpl));
}

/** SYSENTER (SDM vol. 2); IF becomes 0, so no interrupt can follow. */
const sysenter: Semantics = (k) => {
  const { fn, s } = k;
  fn.block((fail) => {
    fn.brIf(fail, k.state32('systemCallsWatched'));
    const base = baseSelector(k, fail);
    const count = i32.add(i32.load(s, AT.fastSystemCalls), i32.const(1));
    fn.store('i32.store', s, count, AT.fastSystemCalls);
    const kept = i32.const(~(FLAG.vm | FLAG.if | FLAG.rf));
    fn.store('i32.store', s, i32.and(i32.load(s, AT.eflags), kept), AT.eflags);
    loadFlat(k, base, 0, 0);
    fn.store('i32.store', s, i32.load(s, AT.sysenterEsp), register(GPR.esp));
    fn.store('i32.store', s, i32.load(s, AT.sysenterEip), AT.rip);
    k.leaveWith(STATUS.jump);
  });
  k.leaveToHost();
};

/** SYSEXIT to 32-bit code (SDM vol. 2). With EFLAGS.AC alignment might be checked afterwards. */
const sysexit: Semantics = (k) => {
  const { fn, s } = k;
  fn.block((fail) => {
    const base = baseSelector(k, fail);
    fn.brIf(fail, i32.or(k.state32('cpl'), i32.and(i32.load(s, AT.eflags), i32.const(FLAG.ac))));
    loadFlat(k, base, 16, 3);
    fn.store('i32.store', s, i32.load(s, register(GPR.ecx)), register(GPR.esp));
    fn.store('i32.store', s, i32.load(s, register(GPR.edx)), AT.rip);
    k.if(interruptDue(s), () => k.leaveWith(STATUS.exit));
    k.leaveWith(STATUS.jump);
  });
  k.leaveToHost();
};

export const FAST_SYSTEM_CALLS = {
  sysenter: { semantics: sysenter, host: true, called: true },
  sysexit: { semantics: sysexit, host: true, called: true },
} as const satisfies Record<string, Meaning>;
