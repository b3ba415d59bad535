; Task switches (chapter 7).
%include "harness.asm"

    section .data
pointer:    dd 0, 0
    section .text

; EAX = the type (bits 8 to 11 of the second dword) of a TSS descriptor. 1: its selector
%macro type_of 1
    movzx eax, byte [gdt + %1 + 5]
    and eax, 15
%endmacro

    case jump, "7.3, table 7-2: JMP to a TSS saves the old task, exchanges the busy flags, sets CR0.TS; no link, no NT"
    call differs_on_tcg                         ; saves the flags of before STC
    mov dword [other_tss + TSS_EAX], 0x11111111
    mov dword [other_tss + TSS_EBP], 0x22222222
    mov dword [other_tss + TSS_EFLAGS], F_CF | F_OF | 2
    mov word [other_tss + TSS_LINK], 0x5555
    mov word [other_tss + TSS_GS], DATA3
    mov ecx, 0x33333333
    mov edi, 0x44444444
    try .out
    mov [.esp], esp
    stc
    jmp OTHER_TASK:0x12345678                   ; the offset means nothing
.behind:
.out:
    expect_event 0xFE, NONE, other_task
    expect [registers + R_EAX], 0x11111111
    expect [registers + R_EBP], 0x22222222
    mov eax, [events + E_EFLAGS]
    and eax, F_CF | F_OF | F_NT
    expect eax, F_CF | F_OF
    expect [tss + TSS_EIP], .behind
    expect [tss + TSS_ECX], 0x33333333
    expect [tss + TSS_EDI], 0x44444444
    expect [tss + TSS_ESP], [.esp]
    mov eax, [tss + TSS_EFLAGS]
    and eax, F_CF | F_NT
    expect eax, F_CF
    movzx eax, word [tss + TSS_CS]
    expect eax, CODE0
    movzx eax, word [tss + TSS_DS]
    expect eax, DATA0
    movzx eax, word [other_tss + TSS_LINK]
    expect eax, 0x5555
    type_of TASK
    expect eax, 9
    type_of OTHER_TASK
    expect eax, 11
    str ax
    movzx eax, ax
    expect eax, OTHER_TASK
    mov eax, cr0
    and eax, CR0_TS
    expect eax, CR0_TS
    ret
    section .data
.esp: dd 0
    section .text

    case call, "7.4: CALL nests: the link, NT, both tasks busy; IRET goes back"
    mov dword [other_tss + TSS_EIP], .nested
    mov edx, 5
    try .out
    call OTHER_TASK:0
.back:
    add edx, 7
    jmp .out
.nested:
    pushfd
    pop eax
    and eax, F_NT
    mov [.nt], eax
    movzx eax, word [other_tss + TSS_LINK]
    mov [.link], eax
    type_of TASK
    mov [.old_type], eax
    type_of OTHER_TASK
    mov [.new_type], eax
    iretd
.after_iret:
    nop
.out:
    expect_none
    expect edx, 12
    expect [.nt], F_NT
    expect [.link], TASK
    expect [.old_type], 11
    expect [.new_type], 11
    type_of TASK
    expect eax, 11
    type_of OTHER_TASK
    expect eax, 9
    expect [other_tss + TSS_EIP], .after_iret
    mov eax, [other_tss + TSS_EFLAGS]
    and eax, F_NT
    expect eax, 0                               ; IRET clears NT in the image it saves
    pushfd
    pop eax
    and eax, F_NT
    expect eax, 0
    str ax
    movzx eax, ax
    expect eax, TASK
    ret
    section .data
.nt: dd 0
.link: dd 0
.old_type: dd 0
.new_type: dd 0
    section .text

    case chain, "7.4: three nested tasks unwind in order"
    mov dword [other_tss + TSS_EIP], .second
    mov dword [fault_tss + TSS_EIP], .third
    xor edx, edx
    mov dword [.trace], 0
    try .out
    call OTHER_TASK:0
    call .note
    db 1
    jmp .out
