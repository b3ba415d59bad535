; x87 and SSE state, saved and loaded only for processes that use it (chapter 13.4, and 2.5 on CR0.TS).
;
; The registers hold the state of fpu_owner. CR0.TS is 1 exactly while another process runs, whose first
; x87 or SSE instruction then raises #NM (chapter 6.15, interrupt 7).

fpu_init:
    mov eax, cr0
    and eax, ~CR0_EM
    or eax, CR0_MP | CR0_NE | CR0_AM
    mov cr0, eax
    fninit
    test dword [cpu_features], CPU_FXSR
    jz .no_fxsave
    mov eax, cr4
    or eax, CR4_OSFXSR
    test dword [cpu_features], CPU_SSE
    jz .no_sse
    or eax, CR4_OSXMMEXCPT
.no_sse:
    mov cr4, eax
.no_fxsave:
    ; fall through

fpu_disable:
    mov eax, cr0
    or eax, CR0_TS
    mov cr0, eax
    ret

fpu_not_available:
    test byte [ebp + F_CS], 3
    jz kernel_fault
    clts
    mov ebx, [current]
    inc dword [ebx + P_FPU_TRAPS]
    call fpu_save
    mov [fpu_owner], ebx
    fninit                          ; also drops a pending error, which FRSTOR would report
    cmp dword [ebx + P_FPU_USED], 0
    je .first
    test dword [cpu_features], CPU_FXSR
    jz .frstor
    fxrstor [ebx + P_FPU]
    ret
.frstor:
    frstor [ebx + P_FPU]
    ret
.first:
    mov dword [ebx + P_FPU_USED], 1
    test dword [cpu_features], CPU_SSE
    jz .done
    ldmxcsr [default_mxcsr]
.done:
    ret

; Saves the owner's state, if there is one. CR0.TS must be 0 then.
fpu_save:
    mov eax, [fpu_owner]
    test eax, eax
    jz .done
    test dword [cpu_features], CPU_FXSR
    jz .fnsave
    fxsave [eax + P_FPU]
    ret
.fnsave:
    fnsave [eax + P_FPU]
    frstor [eax + P_FPU]            ; FNSAVE has reset the registers
.done:
    ret

; Before the switch from the process in EBX to the one in EDI
fpu_switch:
    mov eax, [fpu_owner]
    test eax, eax
    jz .done
    cmp eax, edi
    je .enable
    cmp eax, ebx
    je fpu_disable
.done:
    ret
.enable:
    clts
    ret

; The process in EBX gives its state up.
fpu_drop:
    cmp ebx, [fpu_owner]
    jne .done
    mov dword [fpu_owner], 0
    call fpu_disable
.done:
    mov dword [ebx + P_FPU_USED], 0
    ret

; For fork: copies the current process's state to the child in EDI.
fpu_copy:
    mov eax, [current]
    mov ecx, [eax + P_FPU_USED]
    mov [edi + P_FPU_USED], ecx
    jecxz .done
    cmp eax, [fpu_owner]
    jne .saved
    call fpu_save
.saved:
    push esi
    push edi
    mov esi, [current]
    add esi, P_FPU
    add edi, P_FPU
    mov ecx, (P_BYTES - P_FPU) / 4
    rep movsd
    pop edi
    pop esi
.done:
    ret

    align 4
default_mxcsr:  dd 0x1F80           ; all exceptions masked (volume 1, chapter 10.2.3)

    section .bss
fpu_owner:      resd 1
    section .text
