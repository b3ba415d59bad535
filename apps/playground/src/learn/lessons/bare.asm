; What every experiment begins with: a machine that a Multiboot loader has left in 32-bit protected mode gets descriptor
; tables of its own (SDM vol. 3A, chapters 3, 5, 6 and 7) and goes on at `main`, at CPL 0, with interrupts off.
        bits 32
        org 0x100000
header: dd 0x1BADB002, 0x10000, -(0x1BADB002 + 0x10000)
        dd header, header, 0, 0, boot

CODE0   equ 0x08                ; selectors of the GDT below; the low two bits are the RPL
DATA0   equ 0x10
CODE3   equ 0x18 | 3
DATA3   equ 0x20 | 3
TASK    equ 0x28
IDT     equ 0x80000
TSS     equ 0x81000
KERNEL_STACK equ 0x90000
USER_STACK   equ 0xA0000
VECTORS equ 0x30
INTERRUPT_GATE equ 0x8E00       ; present, DPL 0, 32 bits

%macro set_gate 2               ; vector, handler
        mov eax, %2
        mov [IDT + %1 * 8], ax
        mov word [IDT + %1 * 8 + 2], CODE0
        mov word [IDT + %1 * 8 + 4], INTERRUPT_GATE
        shr eax, 16
        mov [IDT + %1 * 8 + 6], ax
%endmacro

%macro enter_user 2             ; where to go on at CPL 3 with interrupts on, and the stack there
        push dword DATA3
        push dword %2
        push dword 0x202        ; EFLAGS: IF
        push dword CODE3
        push dword %1
        iretd
%endmacro

boot:   mov esp, KERNEL_STACK
        lgdt [gdtr]
        mov eax, DATA3          ; good for data at any CPL
        mov ds, ax
        mov es, ax
        mov eax, DATA0
        mov ss, ax
        jmp CODE0:.here
.here:  mov dword [TSS + 4], KERNEL_STACK
        mov dword [TSS + 8], DATA0
        mov word [TSS + 102], 104       ; no I/O permission bitmap
        mov ax, TASK
        ltr ax
        lidt [idtr]
        jmp main

        align 8
gdt:    dq 0
        dq 0x00CF9B000000FFFF, 0x00CF93000000FFFF
        dq 0x00CFFB000000FFFF, 0x00CFF3000000FFFF
        dq 0x0000890810000067           ; the TSS at 81000h
gdtr:   dw gdtr - gdt - 1
        dd gdt
idtr:   dw VECTORS * 8 - 1
        dd IDT