.second:
    call .note
    db 2
    call FAULT_TASK:0
    call .note
    db 4
    iretd
.third:
    call .note
    db 3
    iretd
.note:                                          ; appends the byte behind the call to the trace
    pop esi
    mov eax, [.trace]
    shl eax, 4
    or al, [esi]
    mov [.trace], eax
    inc esi
    jmp esi
.out:
    expect_none
    expect [.trace], 0x2341
    ret
    section .data
.trace: dd 0
    section .text

    case gate, "7.2.5: a task gate for CALL, JMP and INT; its DPL counts, that of the TSS does not"
    call_gate FREE, OTHER_TASK, 0, TASK_GATE | DPL3, 0
    descriptor OTHER_TASK, other_tss, TSS_BYTES - 1, TSS32
    mov dword [pointer + 4], FREE | 3
    try .out
    enter_ring3 .user, 2
.user:
    jmp far [ss:pointer]
.behind:
.out:
    expect_event 0xFE, NONE, other_task
    expect [tss + TSS_EIP], .behind
    movzx eax, word [tss + TSS_CS]
    expect eax, CODE3
    ret

    case gate_refused, "7.2.5: a task gate, and a TSS, of DPL below CPL or RPL: #GP(its selector)"
    call_gate FREE, OTHER_TASK, 0, TASK_GATE | DPL2, 0
    mov dword [pointer + 4], FREE | 2
    try .out
    enter_ring3 .at, 2
.at:
    jmp far [ss:pointer]
.out:
    expect_event X_GP, FREE, .at
    mov dword [pointer + 4], OTHER_TASK | 3
    try .out2
.at2:
    call far [pointer]
.out2:
    expect_event X_GP, OTHER_TASK, .at2
    ret

    case interrupt, "7.2.5, 6.12.2: INT n through a task gate nests, IRET comes back behind it"
    gate 0x40, OTHER_TASK, 0, TASK_GATE
    mov dword [other_tss + TSS_EIP], .handler
    xor edx, edx
    try .out
    int 0x40
    inc edx
    int 0x40                                    ; goes on behind the IRET
    inc edx
    jmp .out
.handler:
    inc dword [.count]
    iretd
    jmp .handler
.out:
    expect_none
    expect edx, 2
    mov eax, [.count]
    mov dword [.count], 0
    expect eax, 2
    ret
    section .data
.count: dd 0
    section .text

    case error_code, "6.13, 7.3: an exception's error code is pushed on the new task's stack; EIP is the faulting one's"
    gate X_GP, FAULT_TASK, 0, TASK_GATE
    mov dword [fault_tss + TSS_EIP], .handler
    mov ax, GDT_BYTES
    mov [.esp], esp
    mov dword [.code], 0
.at:
    mov ds, ax
    nop
.handler:
    pop dword [ss:.code]
    mov eax, DATA0
    mov ds, eax
    mov eax, esp
    mov esp, [.esp]
    push dword 2
    popfd
    expect eax, fault_stack
    expect [.code], GDT_BYTES
    expect [tss + TSS_EIP], .at
    mov eax, [tss + TSS_EFLAGS]
    and eax, F_RF
    ret
    section .data
.code: dd 0
.esp: dd 0
    section .text

    case error_code_rf, "17.3.1.1, 7.3: the EFLAGS saved for a fault has RF set, in a TSS too"
    call differs_on_tcg                         ; saves 0
    gate X_UD, FAULT_TASK, 0, TASK_GATE
    try .out
    ud2
.out:
    expect [events + E_VECTOR], 0xFE
    mov eax, [tss + TSS_EFLAGS]
    and eax, F_RF
    expect eax, F_RF
    ret

    case busy, "7.3: a busy TSS is #GP(selector), in the task that asked, and nothing changes"
    try .out
.at:
    call TASK:0
