; Virtual-8086 mode, its extensions (CR4.VME) and protected-mode virtual interrupts (CR4.PVI): chapter 20.
; QEMU's TCG has no VME and PVI: it is no witness for the cases that need them.
%include "harness.asm"

; Runs 16-bit code, copied to LOW_CODE, in virtual-8086 mode. 1, 2: its labels, 3: EFLAGS besides VM. The segments
; are all LOW_SEGMENT, the stack LOW_STACK_SEGMENT:FFF0. Only an event comes back.
%macro enter_v86 3
    mov esi, %1
    mov ecx, %2 - %1
    call copy_low
    push dword LOW_SEGMENT                      ; GS
    push dword LOW_SEGMENT + 1                  ; FS
    push dword LOW_SEGMENT + 2                  ; DS
    push dword LOW_SEGMENT + 3                  ; ES
    push dword LOW_STACK_SEGMENT
    push dword 0xFFF0
    push dword F_VM | 2 | %3
    push dword LOW_SEGMENT
    push dword 0
    iretd
%endmacro

%macro enable_vme 0
    mov eax, 2                                  ; CPUID: VME
    call require_feature
    mov eax, CR4_VME
    mov cr4, eax
%endmacro

    case enter, "20.2.5: IRET into virtual-8086 mode; an exception pushes all segment registers and makes the data segments null"
    try .out
    enter_v86 .code, .end, F_IOPL
    bits 16
.code:
    mov ax, ds
    mov bx, es
    mov cx, fs
    mov dx, gs
    mov bp, sp
    mov si, ss
    ud2
.end:
    bits 32
.out:
    expect_event X_UD, NONE, .end - .code - 2
    expect [events + E_CS], LOW_SEGMENT
    expect [events + E_SS], LOW_STACK_SEGMENT
    expect [events + E_ESP], 0xFFF0
    expect [events + E_DS], 0
    expect [events + E_ES], 0
    expect [events + E_SP], stack0 - 36
    mov eax, [events + E_EFLAGS]
    and eax, F_VM | F_IOPL | F_RF
    and eax, ~F_RF
    expect eax, F_VM | F_IOPL
    mov eax, [events + E_OWN_EFLAGS]
    and eax, F_VM
    expect eax, 0
    movzx eax, word [stack0 - 16]
    expect eax, LOW_SEGMENT + 3                 ; ES
    movzx eax, word [stack0 - 12]
    expect eax, LOW_SEGMENT + 2                 ; DS
    movzx eax, word [stack0 - 8]
    expect eax, LOW_SEGMENT + 1                 ; FS
    movzx eax, word [stack0 - 4]
    expect eax, LOW_SEGMENT                     ; GS
    movzx eax, word [registers + R_EAX]
    expect eax, LOW_SEGMENT + 2
    movzx eax, word [registers + R_EBX]
    expect eax, LOW_SEGMENT + 3
    movzx eax, word [registers + R_ECX]
    expect eax, LOW_SEGMENT + 1
    movzx eax, word [registers + R_EDX]
    expect eax, LOW_SEGMENT
    movzx eax, word [registers + R_ESI]
    expect eax, LOW_STACK_SEGMENT
    ret

    case addresses, "20.1.1: base = selector * 16, of loads in virtual-8086 mode, too"
    mov dword [LOW_CODE + 0x8000], 0x12345678
    try .out
    enter_v86 .code, .end, F_IOPL
    bits 16
.code:
    mov ax, LOW_SEGMENT + 0x7FF
    mov ds, ax
    mov eax, [0x10]
    ud2
.end:
    bits 32
.out:
    expect [events + E_VECTOR], X_UD
    expect [registers + R_EAX], 0x12345678
    ret

    case sensitive, "20.2.7: CLI, STI, PUSHF, POPF, INT n and IRET are #GP(0) without IOPL 3, 32-bit forms too"
    mov edi, .table
.next:
    mov eax, [edi]
    test eax, eax
    jz .done
    push edi
    mov [.bytes], eax
    try .out
    enter_v86 .bytes, .bytes + 4, F_IF | 0x2000 ; IOPL 2
.out:
    pop edi
    expect_event X_GP, 0, 0
    expect [events + E_CS], LOW_SEGMENT
    add edi, 4
    jmp .next
