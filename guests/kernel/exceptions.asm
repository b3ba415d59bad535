; Exceptions (chapter 6.15): some the kernel resolves; the others end the process with a line of
; report, or stop the kernel if it was the kernel's own.

; In: EAX = vector, EBP = frame
exception:
    cmp eax, 14
    je page_fault
    cmp eax, 7
    je fpu_not_available
    cmp eax, 1
    jne exception_fatal
    ; A single step into SYSENTER traps at the kernel's first instruction: let it go on without TF.
    cmp dword [ebp + F_EIP], sysenter_entry
    jne exception_fatal
    and dword [ebp + F_EFLAGS], ~FLAG_TF
    ret

exception_fatal:
    test byte [ebp + F_CS], 3
    jz kernel_fault
    call report_exception
    print text_killed
    mov eax, [ebp + F_VECTOR]
    add eax, 128
    jmp process_exit

; The kernel touched user memory on behalf of a system call, and the page cannot be had.
bad_pointer:
    call report_exception
    print text_bad_pointer
    mov eax, 128 + 14
    jmp process_exit

kernel_fault:
    call report_exception
    mov esi, text_kernel_fault
    jmp panic

; "fault: pid 5 (name) #PF page fault at 40000123, error 00000006, address 00000000"
report_exception:
    print text_fault
    mov ebx, [current]
    mov eax, [ebx + P_PID]
    call print_decimal
    print text_open
    lea esi, [ebx + P_NAME]
    call print_string
    print text_close
    mov eax, [ebp + F_VECTOR]
    cmp eax, EXCEPTION_NAMES
    jb .known
    mov eax, EXCEPTION_NAMES
.known:
    mov ecx, eax
    mov esi, exception_names
.seek:
    jecxz .found
.skip:
    inc esi
    cmp byte [esi - 1], 0
    jne .skip
    dec ecx
    jmp .seek
.found:
    call print_string
    print text_at
    mov eax, [ebp + F_EIP]
    call print_hex
    print text_error
    mov eax, [ebp + F_ERROR]
    call print_hex
    cmp dword [ebp + F_VECTOR], 14
    jne .done
    print text_address
    mov eax, [fault_address]
    call print_hex
.done:
    ret

; The double-fault task (chapter 6.15, interrupt 8): the saved state is in the TSS it interrupted.
double_fault:
    print text_double_fault
    mov eax, [task_state + TSS_EIP]
    call print_hex
    print text_stack
    mov eax, [task_state + TSS_ESP]
    call print_hex
    mov esi, text_kernel_fault

; Ends everything.  In: ESI = why
panic:
    call print_string
    print text_panic
.halt:
    cli
    hlt
    jmp .halt

EXCEPTION_NAMES equ 22
exception_names:
    db "#DE divide error", 0
    db "#DB debug", 0
    db "NMI", 0
    db "#BP breakpoint", 0
    db "#OF overflow", 0
    db "#BR bound range exceeded", 0
    db "#UD invalid opcode", 0
    db "#NM device not available", 0
    db "#DF double fault", 0
    db "coprocessor segment overrun", 0
    db "#TS invalid TSS", 0
    db "#NP segment not present", 0
    db "#SS stack-segment fault", 0
    db "#GP general protection", 0
    db "#PF page fault", 0
    db "vector 15", 0
    db "#MF x87 floating-point error", 0
    db "#AC alignment check", 0
    db "#MC machine check", 0
    db "#XM SIMD floating-point exception", 0
    db "#VE virtualization exception", 0
    db "#CP control protection", 0
    db "unknown exception", 0

text_fault:         db "fault: pid ", 0
text_open:          db " (", 0
text_close:         db ") ", 0
text_at:            db " at ", 0
text_error:         db ", error ", 0
text_address:       db ", address ", 0
text_killed:        db ": killed", 10, 0
text_bad_pointer:   db ": killed, bad address in a system call", 10, 0
text_kernel_fault:  db " in the kernel", 0
text_double_fault:  db "fault: #DF double fault at ", 0
text_stack:         db ", stack ", 0
text_panic:         db 10, "kernel stopped", 10, 0
