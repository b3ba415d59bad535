; Time since boot and what the kernel has counted.

%include "programs/include/header.asm"

    program_header start, 0, "time since boot and the kernel's counters"

start:
    system SYS_UPTIME
    xor edx, edx
    mov ecx, 100                    ; units a second
    div ecx
    print text_up
    call print_decimal
    print text_point
    mov eax, edx
    xor edx, edx
    mov ecx, 10
    div ecx
    call print_decimal
    mov eax, edx
    call print_decimal
    print text_seconds
    mov ebx, COUNT_SWITCHES
    system SYS_COUNTER
    call print_decimal
    print text_switches
    mov ebx, COUNT_CALLED
    system SYS_COUNTER
    call print_decimal
    print text_calls
    mov ebx, COUNT_FREE
    system SYS_COUNTER
    call print_decimal
    print text_free
    exit 0

text_up:        db "up ", 0
text_point:     db ".", 0
text_seconds:   db " s, ", 0
text_switches:  db " context switches, ", 0
text_calls:     db " system calls, ", 0
text_free:      db " free page frames", 10, 0

%include "programs/include/library.asm"
