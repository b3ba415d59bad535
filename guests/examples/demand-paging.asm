; Demand paging: a page gets memory when it is first touched. The access faults, the handler maps the page, and the
; instruction is executed again as if nothing had happened [paging; interrupt and exception handling].
%include "include/start.asm"

PAGE_FAULT      equ 14
DIRECTORY       equ 0x200000        ; page tables and the memory that is given out
LOW_TABLE       equ 0x201000
HIGH_TABLE      equ 0x202000
FIRST_FRAME     equ 0x210000
PRESENT_WRITABLE equ 3
REGION          equ 0x400000        ; linear addresses that have no memory yet

main:
    mov eax, page_fault
    mov ecx, PAGE_FAULT
    mov edx, INTERRUPT_GATE
    call set_gate
    call enable_paging
    mov dword [next_frame], FIRST_FRAME
    mov ebp, 0                      ; touch every third page of the region
touch:
    mov edi, ebp
    shl edi, 12
    add edi, REGION + 0x123
    mov dword [edi], 0xc0ffee       ; the first time, this instruction faults
    inc dword [edi]                 ; now it does not
    add ebp, 3
    cmp ebp, 12
    jb touch
    mov esi, done
    call print
    ret

; The first 4 MBytes are mapped to themselves; the next 4 have a page table without any entry.
enable_paging:
    mov edi, LOW_TABLE
    mov eax, PRESENT_WRITABLE
.next:
    mov [edi], eax
    add edi, 4
    add eax, 0x1000
    cmp eax, 0x400000
    jb .next
    mov dword [DIRECTORY], LOW_TABLE + PRESENT_WRITABLE
    mov dword [DIRECTORY + 4], HIGH_TABLE + PRESENT_WRITABLE
    mov eax, DIRECTORY
    mov cr3, eax
    mov eax, cr0
    or eax, 0x80000000              ; CR0.PG
    mov cr0, eax
    ret

; CR2 has the address; the error code is on the stack.
page_fault:
    pushad
    mov esi, fault_text
    call print
    mov eax, cr2
    call print_hex
    mov esi, error_text
    call print
    mov eax, [esp + 32]             ; behind the eight registers of PUSHAD
    call print_hex
    mov esi, mapped_text
    call print
    mov eax, [next_frame]
    call print_hex
    mov esi, line_end
    call print
    mov ebx, cr2
    shr ebx, 12
    and ebx, 0x3ff                  ; which entry of the page table
    mov eax, [next_frame]
    add dword [next_frame], 0x1000
    or eax, PRESENT_WRITABLE
    mov [HIGH_TABLE + ebx * 4], eax
    popad
    add esp, 4                      ; the error code
    iretd                           ; back to the instruction that faulted

next_frame:     dd 0
fault_text:     db 'page fault at ', 0
error_text:     db ', error code ', 0
mapped_text:    db ': mapped to ', 0
line_end:       db 13, 10, 0
done:           db 'four pages were touched, and only they have memory', 13, 10, 0
image_end:
