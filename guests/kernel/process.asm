; Processes: birth by fork, end by exit or kill, and the parent's wait.

; Takes a free slot and gives it a pid, a kernel stack and a page directory.
; Out: EDI = the process, not yet ready; CF = 1 if there is no slot or no memory
process_create:
    mov edi, process_table + P_BYTES
.look:
    cmp dword [edi + P_STATE], STATE_FREE
    je .found
    add edi, P_BYTES
    cmp edi, process_table + PROCESSES * P_BYTES
    jb .look
    jmp .fail
.found:
    push edi
    xor eax, eax
    mov ecx, P_BYTES / 4
    rep stosd
    pop edi
    call frame_allocate
    test eax, eax
    jz .fail
    mov [edi + P_STACK], eax
    call directory_create
    test eax, eax
    jz .no_directory
    mov [edi + P_CR3], eax
    inc dword [last_pid]
    mov eax, [last_pid]
    mov [edi + P_PID], eax
    mov eax, [current]
    mov [edi + P_PARENT], eax
    clc
    ret
.no_directory:
    mov eax, [edi + P_STACK]
    call frame_release
.fail:
    stc
    ret

; Process 1 has no parent to copy: it begins in the kernel and executes the program named on the
; kernel's command line, or the shell.
start_first_process:
    call process_create
    mov esi, text_no_memory
    jc panic
    mov ecx, [edi + P_STACK]
    add ecx, PAGE
    mov dword [ecx - 4], first_process
    lea eax, [ecx - 20]             ; below: the four registers that switch pops
    mov [edi + P_ESP], eax
    mov dword [edi + P_STATE], STATE_READY
    ret

first_process:
    mov esp, [sysenter_stack]       ; the top of this process's kernel stack
    sub esp, F_BYTES
    mov ebp, esp
    mov esi, boot_command
    call exec
    jnc .ready
    ; Some loaders put the kernel's own name first.
    call skip_word
    call exec
    jnc .ready
    mov esi, text_shell
    call exec
.ready:
    jmp trap_return

; A child that is a copy of the caller.
sys_fork:
    call process_create
    mov eax, -1
    jc .done
    push edi
    mov edi, [edi + P_CR3]
    call space_copy
    pop edi
    jc .no_memory
    call fpu_copy
    mov ebx, [current]
    mov eax, [ebx + P_DATA_END]
    mov [edi + P_DATA_END], eax
    mov eax, [ebx + P_PAGES]
    mov [edi + P_PAGES], eax
    mov eax, [edi + P_PID]
    push eax
    push edi
    lea esi, [ebx + P_NAME]
    lea edi, [edi + P_NAME]
    mov ecx, 16 / 4
    rep movsd
    pop edi
    ; The child's kernel stack: a copy of the parent's trap frame, and below it what switch pops.
    push edi
    mov edi, [edi + P_STACK]
    add edi, PAGE - F_BYTES
    mov edx, edi
    mov esi, ebp
    mov ecx, F_BYTES / 4
    rep movsd
    pop edi
    mov dword [edx + F_EAX], 0
    mov dword [edx - 4], trap_return
    mov [edx - 8], edx              ; EBP: its frame
    lea eax, [edx - 20]
    mov [edi + P_ESP], eax
    mov dword [edi + P_STATE], STATE_READY
    pop eax
.done:
    ret
.no_memory:
    ; Free what was copied: as if the child were running, but not on its directory.
    mov ebx, [current]
    mov [current], edi
    call space_clear
    mov [current], ebx
    call process_free
    mov eax, -1
    ret

; Gives back what is left of a process that has ended.  In: EDI = process
process_free:
    mov eax, [edi + P_CR3]
    call frame_release
    mov eax, [edi + P_STACK]
    call frame_release
    mov dword [edi + P_STATE], STATE_FREE
    ret

sys_exit:
    mov eax, ebx
    and eax, 0x7F

; Ends the current process.  In: EAX = exit status.  Does not return
process_exit:
    mov ebx, [current]
    mov [ebx + P_STATUS], eax
    cmp dword [ebx + P_PID], 1
    je power_off                    ; nobody is left to talk to
    call fpu_drop
    call space_clear
    ; Its children become children of process 1, which may have to collect some at once.
    mov edi, process_table + P_BYTES
.child:
    cmp dword [edi + P_STATE], STATE_FREE
    je .next
    cmp [edi + P_PARENT], ebx
    jne .next
    mov dword [edi + P_PARENT], process_table + P_BYTES
    cmp dword [process_table + P_BYTES + P_STATE], STATE_WAITING
    jne .next
    mov dword [process_table + P_BYTES + P_STATE], STATE_READY
.next:
    add edi, P_BYTES
    cmp edi, process_table + PROCESSES * P_BYTES
    jb .child
    ; Its directory and kernel stack are in use until the next process runs; the parent frees them.
    mov dword [ebx + P_STATE], STATE_ZOMBIE
    mov eax, [ebx + P_PARENT]
    cmp dword [eax + P_STATE], STATE_WAITING
    jne .gone
    mov dword [eax + P_STATE], STATE_READY
.gone:
    call schedule
    ; not reached: a zombie is never ready

; In: EBX = user address for the status, or 0.  Out: EAX = pid of a child that ended, -1 if there is none
sys_wait:
    mov esi, [current]
    mov edi, process_table + P_BYTES
    xor edx, edx                    ; children seen
.look:
    cmp dword [edi + P_STATE], STATE_FREE
    je .next
    cmp [edi + P_PARENT], esi
    jne .next
    inc edx
    cmp dword [edi + P_STATE], STATE_ZOMBIE
    je .found
.next:
    add edi, P_BYTES
    cmp edi, process_table + PROCESSES * P_BYTES
    jb .look
    test edx, edx
    jz .none
    cmp dword [esi + P_KILLED], 0
    jne .none
    mov eax, STATE_WAITING
    call block
    jmp sys_wait
.found:
    test ebx, ebx
    jz .free
    mov eax, ebx
    mov ecx, 4
    call user_range
    jc .none
    mov eax, [edi + P_STATUS]
    mov [ebx], eax
.free:
    call process_free
    mov eax, [edi + P_PID]
    ret
.none:
    mov eax, -1
    ret

; In: EBX = pid.  Out: EAX = 0, or -1 if there is no such process or it is the first
sys_kill:
    cmp ebx, 1
    jbe .none
    mov edi, process_table + P_BYTES
.look:
    cmp [edi + P_PID], ebx
    jne .next
    call process_kill
    jnc .found
.next:
    add edi, P_BYTES
    cmp edi, process_table + PROCESSES * P_BYTES
    jb .look
.none:
    mov eax, -1
    ret
.found:
    xor eax, eax
    ret

; Marks a process to end before it returns to ring 3.  In: EDI = process.  Out: CF = 1 if it has ended already
process_kill:
    cmp dword [edi + P_STATE], STATE_FREE
    je .dead
    cmp dword [edi + P_STATE], STATE_ZOMBIE
    je .dead
    mov dword [edi + P_KILLED], 1
    mov dword [edi + P_STATE], STATE_READY
    clc
    ret
.dead:
    stc
    ret

text_shell:     db "shell", 0

    section .bss
last_pid:       resd 1
    section .text