.done:
    ret
    section .data
.bytes: dd 0
    section .text
.table: db 0xFA, 0x0F, 0x0B, 0x90, 0xFB, 0x0F, 0x0B, 0x90       ; cli, sti, each before ud2
    db 0x9C, 0x0F, 0x0B, 0x90, 0x9D, 0x0F, 0x0B, 0x90           ; pushf, popf
    db 0xCD, X_BACK, 0x0F, 0x0B, 0xCF, 0x0F, 0x0B, 0x90         ; int, iret
    db 0x66, 0x9C, 0x0F, 0x0B, 0x66, 0x9D, 0x0F, 0x0B, 0x66, 0xCF, 0x0F, 0x0B
    dd 0

    case insensitive, "20.2.7: with IOPL 3 they execute; POPF changes neither IOPL nor VM"
    try .out
    enter_v86 .code, .end, F_IOPL
    bits 16
.code:
    cli
    pushf
    pop ax
    sti
    pushf
    pop bx
    cli
    push dword F_CF | F_IF
    popfd
    pushfd
    pop ecx
    push word F_ZF
    push cs
    push word .returned - .code
    iret
    ud2
.returned:
    pushf
    pop dx
    ud2
.end:
    bits 32
.out:
    expect_event X_UD, NONE, .end - .code - 2
    mov eax, [registers + R_EAX]
    and eax, F_IF | F_IOPL
    expect eax, F_IOPL
    mov eax, [registers + R_EBX]
    and eax, F_IF | F_IOPL
    expect eax, F_IOPL | F_IF
    mov eax, [registers + R_ECX]
    and eax, F_IF | F_IOPL | F_CF | F_VM
    expect eax, F_IOPL | F_IF | F_CF
    mov eax, [registers + R_EDX]
    and eax, F_IF | F_IOPL | F_CF | F_ZF
    expect eax, F_IOPL | F_ZF
    ret

    case int_iopl3, "20.3.3 method 1: INT n with IOPL 3 goes through the IDT, whose gate's DPL counts"
    try .out
    enter_v86 .code, .end, F_IOPL
    bits 16
.code:
    int X_BACK
.behind:
    ud2
.end:
    bits 32
.out:
    expect_event X_BACK, NONE, .behind - .code
    try .out2
    enter_v86 .code2, .end2, F_IOPL
    bits 16
.code2:
    int 0x41
.end2:
    bits 32
.out2:
    expect_event X_GP, 0x41 * 8 + 2, 0
    ret

    case int3_any, "20.2.7: INT3 and INTO do not look at IOPL; gates have to have DPL 3"
    or byte [idt + X_BP * 8 + 5], DPL3
    or byte [idt + X_OF * 8 + 5], DPL3
    try .out
    enter_v86 .code, .end, 0
    bits 16
.code:
    int3
.end:
    bits 32
.out:
    expect_event X_BP, NONE, 1
    try .out2
    enter_v86 .code2, .end2, F_OF
    bits 16
.code2:
    into
.end2:
    bits 32
.out2:
    expect_event X_OF, NONE, 1
    and byte [idt + X_BP * 8 + 5], ~DPL3
    try .out3
    enter_v86 .code, .end, 0
.out3:
    expect_event X_GP, X_BP * 8 + 2, 0
    ret

    case handler_level, "6.12.1, 20.3.1: from virtual-8086 mode a handler has to be non-conforming and of DPL 0: else #GP(selector)"
    call differs_on_tcg                         ; enters the handler at CPL 1
    gate X_UD, CODE1, .nowhere, INTERRUPT32
    try .out
    enter_v86 .code, .end, 0
    bits 16
.code:
    ud2
.end:
    bits 32
.out:
    expect [events + E_VECTOR], X_GP
    expect [events + E_ERROR], (CODE1 & 0xFFF8) + 1
    gate X_UD, CONFORMING0, .nowhere, INTERRUPT32
    try .out2
    enter_v86 .code, .end, 0
.out2:
    expect [events + E_VECTOR], X_GP
    expect [events + E_ERROR], CONFORMING0 + 1
.nowhere:
    ret

    case privileged, "20.2.7: privileged instructions are #GP(0), those for protected mode #UD"
    mov edi, .privileged
