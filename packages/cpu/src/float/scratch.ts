import { i32, type I32 } from '@trapgate/wasm-assembler';

/**
 * Working storage of floating-point instructions, in the processor's block between the state and the fetch cache (offsets
 * from the state base). Nothing in it outlives an instruction.
 */
export const SCRATCH = {
  /** 80-bit operands and results. */
  x: 0x1f00,
  y: 0x1f10,
  z: 0x1f20,
  /** 16-byte vectors: a source operand from memory, another one, and a result. */
  source: 0x1f40,
  second: 0x1f50,
  result: 0x1f60,
} as const;

export const scratch = (s: I32, slot: keyof typeof SCRATCH): I32 => i32.add(s, i32.const(SCRATCH[slot]));
