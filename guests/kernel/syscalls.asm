; System calls: abi.asm lists them.

; In: EBP = frame with the number in EAX, arguments in EBX, ESI, EDI.  The result goes to the frame's EAX
system_call:
    inc dword [counter_calls]
    mov ebx, [ebp + F_EBX]
    mov esi, [ebp + F_ESI]
    mov edi, [ebp + F_EDI]
    mov eax, [ebp + F_EAX]
    cmp eax, SYS_CALLS
    jae .unknown
    call [system_calls + eax * 4]
    mov [ebp + F_EAX], eax
    ret
.unknown:
    mov dword [ebp + F_EAX], -1
    ret

    align 4
system_calls:
    dd sys_exit
    dd sys_write
    dd sys_read
    dd sys_fork
    dd sys_wait
    dd sys_exec
    dd sys_getpid
    dd sys_sleep
    dd sys_uptime
    dd sys_process
    dd sys_program
    dd sys_map
    dd sys_unmap
    dd sys_kill
    dd sys_counter
    dd sys_yield
    dd power_off

; In: EAX = address, ECX = bytes.  Out: CF = 1 if that is not all in the user half.  (Whether it is mapped,
; the page fault will tell.)
user_range:
    cmp eax, USER_TEXT
    jb .done
    add eax, ecx
    jc .done
    cmp eax, USER_TOP + 1
    cmc
.done:
    ret

; The same for pages in the SYS_MAP area.  In: EBX = address, ESI = number of pages.  Out: EDI = end
map_range:
    test ebx, PAGE - 1
    jnz .bad
    cmp ebx, USER_MAP
    jb .bad
    cmp ebx, USER_MAP_END
    ja .bad
    cmp esi, (USER_MAP_END - USER_MAP) / PAGE
    ja .bad
    mov edi, esi
    shl edi, 12
    add edi, ebx
    cmp edi, USER_MAP_END
    ja .bad
    clc
    ret
.bad:
    stc
    ret

sys_write:
    mov eax, ebx
    mov ecx, esi
    call user_range
    jc bad_argument
    add esi, ebx
.next:
    cmp ebx, esi
    jae success
    mov al, [ebx]
    call serial_write
    inc ebx
    jmp .next

sys_read:
    mov eax, ebx
    mov ecx, esi
    call user_range
    jc bad_argument
    jmp console_read

sys_exec:
    mov esi, ebx
    mov edi, command_line
    mov ecx, COMMAND_BYTES - 1
.copy:
    mov eax, esi
    push ecx
    mov ecx, 1
    call user_range
    pop ecx
    jc bad_argument
    lodsb
    stosb
    test al, al
    jz .copied
    dec ecx
    jnz .copy
    mov byte [edi], 0
.copied:
    mov esi, command_line
    call exec
    jc bad_argument
    mov eax, [ebp + F_EAX]          ; as the program shall find it
    ret

sys_getpid:
    mov eax, [current]
    mov eax, [eax + P_PID]
    ret

sys_sleep:
    mov eax, ebx
    xor edx, edx
    mov ecx, TICK_MS
    add eax, TICK_MS - 1            ; rounded up
    jnc .in_range
    mov eax, -1
.in_range:
    div ecx
    inc eax                         ; the tick under way does not count
    add eax, [ticks]
    call sleep_until
    jmp success

sys_uptime:
    mov eax, [ticks]
    imul eax, eax, UPTIME_PER_TICK
    ret

sys_process:
    cmp ebx, PROCESSES
    jae bad_argument
    mov eax, esi
    mov ecx, PROCESS_BYTES
    call user_range
    jc bad_argument
    mov edi, esi
    mov esi, ebx
    shl esi, 10                     ; P_BYTES
    add esi, process_table
    cmp dword [esi + P_STATE], STATE_FREE
    je success
    mov eax, [esi + P_PID]
    stosd
    xor eax, eax
    mov ecx, [esi + P_PARENT]
    jecxz .no_parent
    mov eax, [ecx + P_PID]
.no_parent:
    stosd
    mov eax, [esi + P_STATE]
    stosd
    mov eax, [esi + P_TICKS]
    stosd
    mov eax, [esi + P_PAGES]
    stosd
    add esi, P_NAME
    mov ecx, 16 / 4
    rep movsd
    mov eax, 1
    ret

sys_program:
    cmp ebx, (program_table_end - program_table) / PROGRAM_ROW
    jae bad_argument
    mov eax, esi
    mov ecx, PROGRAM_BYTES
    call user_range
    jc bad_argument
    mov edi, esi
    imul eax, ebx, PROGRAM_ROW
    lea esi, [program_table + PROGRAM_NAME + eax]
    mov edx, [program_table + PROGRAM_START + eax]
    mov ecx, 16 / 4
    rep movsd
    lea esi, [edx + IMAGE_ABOUT]
    mov ecx, PROGRAM_BYTES - 16 - 1
.about:
    lodsb
    stosb
    test al, al
    jz success
    dec ecx
    jnz .about
    mov byte [edi], 0
    jmp success

sys_map:
    call map_range
    jc bad_argument
.next:
    cmp ebx, edi
    jae success
    mov eax, ebx
    call page_unmap                 ; what was there is replaced
    mov eax, ebx
    call page_map_zero
    jc bad_argument
    add ebx, PAGE
    jmp .next

sys_unmap:
    call map_range
    jc bad_argument
.next:
    cmp ebx, edi
    jae success
    mov eax, ebx
    call page_unmap
    add ebx, PAGE
    jmp .next

sys_counter:
    cmp ebx, COUNTERS
    jae bad_argument
    cmp ebx, COUNT_FREE
    je frames_free
    mov eax, [counter_switches]
    cmp ebx, COUNT_SWITCHES
    je .done
    mov eax, [counter_calls]
    cmp ebx, COUNT_CALLED
    je .done
    mov ecx, [current]
    mov eax, [ecx + P_FAULTS]
    cmp ebx, COUNT_FAULTS
    je .done
    mov eax, [ecx + P_FPU_TRAPS]
.done:
    ret

sys_yield:
    call schedule
success:
    xor eax, eax
    ret

bad_argument:
    mov eax, -1
    ret

    section .bss
counter_calls:  resd 1
command_line:   resb COMMAND_BYTES
    section .text
