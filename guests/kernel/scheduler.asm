; The scheduler: round robin among the processes that are ready, one tick each.
; Slot 0 of the process table is the idle process, which runs when nobody else can.

scheduler_init:
    mov dword [process_table + P_CR3], kernel_directory
    mov dword [process_table + P_STACK], boot_stack
    mov dword [process_table + P_STATE], STATE_READY
    mov dword [process_table + P_NAME], 'idle'
    mov dword [current], process_table
    mov dword [next_wake], -1
    ret

; With nothing to do the processor halts until an interrupt. STI lets the HLT after it begin before any
; interrupt, so a wake-up cannot slip in between (volume 2, STI).
idle:
    call schedule
    sti
    hlt
    cli
    jmp idle

; Lets the next ready process run; returns when the caller's turn comes again.
schedule:
    push ebx
    push edi
    mov dword [must_schedule], 0
    mov ebx, [current]
    mov edi, ebx
    mov ecx, PROCESSES
.next:
    add edi, P_BYTES
    cmp edi, process_table + PROCESSES * P_BYTES
    jb .in_table
    mov edi, process_table + P_BYTES
.in_table:
    cmp dword [edi + P_STATE], STATE_READY
    je .found
    dec ecx
    jnz .next
    mov edi, process_table          ; idle
.found:
    cmp edi, ebx
    je .same
    call switch
.same:
    pop edi
    pop ebx
    ret

; From the process in EBX to the one in EDI. What this pushes, process_start and fork build by hand.
switch:
    inc dword [counter_switches]
    call fpu_switch
    push ebp
    push ebx
    push esi
    push edi
    mov [ebx + P_ESP], esp
    mov [current], edi
    mov eax, [edi + P_STACK]
    add eax, PAGE
    mov [task_state + TSS_ESP0], eax ; chapter 7.2.1: the stack for traps from ring 3
    mov [sysenter_stack], eax
    mov eax, [edi + P_CR3]
    mov ecx, cr3
    cmp eax, ecx
    je .same_space
    mov cr3, eax
.same_space:
    mov esp, [edi + P_ESP]
    pop edi
    pop esi
    pop ebx
    pop ebp
    ret

; Makes every process ready whose time has come, and finds the next time.
wake_sleepers:
    mov edx, -1                     ; earliest wake-up left
    mov ecx, process_table
.next:
    cmp dword [ecx + P_STATE], STATE_SLEEPING
    jne .skip
    mov eax, [ecx + P_WAKE]
    cmp eax, [ticks]
    ja .later
    mov dword [ecx + P_STATE], STATE_READY
    jmp .skip
.later:
    cmp eax, edx
    jae .skip
    mov edx, eax
.skip:
    add ecx, P_BYTES
    cmp ecx, process_table + PROCESSES * P_BYTES
    jb .next
    mov [next_wake], edx
    ret

; The current process sleeps.  In: EAX = the tick to wake at
sleep_until:
    mov ecx, [current]
    mov [ecx + P_WAKE], eax
    cmp eax, [next_wake]
    jae .later
    mov [next_wake], eax
.later:
    mov eax, STATE_SLEEPING

; The current process waits in a state other than ready until somebody wakes it.  In: EAX = the state
block:
    mov ecx, [current]
    mov [ecx + P_STATE], eax
    jmp schedule

; Wakes all processes that are in a state.  In: EAX = the state
wake_all:
    mov ecx, process_table
.next:
    cmp [ecx + P_STATE], eax
    jne .skip
    mov dword [ecx + P_STATE], STATE_READY
.skip:
    add ecx, P_BYTES
    cmp ecx, process_table + PROCESSES * P_BYTES
    jb .next
    ret

    section .bss
current:            resd 1          ; the process that runs
must_schedule:      resd 1          ; its turn is over
next_wake:          resd 1          ; tick of the next sleeper's end
counter_switches:   resd 1
    section .text