.out:
    expect_event X_GP, TASK, .at
    descriptor OTHER_TASK, other_tss, TSS_BYTES - 1, BUSY_TSS32
    try .out2
.at2:
    jmp OTHER_TASK:0
.out2:
    expect_event X_GP, OTHER_TASK, .at2
    type_of TASK
    expect eax, 11
    ret

    case absent, "7.3: a TSS that is not present is #NP(selector); one in the LDT or through null #GP"
    call differs_on_tcg                         ; raises #TS for a local selector
    descriptor OTHER_TASK, other_tss, TSS_BYTES - 1, TSS32 & ~PRESENT
    try .out
.at:
    jmp OTHER_TASK:0
.out:
    expect_event X_NP, OTHER_TASK, .at
    call_gate FREE, OTHER_TASK | 4, 0, TASK_GATE, 0
    try .out2
.at2:
    jmp FREE:0
.out2:
    expect_event X_GP, OTHER_TASK | 4, .at2
    call_gate FREE, 0, 0, TASK_GATE, 0
    try .out3
.at3:
    jmp FREE:0
.out3:
    expect_event X_GP, 0, .at3
    call_gate FREE, DATA0, 0, TASK_GATE, 0
    try .out4
.at4:
    jmp FREE:0
.out4:
    expect_event X_GP, DATA0, .at4
    ret

    case short, "7.3: a TSS limit below 67h is #TS(selector); 67h will do"
    descriptor OTHER_TASK, other_tss, 0x66, TSS32
    try .out
.at:
    jmp OTHER_TASK:0
.out:
    expect_event X_TS, OTHER_TASK, .at
    descriptor OTHER_TASK, other_tss, 0x67, TSS32
    try .out2
    jmp OTHER_TASK:0
.out2:
    expect [events + E_VECTOR], 0xFE
    ret

    case iret_link, "7.4: IRET with NT: the link has to name a busy TSS: #TS(selector)"
    mov word [tss + TSS_LINK], OTHER_TASK
    try .out
    push dword F_NT | 2
    popfd
.at:
    iretd
.out:
    expect_event X_TS, OTHER_TASK, .at
    mov word [tss + TSS_LINK], GDT_BYTES
    try .out2
    push dword F_NT | 2
    popfd
.at2:
    iretd
.out2:
    expect_event X_TS, GDT_BYTES, .at2
    mov word [tss + TSS_LINK], OTHER_TASK | 4
    try .out3
    push dword F_NT | 2
    popfd
.at3:
    iretd
.out3:
    expect_event X_TS, OTHER_TASK | 4, .at3
    ret

; The new task's segments. A bad one faults in the new task, whose registers are already there.
    case segments, "7.3, table 7-1: selectors of the new task are checked in its context: #TS, #NP or #SS with the selector"
    call differs_on_tcg                         ; saves another EIP
    mov dword [fault_tss + TSS_EIP], .task
    gate X_TS, FAULT_TASK, 0, TASK_GATE
    gate X_NP, FAULT_TASK, 0, TASK_GATE
    gate X_SS, FAULT_TASK, 0, TASK_GATE
    descriptor FREE, 0, 0xFFFFF, FLAT | DATA & ~PRESENT
    descriptor FREE + 8, 0, 0xFFFFF, FLAT | CODE_ONLY
    descriptor FREE + 16, 0, 0xFFFFF, FLAT | CODE & ~PRESENT
    descriptor FREE + 24, 0, 0xFFFFF, FLAT | DATA_READ_ONLY
    mov edi, .table
