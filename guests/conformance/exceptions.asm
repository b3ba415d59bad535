; Exceptions: their vectors, error codes, and the state in which they leave the interrupted code.
%include "harness.asm"

    case de_div, "6.15 interrupt 0: DIV by zero faults at the DIV, registers as they were"
    mov eax, 0x11111111
    mov edx, 0x22222222
    xor ebx, ebx
    try .out
.at:
    div ebx
.out:
    expect_event X_DE, NONE, .at
    expect [registers + R_EAX], 0x11111111
    expect [registers + R_EDX], 0x22222222
    ret

    case de_overflow, "6.15 interrupt 0: a quotient that is too large is a divide error, of IDIV too"
    mov edx, 1
    mov eax, 0
    mov ebx, 1
    try .out
.at:
    div ebx
.out:
    expect_event X_DE, NONE, .at
    mov eax, 0x80000000
    cdq
    mov ebx, -1
    try .out2
.at2:
    idiv ebx
.out2:
    expect_event X_DE, NONE, .at2
    mov ax, 0x8000                              ; -32768 / 256 = -128 fits; -32768 / 255 = -128.5 does not ...
    mov bl, 0x7F
    try .out3
.at3:
    idiv bl
.out3:
    expect_event X_DE, NONE, .at3
    ret

    case de_aam, "2A AAM: a divide error for base 0"
    try .out
.at:
    aam 0
.out:
    expect_event X_DE, NONE, .at
    ret

    case bp_trap, "6.15 interrupt 3: INT3 saves the EIP behind it"
    try .out
    int3
.behind:
.out:
    expect_event X_BP, NONE, .behind
    ret

    case of_trap, "6.15 interrupt 4: INTO traps behind itself if OF is set, else does nothing"
    mov al, 0x7F
    add al, 1
    try .out
    into
.behind:
.out:
    expect_event X_OF, NONE, .behind
    xor eax, eax
    try .out2
    into
.out2:
    expect_none
    ret

    case br_fault, "6.15 interrupt 5: BOUND faults at itself; the bounds belong to the range"
    mov dword [SCRATCH], -5
    mov dword [SCRATCH + 4], 5
    mov eax, 6
    try .out
.at:
    bound eax, [SCRATCH]
.out:
    expect_event X_BR, NONE, .at
    mov eax, -6
    try .out2
.at2:
    bound eax, [SCRATCH]
.out2:
    expect_event X_BR, NONE, .at2
    try .out3
    mov eax, 5
    bound eax, [SCRATCH]
    mov eax, -5
    bound eax, [SCRATCH]
.out3:
    expect_none
    ret

    case ud_fault, "6.15 interrupt 6: UD2, LOCK where it may not be, a register where memory has to be"
    try .out
.at:
    ud2
.out:
    expect_event X_UD, NONE, .at
    try .out2
.at2:
    db 0xF0                                     ; lock add eax, ebx
    add eax, ebx
.out2:
    expect_event X_UD, NONE, .at2
    try .out3
.at3:
    db 0x8D, 0xC0                               ; lea eax, eax
.out3:
    expect_event X_UD, NONE, .at3
    try .out4
.at4:
    db 0x8C, 0xF0                               ; mov eax, segment register 6
.out4:
    expect_event X_UD, NONE, .at4
    try .out5
.at5:
    db 0x8E, 0xC8                               ; mov cs, eax
.out5:
    expect_event X_UD, NONE, .at5
    ret

    case ud_lock_bt, "2A LOCK: BT is not among the instructions that it may precede"
    call differs_on_tcg                         ; executes it
    try .out
.at:
    db 0xF0, 0x0F, 0xBA, 0x20, 0                ; lock bt dword [eax], 0
.out:
    expect_event X_UD, NONE, .at
    ret

    case too_long, "2A 2.3.11: more than 15 bytes are a general-protection fault"
    try .out
.at:
    times 15 db 0x66
    nop
.out:
    expect_event X_GP, 0, .at
    try .out2
    times 14 db 0x66
    nop
.out2:
    expect_none
    ret

    case nm_em, "2.5: CR0.EM makes x87 instructions fault; WAIT needs MP and TS"
    try .out
    mov eax, cr0
    or eax, CR0_EM
    mov cr0, eax
.at:
    fninit
.out:
    expect_event X_NM, NONE, .at
    mov eax, cr0
    and eax, ~CR0_EM
    or eax, CR0_TS
    mov cr0, eax
    try .out2
.at2:
    fninit
.out2:
    expect_event X_NM, NONE, .at2
    try .out3
    wait
