import { expect, it } from 'vitest';
import { compareEngines, type Subject } from './testing/lockstep';

const [DIRECTORY, TABLE] = [0x80000, 0x81000];
const PRESENT_WRITABLE = 3;
const GLOBAL = 0x100;
const [PG_PE, PGE] = [0x8000_0011, 0x80];
const PAGES = 1024;

/** Paging with 4 KB pages over the first 4 MB: RAM at its own addresses but for what `place` says. */
function paged(place: (page: number) => number | undefined, bits = 0): (machine: Subject) => void {
  return ({ memory, processor: { registers } }) => {
    memory.write32(DIRECTORY, TABLE | PRESENT_WRITABLE);
    for (let page = 0; page < PAGES; page++)
      memory.write32(TABLE + 4 * page, ((place(page) ?? page) << 12) | PRESENT_WRITABLE | bits);
    registers.cr3 = DIRECTORY;
    registers.cr4 = PGE;
    registers.cr0 = PG_PE;
  };
}

/** A function that uses 64 bytes of stack. */
const FRAME =
  'f: push ebp\nmov ebp, esp\nsub esp, 64\nmov [ebp-8], ecx\nmov [ebp-60], eax\nadd eax, [ebp-8]\nadd eax, [ebp-60]\nleave\nret';

it('keeps stack frames translated that lie across pages which are apart in RAM', () => {
  // Linear 40000h and 41000h.
  const apart = (page: number): number | undefined => ({ 0x40: 0x90, 0x41: 0x70 })[page];
  const source = `mov esp, 0x41020\nmov ecx, 4000\nagain: call f\nloop again\nhlt\n${FRAME}`;
  const { share } = compareEngines(source, { slice: 997, prepare: paged(apart) });
  expect(share).toBeGreaterThan(0.9);
});

it('keeps loops translated that push their own stack frame out of the TLB', () => {
  // All of 1 MB to 4 MB is one page.
  const sweep = (page: number): number | undefined => (page >= 0x100 ? 0xa8 : undefined);
  const frame = 'cmp ecx, 150\njb skip\nmov eax, [esp+8]\nadd eax, [esp+12]\nskip: loop again\nhlt';
  const body = 'sweep: mov [ebx], ecx\nadd ebx, 4096\ncmp ebx, 0x400000\njb sweep';
  const source = `mov esp, 0x50000\nmov [esp+8], esp\nmov ecx, 200\nagain: mov ebx, 0x101000\n${body}\n${frame}`;
  const { share } = compareEngines(source, { slice: 997, prepare: paged(sweep) });
  expect(share).toBeGreaterThan(0.9);
});

it.each([
  ['apart in RAM', 0x70, PRESENT_WRITABLE],
  ['of which one may not be written', 0x70, 1],
  ['of which one is not there', 0x70, 0],
])('gives accesses by a pointer what they give in the interpreter in pages %s', (_name, frame, rights) => {
  const prepare = (machine: Subject): void => {
    paged((page) => ({ 0x40: 0x90 })[page])(machine);
    machine.memory.write32(TABLE + 4 * 0x41, (frame << 12) | rights);
    machine.processor.registers.cr0 = PG_PE | 0x1_0000;
  };
  const body =
    'mov eax, [ebx+8]\nadd eax, [ebx]\nadd edx, [ebx+4]\nadd [ebx+12], eax\nmov [ebx+1], dl\nadd edx, [ebx+20]';
  const source = `mov ebx, 0x40f00\nmov ecx, 200\nagain: ${body}\nadd ebx, 3\nloop again\nhlt`;
  for (const slice of [1, 997])
    expect(compareEngines(source, { slice, prepare }).regions).toBeGreaterThan(slice === 1 ? -1 : 0);
});

it('forgets pages that are not global when CR3 is loaded, translated code among them', () => {
  // Two address spaces differ in where 30000h is, code and data: the page table is exchanged by writing an entry.
  const entry = TABLE + 4 * 0x30;
  const code =
    'mov byte [0x60000], 0x40\nmov byte [0x60001], 0xc3\nmov byte [0x70000], 0x4a\nmov byte [0x70001], 0xc3';
  const turn = `xor dword [${entry}], 0x10000\nmov edi, cr3\nmov cr3, edi\nmov ebp, 9\ninner: call 0x30000\nadd esi, [0x30000]\ndec ebp\njnz inner`;
  const source = `${code}\nmov dword [${entry}], 0x60003\nmov ecx, 300\nagain: ${turn}\nloop again\nhlt`;
  const { regions } = compareEngines(source, { prepare: paged(() => undefined, GLOBAL) });
  expect(regions).toBeGreaterThan(0);
});