.next:
    mov [.entry], edi
    descriptor OTHER_TASK, other_tss, TSS_BYTES - 1, TSS32
    descriptor FAULT_TASK, fault_tss, TSS_BYTES - 1, TSS32
    descriptor TASK, tss, TSS_LIMIT, TSS32
    mov ax, TASK
    ltr ax
    mov dword [fault_tss + TSS_EIP], .task
    mov dword [fault_tss + TSS_ESP], fault_stack
    mov dword [other_tss + TSS_EIP], other_task
    mov dword [other_tss + TSS_ECX], 0xABCD
    mov dword [other_tss + TSS_CS], CODE0
    mov dword [other_tss + TSS_SS], DATA0
    mov dword [other_tss + TSS_DS], DATA0
    mov dword [other_tss + TSS_GS], DATA0
    mov dword [other_tss + TSS_LDT], 0
    mov eax, [edi]                              ; the field
    mov edx, [edi + 4]                          ; the selector
    mov [other_tss + eax], dx
    mov [.esp], esp
    mov dword [resume], unexpected
    call OTHER_TASK:0
.task:
    mov ebx, [ss:esp]
    mov eax, DATA0
    mov ds, eax
    mov es, eax
    mov esp, [.esp]
    push dword 2
    popfd
    mov edi, [.entry]
    expect ebx, [edi + 8]
    expect [other_tss + TSS_ECX], 0xABCD
    expect [other_tss + TSS_EIP], other_task
    movzx eax, word [fault_tss + TSS_LINK]
    expect eax, OTHER_TASK
    movzx eax, word [other_tss + TSS_LINK]
    expect eax, TASK
    add edi, 12
    cmp edi, .table_end
    jb .next
    ret
    section .data
.esp: dd 0
.entry: dd 0
.table:
    dd TSS_SS, 0, 0                             ; a null stack
    dd TSS_SS, GDT_BYTES, GDT_BYTES
    dd TSS_SS, CODE0, CODE0
    dd TSS_SS, DATA1, DATA1 & 0xFFFC
    dd TSS_SS, DATA0 | 3, DATA0
    dd TSS_SS, FREE, FREE                       ; #SS
    dd TSS_SS, FREE + 24, FREE + 24             ; not writable
    dd TSS_CS, 0, 0
    dd TSS_CS, DATA0, DATA0
    dd TSS_CS, FREE + 16, FREE + 16             ; #NP
    dd TSS_CS, CODE3 & 0xFFFC, CODE3 & 0xFFFC
    dd TSS_DS, FREE, FREE                       ; #NP
    dd TSS_DS, FREE + 8, FREE + 8               ; not readable
    dd TSS_DS, TASK, TASK
    dd TSS_GS, GDT_BYTES, GDT_BYTES
    dd TSS_LDT, DATA0, DATA0
    dd TSS_LDT, LOCAL_TABLE | 4, LOCAL_TABLE | 4
.table_end:
    section .text

    case ldt, "7.3: LDTR comes from the new TSS, before the segments, which may use it"
    mov dword [ldt + 8], 0x0000FFFF             ; flat data
    mov dword [ldt + 12], 0x00CF9200
    mov word [other_tss + TSS_LDT], LOCAL_TABLE
    mov word [other_tss + TSS_FS], 8 | 4
    mov dword [other_tss + TSS_EIP], .task
    try .out
    jmp OTHER_TASK:0
.task:
    sldt ax
    movzx eax, ax
    mov edx, [fs:image_start]
    mov ecx, fs
    ud2
.out:
    expect [events + E_VECTOR], X_UD
    expect [registers + R_EAX], LOCAL_TABLE
    expect [registers + R_EDX], 0x1BADB002
    expect [registers + R_ECX], 8 | 4
    ret

    case cr3, "7.3: with paging CR3 comes from the new TSS"
    mov edi, TABLES                             ; 4 MB pages, one to one; in the second directory 4 MB are elsewhere
    mov eax, 0x83
    mov ecx, 4
.fill:
    stosd
    add eax, 0x400000
    loop .fill
    mov esi, TABLES
    mov edi, TABLES + 0x1000
    mov ecx, 4
    rep movsd
    mov dword [TABLES + 0x1000 + 12], 0x83      ; C00000h is 0
    mov eax, CR4_PSE
    mov cr4, eax
    mov eax, TABLES
    mov cr3, eax
    mov eax, cr0
    or eax, CR0_PG
    mov cr0, eax
    mov dword [other_tss + TSS_CR3], TABLES + 0x1000
    mov dword [other_tss + TSS_EIP], .task
    try .out
    mov eax, [0xC00000 + image_start]
    jmp OTHER_TASK:0
