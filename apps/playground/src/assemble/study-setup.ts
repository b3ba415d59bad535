import type { SettableRegisters, VirtualMachine } from '@trapgate/vmm';

/** What a program starts in. */
export const MODES = [
  ['cpl0', 'Protected mode, CPL 0'],
  ['cpl3', 'Protected mode, CPL 3'],
  ['paging0', 'Protected mode, paging, CPL 0'],
  ['paging3', 'Protected mode, paging, CPL 3'],
  ['cpl0-16', '16-bit protected mode, CPL 0'],
  ['cpl3-16', '16-bit protected mode, CPL 3'],
  ['paging0-16', '16-bit protected mode, paging, CPL 0'],
  ['paging3-16', '16-bit protected mode, paging, CPL 3'],
  ['real', 'Real mode (16 bits)'],
] as const;
export type StudyMode = (typeof MODES)[number][0];

/** Where a program is loaded; its stack is below. */
export const ORIGIN = 0x7c00;
export const codeBits = (mode: StudyMode): 16 | 32 => (mode === 'real' || mode.endsWith('-16') ? 16 : 32);
const hasPaging = (mode: StudyMode): boolean => mode.startsWith('paging');
const isUser = (mode: StudyMode): boolean => /^(cpl|paging)3/.test(mode);

const GDT = 0x1000;
const IDT = 0x1800;
const TSS = 0x2000;
/** One HLT for each exception vector: where an exception ends the program. */
export const HANDLERS = 0x2100;
const KERNEL_STACK = 0x6000;
const PAGE_DIRECTORY = 0x8_0000;
const PAGE_TABLE = 0x8_1000;

const EXCEPTIONS = 32;
/** Selectors; those of 16-bit segments come behind the task's. */
const [CODE_0, DATA_0, CODE_3, DATA_3, TASK] = [0x08, 0x10, 0x1b, 0x23, 0x28] as const;
const [CODE_0_16, DATA_0_16, CODE_3_16, DATA_3_16] = [0x30, 0x38, 0x43, 0x4b] as const;
const GDT_ENTRIES = 10;
const CR0_PROTECTED = 0x6000_0011;
const CR0_PG = 0x8000_0000;
const PRESENT_WRITABLE_USER = 7;
/** A TSS has 104 bytes (SDM vol. 3A, 8.2.1). */
const TSS_LIMIT = 0x67;

/** A flat segment descriptor with this access byte: 4-KByte granular, 32 bits (SDM vol. 3A, 3.4.5). */
const descriptor = (access: number): bigint => 0x00cf_0000_0000_ffffn | (BigInt(access) << 40n);
/** One of 64 KBytes and 16 bits. */
const descriptor16 = (access: number): bigint => 0x0000_0000_0000_ffffn | (BigInt(access) << 40n);
const ACCESS = { code0: 0x9b, data0: 0x93, code3: 0xfb, data3: 0xf3 } as const;

function tables(): { address: number; bytes: Uint8Array }[] {
  const gdt = new BigUint64Array([
    0n,
    ...Object.values(ACCESS).map(descriptor),
    BigInt(TSS_LIMIT) | (BigInt(TSS) << 16n) | (0x8bn << 40n),
    ...Object.values(ACCESS).map(descriptor16),
  ]);
  // 32-bit interrupt gates of DPL 0 (6.11).
  const idt = BigUint64Array.from(
    { length: EXCEPTIONS },
    (_, n) => BigInt(HANDLERS + n) | (BigInt(CODE_0) << 16n) | (0x8en << 40n),
  );
  const tss = new Uint32Array((TSS_LIMIT + 1) / 4);
  tss.set([0, KERNEL_STACK, DATA_0]);
  const at = (address: number, array: ArrayBufferView) => ({ address, bytes: new Uint8Array(array.buffer) });
  return [at(GDT, gdt), at(IDT, idt), at(TSS, tss), at(HANDLERS, new Uint8Array(EXCEPTIONS).fill(0xf4))];
}

/** Maps the first 4 MBytes to themselves, for CPL 3, too. */
function identityMap(): { address: number; bytes: Uint8Array }[] {
  const directory = Uint32Array.of(PAGE_TABLE | PRESENT_WRITABLE_USER);
  const table = Uint32Array.from({ length: 1024 }, (_, n) => (n << 12) | PRESENT_WRITABLE_USER);
  return [
    { address: PAGE_DIRECTORY, bytes: new Uint8Array(directory.buffer) },
    { address: PAGE_TABLE, bytes: new Uint8Array(table.buffer) },
  ];
}

function registersOf(mode: StudyMode): SettableRegisters {
  const general = { eax: 0, ecx: 0, edx: 0, ebx: 0, ebp: 0, esi: 0, edi: 0, esp: ORIGIN, eip: ORIGIN };
  if (mode === 'real') {
    const segment = (access: number) => ({ selector: 0, base: 0, limit: 0xffff, attributes: access });
    const data = segment(0x93);
    return {
      ...general,
      segments: { cs: segment(0x9b), ss: data, ds: data, es: data, fs: data, gs: data },
    };
  }
  const wide = codeBits(mode) === 32;
  const segment = (access: number, selector: number) => ({
    selector,
    base: 0,
    limit: wide ? 0xffff_ffff : 0xffff,
    attributes: wide ? 0xc000 | access : access,
  });
  const selectors = wide ? [CODE_0, DATA_0, CODE_3, DATA_3] : [CODE_0_16, DATA_0_16, CODE_3_16, DATA_3_16];
  const [code, data] = isUser(mode)
    ? [segment(ACCESS.code3, selectors[2]!), segment(ACCESS.data3, selectors[3]!)]
    : [segment(ACCESS.code0, selectors[0]!), segment(ACCESS.data0, selectors[1]!)];
  const paging = hasPaging(mode);
  return {
    ...general,
    cr0: paging ? (CR0_PROTECTED | CR0_PG) >>> 0 : CR0_PROTECTED,
    ...(paging ? { cr3: PAGE_DIRECTORY } : {}),
    gdtr: { base: GDT, limit: GDT_ENTRIES * 8 - 1 },
    idtr: { base: IDT, limit: EXCEPTIONS * 8 - 1 },
    segments: {
      ...{ cs: code, ss: data, ds: data, es: data, fs: data, gs: data },
      tr: { selector: TASK, base: TSS, limit: TSS_LIMIT, attributes: 0x8b },
    },
  };
}

/** Puts a program into an empty machine, with all that its mode needs. */
export async function setUp(machine: VirtualMachine, program: Uint8Array, mode: StudyMode): Promise<void> {
  const pieces = mode === 'real' ? [] : [...tables(), ...(hasPaging(mode) ? identityMap() : [])];
  for (const { address, bytes } of pieces) await machine.writeMemory(address, bytes);
  await machine.writeMemory(ORIGIN, program);
  await machine.setRegisters(registersOf(mode));
}
