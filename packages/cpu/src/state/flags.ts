import { eflags } from '@trapgate/x86-decoder';
import { AT } from './layout';
import type { ProcessorState } from './processor-state';

/** EFLAGS bits (SDM vol. 1, 3.4.3), as the decoder's table names them. */
export const FLAG = eflags;

/** The six flags that instructions compute. */
export const ARITHMETIC_FLAGS = FLAG.cf | FLAG.pf | FLAG.af | FLAG.zf | FLAG.sf | FLAG.of;

/*
 * The lazy form of the arithmetic flags, three words of the state block, the same for every operand width:
 *   carries     bit 31: carry out of the result's top bit (CF); bit 30: carry into it, so that OF = bit 31 ^ bit 30;
 *               bit 3: carry out of bit 3 (AF). Other bits mean nothing.
 *   zeroResult  ZF = (zeroResult == 0).
 *   signParity  SF = bit 31; PF = even parity of bits 7:0.
 */

function parity(byte: number): boolean {
  let x = byte & 0xff;
  x ^= x >> 4;
  x ^= x >> 2;
  x ^= x >> 1;
  return (x & 1) === 0;
}

/** The whole EFLAGS register; bit 1 reads 1. */
export function readFlags(state: ProcessorState): number {
  const carries = state.i32(AT.carries);
  const sign = state.i32(AT.signParity);
  let flags = (state.i32(AT.eflags) & ~ARITHMETIC_FLAGS) | 2;
  if (carries < 0) flags |= FLAG.cf;
  if ((carries ^ (carries << 1)) < 0) flags |= FLAG.of;
  if (carries & 8) flags |= FLAG.af;
  if (state.i32(AT.zeroResult) === 0) flags |= FLAG.zf;
  if (sign < 0) flags |= FLAG.sf;
  if (parity(sign)) flags |= FLAG.pf;
  return flags;
}

/** Sets the whole EFLAGS register, arithmetic flags included; reserved bits are the caller's concern. */
export function writeFlags(state: ProcessorState, flags: number): void {
  const cf = flags & FLAG.cf;
  const of = (flags & FLAG.of) !== 0 ? 1 : 0;
  state.set32(AT.eflags, flags & ~ARITHMETIC_FLAGS);
  state.set32(AT.carries, (cf << 31) | ((cf ^ of) << 30) | (flags & FLAG.af ? 8 : 0));
  state.set32(AT.zeroResult, flags & FLAG.zf ? 0 : 1);
  state.set32(AT.signParity, (flags & FLAG.sf ? 0x8000_0000 : 0) | (flags & FLAG.pf ? 0 : 1));
  updateAccessPrevention(state);
}

const CR4_SMAP = 1 << 21;

/** Recomputes what page walks know of CR4.SMAP and EFLAGS.AC. To be called whenever one of them has changed. */
export function updateAccessPrevention(state: ProcessorState): void {
  const prevented = state.i32(AT.eflags) & FLAG.ac ? 1 : 3;
  state.set32(AT.smap, state.i32(AT.cr4) & CR4_SMAP ? prevented : 0);
}
