import { jumpCacheEntry } from '@trapgate/cpu';
import { JUMP_CACHE, MEMORY_MAP, TRANSLATION_COUNTERS } from '@trapgate/mmu';
import { i32, i64, type FunctionBuilder, type I32 } from '@trapgate/wasm-assembler';

/** The jump cache's entry of an address (a leaf) in a TLB context. */
export function lookUp(fn: FunctionBuilder, context: I32, ip: I32): { hit: I32; slot: () => I32 } {
  const entry = fn.let(jumpCacheEntry(ip));
  // Address and context in one comparison.
  const key = i64.or(i64.extendI32U(ip), i64.shl(i64.extendI32U(context), i64.const(32)));
  const hit = i64.eq(i64.load(entry, MEMORY_MAP.jumpCache + JUMP_CACHE.ip), key);
  return { hit, slot: () => i32.load(entry, MEMORY_MAP.jumpCache + JUMP_CACHE.slot) };
}

/** Counts a transfer from one region to another. */
export function countChain(fn: FunctionBuilder): void {
  const at = MEMORY_MAP.translationCounters + TRANSLATION_COUNTERS.chained;
  const zero = i32.const(0);
  fn.store('i64.store', zero, i64.add(i64.load(zero, at), i64.const(1)), at);
}
