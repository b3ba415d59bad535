; Runs each program for a moment, compares exit statuses with those expected, and switches the machine off.

%include "programs/include/header.asm"

NOT_RAISED      equ 3               ; fault: the processor does not raise this exception

; 1: command line, 2: expected exit status
%macro run 2
    dd %2
    db %1, 0
%endmacro

    program_header start, 0, "run every program and switch the machine off"

start:
    mov esi, commands
    xor edi, edi                    ; good,
    xor ebp, ebp                    ; bad,
    xor ecx, ecx                    ; skipped
.next:
    lodsd
    cmp eax, -1
    je .done
    mov edx, eax
    mov ebx, esi
    push esi
    print text_mark
    mov esi, ebx
    call print_string
    call print_newline
    call run_command
    pop esi
    cmp eax, edx
    je .good
    cmp edx, 128
    jb .bad
    cmp eax, NOT_RAISED
    jne .bad
    inc ecx
    jmp .skip
.bad:
    inc ebp
    push esi
    print text_status
    call print_decimal
    print text_expected
    mov eax, edx
    call print_decimal
    call print_newline
    pop esi
    jmp .skip
.good:
    inc edi
.skip:
    inc esi
    cmp byte [esi - 1], 0
    jne .skip
    jmp .next
.done:
    print text_demo
    mov eax, edi
    call print_decimal
    print text_passed
    mov eax, ebp
    call print_decimal
    print text_failed
    mov eax, ecx
    call print_decimal
    print text_skipped
    system SYS_POWEROFF

commands:
    run "cpuid", 0
    run "echo the demonstration: every program once", 0
    run "help", 0
    run "ps", 0
    run "primes 1000", 0
    run "forkwait 20", 0
    run "syscalls 1000", 0
    run "pagechurn 10", 0
    run "stackgrow 256", 0
    run "preempt 20", 0
    run "float 1000", 0
    run "fault de", 128 + 0
    run "fault db", 128 + 1
    run "fault bp", 128 + 3
    run "fault of", 128 + 4
    run "fault br", 128 + 5
    run "fault ud", 128 + 6
    run "fault nm", 0
    run "fault ts", 128 + 10
    run "fault np", 128 + 11
    run "fault ss", 128 + 12
    run "fault gp", 128 + 13
    run "fault pf", 128 + 14
    run "fault mf", 128 + 16
    run "fault ac", 128 + 17
    run "fault xm", 128 + 19
    run "fault kernel", 128 + 14
    run "fault text", 128 + 14
    run "fault io", 128 + 13
    run "fault int", 128 + 13
    run "fault stack", 128 + 14
    run "fault pointer", 128 + 14
    run "uptime", 0
    dd -1

text_mark:      db "demo> ", 0
text_status:    db "demo: status ", 0
text_expected:  db " instead of ", 0
text_demo:      db "demo: ", 0
text_passed:    db " passed, ", 0
text_failed:    db " failed, ", 0
text_skipped:   db " not possible on this processor", 10, 0

%include "programs/include/library.asm"
