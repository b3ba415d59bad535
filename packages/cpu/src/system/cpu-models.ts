import { CR4 } from '../state/mode';

/** One CPUID leaf: leaf number, EAX, EBX, ECX, EDX. Leaves that are not listed read zero. */
export type CpuidRow = readonly [leaf: number, eax: number, ebx: number, ecx: number, edx: number];

/** A processor as CPUID and the MSRs show it. */
export interface CpuModel {
  /** As in `-cpu NAME`. */
  readonly name: string;
  readonly description: string;
  /** Features of the decoder's table that the model lacks, besides those that no model has: their forms raise #UD. */
  readonly absentFeatures: readonly string[];
  readonly vendor: 'AMD' | 'Intel';
  readonly cpuid: readonly CpuidRow[];
  /** CR4 bits that can be set; others raise #GP(0). */
  readonly cr4Bits: number;
  /** EFER bits that can be set; 0: there is no EFER. */
  readonly eferBits: number;
  /** MAXPHYADDR. */
  readonly physicalAddressBits: number;
  /** EDX at reset: family, model, stepping. */
  readonly signature: number;
  /** Microcode revision (MSR 8Bh, high half on Intel, low half on AMD). */
  readonly microcode: number;
}

/** Thrown for a model name that {@link cpuModels} does not have. */
export class UnknownCpuModelError extends Error {
  readonly code = 'UNKNOWN_CPU_MODEL';
  override readonly name = 'UnknownCpuModelError';
  constructor(readonly model: string) {
    super(`there is no processor model '${model}'; known: ${cpuModels.map(({ name }) => name).join(', ')}`);
  }
}

/** CPUID.1:EDX (SDM vol. 2, table 3-11). */
const EDX = {
  fpu: 1 << 0,
  vme: 1 << 1,
  de: 1 << 2,
  pse: 1 << 3,
  tsc: 1 << 4,
  msr: 1 << 5,
  pae: 1 << 6,
  mce: 1 << 7,
  cx8: 1 << 8,
  sep: 1 << 11,
  pge: 1 << 13,
  mca: 1 << 14,
  cmov: 1 << 15,
  pat: 1 << 16,
  pse36: 1 << 17,
  clfsh: 1 << 19,
  mmx: 1 << 23,
  fxsr: 1 << 24,
  sse: 1 << 25,
  sse2: 1 << 26,
} as const;
/** CPUID.1:ECX (SDM vol. 2, table 3-10). */
const ECX = {
  sse3: 1 << 0,
  pclmulqdq: 1 << 1,
  ssse3: 1 << 9,
  sse41: 1 << 19,
  sse42: 1 << 20,
  movbe: 1 << 22,
  popcnt: 1 << 23,
  aes: 1 << 25,
} as const;
/** CPUID.80000001h:EDX (APM vol. 3, appendix E). */
const EXTENDED_EDX = { syscall: 1 << 11, nx: 1 << 20 } as const;
/** CPUID.7.0:EBX (SDM vol. 2, table 3-8). */
const LEAF_7_EBX = { smep: 1 << 7, smap: 1 << 20 } as const;
/** CPUID.80000021h:EAX. */
const EXTENDED_2 = {
  lfenceSerializes: 1 << 2,
  nullClearsBase: 1 << 6,
  automaticIbrs: 1 << 8,
  srsoNo: 1 << 29,
} as const;

/** A CPUID string register: four characters, first in the low byte. */
const chars = (text: string, at: number): number =>
  [0, 1, 2, 3].reduce((word, n) => word | ((text.charCodeAt(at + n) || 0) << (8 * n)), 0);

const vendorRow = (leaf: number, largest: number, vendor: string): CpuidRow => [
  leaf,
  largest,
  chars(vendor, 0),
  chars(vendor, 8),
  chars(vendor, 4),
];

/** Leaves 80000002h..80000004h: 48 characters. */
const brandRows = (brand: string): CpuidRow[] =>
  [0, 1, 2].map((n) => [
    0x8000_0002 + n,
    chars(brand, 16 * n),
    chars(brand, 16 * n + 4),
    chars(brand, 16 * n + 8),
    chars(brand, 16 * n + 12),
  ]);

const COMMON =
  EDX.fpu |
  EDX.vme |
  EDX.de |
  EDX.pse |
  EDX.tsc |
  EDX.msr |
  EDX.pae |
  EDX.mce |
  EDX.cx8 |
  EDX.sep |
  EDX.pge |
  EDX.mca |
  EDX.cmov |
  EDX.pat |
  EDX.pse36 |
  EDX.mmx |
  EDX.fxsr |
  EDX.sse;
const TRAPGATE_EDX = COMMON | EDX.clfsh | EDX.sse2;
/** Bits that leaf 80000001h repeats from leaf 1. */
const REPEATED = 0x0183_f3ff & ~EDX.sep;
const TRAPGATE_ECX = Object.values(ECX).reduce((word, bit) => word | bit, 0);
/** Family 19h, model 61h, stepping 2: the first family with Automatic IBRS. */
const TRAPGATE_SIGNATURE = 0x00a6_0f12;
const PENTIUM3_SIGNATURE = 0x683;

