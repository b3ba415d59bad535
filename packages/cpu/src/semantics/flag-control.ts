import { i32, type I32 } from '@trapgate/wasm-assembler';
import type { Builder, Semantics } from '../builder/builder';
import { low32 } from '../builder/values';
import { AT } from '../state/layout';
import { FLAG } from '../state/flags';
import { STATUS } from '../system/context';
import type { MeaningTable } from './meaning';

function changeFlags(k: Builder, clear: number, set: number): void {
  const kept = i32.and(i32.load(k.s, AT.eflags), i32.const(~clear));
  k.fn.store('i32.store', k.s, i32.or(kept, i32.const(set)), AT.eflags);
}

/** CPL 0, real mode included: the privilege rules of the other cases are the host function's. */
const atCpl0 = (k: Builder, act: () => void): void => k.if(k.state32('cpl'), () => k.leaveToHost(), act);

const cli: Semantics = (k) => atCpl0(k, () => changeFlags(k, FLAG.if, 0));

/**
 * Interrupts stay inhibited for one instruction (SDM vol. 2B, STI). Only a pending one makes that visible, or the end of
 * the budget: there the run loop takes interrupts, and STI; HLT must not be torn apart.
 */
const sti: Semantics = (k) =>
  atCpl0(k, () => {
    const wasClear = k.let(i32.eqz(i32.and(i32.load(k.s, AT.eflags), i32.const(FLAG.if))));
    changeFlags(k, 0, FLAG.if);
    const visible = i32.or(k.state32('interruptPending'), i32.leS(k.state32('budget'), i32.const(0)));
    k.if(i32.and(wasClear, i32.ne(visible, i32.const(0))), () => {
      k.setState32('interruptShadow', i32.const(1));
      k.leaveNext(STATUS.exit);
    });
  });

/** All flags as PUSHF shows them at CPL 0: VM and RF read 0. */
const pushf =
  (width: 16 | 32): Semantics =>
  (k) =>
    atCpl0(k, () => {
      const others = i32.and(i32.load(k.s, AT.eflags), i32.const(~(FLAG.vm | FLAG.rf)));
      const of = i32.shl(k.flags.of(), i32.const(11));
      k.push(width, k.let(i32.or(i32.or(others, of), k.flags.lowByte())));
    });

const POPF_CHANGES = FLAG.tf | FLAG.if | FLAG.df | FLAG.iopl | FLAG.nt;

const popf =
  (width: 16 | 32): Semantics =>
  (k) => {
    // With CR4.SMAP AC is more than a flag.
    const special = i32.or(k.state32('cpl'), k.state32('smap'));
    k.if(
      special,
      () => k.leaveToHost(),
      () => popAtCpl0(k, width),
    );
  };

function popAtCpl0(k: Builder, width: 16 | 32): void {
  const value = low32(k.peek(width));
  k.drop(width / 8);
  const changes = POPF_CHANGES | (width === 32 ? FLAG.ac | FLAG.id : 0);
  // RF is cleared by POPF (SDM vol. 2B).
  const kept = i32.and(i32.load(k.s, AT.eflags), i32.const(~(changes | FLAG.rf)));
  const flags = k.let(i32.or(kept, i32.and(value, i32.const(changes))));
  k.fn.store('i32.store', k.s, flags, AT.eflags);
  k.flags.fromByte(value, i32.and(i32.shrU(value, i32.const(11)), i32.const(1)));
  const enabled = i32.and(
    i32.ne(i32.and(flags, i32.const(FLAG.if)), i32.const(0)),
    i32.ne(k.state32('interruptPending'), i32.const(0)),
  );
  const unusual = i32.and(flags, i32.const(FLAG.tf | FLAG.ac));
  k.if(i32.or(enabled, i32.ne(unusual, i32.const(0))), () => k.leaveNext(STATUS.exit));
}

const setCarry =
  (value: (k: Builder) => I32): Semantics =>
  (k) =>
    k.flags.setCarry(k.let(value(k)));

/** Flag control (SDM vol. 1, 7.3.13). */
export const FLAG_CONTROL: MeaningTable = {
  clc: { semantics: setCarry(() => i32.const(0)) },
  stc: { semantics: setCarry(() => i32.const(1)) },
  cmc: { semantics: setCarry((k) => i32.xor(k.flags.cf(), i32.const(1))) },
  cld: { semantics: (k) => changeFlags(k, FLAG.df, 0) },
  std: { semantics: (k) => changeFlags(k, 0, FLAG.df) },
  cli: { semantics: cli, host: true },
  sti: { semantics: sti, host: true },
  pushf: { semantics: pushf(16), implicit: true, host: true },
  pushfd: { semantics: pushf(32), implicit: true, host: true },
  popf: { semantics: popf(16), implicit: true, host: true },
  popfd: { semantics: popf(32), implicit: true, host: true },
};
