; Calls the kernel in a loop, first by INT, then by SYSENTER where the processor has it.

%include "programs/include/header.asm"

    program_header start, 0, "N: N system calls (2000) by int and by sysenter"

CPU_SEP         equ 1 << 11

start:
    mov eax, 2000
    call parse_number
    mov ebp, eax
    print text_name
    system SYS_GETPID
    mov edi, eax                    ; what each call must return

    xor esi, esi
.int:
    cmp esi, ebp
    jae .int_done
    mov eax, SYS_GETPID
    int VECTOR_SYSTEM_CALL
    cmp eax, edi
    jne failed
    inc esi
    jmp .int
.int_done:
    mov eax, esi
    call print_decimal
    print text_int

    mov eax, 1
    cpuid
    test edx, CPU_SEP
    jz .absent
    xor esi, esi
.sysenter:
    cmp esi, ebp
    jae .sysenter_done
    mov eax, SYS_GETPID
    mov ecx, esp                    ; the convention of abi.asm
    mov edx, .back
    sysenter
.back:
    cmp eax, edi
    jne failed
    inc esi
    jmp .sysenter
.sysenter_done:
    mov eax, esi
    call print_decimal
    print text_sysenter
    exit 0
.absent:
    print text_absent
    exit 0
failed:
    print text_failed
    exit 1

text_name:      db "syscalls: ", 0
text_int:       db " by int, ", 0
text_sysenter:  db " by sysenter", 10, 0
text_absent:    db "no sysenter on this processor", 10, 0
text_failed:    db "failed: wrong result", 10, 0

%include "programs/include/library.asm"
