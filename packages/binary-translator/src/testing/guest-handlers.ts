import { CALL_VECTOR, PORT } from './guest-calls';
import { PLACE, SELECTOR, SPACE_BYTES, VARIABLE } from './guest-places';

// Source text of the guest kernel's handlers. Defined by whoever assembles it: MAIN, ENTRY (bytes of a page-table entry), SPACE_XOR.

/** What the interrupt frame holds, from ESP after `common` has saved the registers. */
const FRAME = { es: 0, ds: 4, eax: 36, vector: 40, error: 44, eip: 48, cs: 52, eflags: 56, esp: 60 } as const;

/** Entered by a stub for each vector that has pushed error code and vector. */
export const COMMON = `
common:
  pushad
  push ds
  push es
  mov eax, ${SELECTOR.data}
  mov ds, eax
  mov es, eax
  cld
  inc dword [${VARIABLE.count}]
  mov eax, [esp + ${FRAME.vector}]
  cmp eax, 14
  je page_fault
  cmp eax, 7
  je no_fpu
  cmp eax, 1
  je debug
  cmp eax, 2
  je nmi
  cmp eax, ${CALL_VECTOR}
  je call_in
  cmp eax, 0x20
  jb recover
  inc dword [${VARIABLE.ticks}]
  out ${PORT.acknowledge}, al
  test byte [${VARIABLE.ticks}], 31
  jz recover
  test byte [${VARIABLE.ticks}], 1
  jz break_one
resume:
  pop es
  pop ds
  popad
  add esp, 8
  iretd
no_fpu:
  clts
  jmp resume
debug:
  mov eax, dr6
  mov ecx, eax
  and eax, 0xffff0ff0
  mov dr6, eax
  test cl, 15
  jz .step
  or dword [esp + ${FRAME.eflags}], 0x10000
  dec dword [${VARIABLE.breakpoints}]
  jg .step
  xor eax, eax
  mov dr7, eax
.step:
  dec dword [${VARIABLE.steps}]
  jg resume
  and dword [esp + ${FRAME.eflags}], 0xfffffeff
  jmp resume
nmi:
  inc dword [${VARIABLE.nmis}]
  test byte [${VARIABLE.nmis}], 7
  jnz resume
; Goes on at the program's recovery point, at the privilege level that was interrupted, with flat segments.
recover:
  fnclex
  mov eax, [${VARIABLE.recover}]
  mov ebx, [${VARIABLE.recoverStack}]
  mov dword [${VARIABLE.recover}], MAIN
  mov dword [${VARIABLE.recoverStack}], ${PLACE.stackTop}
  mov edx, [esp + ${FRAME.eflags}]
  and edx, 0xfff8baff
  mov esi, ${SELECTOR.data}
  mov fs, esi
  mov gs, esi
  mov dword [esp + ${FRAME.es}], esi
  mov dword [esp + ${FRAME.ds}], esi
  test byte [esp + ${FRAME.cs}], 3
  jz inner
  mov [esp + ${FRAME.eip}], eax
  mov dword [esp + ${FRAME.cs}], ${SELECTOR.userCode}
  mov [esp + ${FRAME.eflags}], edx
  mov [esp + ${FRAME.esp}], ebx
  mov dword [esp + ${FRAME.esp + 4}], ${SELECTOR.data}
  jmp resume
inner:
  mov [ebx - 4], edx
  mov dword [ebx - 8], ${SELECTOR.kernelCode}
  mov [ebx - 12], eax
  lea esp, [ebx - 12]
  iretd
system_entry:
  inc dword [${VARIABLE.systemEntries}]
  sti
  sysexit
`;

/** Three faults of four are repaired: the page becomes present and writable, and now and then another one loses that. */
export const PAGE_FAULT = `
; EBX := address of the page-table entry of linear address EAX in this space, CF = 1 if it is not the program's.
entry_of:
  mov ebx, eax
  mov edx, [${VARIABLE.space}]
  add edx, 0x1000
  cmp eax, ${PLACE.alias}
  jb .low
  sub ebx, ${PLACE.alias}
  add edx, 0x1000
.low:
  cmp ebx, ${PLACE.code}
  jb .out
  cmp ebx, ${PLACE.stackTop}
  cmc
  jb .out
  shr ebx, 12
  lea ebx, [edx + ebx*ENTRY]
  clc
.out:
  ret
page_fault:
  mov eax, cr0
  test eax, eax
  jns recover
  mov eax, cr2
  call entry_of
  jc recover
  inc dword [${VARIABLE.pageFaults}]
  test byte [${VARIABLE.pageFaults}], 3
  jz recover
  or byte [ebx], 7
%if ENTRY = 8
  and byte [ebx + 7], 0x7f
%endif
  invlpg [eax]
  test byte [${VARIABLE.pageFaults}], 1
  jz resume
; Another page of data stops being present or writable.
break_one:
  mov eax, cr0
  test eax, eax
  jns resume
  mov eax, [${VARIABLE.broken}]
  lea eax, [eax + eax*4 + 1]
  and eax, 15
  mov [${VARIABLE.broken}], eax
  mov ecx, eax
  shl eax, 12
  add eax, ${PLACE.data}
  call entry_of
  and ecx, 1
  inc ecx
  xor ecx, 3
  not ecx
  and [ebx], ecx
  invlpg [eax]
  jmp resume
`;

