/** Where an operand is encoded. */
export type OperandKind =
  | 'reg' // general register in ModRM.reg
  | 'rm' // general register or memory in ModRM.rm
  | 'r' // general register in ModRM.rm (register only)
  | 'm' // memory in ModRM.rm (memory only)
  | 'opreg' // general register in the low three bits of the opcode
  | 'fixed' // implied register, named in `register`
  | 'imm'
  | 'one' // the constant 1
  | 'rel' // branch displacement
  | 'far' // ptr16:16, ptr16:32
  | 'moffs'
  | 'sreg'
  | 'creg'
  | 'dreg'
  | 'st0'
  | 'sti' // x87 stack register in ModRM.rm
  | 'mmreg'
  | 'mmrm'
  | 'mmr'
  | 'xmmreg' // vector register in ModRM.reg, of `size` bits (xmm, ymm, zmm)
  | 'xmmrm' // vector register or memory in ModRM.rm; the register is xmm where `size` is less than 128
  | 'xmmr'
  | 'xmmv' // vector register in VEX.vvvv
  | 'xmmis4' // vector register in bits 7:4 of the immediate byte
  | 'vsib' // memory with a vector register as the index, of `index` bits
  | 'regv' // general register in VEX.vvvv
  | 'kreg' // opmask register in ModRM.reg
  | 'krm'
  | 'kr'
  | 'kv'
  | 'tmmreg' // tile register in ModRM.reg
  | 'tmmr'
  | 'tmmv'
  | 'bndreg' // bound register in ModRM.reg
  | 'bndrm';

/** Whether an instruction reads an operand, writes it, does both, or neither (LEA's address). */
export type OperandAccess = 'r' | 'w' | 'rw' | 'none';

/** One explicit operand of a form. */
export interface OperandSpec {
  readonly kind: OperandKind;
  /** Bits. For `mmrm`/`xmmrm`: of the memory access. For `rm`: of the register (and of the memory unless `memory` is given). */
  readonly size: number;
  readonly access: OperandAccess;
  /** Name of the register of a `fixed` operand. */
  readonly register?: string | undefined;
  /** Immediates: bits it is sign-extended to; equal to `size` if it is not extended. */
  readonly extended?: number | undefined;
  /** `rm` only: bits of the memory access where they differ from the register's (r32/m16). */
  readonly memory?: number | undefined;
  /** `xmmrm` with EVEX.b: bits of the one element that is read from memory and broadcast. */
  readonly broadcast?: number | undefined;
  /** `vsib` only: bits of the index register. */
  readonly index?: number | undefined;
  /** The operand names the first of this many consecutive registers (vp2intersectd: 2, v4fmaddps: 4). */
  readonly count?: number | undefined;
}

/** EFLAGS bit masks. The five sets do not overlap, except that a flag can be read as well. */
export interface FlagEffects {
  readonly read: number;
  /** Written according to the result. */
  readonly written: number;
  readonly cleared: number;
  readonly set: number;
  readonly undefined: number;
}

/**
 * What the processor checks before it executes a form (Intel SDM vol. 2, exceptions sections):
 * - `cpl0`: CPL 0
 * - `iopl`: CPL <= IOPL
 * - `io`: CPL <= IOPL, or the I/O permission bitmap allows the port
 * - `vm86-iopl`: IOPL 3, in virtual-8086 mode only
 * - `tsd`, `pce`, `umip`: CPL 0 if CR4.TSD is set, CR4.PCE is clear, CR4.UMIP is set
 */
export type Privilege = 'none' | 'cpl0' | 'iopl' | 'io' | 'vm86-iopl' | 'tsd' | 'pce' | 'umip';

/**
 * Popek-Goldberg class: `privileged` traps outside CPL 0 (or above IOPL); `sensitive` depends on or changes
 * privileged state without trapping, so that direct execution would be unfaithful; `innocuous` is the rest.
 */
export type Sensitivity = 'innocuous' | 'privileged' | 'sensitive';

/** How the opcode is introduced; `3dnow` has it behind the operands. */
export type Encoding = 'legacy' | 'vex' | 'evex' | 'xop' | '3dnow';

