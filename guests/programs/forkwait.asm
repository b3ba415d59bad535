; Forks children one after another; each changes its copy of a variable and ends with it as its status.

%include "programs/include/header.asm"

STATUS          equ USER_DATA
VARIABLE        equ USER_DATA + 4

    program_header start, 8, "N: fork N children (50) and wait for each"

start:
    mov eax, 50
    call parse_number
    mov ebp, eax
    mov dword [VARIABLE], 1000
    xor edi, edi                    ; children so far
.next:
    cmp edi, ebp
    jae .done
    system SYS_FORK
    test eax, eax
    js .failed
    jnz .parent
    mov eax, edi                    ; the child: writes to its own copy of the page
    and eax, 0x7F
    mov [VARIABLE], eax
    exit [VARIABLE]
.parent:
    mov edx, eax
    mov ebx, STATUS
    system SYS_WAIT
    cmp eax, edx
    jne .failed
    mov eax, edi
    and eax, 0x7F
    cmp eax, [STATUS]
    jne .failed
    inc edi
    jmp .next
.done:
    cmp dword [VARIABLE], 1000      ; the children's writes must not show here
    jne .failed
    print text_name
    mov eax, edi
    call print_decimal
    print text_ended
    exit 0
.failed:
    print text_name
    print text_failed
    mov eax, edi
    call print_decimal
    call print_newline
    exit 1

text_name:      db "forkwait: ", 0
text_ended:     db " children ended with the status expected", 10, 0
text_failed:    db "failed at child ", 0

%include "programs/include/library.asm"
