; Entry and return of every interrupt, exception and system call (chapters 6.12 and 6.13).
;
; Each vector has a stub of 16 bytes that makes the stack look the same: vector, error code (0 where the
; processor pushes none). The common part completes the trap frame (layout.asm).

TRAP_STUBS      equ 48              ; exceptions 0 to 31, interrupts 32 to 47
IRQ_FIRST       equ 32
VECTOR_SYSENTER equ 0x81            ; (not in the IDT)
; Exceptions with an error code (table 6-1): 8, 10 to 14, 17, 21
WITH_ERROR_CODE equ 1 << 8 | 0x1F << 10 | 1 << 17 | 1 << 21

    align 16
trap_stubs:
%assign vector 0
%rep TRAP_STUBS
%if ((WITH_ERROR_CODE >> vector) & 1) == 0
    push dword 0
%endif
    push dword vector
    jmp trap_entry
    align 16
%assign vector vector + 1
%endrep

system_call_stub:
    push dword 0
    push dword VECTOR_SYSTEM_CALL
    jmp trap_entry

; SYSENTER saves nothing (chapter 5.8.7): ECX = the caller's ESP and EDX = its return address by our
; convention (abi.asm). ESP = sysenter_stack. IF is 0; TF, NT and AC are still the caller's.
sysenter_entry:
    mov esp, [esp]                  ; the process's kernel stack
    push dword USER_STACK
    push ecx
    pushfd
    push dword USER_CODE
    push edx
    push dword 0
    push dword VECTOR_SYSENTER
    push dword 2
    popfd
    or dword [esp + F_EFLAGS - F_VECTOR], FLAG_IF

trap_entry:
    pushad
    push ds
    push es
    push fs
    push gs
    mov eax, KERNEL_DATA
    mov ds, eax
    mov es, eax
    cld
    mov ebp, esp
    mov eax, [ebp + F_VECTOR]
    cmp eax, VECTOR_SYSTEM_CALL
    jae .system_call
    cmp eax, IRQ_FIRST
    jae .interrupt
    call exception
    jmp trap_return
.interrupt:
    call interrupt
    jmp trap_return
.system_call:
    call system_call

; Returns from the trap whose frame is at EBP = ESP, or lets another process go first.
trap_return:
    test byte [ebp + F_CS], 3
    jz .restore
    mov ebx, [current]
    cmp dword [ebx + P_KILLED], 0
    jne .killed
    cmp dword [must_schedule], 0
    je .restore
    call schedule
    jmp trap_return
.killed:
    mov eax, STATUS_KILLED
    jmp process_exit
.restore:
    pop gs
    pop fs
    pop es
    pop ds
    popad
    cmp dword [esp], VECTOR_SYSENTER
    je .sysexit
    add esp, 8                      ; vector and error code
    iretd
.sysexit:
    mov edx, [esp + F_EIP - F_VECTOR]
    mov ecx, [esp + F_ESP - F_VECTOR]
    sti                             ; takes effect after the next instruction
    sysexit