.next:
    mov eax, [edi]
    test eax, eax
    jz .second
    push edi
    mov [.bytes], eax
    try .out
    enter_v86 .bytes, .bytes + 4, F_IOPL
.out:
    pop edi
    expect_event X_GP, 0, 0
    add edi, 4
    jmp .next
.second:
    mov edi, .undefined
.next2:
    mov eax, [edi]
    test eax, eax
    jz .done
    push edi
    mov [.bytes], eax
    try .out2
    enter_v86 .bytes, .bytes + 4, F_IOPL
.out2:
    pop edi
    expect_event X_UD, NONE, 0
    add edi, 4
    jmp .next2
.done:
    ret
    section .data
.bytes: dd 0
    section .text
.privileged:
    db 0xF4, 0x90, 0x90, 0x90, 0x0F, 0x06, 0x90, 0x90           ; hlt, clts
    db 0x0F, 0x20, 0xC0, 0x90, 0x0F, 0x22, 0xC0, 0x90           ; mov eax, cr0; mov cr0, eax
    db 0x0F, 0x21, 0xC0, 0x90, 0x0F, 0x23, 0xC0, 0x90           ; dr0
    db 0x0F, 0x08, 0x90, 0x90, 0x0F, 0x09, 0x90, 0x90           ; invd, wbinvd
    db 0x0F, 0x01, 0x17, 0x90, 0x0F, 0x01, 0x1F, 0x90           ; lgdt, lidt
    db 0x0F, 0x01, 0xF0, 0x90, 0x0F, 0x32, 0x90, 0x90           ; lmsw ax, rdmsr
    dd 0
.undefined:
    db 0x0F, 0x00, 0xD0, 0x90, 0x0F, 0x00, 0xD8, 0x90           ; lldt, ltr
    db 0x0F, 0x00, 0xC0, 0x90, 0x0F, 0x00, 0xC8, 0x90           ; sldt, str
    db 0x0F, 0x00, 0xE0, 0x90, 0x0F, 0x00, 0xE8, 0x90           ; verr, verw
    db 0x0F, 0x02, 0xC0, 0x90, 0x0F, 0x03, 0xC0, 0x90           ; lar, lsl
    db 0x63, 0xC0, 0x90, 0x90                                   ; arpl
    dd 0

    case limits, "20.2.1: the limit is FFFFh: #GP(0), for the stack #SS(0)"
    call differs_on_tcg                         ; has no limit checks
    try .out
    enter_v86 .code, .end, 0
    bits 16
.code:
    mov bx, 0xFFFF
    mov al, [bx]
.at:
    mov ax, [bx]
.end:
    bits 32
.out:
    expect_event X_GP, 0, .at - .code
    try .out2
    enter_v86 .code2, .end2, 0
    bits 16
.code2:
    mov sp, 1
.at2:
    push ax
.end2:
    bits 32
.out2:
    expect_event X_SS, 0, .at2 - .code2
    try .out3
    enter_v86 .code3, .end3, 0
    bits 16
.code3:
    mov ebx, 0x10000
.at3:
    mov al, [ebx]
.end3:
    bits 32
.out3:
    expect_event X_GP, 0, .at3 - .code3
    ret

    case iret_eip, "2A IRET: EIP beyond FFFFh on the way into virtual-8086 mode is #GP(0) of the IRET"
    call differs_on_tcg                         ; does not look
    try .out
    push dword 0
    push dword 0
    push dword 0
    push dword 0
    push dword LOW_STACK_SEGMENT
    push dword 0xFFF0
    push dword F_VM | 2
    push dword LOW_SEGMENT
    push dword 0x10000
.at:
    iretd
.out:
    expect_event X_GP, 0, .at
    ret

    case ports, "20.2.8.1: only the I/O map counts, IOPL does not"
    mov byte [tss + TSS_PORTS + 0x10], 1        ; port 80h
    try .out
    enter_v86 .code, .end, F_IOPL
    bits 16
.code:
    in al, 0x81
.at:
    in al, 0x80
.end:
    bits 32
.out:
    expect_event X_GP, 0, .at - .code
    try .out2
    enter_v86 .code, .end, 0
