import { jumpCacheEntry } from '@trapgate/cpu';
import { JUMP_CACHE, MEMORY_MAP } from '@trapgate/mmu';
import { i32, i64, type FunctionBuilder, type I32 } from '@trapgate/wasm-assembler';

/** The jump cache's entry of an address (a leaf) in a TLB context. */
export function lookUp(fn: FunctionBuilder, context: I32, ip: I32): { hit: I32; slot: () => I32 } {
  const entry = fn.let(jumpCacheEntry(ip));
  // Address and context in one comparison.
  const key = i64.or(i64.extendI32U(ip), i64.shl(i64.extendI32U(context), i64.const(32)));
  const hit = i64.eq(i64.load(entry, MEMORY_MAP.jumpCache + JUMP_CACHE.ip), key);
  return { hit, slot: () => i32.load(entry, MEMORY_MAP.jumpCache + JUMP_CACHE.slot) };
}