.out3:
    expect_none
    mov eax, cr0
    or eax, CR0_MP
    mov cr0, eax
    try .out4
.at4:
    wait
.out4:
    expect_event X_NM, NONE, .at4
    try .out5
    clts
    fninit
.out5:
    expect_none
    ret

    case mf_fault, "6.15 interrupt 16: an unmasked x87 exception waits for the next x87 instruction"
    try .out
    fninit
    mov word [SCRATCH], 0x037B                  ; zero divide not masked
    fldcw [SCRATCH]
    fld1
    fldz
    fdivp st1, st0
    nop
.at:
    fnop
.out:
    expect_event X_MF, NONE, .at
    try .out2
    fnclex
    fninit
.out2:
    expect_none
    ret

    case ac_fault, "6.15 interrupt 17: alignment is checked at CPL 3 with CR0.AM and EFLAGS.AC only; error code 0"
    call differs_on_tcg                         ; has no alignment checks
    mov eax, cr0
    or eax, CR0_AM
    mov cr0, eax
    try .out0
    push dword F_AC | 2
    popfd
    mov eax, [SCRATCH + 1]
    push dword 2
    popfd
.out0:
    expect_none
    try .out
    enter_ring3 .user, F_AC | 2
.user:
    mov ax, DATA3
    mov ds, ax
    mov eax, [SCRATCH + 4]
    mov ax, [SCRATCH + 2]
    mov al, [SCRATCH + 3]
.at:
    mov eax, [SCRATCH + 2]
    int X_BACK
.out:
    expect_event X_AC, 0, .at
    try .out2
    enter_ring3 .user2, 2
.user2:
    mov ax, DATA3
    mov ds, ax
    mov eax, [SCRATCH + 2]
    int X_BACK
.out2:
    expect [events + E_VECTOR], X_BACK
    ret

    case gp_io, "1 19.5.1: IN above IOPL without an I/O map bit; error code 0; the map is looked at for every byte"
    try .out
    enter_ring3 .user, 2
.user:
    mov dx, 0x80
.at:
    in al, dx
    int X_BACK
.out:
    expect [events + E_VECTOR], X_BACK           ; the map is all zero
    mov byte [tss + TSS_PORTS + 0x10], 0x08     ; port 83h
    try .out2
    enter_ring3 .user2, 2
.user2:
    mov dx, 0x83
.at2:
    in al, dx
    int X_BACK
.out2:
    expect_event X_GP, 0, .at2
    try .out3
    enter_ring3 .user3, 2
.user3:
    mov dx, 0x80
    in ax, dx
    in al, dx
.at3:
    in eax, dx
    int X_BACK
.out3:
    expect_event X_GP, 0, .at3
    try .out4
    enter_ring3 .user4, F_IOPL | 2
.user4:
    mov dx, 0x80
    in eax, dx
    int X_BACK
.out4:
    expect [events + E_VECTOR], X_BACK
    mov word [tss + TSS_MAP], TSS_LIMIT         ; the map's second byte lies beyond the limit
    try .out5
    enter_ring3 .user5, 2
.user5:
    mov dx, 0
.at5:
    in al, dx
    int X_BACK
.out5:
    expect_event X_GP, 0, .at5
    ret

    case gp_privileged, "5.9: privileged instructions at CPL 3 are #GP(0)"
    mov edi, .table
.next:
    mov eax, [edi]
    test eax, eax
    jz .done
    mov [.target], eax
    push edi
    try .out
    push dword DATA3
    push dword user_stack
    push dword F_IOPL | 2                       ; IOPL has no say here
    push dword CODE3
    push dword [.target]
    iretd
.out:
    pop edi
    expect_event X_GP, 0, [.target]
    add edi, 4
    jmp .next
.done:
    ret
    section .data
.target: dd 0
    section .text
.table: dd .hlt, .clts, .lgdt, .lidt, .lldt, .ltr, .lmsw, .mov_cr, .mov_from_cr, .mov_dr, .mov_from_dr
    dd .invd, .wbinvd, .invlpg, .rdmsr, .wrmsr, 0
.hlt: hlt
.clts: clts
.lgdt: lgdt [ss:gdt_pointer]
.lidt: lidt [ss:idt_pointer]
.lldt: lldt ax
.ltr: ltr ax
.lmsw: lmsw ax
.mov_cr: mov cr0, eax
.mov_from_cr: mov eax, cr3
.mov_dr: mov dr7, eax
.mov_from_dr: mov eax, dr6
.invd: invd
.wbinvd: wbinvd
.invlpg: invlpg [ss:SCRATCH]
.rdmsr: rdmsr
.wrmsr: wrmsr

    case gp_cr0, "2.5: CR0.PG without PE and NW without CD are #GP(0), and CR0 stays"
    call differs_on_tcg                         ; takes any value
    mov ebx, cr0
    try .out
    mov eax, 0x80000000
