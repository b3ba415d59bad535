; Privilege levels: a program at CPL 3 asks the kernel for a service by INT 80h, and is stopped when it tries what only the
; kernel may do [protection].
%include "include/start.asm"

GENERAL_PROTECTION equ 13

main:
    mov eax, system_call
    mov ecx, 0x80
    mov edx, TRAP_GATE | FOR_CPL_3
    call set_gate
    mov eax, protection_fault
    mov ecx, GENERAL_PROTECTION
    mov edx, INTERRUPT_GATE
    call set_gate
    mov [kernel_stack], esp
    mov [tss + 4], esp              ; the processor's stack on the way to CPL 0
    mov eax, DATA_3                 ; IRETD to CPL 3: SS, ESP, EFLAGS, CS, EIP
    mov ds, ax
    mov es, ax
    push eax
    push user_stack
    push 2
    push CODE_3
    push program
    iretd

; The program. It cannot reach the serial port itself: IN and OUT need CPL <= IOPL.
program:
    mov esi, hello
    int 0x80
    mov eax, cs
    and eax, 3
    mov [cpl_digit], al
    add byte [cpl_digit], '0'
    mov esi, cpl_text
    int 0x80
    mov esi, trying
    int 0x80
forbidden:
    cli                             ; privileged: #GP
    mov esi, unreachable
    int 0x80
    jmp $

; ESI: a text to print. The processor has switched to the stack in the TSS.
system_call:
    push ds
    push es
    mov edx, DATA_0
    mov ds, dx
    mov es, dx
    call print
    pop es
    pop ds
    iretd

protection_fault:
    mov eax, DATA_0
    mov ds, ax
    mov es, ax
    mov esi, stopped
    call print
    mov eax, [esp + 4]              ; EIP of the instruction, behind the error code
    call print_hex
    mov esi, line_end
    call print
    mov esp, [kernel_stack]         ; give the program up
    ret

kernel_stack: dd 0
hello:      db 'the program: hello, through a system call', 13, 10, 0
cpl_text:   db 'the program: my CPL is '
cpl_digit:  db '?', 13, 10, 0
trying:     db 'the program: now I try CLI', 13, 10, 0
unreachable: db 'the program: I have switched interrupts off', 13, 10, 0
stopped:    db 'the kernel: general protection at ', 0
line_end:   db ': that is the CLI. The program is stopped.', 13, 10, 0
            times 1024 db 0
user_stack:
image_end:
