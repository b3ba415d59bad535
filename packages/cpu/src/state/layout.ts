import { PAGING_FIELDS } from '@trapgate/mmu';
import { Layout } from '@trapgate/wasm-assembler';

/** Numbers of the segment registers and the two system segment registers in the arrays below (SDM 2A, 2.1.5 order). */
export const SEGMENT = { es: 0, cs: 1, ss: 2, ds: 3, fs: 4, gs: 5, ldtr: 6, tr: 7 } as const;

/** Numbers of the general registers (SDM 2A, table 3-1). */
export const GPR = { eax: 0, ecx: 1, edx: 2, ebx: 3, esp: 4, ebp: 5, esi: 6, edi: 7 } as const;

/**
 * The processor's state block. The general registers come first, so that a decoded record can name one by a byte:
 * register number * 8 (+ 1 for AH, CH, DH, BH); `zero` follows and always reads 0 (an absent base or index).
 */
export const STATE = new Layout([
  { name: 'gpr', width: 64, count: 16, source: 'SDM 1, 3.4.1' },
  { name: 'zero', width: 64 },
  { name: 'rip', width: 64, source: 'SDM 1, 3.5' },
  // The six arithmetic flags are lazy: see semantics/flags.ts. `eflags` holds the others (and never those six).
  { name: 'eflags', width: 32, source: 'SDM 1, 3.4.3' },
  { name: 'carries', width: 32 },
  { name: 'zeroResult', width: 32 },
  { name: 'signParity', width: 32 },
  /** Operands of the instruction that the flags follow from, while translated code has not computed them: state/pending-flags.ts. */
  { name: 'pendingKind', width: 32 },
  { name: 'pendingX', width: 32 },
  { name: 'pendingY', width: 32 },
  { name: 'pendingZ', width: 32 },
  /** Changes whenever translations are dropped, and with the privilege level: what calls translations does not go on then. */
  { name: 'translationEpoch', width: 32 },
  /** Instructions that may still be executed before run() returns. */
  { name: 'budget', width: 32 },
  { name: 'cpl', width: 32, source: 'SDM 3A, 5.5' },
  /** Code size, flatness and so on: what decoded code assumes; see state/mode.ts. */
  { name: 'mode', width: 32 },
  /** FFFFh or FFFFFFFFh: which bits of ESP stack instructions use (SS.B). */
  { name: 'stackMask', width: 32 },
  /** The INTR or NMI input is asserted: instructions that set IF look at it. */
  { name: 'interruptPending', width: 32 },
  /** Interrupts are inhibited until after the next instruction: 1 after STI, 2 after MOV SS / POP SS. */
  { name: 'interruptShadow', width: 32, source: 'SDM 3A, 6.8.3' },
  /** NMIs are held back until IRET: 0 or 1. */
  { name: 'nmiBlocked', width: 32, source: 'SDM 3A, 6.7.1' },
  /** Decoded code has been dropped because it was written: repeated string instructions look at it between iterations. */
  { name: 'codeWritten', width: 32 },
  /** Code may be fetched from the page in which the limit of CS ends; the engine checks each instruction then. */
  { name: 'limitedFetch', width: 32 },
  { name: 'selector', width: 16, count: 8, source: 'SDM 3A, 3.4.2' },
  { name: 'segmentBase', width: 64, count: 8, source: 'SDM 3A, 3.4.3' },
  /** Limit in bytes, granularity applied: the last valid offset (or, expand-down, the last invalid one). */
  { name: 'segmentLimit', width: 32, count: 8, source: 'SDM 3A, 3.4.5' },
  /** Descriptor bits 55..40 as in the second dword's bits 23..8: type 3:0, S 4, DPL 6:5, P 7, AVL 12, L 13, D/B 14, G 15; 0 = unusable. */
  { name: 'segmentAttributes', width: 32, count: 8, source: 'SDM 3A, 3.4.5' },
  { name: 'gdtrBase', width: 64, source: 'SDM 3A, 2.4.1' },
  { name: 'idtrBase', width: 64, source: 'SDM 3A, 2.4.3' },
  { name: 'gdtrLimit', width: 32 },
  { name: 'idtrLimit', width: 32 },
  ...PAGING_FIELDS,
  { name: 'cr8', width: 64, source: 'SDM 3A, 2.5' },
  { name: 'dr', width: 64, count: 8, source: 'SDM 3B, 17.2' },
  { name: 'sysenterCs', width: 64, source: 'SDM 4, MSR 174h' },
  { name: 'sysenterEsp', width: 64, source: 'SDM 4, MSR 175h' },
  { name: 'sysenterEip', width: 64, source: 'SDM 4, MSR 176h' },
  { name: 'star', width: 64, source: 'APM 2, 6.1.1' },
  { name: 'lstar', width: 64 },
  { name: 'cstar', width: 64 },
  { name: 'sfmask', width: 64 },
  { name: 'kernelGsBase', width: 64 },
  { name: 'pat', width: 64, source: 'SDM 3A, 11.12' },
  { name: 'apicBase', width: 64, source: 'SDM 3A, 10.4.4' },
  { name: 'tscOffset', width: 64 },
  /** The time-stamp counter without its offset as it was shown last, and the budget then. */
  { name: 'timestampBase', width: 64 },
  { name: 'timestampBudget', width: 32 },
  /** Ticks an instruction, times 2^16, by which it goes on from there; 0: the host has to be asked. */
  { name: 'timestampRate', width: 32 },
  // x87: register n of the file (not of the stack) has its significand in the low 64 bits and sign and exponent in the next 16; MMX registers are the significands.
  { name: 'fpr', width: 128, count: 8, source: 'SDM 1, 8.1.2' },
  { name: 'xmm', width: 128, count: 16, source: 'SDM 1, 10.2.2' },
  { name: 'fpuControl', width: 16, source: 'SDM 1, 8.1.5' },
  /** Status word without TOP (bits 13:11 are zero here). */
  { name: 'fpuStatus', width: 16, source: 'SDM 1, 8.1.3' },
  { name: 'fpuTop', width: 32 },
  /** Bit n is set when register n of the file is not empty (the abridged tag word of FXSAVE). */
  { name: 'fpuValid', width: 32, source: 'SDM 1, 10.5.1.1' },
  { name: 'fpuOpcode', width: 16, source: 'SDM 1, 8.1.9' },
  { name: 'fpuInstructionSelector', width: 16, source: 'SDM 1, 8.1.8' },
  { name: 'fpuDataSelector', width: 16 },
  { name: 'fpuInstructionPointer', width: 64 },
  { name: 'fpuDataPointer', width: 64 },
  { name: 'mxcsr', width: 32, source: 'SDM 1, 10.2.3' },
  { name: 'performanceSelect', width: 64, count: 4, source: 'APM 2, 13.2.1' },
  { name: 'performanceCounter', width: 64, count: 4, source: 'APM 2, 13.2.1' },
  /** Somebody wants to hear of every system call: INT n and SYSENTER take the long way, which tells. */
  { name: 'systemCallsWatched', width: 32 },
  /** How often INT n (INT3 and INTO, too) has entered the handler of each vector, modulo 2^32. */
  { name: 'softwareInterrupts', width: 32, count: 256 },
  /** How often SYSENTER, then SYSCALL, has been executed, modulo 2^32. */
  { name: 'fastSystemCalls', width: 32, count: 2 },
]);

export type StateField = Parameters<typeof STATE.offset>[0];

/** Byte offsets of the state's fields, for JavaScript code. */
export const AT = STATE.at;