.out2:
    expect_event X_GP, 0, .at - .code
    ret

    case task, "7.3, 20.2.5: a task switch into virtual-8086 mode and, by an interrupt's task gate, out of it"
    gate X_UD, FAULT_TASK, 0, TASK_GATE
    mov esi, .code
    mov ecx, .end - .code
    call copy_low
    mov edi, other_tss
    mov dword [edi + TSS_EIP], 0
    mov dword [edi + TSS_EFLAGS], F_VM | 2
    mov dword [edi + TSS_CS], LOW_SEGMENT
    mov dword [edi + TSS_SS], LOW_STACK_SEGMENT
    mov dword [edi + TSS_ESP], 0x100
    mov dword [edi + TSS_DS], LOW_SEGMENT + 4
    mov dword [edi + TSS_ES], 3                 ; any selector will do
    mov dword [edi + TSS_FS], 0
    mov dword [edi + TSS_GS], 0xFFFF
    mov eax, cr3
    mov [edi + TSS_CR3], eax
    try .out
    jmp OTHER_TASK:0
    bits 16
.code:
    mov ax, ds
    mov bx, gs
.at:
    ud2
.end:
    bits 32
.out:
    expect [event_count], 1
    expect [events + E_VECTOR], 0xFE
    expect [other_tss + TSS_EIP], .at - .code
    mov eax, [other_tss + TSS_EFLAGS]
    and eax, F_VM
    expect eax, F_VM
    movzx eax, word [other_tss + TSS_EAX]
    expect eax, LOW_SEGMENT + 4
    movzx eax, word [other_tss + TSS_EBX]
    expect eax, 0xFFFF
    movzx eax, word [other_tss + TSS_ES]
    expect eax, 3
    ret

; -- virtual-8086 mode extensions ------------------------------------------------------------------------------------

    case vme_flag, "20.3.3.1: with VME and IOPL < 3 CLI and STI change VIF; IF stays"
    enable_vme
    try .out
    enter_v86 .code, .end, F_IF
    bits 16
.code:
    sti
    ud2
.end:
    bits 32
.out:
    expect_event X_UD, NONE, 1
    mov eax, [events + E_EFLAGS]
    and eax, F_IF | F_VIF
    expect eax, F_IF | F_VIF
    try .out2
    enter_v86 .code2, .end2, F_VIF
    bits 16
.code2:
    cli
    ud2
.end2:
    bits 32
.out2:
    expect_event X_UD, NONE, 1
    mov eax, [events + E_EFLAGS]
    and eax, F_IF | F_VIF
    expect eax, 0
    ret

    case vme_pending, "20.3.3.1: STI, POPF and IRET that would set VIF are #GP(0) while VIP is set; CLI is not"
    enable_vme
    try .out
    enter_v86 .code, .end, F_VIP
    bits 16
.code:
    cli
    sti
.end:
    bits 32
.out:
    expect_event X_GP, 0, 1
    try .out2
    enter_v86 .code2, .end2, F_VIP
    bits 16
.code2:
    push word 2
    popf
    push word F_IF | 2
.at2:
    popf
.end2:
    bits 32
.out2:
    expect_event X_GP, 0, .at2 - .code2
    expect [events + E_ESP], 0xFFEE
    try .out3
    enter_v86 .code3, .end3, F_VIP
    bits 16
.code3:
    push word F_IF | 2
    push cs
    push word 0
.at3:
    iret
.end3:
    bits 32
.out3:
    expect_event X_GP, 0, .at3 - .code3
    ret

    case vme_pushf, "20.3.3.1: PUSHF shows IOPL 3 and VIF as IF; POPF loads VIF and not IF, IOPL or TF"
    enable_vme
    try .out
    enter_v86 .code, .end, F_IF
    bits 16
.code:
    pushf
    pop ax
    sti
    pushf
    pop bx
    push word F_CF
    popf
    pushf
    pop cx
    push word F_IF | F_ZF
    popf
    pushf
    pop dx
    ud2
.end:
    bits 32
