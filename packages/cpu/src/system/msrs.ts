import { AT, GPR } from '../state/layout';
import { EFER } from '../state/mode';
import { STATUS, type HostFunction, type SystemContext } from './context';
import { cpuModel, type CpuModel } from './cpu-models';
import { requireCpl0 } from './operands';
import { refetch } from './transfer';
import { VECTOR } from './vectors';

/** One model-specific register. `read` gives 64 bits; `write` returns false for a value that raises #GP(0). */
interface Msr {
  readonly name: string;
  /** Models that have it; all if absent. */
  readonly present?: (model: CpuModel) => boolean;
  readonly read: (cpu: SystemContext) => bigint;
  readonly write: (cpu: SystemContext, value: bigint) => boolean;
}

const onAmd = (model: CpuModel): boolean => model.vendor === 'AMD';
const onIntel = (model: CpuModel): boolean => model.vendor === 'Intel';
const hasEfer = (model: CpuModel): boolean => model.eferBits !== 0;

/** A register that is a 64-bit field of the state. */
const stored = (name: string, at: number, present?: (model: CpuModel) => boolean): Msr => ({
  name,
  ...(present ? { present } : {}),
  read: (cpu) => cpu.state.u64(at),
  write: (cpu, value) => {
    cpu.state.set64(at, value);
    return true;
  },
});

/** A register that always reads the same and ignores what is written. */
const fixed = (
  name: string,
  value: (model: CpuModel) => bigint,
  present?: (model: CpuModel) => boolean,
): Msr => ({
  name,
  ...(present ? { present } : {}),
  read: (cpu) => value(cpuModel(cpu.model)),
  write: () => true,
});

const timestamp: Msr = {
  name: 'IA32_TIME_STAMP_COUNTER',
  read: (cpu) => timestampCounter(cpu),
  write: (cpu, value) => {
    cpu.state.set64(AT.tscOffset, value - BigInt(cpu.readTimestamp()));
    return true;
  },
};

/** What RDTSC and IA32_TIME_STAMP_COUNTER tell. */
function timestampCounter(cpu: SystemContext): bigint {
  return BigInt.asUintN(64, BigInt(cpu.readTimestamp()) + cpu.state.u64(AT.tscOffset));
}

/** Memory types that a PAT entry can hold: UC, WC, WT, WP, WB, UC- (SDM vol. 3A, table 11-10). */
const PAT_TYPES = 0b1111_0011;

const pat: Msr = {
  ...stored('IA32_PAT', AT.pat),
  write: (cpu, value) => {
    for (let n = 0n; n < 64n; n += 8n) {
      const type = Number((value >> n) & 0xffn);
      if (type > 7 || ((PAT_TYPES >>> type) & 1) === 0) return false;
    }
    cpu.state.set64(AT.pat, value);
    return true;
  },
};

const efer: Msr = {
  ...stored('EFER', AT.efer, hasEfer),
  write: (cpu, value) => {
    if (value & ~BigInt(cpuModel(cpu.model).eferBits)) return false;
    const changed = value ^ cpu.state.u64(AT.efer);
    cpu.state.set64(AT.efer, value);
    if (changed & BigInt(EFER.nxe)) cpu.flushTlb();
    return true;
  },
};

/** Linear addresses: 32 bits count. */
const linearAddress = (name: string, at: number): Msr => ({
  ...stored(name, at),
  write: (cpu, value) => {
    cpu.state.set64(at, value & 0xffff_ffffn);
    return true;
  },
});

/** Width of a performance counter (APM vol. 2, 13.2.1). */
const COUNTER_BITS = 48;

/** PerfEvtSel0..3 and PerfCtr0..3: they hold what is written, but nothing is counted. */
const performanceRegisters = [0, 1, 2, 3].flatMap((n): [number, Msr][] => [
  [0xc001_0000 + n, stored(`PerfEvtSel${n}`, AT.performanceSelect + 8 * n, onAmd)],
  [
    0xc001_0004 + n,
    {
      ...stored(`PerfCtr${n}`, AT.performanceCounter + 8 * n, onAmd),
      write: (cpu, value) => {
        cpu.state.set64(AT.performanceCounter + 8 * n, BigInt.asUintN(COUNTER_BITS, value));
        return true;
      },
    },
  ],
]);

