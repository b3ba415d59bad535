/**
 * A decoded instruction in linear memory: 16 bytes. An instruction whose address needs more than base + displacement is
 * preceded by an address record that leaves its result for it.
 */
export const RECORD = {
  bytes: 16,
  /** u16: number of the handler. */
  handler: 0,
  /** u16: offset of the instruction in its page (an instruction that begins in the page before has its offset there). */
  offset: 2,
  /** u8: place of the ModRM.reg register (byte offset in the state block), or its number (x87, SSE). */
  reg: 4,
  /** u8: place of the rm register, or of the base register (the `zero` slot if none). */
  rm: 5,
  /** u8: length in bytes. */
  length: 6,
  /** u8: bits 0-3 segment of a string source, bit 4: 16-bit addresses, bits 5-6: 1 = REPNE, 2 = REP. Address records: scale. */
  auxiliary: 7,
  /** i32: displacement; without a memory operand, the immediate (which the next field may not have room for). */
  displacement: 8,
  /** i32: immediate; branch target; index of a host instruction. */
  immediate: 12,
} as const;

/** Bits of {@link RECORD}.auxiliary. */
export const AUXILIARY = { segment: 15, address16: 16, repeatShift: 5 } as const;

/** Bits of an address record's immediate: bytes accessed, then these. */
export const ADDRESS_CHECK = { write: 0x100, unchecked: 0x200, segmentShift: 12 } as const;