.out:
    expect_event X_UD, NONE, .end - .code - 2
    mov eax, [registers + R_EAX]
    and eax, F_IF | F_IOPL
    expect eax, F_IOPL
    mov eax, [registers + R_EBX]
    and eax, F_IF | F_IOPL
    expect eax, F_IOPL | F_IF
    mov eax, [registers + R_ECX]
    and eax, F_IF | F_IOPL | F_CF | F_ZF
    expect eax, F_IOPL | F_CF
    mov eax, [registers + R_EDX]
    and eax, F_IF | F_IOPL | F_CF | F_ZF
    expect eax, F_IOPL | F_IF | F_ZF
    mov eax, [events + E_EFLAGS]
    and eax, F_IF | F_VIF | F_IOPL
    expect eax, F_IF | F_VIF
    ret

    case vme_popf_tf, "20.3.3.1: POPF and IRET of an image with TF are #GP(0)"
    enable_vme
    try .out
    enter_v86 .code, .end, 0
    bits 16
.code:
    push word F_TF
.at:
    popf
.end:
    bits 32
.out:
    expect_event X_GP, 0, .at - .code
    try .out2
    enter_v86 .code2, .end2, 0
    bits 16
.code2:
    push word F_TF
    push cs
    push word 0
.at2:
    iret
.end2:
    bits 32
.out2:
    expect_event X_GP, 0, .at2 - .code2
    ret

    case vme_32, "20.3.3.1: PUSHFD, POPFD and IRETD stay #GP(0)"
    enable_vme
    mov edi, .table
.next:
    mov eax, [edi]
    test eax, eax
    jz .done
    push edi
    mov [.bytes], eax
    try .out
    enter_v86 .bytes, .bytes + 4, 0
.out:
    pop edi
    expect_event X_GP, 0, 0
    add edi, 4
    jmp .next
.done:
    ret
    section .data
.bytes: dd 0
    section .text
.table: db 0x66, 0x9C, 0x0F, 0x0B, 0x66, 0x9D, 0x0F, 0x0B, 0x66, 0xCF, 0x0F, 0x0B
    dd 0

    case vme_iret, "20.3.3.1: IRET loads VIF from the image's IF; IF and IOPL stay"
    enable_vme
    try .out
    enter_v86 .code, .end, F_IF
    bits 16
.code:
    push word F_IF | F_CF
    push word LOW_SEGMENT
    push word .target - .code
    iret
    ud2
.target:
    ud2
.end:
    bits 32
.out:
    expect_event X_UD, NONE, .target - .code
    mov eax, [events + E_EFLAGS]
    and eax, F_IF | F_VIF | F_IOPL | F_CF
    expect eax, F_IF | F_VIF | F_CF
    expect [events + E_ESP], 0xFFF0
    ret

    case vme_redirect, "20.3.3.4 method 6: INT n with a clear bit in the redirection map goes to the program's own handler; VIF is pushed as IF and cleared"
    enable_vme
    mov dword [VECTORS + 0x21 * 4], LOW_SEGMENT << 16 | (.handler - .code)
    try .out
    enter_v86 .code, .end, F_IF | F_VIF | F_CF
    bits 16
.code:
    int 0x21
.behind:
    ud2
.handler:
    pop ax
    pop bx
    pop cx
    ud2
.end:
    bits 32
.out:
    expect_event X_UD, NONE, .end - .code - 2
    movzx eax, word [registers + R_EAX]
    expect eax, .behind - .code
    movzx eax, word [registers + R_EBX]
    expect eax, LOW_SEGMENT
    movzx eax, word [registers + R_ECX]
    expect eax, F_IOPL | F_IF | F_CF | 2
    mov eax, [events + E_EFLAGS]
    and eax, F_IF | F_VIF | F_IOPL
    expect eax, F_IF
    ret

    case vme_redirect_iopl3, "20.3.3.4 method 5: with IOPL 3 the handler gets FLAGS as they are, and IF is cleared"
    enable_vme
    mov dword [VECTORS + 0x21 * 4], LOW_SEGMENT << 16 | (.handler - .code)
    try .out
    enter_v86 .code, .end, F_IF | F_VIF | F_IOPL
    bits 16
.code:
    int 0x21
    ud2
.handler:
    pop ax
    pop bx
    pop cx
    ud2
.end:
    bits 32