const CR4_COMMON =
  CR4.vme |
  CR4.pvi |
  CR4.tsd |
  CR4.de |
  CR4.pse |
  CR4.pae |
  CR4.mce |
  CR4.pge |
  CR4.pce |
  CR4.osfxsr |
  CR4.osxmmexcpt;
const EFER_BITS = 0x0020_0801; // SCE, NXE, AIBRSE

/**
 * The default: a 32-bit AMD processor without long mode, APIC, MTRRs and banks of machine-check registers, with the
 * SSE instructions, SSE4.2 and AES among them. What it says about speculation (Automatic IBRS, immune to SRSO, TSA, SSB; AMD: no Meltdown, L1TF, MDS)
 * keeps retpolines, page-table isolation and buffer clearing out of kernels.
 */
const trapgate: CpuModel = {
  name: 'trapgate',
  description: '32-bit AuthenticAMD with SSE4.2, AES, PAE, NX and Automatic IBRS (default)',
  absentFeatures: ['smap'],
  vendor: 'AMD',
  signature: TRAPGATE_SIGNATURE,
  microcode: 0x0a60_1206,
  physicalAddressBits: 36,
  cr4Bits: CR4_COMMON | CR4.smep,
  eferBits: EFER_BITS,
  cpuid: [
    vendorRow(0, 7, 'AuthenticAMD'),
    [1, TRAPGATE_SIGNATURE, 0x0000_0800, TRAPGATE_ECX, TRAPGATE_EDX], // CLFLUSH line 8 * 8 bytes
    [7, 0, LEAF_7_EBX.smep, 0, 0],
    vendorRow(0x8000_0000, 0x8000_0021, 'AuthenticAMD'),
    [
      0x8000_0001,
      TRAPGATE_SIGNATURE,
      0,
      0,
      (TRAPGATE_EDX & REPEATED) | EXTENDED_EDX.syscall | EXTENDED_EDX.nx,
    ],
    ...brandRows('Trapgate virtual x86 processor'),
    [0x8000_0005, 0xff40_ff40, 0xff40_ff40, 0x2008_0140, 0x2008_0140], // L1: 32 KB, 8-way, 64-byte lines; TLBs: 64 entries
    [0x8000_0006, 0, 0, 0x0200_6140, 0], // L2: 512 KB, 8-way, 64-byte lines
    [0x8000_0007, 0, 0, 0, 1 << 8], // invariant TSC
    [0x8000_0008, 0x0000_2024, 1 << 26, 0, 0], // 36 physical, 32 linear address bits; SSB_NO
    [
      0x8000_0021,
      EXTENDED_2.lfenceSerializes | EXTENDED_2.nullClearsBase | EXTENDED_2.automaticIbrs | EXTENDED_2.srsoNo,
      0,
      0x6, // TSA_SQ_NO, TSA_L1_NO
      0,
    ],
  ],
};

/** The default with SMAP, which makes a kernel execute STAC and CLAC around its every access to user memory. */
const max: CpuModel = {
  ...trapgate,
  name: 'max',
  description: 'the default with SMAP: all that the processor has',
  absentFeatures: [],
  cr4Bits: trapgate.cr4Bits | CR4.smap,
  cpuid: trapgate.cpuid.map((row) => (row[0] === 7 ? [7, 0, LEAF_7_EBX.smep | LEAF_7_EBX.smap, 0, 0] : row)),
};

/** As QEMU's model of that name, less MCE, MCA, APIC and MTRR, which are not there. */
const pentium3: CpuModel = {
  name: 'pentium3',
  description: 'GenuineIntel family 6, model 8 with SSE; kernels believe it needs retpolines',
  absentFeatures: [
    'sse2',
    'sse3',
    'ssse3',
    'sse4.1',
    'sse4.2',
    'aes',
    'pclmulqdq',
    'popcnt',
    'movbe',
    'clfsh',
    'syscall',
    'smap',
  ],
  vendor: 'Intel',
  signature: PENTIUM3_SIGNATURE,
  microcode: 0x1,
  physicalAddressBits: 36,
  cr4Bits: CR4_COMMON,
  eferBits: 0,
  cpuid: [
    vendorRow(0, 3, 'GenuineIntel'),
    [1, PENTIUM3_SIGNATURE, 0, 0, COMMON],
    [2, 0x0302_0101, 0, 0, 0x0c04_0844], // TLBs, L1 16 + 16 KB, L2 512 KB
    [3, 0, 0, 0, 0],
  ],
};

/** The models that `-cpu` can name; the first is the default. */
export const cpuModels: readonly CpuModel[] = [trapgate, pentium3, max];

/** The model of that name; throws {@link UnknownCpuModelError}. */
export function cpuModel(name: string): CpuModel {
  const model = cpuModels.find((candidate) => candidate.name === name);
  if (!model) throw new UnknownCpuModelError(name);
  return model;
}
