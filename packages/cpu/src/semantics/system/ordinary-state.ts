import { i32, type I32 } from '@trapgate/wasm-assembler';
import { FLAG } from '../../state/flags';
import { AT, STATE } from '../../state/layout';
import { CR0, MODE } from '../../state/mode';

/**
 * Not 0 where a transfer has to go the long way: outside protected mode with flat 32-bit segments (which excludes
 * virtual-8086 mode), or while single steps or alignment are checked. Transfers of the short way end in such a state, too:
 * so mode word and stack mask stay.
 */
export function unusual(s: I32): I32 {
  const mode = i32.xor(STATE.load32(s, 'mode'), i32.const(MODE.code32 | MODE.flat));
  const real = i32.xor(i32.and(i32.load(s, AT.cr0), i32.const(CR0.pe)), i32.const(CR0.pe));
  const stepping = i32.and(i32.load(s, AT.eflags), i32.const(FLAG.tf));
  return i32.or(i32.or(mode, real), i32.or(stepping, STATE.load32(s, 'alignmentCheck')));
}

/** Not 0 if an interrupt is to be taken now: IF is set and one is pending. */
export function interruptDue(s: I32): I32 {
  const enabled = i32.and(i32.shrU(i32.load(s, AT.eflags), i32.const(9)), i32.const(1));
  return i32.and(enabled, STATE.load32(s, 'interruptPending'));
}