.out:
    expect_event X_UD, NONE, .end - .code - 2
    movzx eax, word [registers + R_ECX]
    expect eax, F_IOPL | F_IF | 2
    mov eax, [events + E_EFLAGS]
    and eax, F_IF | F_VIF | F_IOPL
    expect eax, F_VIF | F_IOPL
    ret

    case vme_not_redirected, "20.3.3 methods 2 to 4: with the bit set INT n is #GP(0) or, with IOPL 3, goes through the IDT"
    enable_vme
    mov byte [tss + TSS_REDIRECTION + X_BACK / 8], 1
    try .out
    enter_v86 .code, .end, F_IF
    bits 16
.code:
    int X_BACK
.end:
    bits 32
.out:
    expect_event X_GP, 0, 0
    try .out2
    enter_v86 .code, .end, F_IF | F_IOPL
.out2:
    expect_event X_BACK, NONE, 2
    ret

    case vme_int3, "20.3.3: the map does not concern INT3"
    enable_vme
    or byte [idt + X_BP * 8 + 5], DPL3
    mov dword [VECTORS + 3 * 4], LOW_SEGMENT << 16 | 1
    try .out
    enter_v86 .code, .end, 0
    bits 16
.code:
    int3
    ud2
.end:
    bits 32
.out:
    expect_event X_BP, NONE, 1
    ret

    case vme_off, "20.3: without VME STI is #GP(0), whatever VIF"
    try .out
    enter_v86 .code, .end, F_VIF
    bits 16
.code:
    sti
.end:
    bits 32
.out:
    expect_event X_GP, 0, 0
    ret

; -- protected-mode virtual interrupts ---------------------------------------------------------------------------------

%macro enable_pvi 0
    mov eax, 2
    call require_feature
    mov eax, CR4_PVI
    mov cr4, eax
%endmacro

    case pvi_flag, "20.4: with PVI CLI and STI at CPL 3 above IOPL change VIF; PUSHF shows IF as it is"
    enable_pvi
    try .out
    enter_ring3 .user, 2
.user:
    sti
    pushfd
    pop eax
    int X_BACK
.out:
    expect [events + E_VECTOR], X_BACK
    mov eax, [events + E_EFLAGS]
    and eax, F_IF | F_VIF
    expect eax, F_VIF
    mov eax, [registers + R_EAX]
    and eax, F_IF | F_VIF | F_IOPL
    expect eax, F_VIF
    try .out2
    enter_ring3 .user2, F_VIF | F_IF | 2
.user2:
    cli
    int X_BACK
.out2:
    mov eax, [events + E_EFLAGS]
    and eax, F_IF | F_VIF
    expect eax, F_IF
    ret

    case pvi_pending, "20.4: STI is #GP(0) while VIP is set"
    enable_pvi
    try .out
    enter_ring3 .at, F_VIP | 2
.at:
    sti
.out:
    expect_event X_GP, 0, .at
    ret

    case pvi_iopl3, "20.4: with IOPL 3 CLI and STI change IF"
    enable_pvi
    try .out
    enter_ring3 .user, F_IOPL | 2
.user:
    sti
    int X_BACK
.out:
    mov eax, [events + E_EFLAGS]
    and eax, F_IF | F_VIF
    expect eax, F_IF
    ret

    case pvi_popf, "20.4: POPF at CPL 3 changes neither IF nor VIF"
    enable_pvi
    try .out
    enter_ring3 .user, F_VIF | 2
.user:
    push dword F_IF | 2
    popfd
    int X_BACK
.out:
    mov eax, [events + E_EFLAGS]
    and eax, F_IF | F_VIF
    expect eax, F_VIF
    ret

    case popf_virtual, "2A POPF: VIF and VIP stay as they are, at CPL 0 too; IRETD at CPL 0 loads them"
    call differs_on_tcg                         ; IRETD does not
    push dword F_VIF | F_VIP | 2
    popfd
    pushfd
    pop eax
    and eax, F_VIF | F_VIP
    expect eax, 0
    push dword F_VIF | F_VIP | 2
    push cs
    push dword .set
    iretd
.set:
    push dword 2
    popfd
    pushfd
    pop eax
    push dword 2
    push cs
    push dword .cleared
    iretd
.cleared:
    and eax, F_VIF | F_VIP
    expect eax, F_VIF | F_VIP
    ret

%include "harness-end.asm"
