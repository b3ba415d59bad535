/**
 * Why `decode` gave form 0.
 * - `invalid-opcode`: no such instruction (#UD)
 * - `invalid-lock`: LOCK where it is not allowed (#UD)
 * - `too-long`: more than 15 bytes (#GP)
 * - `truncated`: the bytes ended before the instruction did
 */
export type DecodeError = 'none' | 'invalid-opcode' | 'invalid-lock' | 'too-long' | 'truncated';

/**
 * One decoded instruction. `decode` fills every field, so one object serves for ever.
 * Register numbers 0..31 include the bits of REX, VEX and EVEX; segments are 0..5 = es cs ss ds fs gs.
 */
export class Instruction {
  /** Number of the form, for `formById`; 0 = invalid, see `error`. */
  form = 0;
  error: DecodeError = 'none';
  mode: 16 | 32 | 64 = 32;
  /** Bytes; of an invalid instruction: those that were looked at. */
  length = 0;
  /** Effective, in bits. */
  operandSize: 16 | 32 | 64 = 32;
  addressSize: 16 | 32 | 64 = 32;
  lock = false;
  /** Last of F2 and F3, unless it is a mandatory prefix. */
  rep: 0 | 0xf2 | 0xf3 = 0;
  /** Effective segment of the memory operand, or of the source of a string instruction. */
  segment = 3;
  /** A prefix chose `segment`. (In 64-bit code only fs and gs do.) */
  segmentOverride = false;
  /** Last segment prefix present, 0..5, effective or not; -1 if none. */
  segmentPrefix = -1;
  /** A 66 prefix is present that is not a mandatory prefix. */
  operandSizePrefix = false;
  /** A 67 prefix is present. */
  addressSizePrefix = false;
  /** The REX prefix (40..4F) or 0. */
  rex = 0;
  opcode = 0;
  /** The ModRM byte or -1. */
  modrm = -1;
  mod = 0;
  /** ModRM.reg and ModRM.rm with REX applied. For opcodes that contain a register, `rm` is that register. */
  reg = 0;
  rm = 0;
  /** The rm operand is memory. */
  memory = false;
  /** Base register, -1 if none, 16 = rip. 16-bit addressing: bx = 3, bp = 5, or si = 6, di = 7 alone. */
  base = -1;
  /** Index register or -1; a vector register (0..31) where the form has a `vsib` operand. */
  index = -1;
  /** 1, 2, 4 or 8. */
  scale = 1;
  /** Bytes of displacement in the encoding: 0, 1, 2, 4 or 8. */
  displacementSize = 0;
  /** Signed, in bytes (EVEX: already multiplied). For moffs: the unsigned address (its low 32 bits). */
  displacement = 0;
  /** Bits 32..63 of a 64-bit moffs, else 0. */
  displacementHigh = 0;
  /** int32, sign-extended if the form extends it, else zero-extended. Far pointers: the offset. */
  immediate = 0;
  /** int32, bits 32..63 of `immediate` where it is 64 bits wide or extended to 64, else 0. */
  immediateHigh = 0;
  /** Second immediate: the nesting level of enter, the selector of a far pointer. */
  immediate2 = 0;
  /** Signed displacement of a relative branch, to be added to the address after the instruction. */
  branch = 0;
  /** The register in VEX.vvvv (0..31). */
  vvvv = 0;
  /** The register in bits 7:4 of the immediate byte. */
  is4 = 0;
  /** EVEX.aaa: the opmask register; 0 if there is no masking. */
  mask = 0;
  /** EVEX.z: masked elements become zero. */
  zeroing = false;
  /** The memory operand is one element that is broadcast. */
  broadcast = false;
  /** EVEX.L'L as embedded rounding: 0 nearest, 1 down, 2 up, 3 towards zero; -1 if MXCSR.RC rules. */
  rounding = -1;
  /** Exceptions are suppressed ({sae}; implied by embedded rounding). */
  sae = false;
  /**
   * Groups of fields that differ from what most instructions have, a bit each: `decode` resets those of the instruction
   * before. Not for others.
   *
   * @internal
   */
  used = 0;
}
