import { DESCRIPTOR_TABLES } from '../../packages/cpu/src/testing/hardware-segments';
import type { VectorResult } from '../../packages/cpu/src/testing/hardware-vectors';
import type { Item } from './cases';

/** Highest address of the recorder's maps that the simulated process has too. */
const COMMON_MAPS_END = 0x0100_0000;

/** The descriptor tables are mapped in the simulated process, for the supervisor; in the recorder's nothing is there. */
const isTable = (address: number): boolean =>
  address >= DESCRIPTOR_TABLES.gdt && address < DESCRIPTOR_TABLES.ldt + 0x1000;

/** Whether the processes differ where this one faulted: the recorder's has its program, its stack and the kernel's pages. */
export function isForeignMemory(real: VectorResult, simulated: VectorResult): boolean {
  if (simulated.vector !== 14) return false;
  if (isTable(simulated.cr2)) return true;
  const same = real.vector === 14 && real.cr2 === simulated.cr2 && (real.error & 1) === 0;
  return simulated.cr2 >= COMMON_MAPS_END && !same;
}

/**
 * Why a case is not compared: the manuals leave it undefined, the recorder's process is not the simulated one, or the
 * simulation is known to differ. Undefined if it is.
 */
export function knownGap(
  { form, vector, immediate }: Item,
  real: VectorResult,
  simulated: VectorResult,
): string | undefined {
  const { mnemonic } = form;
  if (real.vector === 17) return 'alignment check';
  if (real.vector === 99) return 'endless loop';
  if (real.vector === 14 && real.error & 16 && real.cr2 >>> 20 === 5) return 'data is not executable there';
  if (/^(j|call|ret|loop)/.test(mnemonic) && (real.vector === 13) !== (simulated.vector === 13)) {
    return 'transfer beyond the CS limit: the transfer faults there, the fetch here';
  }
  if (simulated.vector === 14 && simulated.cr2 >= COMMON_MAPS_END && real.vector !== 14) {
    if (real.vector === 12 || real.vector === 13)
      return 'access that wraps around 4 GB: #GP or #SS there, #PF here';
    return "memory of the recorder's own";
  }
  if (real.vector === 14 && simulated.vector === 14 && real.error & 1 && real.cr2 >= COMMON_MAPS_END)
    return "memory of the recorder's own";
  if (/^sh[lr]d$/.test(mnemonic) && form.operands[0]!.size === 16) {
    const count = form.operands[2]!.kind === 'imm' ? immediate : vector.gpr[1]!;
    if ((count & 31) > 16) return 'SHLD, SHRD of 16 bits by more than 16: undefined';
  }
  if (mnemonic === 'bswap' && form.operandSize === 16) return 'BSWAP of 16 bits: undefined';
  const general =
    vector.bits === 16 || vector.code.subarray(0, 5).some((byte) => byte === 0x64 || byte === 0x67);
  if (/^bt[src]?$/.test(mnemonic) && form.operands[1]!.kind === 'reg' && general) {
    return 'BT with a register offset: segment limit and 16-bit wrap are those of the base address here';
  }
  if (/^(pusha|popa)/.test(mnemonic) && real.vector !== 3)
    return 'PUSHA, POPA that fault: done in part there, not at all here';
  if (/^cmps/.test(mnemonic) && real.vector === 14 && simulated.vector === 14 && real.cr2 !== simulated.cr2) {
    return 'CMPS with two faulting operands: which of them is reported';
  }
  if ((form.far || /^(iret|l[defgs]s$|lss)/.test(mnemonic)) && real.vector > 9 && simulated.vector > 9) {
    const samePlace = real.vector !== 14 || real.cr2 === simulated.cr2;
    const same =
      real.vector === simulated.vector && samePlace && real.changes.length === simulated.changes.length;
    if (!same) return 'far pointer with several faults: which is reported, and what was pushed before';
  }
  if (mnemonic === 'arpl' && real.vector === 3 && simulated.vector !== 3)
    return 'ARPL that changes nothing: no write there, a checked write here';
  const otherBits = real.gpr.map((value, n) => value ^ simulated.gpr[n]!);
  if (mnemonic === 'lar' && otherBits.some((bits) => bits !== 0 && (bits & ~0xf_0000) === 0))
    return 'LAR: bits 19:16 of the result, undefined by Intel, are those of the limit there';
  if (/^(nop|prefetch|ud)/.test(mnemonic) && simulated.vector !== real.vector)
    return 'operands that are not accessed are checked against their segment here';
  return undefined;
}
