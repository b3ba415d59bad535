import { assemble } from '@trapgate/x86-assembler';
import { CALL_VECTOR } from './guest-calls';
import { CALLS, COMMON, PAGE_FAULT } from './guest-handlers';
import { PLACE, SELECTOR, SPACE_BYTES, VARIABLE } from './guest-places';

/** How the guest is set up before its program runs. */
export interface KernelOptions {
  readonly paging: 'none' | 'legacy' | 'pae';
  /** Where the program starts. */
  readonly main: number;
  /** CPL at which it starts. */
  readonly cpl: 0 | 3;
  /** CR4.PGE: pages of the kernel are global. */
  readonly global: boolean;
  readonly iopl: 0 | 3;
}

const HAS_ERROR_CODE = [8, 10, 11, 12, 13, 14, 17];
const VECTORS = [...Array.from({ length: 0x30 }, (_, n) => n), CALL_VECTOR];

const stub = (vector: number): string =>
  `v${vector}:\n${HAS_ERROR_CODE.includes(vector) ? '' : 'push dword 0\n'}push dword ${vector}\njmp common`;

const BOOT = `
boot:
  lgdt [gdt_pointer]
  lidt [idt_pointer]
  mov eax, ${SELECTOR.task}
  ltr ax
  xor edx, edx
  mov ecx, 0x174
  mov eax, ${SELECTOR.kernelCode}
  wrmsr
  inc ecx
  mov eax, ${PLACE.kernelStackTop - 0x800}
  wrmsr
  inc ecx
  mov eax, system_entry
  wrmsr
%if ENTRY = 8
  mov ecx, 0xc0000080
  rdmsr
  or eax, 0x800
  wrmsr
%endif
  mov eax, CR4
  mov cr4, eax
%if PAGING
  mov eax, FIRST_SPACE
  mov cr3, eax
%endif
  mov eax, CR0
  mov cr0, eax
  mov eax, ${SELECTOR.data}
  mov ds, eax
  mov es, eax
  mov fs, eax
  mov gs, eax
  mov dword [${VARIABLE.space}], ${PLACE.pageTables}
  mov dword [${VARIABLE.recover}], MAIN
  mov dword [${VARIABLE.recoverStack}], ${PLACE.stackTop}
  fninit
%if CPL
  push dword ${SELECTOR.data}
  push dword ${PLACE.stackTop}
%endif
  push dword FLAGS
%if CPL
  push dword ${SELECTOR.userCode}
%else
  push dword ${SELECTOR.kernelCode}
%endif
  push dword MAIN
  iretd
gdt_pointer: dw 0x7f
  dd ${PLACE.tables + 0x800}
idt_pointer: dw ${8 * (CALL_VECTOR + 1) - 1}
  dd ${PLACE.tables}
`;

/** The assembled kernel, and where its code begins at power-on. */
export interface AssembledKernel {
  readonly bytes: Uint8Array;
  readonly boot: number;
  /** Entry points by vector. */
  readonly vectors: ReadonlyMap<number, number>;
}

/** CR3 of the first address space, and what CR3 is xored with to get to the second. */
export const spaces = (paging: KernelOptions['paging']): readonly [number, number] =>
  paging === 'pae'
    ? [PLACE.pageTables + 0x8000, 0x20]
    : [PLACE.pageTables, PLACE.pageTables ^ (PLACE.pageTables + SPACE_BYTES)];

/** A small kernel: exceptions are repaired or recovered from, INT 80h plays with privilege and pages. */
export function assembleKernel(options: KernelOptions): AssembledKernel {
  const [first, xor] = spaces(options.paging);
  const paging = options.paging === 'none' ? 0 : 1;
  const defines = {
    MAIN: options.main,
    ENTRY: options.paging === 'pae' ? 8 : 4,
    SPACE_XOR: xor,
    FIRST_SPACE: first,
    PAGING: paging,
    CPL: options.cpl,
    CR0: paging ? 0x8001_0031 : 0x31,
    CR4: 0x610 | (options.paging === 'pae' ? 0x20 : 0) | (options.global ? 0x80 : 0),
    FLAGS: 0x202 | (options.iopl << 12),
  };
  const source = [
    'bits 32',
    `org ${PLACE.kernelCode}`,
    ...VECTORS.map(stub),
    COMMON,
    PAGE_FAULT,
    CALLS,
    BOOT,
  ];
  const { bytes, symbols } = assemble(source.join('\n'), { defines, fileName: 'guest kernel' });
  return {
    bytes,
    boot: symbols.get('boot')!,
    vectors: new Map(VECTORS.map((vector) => [vector, symbols.get(`v${vector}`)!])),
  };
}
