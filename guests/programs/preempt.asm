; A child loops for ever without a system call. That this program runs again nevertheless, and can end the
; child, is the timer's and the scheduler's work.

%include "programs/include/header.asm"

STATUS          equ USER_DATA

    program_header start, 4, "N: let a child loop for N ms (30), then kill it"

start:
    mov eax, 30
    call parse_number
    mov ebp, eax
    system SYS_UPTIME
    mov edi, eax
    system SYS_FORK
    test eax, eax
    js .failed
    jnz .parent
.for_ever:
    inc ecx
    jmp .for_ever
.parent:
    mov edx, eax
    mov ebx, ebp
    system SYS_SLEEP
    mov ebx, edx
    system SYS_KILL
    test eax, eax
    jnz .failed
    mov ebx, STATUS
    system SYS_WAIT
    cmp eax, edx
    jne .failed
    cmp dword [STATUS], STATUS_KILLED
    jne .failed
    system SYS_UPTIME               ; 10 ms each
    sub eax, edi
    imul eax, eax, 10
    cmp eax, ebp
    jb .failed
    print text_good
    exit 0
.failed:
    print text_failed
    exit 1

text_good:      db "preempt: an endless loop was interrupted, and killed", 10, 0
text_failed:    db "preempt: failed", 10, 0

%include "programs/include/library.asm"
