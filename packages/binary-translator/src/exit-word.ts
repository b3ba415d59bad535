import { i32, type I32 } from '@trapgate/wasm-assembler';

/**
 * First bits of the word that says where and how a region is left: from bit 0 the offset of the instruction that rip names, then
 * instructions executed since the last checkpoint, the number of the flags' kind, and how: a STATUS or {@link CHAIN}.
 */
export const EXIT = { done: 13, kind: 21, status: 27 } as const;

/** Goes on in another region. */
export const CHAIN = 5;

export function exitWord(offset: number, done: number, kind: number, status: number): number {
  return offset | (done << EXIT.done) | (kind << EXIT.kind) | (status << EXIT.status);
}

/** The bits of an exit word from one number up to another. */
export function exitField(word: I32, from: number, to: number): I32 {
  return i32.and(i32.shrU(word, i32.const(from)), i32.const(2 ** (to - from) - 1));
}
