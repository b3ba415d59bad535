import { AT } from '../state/layout';
import { CR4 } from '../state/mode';
import type { ProcessorState } from '../state/processor-state';

/*
 * Breakpoints of DR0 to DR3 (SDM vol. 3B, 17.2). While DR7 enables any, the processor executes one instruction at a time;
 * while it enables one for data, nothing is cached in the TLB and every access is looked at. Otherwise they cost nothing.
 */

const DR7 = AT.dr + 8 * 7;
/** R/W fields of DR7 (17.2.4). */
const KIND = { execute: 0, write: 1, port: 2, access: 3 } as const;
/** LEN fields: 1, 2, 8 and 4 bytes. */
const LENGTHS = [1, 2, 8, 4] as const;

const kindOf = (dr7: number, n: number): number => (dr7 >>> (16 + 4 * n)) & 3;
const lengthOf = (dr7: number, n: number): number => LENGTHS[(dr7 >>> (18 + 4 * n)) & 3]!;
const isEnabled = (dr7: number, n: number): boolean => ((dr7 >>> (2 * n)) & 3) !== 0;

/** Whether DR7 enables a breakpoint, locally or globally. */
export const breakpointsEnabled = (state: ProcessorState): boolean => (state.i32(DR7) & 0xff) !== 0;

/** DR6 bits of the enabled breakpoints whose `first`..`last` overlaps theirs and of whose kind `wanted` approves. */
function matches(
  state: ProcessorState,
  first: number,
  last: number,
  wanted: (kind: number) => boolean,
): number {
  const dr7 = state.i32(DR7);
  let hits = 0;
  for (let n = 0; n < 4; n++) {
    if (!isEnabled(dr7, n) || !wanted(kindOf(dr7, n))) continue;
    const length = lengthOf(dr7, n);
    // The low address bits that the length covers are ignored.
    const begin = (state.u32(AT.dr + 8 * n) & -length) >>> 0;
    if (first <= begin + length - 1 && last >= begin) hits |= 1 << n;
  }
  return hits;
}

/** The DR6 bits of instruction breakpoints at a linear address: the address of the first byte counts. */
export const instructionBreakpoints = (state: ProcessorState, linear: number): number =>
  matches(state, linear, linear, (kind) => kind === KIND.execute);

/** The DR6 bits of data breakpoints that an access touches. */
export const dataBreakpoints = (
  state: ProcessorState,
  linear: number,
  bytes: number,
  write: boolean,
): number =>
  matches(
    state,
    linear,
    linear + bytes - 1,
    (kind) => kind === KIND.access || (write && kind === KIND.write),
  );

/** The DR6 bits of I/O breakpoints, which exist with CR4.DE only. */
export const portBreakpoints = (state: ProcessorState, port: number, bytes: number): number =>
  state.i32(AT.cr4) & CR4.de ? matches(state, port, port + bytes - 1, (kind) => kind === KIND.port) : 0;

/** Bits of `watching`. */
const WATCHING = { breakpoints: 1, host: 2 } as const;

/** Whether the host is told of what is written; true if `watching` has changed, and then the TLB is to be dropped. */
export function watchForHost(state: ProcessorState, watched: boolean): boolean {
  return setWatching(state, WATCHING.host, watched);
}

function setWatching(state: ProcessorState, bit: number, on: boolean): boolean {
  const before = state.i32(AT.watching);
  const after = on ? before | bit : before & ~bit;
  state.set32(AT.watching, after);
  return before !== after;
}

/** Recomputes `watching`; true if it has changed, and then the TLB is to be dropped. To be called whenever DR7 has changed. */
export function updateWatching(state: ProcessorState): boolean {
  const dr7 = state.i32(DR7);
  const watching = [0, 1, 2, 3].some((n) => isEnabled(dr7, n) && (kindOf(dr7, n) & 1) !== 0);
  return setWatching(state, WATCHING.breakpoints, watching);
}

/** Whether code begins with a string instruction that REP repeats: then EIP may stay at it between two iterations. */
export function isRepeatedString(byteAt: (n: number) => number): boolean {
  let repeated = false;
  for (let n = 0; n < 15; n++) {
    const byte = byteAt(n);
    if (byte === 0xf2 || byte === 0xf3) repeated = true;
    else if (!PREFIXES.has(byte)) return repeated && STRING_OPCODES.has(byte);
  }
  return false;
}

const PREFIXES = new Set([0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0]);
const STRING_OPCODES = new Set([
  0x6c, 0x6d, 0x6e, 0x6f, 0xa4, 0xa5, 0xa6, 0xa7, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf,
]);
