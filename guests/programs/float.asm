; Two processes add in the x87 at once: the kernel must keep their registers apart.

%include "programs/include/header.asm"

RESULT          equ USER_DATA
LIMIT           equ 65535           ; the sum fits in 32 bits

    program_header start, 8, "N: two processes add up to N (2000) in the x87"

start:
    mov eax, 2000
    call parse_number
    cmp eax, LIMIT
    jbe .in_range
    mov eax, LIMIT
.in_range:
    mov ebp, eax
    system SYS_FORK
    test eax, eax
    js .failed
    jz .child
    mov edx, eax
    call sum                        ; 1 + 2 + ... + N = N (N + 1) / 2
    mov eax, ebp
    push edx
    lea ecx, [ebp + 1]
    mul ecx
    shrd eax, edx, 1
    pop edx
    push dword [RESULT]
    push eax
    mov eax, edx
    call wait_for
    mov edi, eax
    pop eax
    pop ecx
    cmp eax, ecx
    jne .failed
    test edi, edi
    jnz .failed
    print text_name
    call print_decimal
    print text_good
    mov ebx, COUNT_FPU
    system SYS_COUNTER
    call print_decimal
    print text_traps
    exit 0
.child:
    fninit
    fld1
    fld1
    faddp                           ; 2 stays below the sum on the register stack
    call sum
    fistp qword [RESULT]
    cmp dword [RESULT], 2
    jne .bad
    exit 0
.bad:
    exit 1
.failed:
    print text_name
    print text_failed
    exit 1

; Adds 1 to EBP in ST(0), giving the processor away now and then; stores the sum at RESULT.
sum:
    pushad
    fldz
    mov edi, 1
.next:
    cmp edi, ebp
    ja .done
    push edi
    fiadd dword [esp]
    pop edi
    test edi, 63
    jnz .keep
    system SYS_YIELD
.keep:
    inc edi
    jmp .next
.done:
    fistp qword [RESULT]
    popad
    ret

text_name:      db "float: ", 0
text_good:      db " in both processes, ", 0
text_traps:     db " times the kernel loaded the x87", 10, 0
text_failed:    db "failed: the x87's registers got mixed up", 10, 0

%include "programs/include/library.asm"
