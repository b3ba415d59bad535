; Page faults (chapters 4.7 and 6.15, interrupt 14).
;
; Resolved: the first touch of data and of the stack below its present end, and writes to pages that
; are shared since a fork. Everything else is a mistake of the program.

FAULT_PRESENT   equ 1               ; error code bits: the page was present,
FAULT_WRITE     equ 2               ; the access was a write,
FAULT_USER      equ 4               ; from ring 3

page_fault:
    mov ebx, cr2
    mov [fault_address], ebx
    cmp ebx, USER_TEXT
    jb .real
    cmp ebx, USER_TOP
    jae .real
    test byte [ebp + F_ERROR], FAULT_PRESENT
    jnz .present

    ; Not present: data or stack?
    mov eax, [current]
    cmp ebx, USER_DATA
    jb .real
    cmp ebx, [eax + P_DATA_END]
    jb .zero
    cmp ebx, USER_STACK_LOW
    jb .real
    test byte [ebp + F_CS], 3
    jz .zero
    lea eax, [ebx + PAGE]           ; a stack grows downward from ESP: at most a page below it (ENTER)
    cmp eax, [ebp + F_ESP]
    jb .real
.zero:
    mov eax, ebx
    and eax, ~(PAGE - 1)
    call page_map_zero
    jc .no_memory
    jmp .resolved

.present:
    test byte [ebp + F_ERROR], FAULT_WRITE
    jz .real
    mov ecx, [current]
    mov ecx, [ecx + P_CR3]
    mov eax, ebx
    call entry_find
    test eax, eax
    jz .real
    test dword [eax], PAGE_COPY
    jz .real
    call copy_on_write
    jc .no_memory
.resolved:
    mov eax, [current]
    inc dword [eax + P_FAULTS]
    ret

.real:
    test byte [ebp + F_CS], 3
    jnz exception_fatal
    cmp ebx, USER_TEXT
    jb kernel_fault
    cmp ebx, USER_TOP
    jae kernel_fault
    jmp bad_pointer

.no_memory:
    print text_out_of_memory
    mov eax, STATUS_KILLED
    jmp process_exit

; Makes a page writable that was shared by fork: its own copy, unless nobody else has it any more.
; In: EAX = address of the page-table entry, EBX = linear address.  Out: CF = 1 if no memory
copy_on_write:
    push esi
    push edi
    push ebx
    mov edx, eax                    ; the entry
    mov esi, [edx]
    and esi, ~(PAGE - 1)            ; its frame
    mov ecx, esi
    shr ecx, 12
    mov edi, esi
    cmp word [frame_references + ecx * 2], 1
    je .sole
    call frame_allocate
    cmp eax, 1
    jb .done
    mov edi, eax
    push esi
    push edi
    mov ecx, PAGE / 4
    rep movsd
    pop edi
    pop esi
    mov eax, esi
    call frame_release
.sole:
    or edi, PAGE_PRESENT | PAGE_WRITE | PAGE_USER
    mov [edx], edi
    invlpg [ebx]                    ; chapter 4.10.4.2: the processor may keep the old rights
    clc
.done:
    pop ebx
    pop edi
    pop esi
    ret

text_out_of_memory: db "out of memory: killed", 10, 0

    section .bss
fault_address:  resd 1
    section .text
