/** Where things lie in the guest that random programs run in: linear addresses, and physical ones where paging is off. */
export const PLACE = {
  /** IDT, GDT, TSS. */
  tables: 0x1000,
  /** The kernel's variables; supervisor only. */
  kernelData: 0x2000,
  kernelCode: 0x3000,
  kernelStackTop: 0x8000,
  /** Variables of the program, writable at CPL 3. */
  variables: 0x8000,
  /** Page directories and tables; with PAE the page-directory-pointer tables too. */
  pageTables: 0x1_0000,
  code: 0x2_0000,
  codeEnd: 0x3_0000,
  /** Where programs copy code to. */
  copies: 0x3_0000,
  data: 0x4_0000,
  dataEnd: 0x5_0000,
  stack: 0x5_0000,
  stackTop: 0x5_8000,
  video: 0xa_0000,
  ramBytes: 0x10_0000,
  /** With paging on, the first MB appears here once more. */
  alias: 0x40_0000,
  /** And here, read-write for all, in a large page. */
  largeAlias: 0x80_0000,
} as const;

/** Variables of the program, and of the kernel. */
export const VARIABLE = {
  /** EIP and ESP at which the kernel goes on after an exception that it does not repair; used once. */
  recover: PLACE.variables,
  recoverStack: PLACE.variables + 4,
  seed: PLACE.variables + 8,
  counters: PLACE.variables + 0x40,
  functions: PLACE.variables + 0x400,
  count: PLACE.kernelData,
  ticks: PLACE.kernelData + 4,
  nmis: PLACE.kernelData + 8,
  steps: PLACE.kernelData + 0xc,
  /** Page directory of the address space in use. */
  space: PLACE.kernelData + 0x10,
  broken: PLACE.kernelData + 0x14,
  pageFaults: PLACE.kernelData + 0x18,
  systemEntries: PLACE.kernelData + 0x1c,
  saved: PLACE.kernelData + 0x20,
  breakpoints: PLACE.kernelData + 0x24,
  frame: PLACE.kernelData + 0x40,
} as const;

/** Bytes of one address space's tables: directory, table of the first MB, table of its alias. */
export const SPACE_BYTES = 0x4000;

/** Selectors. ES, DS, FS and GS hold `data` at both privilege levels. */
export const SELECTOR = {
  kernelCode: 8,
  kernelStack: 0x10,
  userCode: 0x1b,
  data: 0x23,
  task: 0x28,
  /** Base 40000h, limit FFFFh. */
  offset: 0x33,
  /** Base 0, limit 47FFFh. */
  limited: 0x3b,
  /** 16-bit code, base 20000h. */
  code16: 0x40,
} as const;
