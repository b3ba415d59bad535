; Descriptor tables and the task state (chapters 3.4.5, 3.5, 6.10, 6.11, 7.2).

; Segment descriptor.  1: base, 2: limit, 3: attributes: access byte, and G, D/B, L, AVL in bits 12 to 15
%macro descriptor 3
    dw (%2) & 0xFFFF
    dw (%1) & 0xFFFF
    db ((%1) >> 16) & 0xFF
    db (%3) & 0xFF
    db ((%2) >> 16) & 0x0F | ((%3) >> 8) & 0xF0
    db ((%1) >> 24) & 0xFF
%endmacro

; Access byte: P = 80h, DPL = 60h, S (code or data) = 10h, type (tables 3-1 and 3-2) = 0Fh
CODE_32         equ 0xC09A          ; page-granular limit, 32-bit, present, readable code
DATA_32         equ 0xC092          ; writable data
DPL_3           equ 0x0060
TSS_32          equ 0x0089          ; available TSS

TSS_ESP0        equ 4               ; fields of the task-state segment (chapter 7.2.1)
TSS_SS0         equ 8
TSS_CR3         equ 28
TSS_EIP         equ 32
TSS_EFLAGS      equ 36
TSS_ESP         equ 56
TSS_ES          equ 72
TSS_CS          equ 76
TSS_SS          equ 80
TSS_DS          equ 84
TSS_IO_MAP      equ 102
TSS_BYTES       equ 104

    section .data
    align 8
gdt:
    dd 0, 0                         ; the null descriptor
    descriptor 0, 0xFFFFF, CODE_32              ; KERNEL_CODE
    descriptor 0, 0xFFFFF, DATA_32              ; KERNEL_DATA
    descriptor 0, 0xFFFFF, CODE_32 | DPL_3      ; USER_CODE
    descriptor 0, 0xFFFFF, DATA_32 | DPL_3      ; USER_STACK
    descriptor 0, TSS_BYTES - 1, TSS_32         ; TASK_STATE, base set below
    descriptor 0, TSS_BYTES - 1, TSS_32         ; FAULT_TASK, base set below
    descriptor REAL_BASE, 0xFFFF, 0x009A        ; CODE_16
    descriptor REAL_BASE, 0xFFFF, 0x0092        ; DATA_16
    descriptor 0, 0xFFFFF, 0xC072               ; ABSENT: writable data, DPL 3, P = 0
gdt_end:

gdt_pointer:
    dw gdt_end - gdt - 1
    dd gdt
idt_pointer:
    dw 256 * 8 - 1
    dd idt

; SYSENTER loads ESP with the address of the last of these words, a copy of the TSS's ESP0. The others
; are room for a single-step trap on the very first instruction (SYSENTER leaves TF as it is).
    times 64 dd 0
sysenter_stack:
    dd 0
    section .text

descriptors_init:
    pushad
    ; Interrupt gates (chapter 6.11): they clear IF. DPL 0, so INT n in ring 3 is a #GP, except for the
    ; breakpoint, overflow and system call vectors.
    xor ecx, ecx
.gate:
    mov eax, ecx
    shl eax, 4
    add eax, trap_stubs
    mov edx, 0x8E00
    call set_gate
    inc ecx
    cmp ecx, TRAP_STUBS
    jb .gate
    mov eax, trap_stubs + 3 * 16
    mov ecx, 3
    mov edx, 0xEE00
    call set_gate
    mov eax, trap_stubs + 4 * 16
    mov ecx, 4
    call set_gate
    mov eax, system_call_stub
    mov ecx, VECTOR_SYSTEM_CALL
    call set_gate
    ; A double fault needs a stack that is surely good: a task gate (chapters 6.12.2 and 7.2.5).
    mov dword [idt + 8 * 8], FAULT_TASK << 16
    mov dword [idt + 8 * 8 + 4], 0x8500
    lidt [idt_pointer]

    mov eax, task_state
    mov edi, gdt + TASK_STATE
    call set_base
    mov eax, fault_task
    mov edi, gdt + FAULT_TASK
    call set_base
    mov dword [task_state + TSS_SS0], KERNEL_DATA
    mov word [task_state + TSS_IO_MAP], TSS_BYTES   ; beyond the limit: no I/O in ring 3
    mov word [fault_task + TSS_IO_MAP], TSS_BYTES
    mov dword [fault_task + TSS_EIP], double_fault
    mov dword [fault_task + TSS_EFLAGS], 2
    mov dword [fault_task + TSS_ESP], fault_stack_top
    mov dword [fault_task + TSS_CS], KERNEL_CODE
    mov dword [fault_task + TSS_ES], KERNEL_DATA
    mov dword [fault_task + TSS_SS], KERNEL_DATA
    mov dword [fault_task + TSS_DS], KERNEL_DATA
    mov dword [fault_task + TSS_CR3], kernel_directory
    mov eax, TASK_STATE
    ltr ax
    xor eax, eax
    lldt ax                         ; no LDT
    popad
    ret

; In: ECX = vector, EAX = handler, EDX = attributes in bits 8 to 15
set_gate:
    mov [idt + ecx * 8], ax
    mov word [idt + ecx * 8 + 2], KERNEL_CODE
    mov ax, dx
    mov [idt + ecx * 8 + 4], eax
    ret

; In: EDI = descriptor, EAX = its base
set_base:
    mov [edi + 2], ax
    shr eax, 16
    mov [edi + 4], al
    mov [edi + 7], ah
    ret

; SYSENTER (chapter 5.8.7): the target is in three model-specific registers.
MSR_SYSENTER_CS  equ 0x174
MSR_SYSENTER_ESP equ 0x175
MSR_SYSENTER_EIP equ 0x176

sysenter_init:
    test dword [cpu_features], CPU_SEP
    jz .absent
    mov ecx, MSR_SYSENTER_CS
    mov eax, KERNEL_CODE
    xor edx, edx
    wrmsr
    mov ecx, MSR_SYSENTER_ESP
    mov eax, sysenter_stack
    wrmsr
    mov ecx, MSR_SYSENTER_EIP
    mov eax, sysenter_entry
    wrmsr
.absent:
    ret