.at:
    mov cr0, eax
.out:
    expect_event X_GP, 0, .at
    mov eax, cr0
    expect eax, ebx
    try .out2
    mov eax, ebx
    or eax, 1 << 29
.at2:
    mov cr0, eax
.out2:
    expect_event X_GP, 0, .at2
    ret

    case gp_cr4, "2.5: reserved bits of CR4 are #GP(0)"
    call differs_on_tcg                         ; takes them
    try .out
    mov eax, 1 << 31
.at:
    mov cr4, eax
.out:
    expect_event X_GP, 0, .at
    ret

    case ud_cr, "2A MOV to/from control registers: there is no CR1"
    try .out
.at:
    db 0x0F, 0x20, 0xC8                         ; mov eax, cr1
.out:
    expect_event X_UD, NONE, .at
    ret

    case ud_cr_user, "2A MOV to/from control registers: CR5 is #UD at CPL 3, too"
    call differs_on_tcg                         ; raises #GP(0)
    try .out
    enter_ring3 .at, 2
.at:
    db 0x0F, 0x22, 0xE8                         ; mov cr5, eax
.out:
    expect_event X_UD, NONE, .at
    ret

    case rf_image, "17.3.1.1: RF in the saved EFLAGS is 1 for faults, 0 for traps and software interrupts"
    call differs_on_tcg                         ; saves 0
    try .out
    ud2
.out:
    mov eax, [events + E_EFLAGS]
    and eax, F_RF
    expect eax, F_RF
    try .out2
    int3
.out2:
    mov eax, [events + E_EFLAGS]
    and eax, F_RF
    expect eax, 0
    try .out3
    int X_BACK
.out3:
    mov eax, [events + E_EFLAGS]
    and eax, F_RF
    expect eax, 0
    mov eax, [events + E_OWN_EFLAGS]
    and eax, F_RF
    expect eax, 0
    ret

    case idt_limit, "6.14: a vector beyond the IDT's limit is #GP(vector * 8 + 2), with EXT = 0 for INT n"
    mov word [SCRATCH], 0x40 * 8 - 1
    mov dword [SCRATCH + 2], idt
    lidt [SCRATCH]
    try .out
.at:
    int 0x40
.out:
    expect_event X_GP, 0x40 * 8 + 2, .at
    mov word [SCRATCH], 0x40 * 8 + 6            ; one byte short
    lidt [SCRATCH]
    try .out2
.at2:
    int 0x40
.out2:
    expect_event X_GP, 0x40 * 8 + 2, .at2
    ret

    case gate_type, "6.12: a descriptor that is no gate is #GP(vector * 8 + 2), one not present #NP"
    gate 0x40, CODE0, .nowhere, DATA
    try .out
.at:
    int 0x40
.out:
    expect_event X_GP, 0x40 * 8 + 2, .at
    gate 0x40, CODE0, .nowhere, CALL32
    try .out2
.at2:
    int 0x40
.out2:
    expect_event X_GP, 0x40 * 8 + 2, .at2
    gate 0x40, CODE0, .nowhere, INTERRUPT32 & ~PRESENT
    try .out3
.at3:
    int 0x40
.out3:
    expect_event X_NP, 0x40 * 8 + 2, .at3
    ret
.nowhere:

    case gate_dpl, "6.12.1.1: INT n above the gate's DPL is #GP(vector * 8 + 2), before presence; hardware exceptions do not look"
    gate 0x40, CODE0, .nowhere, INTERRUPT32 & ~PRESENT
    try .out
    enter_ring3 .at, 2
.at:
    int 0x40
.out:
    expect_event X_GP, 0x40 * 8 + 2, .at
    try .out2
    enter_ring3 .at2, 2
.at2:
    int3
.out2:
    expect_event X_GP, X_BP * 8 + 2, .at2       ; gate 3 has DPL 0 here
    try .out3
    enter_ring3 .at3, 2
.at3:
    ud2
.out3:
    expect_event X_UD, NONE, .at3
    ret
.nowhere:

    case external_bit, "6.13: EXT is set in the error code if an exception, not INT n, met the bad gate"
    call differs_on_tcg                         ; never sets it
    gate X_UD, CODE0, .nowhere, INTERRUPT32 & ~PRESENT
    try .out
.at:
    ud2