.task:
    mov eax, [0xC00000 + image_start]
    mov edx, cr3
    ud2
.out:
    expect [events + E_VECTOR], X_UD
    expect [registers + R_EAX], 0x1BADB002
    expect [registers + R_EDX], TABLES + 0x1000
    ret

    case eip_limit, "7.3: the new EIP beyond the limit is #GP(0) in the new task"
    call differs_on_tcg                         ; raises it at the fetch
    descriptor FREE, 0, 0xFFFF, CODE | BIG
    mov dword [other_tss + TSS_CS], FREE
    mov dword [other_tss + TSS_EIP], 0x10000
    mov dword [other_tss + TSS_ECX], 0xABCD
    try .out
    call OTHER_TASK:0
.out:
    expect_event X_GP, 0, 0x10000
    expect [events + E_CS], FREE
    expect [registers + R_ECX], 0xABCD
    ret

    case tss16, "7.6: a 16-bit TSS holds 16-bit registers, no FS, GS and CR3"
    mov edi, SCRATCH
    mov ecx, 11
    xor eax, eax
    rep stosd
    descriptor FREE + 8, .base, 0xFFFF, CODE | DPL3
    mov word [SCRATCH + 2], 0x9000              ; SP0
    mov word [SCRATCH + 4], DATA0               ; SS0
    mov word [SCRATCH + 14], .task - .base      ; IP
    mov word [SCRATCH + 16], F_CF | 2
    mov word [SCRATCH + 18], 0x1234             ; AX
    mov word [SCRATCH + 26], 0x100              ; SP
    mov word [SCRATCH + 34], DATA3              ; ES
    mov word [SCRATCH + 36], (FREE + 8) | 3           ; CS
    mov word [SCRATCH + 38], DATA3              ; SS
    mov word [SCRATCH + 40], DATA3              ; DS
    descriptor FREE, SCRATCH, 43, TSS16
    mov dword [tss + TSS_CR3], -1
    mov ebx, esp
    mov [.esp], esp
    try .out
    call FREE:0
.behind:
    nop
    bits 16
.base:
    nop
.task:
    ud2
    bits 32
.out:
    mov esp, [.esp]
    expect_event X_UD, NONE, .task - .base
    expect [events + E_SP], 0x9000 - 20
    movzx eax, word [events + E_ESP]
    expect eax, 0x100
    movzx eax, word [registers + R_EAX]
    expect eax, 0x1234
    movzx eax, word [SCRATCH]
    expect eax, TASK
    expect [tss + TSS_EIP], .behind
    mov eax, [events + E_EFLAGS]
    and eax, F_NT | F_CF
    expect eax, F_NT | F_CF
    ret
    section .data
.esp: dd 0
    section .text

    case user_task, "7.3: a task at CPL 3; an interrupt from it uses its own TSS's ESP0"
    mov edi, other_tss
    mov dword [edi + TSS_CS], CODE3
    mov dword [edi + TSS_SS], DATA3
    mov dword [edi + TSS_DS], DATA3
    mov dword [edi + TSS_ES], DATA3
    mov dword [edi + TSS_FS], DATA3
    mov dword [edi + TSS_GS], DATA3
    mov dword [edi + TSS_ESP], user_stack
    mov dword [edi + TSS_ESP0], other_stack
    mov dword [edi + TSS_SS0], DATA0
    mov dword [edi + TSS_EIP], .user
    try .out
    jmp OTHER_TASK:0
.user:
    int X_BACK
.behind:
.out:
    expect_event X_BACK, NONE, .behind
    expect [events + E_CS], CODE3
    expect [events + E_SP], other_stack - 20
    ret

%include "harness-end.asm"