/** RDPMC's value; undefined if the model has no counter of that number. */
export const performanceCounter = (cpu: SystemContext, number: number): bigint | undefined =>
  onAmd(cpuModel(cpu.model)) && number < 4 ? cpu.state.u64(AT.performanceCounter + 8 * number) : undefined;

/** MCG_CAP of a processor without banks of machine-check registers (SDM vol. 3B, 15.3.1.1). */
const NO_MACHINE_CHECK_BANKS = 0n;

/** HWCR: the TSC counts at a constant rate (bit 24). */
const HWCR_TSC_FREQUENCY = 1n << 24n;
/** DE_CFG: LFENCE is serializing (bit 1). */
const DE_CFG_LFENCE = 2n;

const MSRS: ReadonlyMap<number, Msr> = new Map<number, Msr>([
  [0x10, timestamp],
  [0x17, fixed('IA32_PLATFORM_ID', () => 0n, onIntel)],
  [
    0x8b,
    fixed('IA32_BIOS_SIGN_ID', (model) =>
      onAmd(model) ? BigInt(model.microcode) : BigInt(model.microcode) << 32n,
    ),
  ],
  [0x174, linearAddress('IA32_SYSENTER_CS', AT.sysenterCs)],
  [0x175, linearAddress('IA32_SYSENTER_ESP', AT.sysenterEsp)],
  [0x176, linearAddress('IA32_SYSENTER_EIP', AT.sysenterEip)],
  [0x179, fixed('IA32_MCG_CAP', () => NO_MACHINE_CHECK_BANKS)],
  [0x17a, fixed('IA32_MCG_STATUS', () => 0n)],
  [0x1a0, fixed('IA32_MISC_ENABLE', () => 1n, onIntel)],
  [0x277, pat],
  [0xc000_0080, efer],
  [0xc000_0081, stored('STAR', AT.star, hasEfer)],
  ...performanceRegisters,
  [0xc001_0010, fixed('SYSCFG', () => 0n, onAmd)],
  [0xc001_0015, fixed('HWCR', () => HWCR_TSC_FREQUENCY, onAmd)],
  [0xc001_001f, fixed('NB_CFG', () => 0n, onAmd)],
  [0xc001_1029, fixed('DE_CFG', () => DE_CFG_LFENCE, onAmd)],
]);

/** The register that ECX names; #GP(0) if the model has no such register. */
function selectMsr(cpu: SystemContext): Msr {
  requireCpl0(cpu);
  const msr = MSRS.get(cpu.state.u32(AT.gpr + 8 * GPR.ecx));
  if (!msr || (msr.present && !msr.present(cpuModel(cpu.model)))) return cpu.raise(VECTOR.gp, 0);
  return msr;
}

const rdmsr: HostFunction = (cpu) => {
  const value = selectMsr(cpu).read(cpu);
  cpu.state.set32(AT.gpr + 8 * GPR.eax, Number(value & 0xffff_ffffn));
  cpu.state.set32(AT.gpr + 8 * GPR.edx, Number(value >> 32n));
  return STATUS.next;
};

const wrmsr: HostFunction = (cpu) => {
  const { state } = cpu;
  const msr = selectMsr(cpu);
  const value = (BigInt(state.u32(AT.gpr + 8 * GPR.edx)) << 32n) | BigInt(state.u32(AT.gpr + 8 * GPR.eax));
  if (!msr.write(cpu, value)) cpu.raise(VECTOR.gp, 0);
  return refetch(cpu, state.i32(AT.mode));
};

export const msrInstructions: readonly (readonly [string, HostFunction])[] = [
  ['rdmsr', rdmsr],
  ['wrmsr', wrmsr],
];