.out:
    expect_event X_NP, X_UD * 8 + 3, .at
    try .out2
.at2:
    int X_UD
.out2:
    expect_event X_NP, X_UD * 8 + 2, .at2
    gate X_UD, FREE, .nowhere, INTERRUPT32      ; the handler's segment is null's neighbour: not present, no code
    try .out3
.at3:
    ud2
.out3:
    expect_event X_GP, FREE + 1, .at3
    gate X_UD, 0, .nowhere, INTERRUPT32
    try .out4
.at4:
    ud2
.out4:
    expect_event X_GP, 1, .at4
    try .out5
.at5:
    int X_UD
.out5:
    expect_event X_GP, 0, .at5
    gate X_UD, GDT_BYTES, .nowhere, INTERRUPT32 ; beyond the GDT's limit
    try .out6
.at6:
    ud2
.out6:
    expect_event X_GP, GDT_BYTES + 1, .at6
    ret
.nowhere:

    case serial_pair, "table 6-5: a benign exception, then a contributory one: handled one after the other"
    gate X_BP, CODE0, .nowhere, INTERRUPT32 & ~PRESENT
    try .out
.at:
    int3
.out:
    expect_event X_NP, X_BP * 8 + 2, .at
    ret
.nowhere:

    case double_fault, "table 6-5: #GP while #DE is delivered is a double fault, error code 0"
    gate X_DE, CODE0, .nowhere, TSS32
    xor ebx, ebx
    try .out
.at:
    div ebx
.out:
    expect [event_count], 1
    expect [events + E_VECTOR], X_DF
    expect [events + E_ERROR], 0
    ret
.nowhere:

    case double_fault_np, "table 6-5: #NP while #GP is delivered is a double fault"
    gate X_GP, CODE0, .nowhere, INTERRUPT32 & ~PRESENT
    mov ax, FREE
    try .out
    mov ds, ax
.out:
    expect [event_count], 1
    expect [events + E_VECTOR], X_DF
    expect [events + E_ERROR], 0
    ret
.nowhere:

    case double_fault_task, "7.3, 6.15 interrupt 8: a double fault through a task gate saves the old task and pushes error code 0"
    gate X_GP, CODE0, .nowhere, INTERRUPT32 & ~PRESENT
    gate X_DF, FAULT_TASK, 0, TASK_GATE
    mov dword [fault_tss + TSS_EIP], .task
    mov ax, FREE
    mov ebx, 0x12345678
    try .out
.at:
    mov ds, ax
.task:
    mov ecx, [ss:esp]
    mov dword [events + E_ERROR], ecx
    mov dword [resume_esp], stack - 256         ; (the other task's stack stays alone)
    mov eax, [tss + TSS_EIP]
    expect eax, .at
    expect [tss + TSS_EBX], 0x12345678
    expect [events + E_ERROR], 0
    movzx eax, word [fault_tss + TSS_LINK]
    expect eax, TASK
    pushfd
    pop eax
    and eax, F_NT
    expect eax, F_NT
    mov esp, [case_esp]
    sub esp, 4
    push dword 2
    popfd
    ret
.out:
    expect 0, 1
    ret
.nowhere:

    case pf_priority, "table 6-2: a fetch fault comes before what the instruction would do; alignment last of all"
    mov ax, FREE
    mov edx, 0x300
    try .out
    enter_ring3 .at, F_AC | 2
.at:
    db 0xF0, 0x0F, 0x0B                         ; lock ud2: #UD, not #GP
.out:
    expect_event X_UD, NONE, .at
    ret

    case popf_iopl, "2A POPF: CPL 3 changes neither IOPL nor (above IOPL) IF, and nothing faults"
    try .out
    enter_ring3 .user, 2
.user:
    push dword F_IOPL | F_IF | F_CF | 2
    popfd
    pushfd
    pop eax
    int X_BACK
.out:
    expect [events + E_VECTOR], X_BACK
    mov eax, [events + E_EFLAGS]
    and eax, F_IOPL | F_IF | F_CF
    expect eax, F_CF
    ret

    case cli_iopl, "2A CLI, STI: #GP(0) above IOPL, allowed at IOPL 3"
    try .out
    enter_ring3 .at, 2
.at:
    cli
.out:
    expect_event X_GP, 0, .at
    try .out2
    enter_ring3 .at2, 2
.at2:
    sti
.out2:
    expect_event X_GP, 0, .at2
    try .out3
    enter_ring3 .user3, F_IOPL | 2
.user3:
    sti
    cli
    int X_BACK
.out3:
    expect [events + E_VECTOR], X_BACK
    ret

%include "harness-end.asm"