/** INT 80h: see CALL. */
export const CALLS = `
call_in:
  cli
  mov eax, [esp + ${FRAME.eax}]
  and eax, 15
  mov ebx, [esp + 24]
  mov ecx, [esp + 32]
  jmp [calls + eax*4]
calls:
  dd switch_space, flip, swap_pages, flush, take_fpu, step, change_rights, toggle_if
  dd toggle_wp, toggle_pge, copy_entry, breakpoint, resume, resume, resume, resume
switch_space:
  mov eax, cr0
  test eax, eax
  jns resume
  xor dword [${VARIABLE.space}], ${PLACE.pageTables ^ (PLACE.pageTables + SPACE_BYTES)}
  mov eax, cr3
  xor eax, SPACE_XOR
  mov cr3, eax
  jmp resume
flush:
  mov eax, cr3
  mov cr3, eax
  jmp resume
flip:
  mov eax, [esp + ${FRAME.eip}]
  mov edx, [esp + ${FRAME.eflags}]
  test byte [esp + ${FRAME.cs}], 3
  jz .outwards
  mov ebx, [esp + ${FRAME.esp}]
  mov [ebx - 12], eax
  mov dword [ebx - 8], ${SELECTOR.kernelCode}
  mov [ebx - 4], edx
  sub ebx, 12
  mov [${VARIABLE.saved}], ebx
  pop es
  pop ds
  popad
  cs mov esp, [${VARIABLE.saved}]
  iretd
.outwards:
  mov [${VARIABLE.frame}], eax
  mov dword [${VARIABLE.frame + 4}], ${SELECTOR.userCode}
  mov [${VARIABLE.frame + 8}], edx
  lea eax, [esp + ${FRAME.esp}]
  mov [${VARIABLE.frame + 12}], eax
  mov dword [${VARIABLE.frame + 16}], ${SELECTOR.data}
  pop es
  pop ds
  popad
  mov esp, ${VARIABLE.frame}
  iretd
; EBX and ECX: pages of the program's code.
swap_pages:
  call two_entries
  jc resume
  mov ecx, [ebx]
  xchg ecx, [esi]
  mov [ebx], ecx
%if ENTRY = 8
  mov ecx, [ebx + 4]
  xchg ecx, [esi + 4]
  mov [ebx + 4], ecx
%endif
  jmp both
; The page of ECX becomes what that of EBX is.
copy_entry:
  call two_entries
  jc resume
  mov ecx, [ebx]
  mov [esi], ecx
both:
  invlpg [eax]
  invlpg [edi]
  jmp resume
two_entries:
  mov eax, cr0
  test eax, eax
  stc
  jns .out
  mov eax, ecx
  call entry_of
  jc .out
  mov esi, ebx
  mov edi, eax
  mov eax, [esp + 4 + 24]
  call entry_of
.out:
  ret
; ECX: bits of the entry of the page of EBX to be complemented.
change_rights:
  mov eax, cr0
  test eax, eax
  jns resume
  mov eax, ebx
  call entry_of
  jc resume
  and ecx, 7
  xor [ebx], cl
  invlpg [eax]
  jmp resume
take_fpu:
  mov eax, cr0
  or eax, 8
  mov cr0, eax
  jmp resume
toggle_wp:
  mov eax, cr0
  xor eax, 0x10000
  mov cr0, eax
  jmp resume
toggle_pge:
  mov eax, cr4
  xor eax, 0x80
  mov cr4, eax
  jmp resume
; A breakpoint of DR0: at the address in EBX, of the kind of ECX (DR7).
breakpoint:
  mov dr0, ebx
  mov eax, ecx
  shl eax, 16
  or eax, 0x303
  mov dword [${VARIABLE.breakpoints}], 5
  mov dr7, eax
  jmp resume
step:
  and ebx, 63
  mov [${VARIABLE.steps}], ebx
  or dword [esp + ${FRAME.eflags}], 0x100
  jmp resume
toggle_if:
  xor dword [esp + ${FRAME.eflags}], 0x200
  jmp resume
`;