/** One instruction form: a row of the table with its sizes resolved, as in the opcode column of the SDM. */
export interface Form {
  /** Index into `forms`. `forms[0]` is the invalid form, '(bad)'. */
  readonly id: number;
  /** Lower case; conditions are spelled o no b ae z nz be a s ns p np l ge le g. */
  readonly mnemonic: string;
  /** Explicit operands in Intel order. */
  readonly operands: readonly OperandSpec[];
  readonly encoding: Encoding;
  /** Opcode map: one-byte, 0F, 0F 38, 0F 3A; 5 and 6 of EVEX; 8, 9 and 10 of XOP. */
  readonly map: 0 | 1 | 2 | 3 | 5 | 6 | 8 | 9 | 10;
  /** Opcode byte; with an `opreg` operand the first of eight. */
  readonly opcode: number;
  /** ModRM.reg if it extends the opcode, else -1. */
  readonly digit: number;
  readonly modrm: boolean;
  /** A whole ModRM byte that is part of the opcode, else -1. */
  readonly fixedModrm: number;
  /**
   * What ModRM.mod must say; `sib`: memory, with a SIB byte; `ignored`: the operand is a register whatever it says (control
   * and debug registers).
   */
  readonly mod: 'any' | 'memory' | 'register' | 'sib' | 'ignored';
  /** Mandatory prefix, 0 if none. */
  readonly prefix: 0 | 0x66 | 0xf3 | 0xf2;
  /** A 66, F3 or F2 prefix besides `prefix` makes it another instruction or #UD (NP in the manual). */
  readonly noPrefix: boolean;
  /** An F3 or F2 prefix makes it another instruction or #UD; 66 chooses the operand size. */
  readonly noRepeat: boolean;
  /** Effective operand size that the form is for; 0: the operand size does not matter. */
  readonly operandSize: 0 | 16 | 32 | 64;
  /** Address size that the form is for (jcxz, jecxz, jrcxz), else 0. */
  readonly addressSize: 0 | 16 | 32 | 64;
  /** The operand size is 64 in 64-bit code without REX.W (push, pop, near branches ...). */
  readonly default64: boolean;
  /**
   * Which effective operand sizes select the form: `exact` its own; `default64` and `force64`: 64 also stands for what
   * would be 32 (16 and 32) in 64-bit code; `max32`: 32 also stands for 64 (REX.W is ignored).
   */
  readonly sizeRule: 'exact' | 'default64' | 'force64' | 'max32';
  /** Needs REX.B (xchg r8, rax: without it opcode 90 is nop). */
  readonly rexB: boolean;
  /** Bit 0: valid in 16/32-bit code; bit 1: valid in 64-bit code. */
  readonly modes: number;
  /** Processor or CPUID feature that introduced it. */
  readonly feature: string;
  readonly flags: FlagEffects;
  readonly privilege: Privilege;
  readonly sensitivity: Sensitivity;
  /** LOCK is allowed if the destination is memory. */
  readonly lockable: boolean;
  /** Which repeat prefixes mean something. */
  readonly rep: 'none' | 'rep' | 'repz';
  /** Far transfer: the `m` or `far` operand is a far pointer. */
  readonly far: boolean;
  /** Another form means the same and is the documented one; encoders never choose this one. */
  readonly alias: boolean;
  /** VEX.L or EVEX.L'L, in bits; 0: ignored, or a legacy encoding. */
  readonly vectorLength: 0 | 128 | 256 | 512;
  /** VEX.W, EVEX.W or XOP.W; -1: ignored, or a legacy encoding. */
  readonly w: -1 | 0 | 1;
  /**
   * What EVEX.aaa and EVEX.z may do to the first operand: `merge` {k}; `zero` {k} and {k}{z}; `required` {k} other than k0
   * (gather, scatter).
   */
  readonly masking: 'none' | 'merge' | 'zero' | 'required';
  /** What EVEX.b says without a memory operand: `sae` suppresses exceptions, `er` chooses the rounding in EVEX.L'L as well. */
  readonly rounding: 'none' | 'sae' | 'er';
  /** The destination must not be a source, index or mask register too (gather, tile products, complex products). */
  readonly distinct: boolean;
  /** Bytes that an 8-bit displacement counts (EVEX disp8*N without broadcast; with broadcast N is the element). */
  readonly displacementUnit: number;
}

/** EFLAGS bits (Intel SDM vol. 1, 3.4.3). */
export const eflags = {
  cf: 1 << 0,
  pf: 1 << 2,
  af: 1 << 4,
  zf: 1 << 6,
  sf: 1 << 7,
  tf: 1 << 8,
  if: 1 << 9,
  df: 1 << 10,
  of: 1 << 11,
  iopl: 3 << 12,
  nt: 1 << 14,
  rf: 1 << 16,
  vm: 1 << 17,
  ac: 1 << 18,
  vif: 1 << 19,
  vip: 1 << 20,
  id: 1 << 21,
} as const;

/** The sixteen conditions in encoding order, spelled as in `Form.mnemonic`. */
export const conditions = [
  'o',
  'no',
  'b',
  'ae',
  'z',
  'nz',
  'be',
  'a',
  's',
  'ns',
  'p',
  'np',
  'l',
  'ge',
  'le',
  'g',
] as const;
