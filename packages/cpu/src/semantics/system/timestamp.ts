import { i32, i64 } from '@trapgate/wasm-assembler';
import type { Semantics } from '../../builder/builder';
import { AT, GPR } from '../../state/layout';
import type { Meaning } from '../meaning';

/** Bits of a tick's fraction in `timestampRate`. */
export const RATE_FRACTION = 16;

/**
 * RDTSC (SDM vol. 2B). Asking the host for the time takes longer than some guests' whole system calls. Where the host function
 * has left a rate, the counter goes on from what it gave last, by the instructions executed since.
 */
const rdtsc: Semantics = (k) => {
  const { fn, s } = k;
  const rate = k.let(k.state32('timestampRate'));
  k.if(i32.eqz(rate), () => k.leaveToHost());
  const budget = k.let(k.state32('budget'));
  const executed = i64.extendI32S(i32.sub(k.state32('timestampBudget'), budget));
  const passed = i64.shrS(i64.mul(executed, i64.extendI32S(rate)), i64.const(RATE_FRACTION));
  const ticks = fn.let(i64.add(i64.load(s, AT.timestampBase), passed));
  fn.store('i64.store', s, ticks, AT.timestampBase);
  fn.store('i32.store', s, budget, AT.timestampBudget);
  const shown = fn.let(i64.add(ticks, i64.load(s, AT.tscOffset)));
  k.setGpr(GPR.eax, 32, i32.wrap(shown));
  k.setGpr(GPR.edx, 32, i32.wrap(i64.shrU(shown, i64.const(32))));
};

export const TIMESTAMP = {
  rdtsc: { semantics: rdtsc, host: true },
} as const satisfies Record<string, Meaning>;
