; Far transfers and gates in every combination of privilege levels (chapters 5.8, 6.12); returns.
%include "harness.asm"

; Selectors of level n: CODE0 + n * LEVEL, DATA0 + n * LEVEL
LEVEL equ CODE1 - CODE0

    section .data
level:      dd 0                    ; the caller's
gate_level: dd 0                    ; DPL of the gate, or RPL of the selector
target:     dd 0                    ; DPL of the target
conforming: dd 0
selector:   dd 0                    ; of the target, RPL 0
expected_level: dd 0                ; at which the target runs
pointer:    dd 0, 0                 ; for far transfers through memory
    section .text

; Continues at EDX on level [level], in flat segments, with ESP = level_stack(level).
enter_level:
    mov eax, [level]
    test eax, eax
    jz .same
    imul ecx, eax, LEVEL
    shl eax, 12
    lea ebx, [ecx + DATA0]
    mov ds, ebx
    mov es, ebx
    push ebx
    add eax, SCRATCH + 0x1000
    push eax
    push dword 2
    lea ebx, [ecx + CODE0]
    push ebx
    push edx
    iretd
.same:
    mov esp, SCRATCH + 0x1000
    jmp edx

; Makes FREE a flat code segment of DPL [target], conforming if [conforming].
make_target:
    mov eax, [target]
    shl eax, 5
    or eax, FLAT | CODE
    mov ecx, [conforming]
    shl ecx, 2
    or eax, ecx
    descriptor FREE, 0, 0xFFFFF, eax
    mov dword [selector], FREE
    ret

; The combinations of caller, gate and target, conforming or not. 1: a routine for each
%macro every_combination 1
    mov dword [level], 0
%%level:
    mov dword [gate_level], 0
%%gate:
    mov dword [target], 0
%%target:
    mov dword [conforming], 0
%%conforming:
    call make_target
    call %1
    inc dword [conforming]
    cmp dword [conforming], 2
    jb %%conforming
    inc dword [target]
    cmp dword [target], 4
    jb %%target
    inc dword [gate_level]
    cmp dword [gate_level], 4
    jb %%gate
    inc dword [level]
    cmp dword [level], 4
    jb %%level
%endmacro

; What the targets execute: its #UD tells where and on which stack they run.
arrival:
    ud2

; The target has been reached at [expected_level]. A same-level stack has had EDX bytes pushed since enter_level.
check_arrival:
    expect [event_count], 1
    expect [events + E_VECTOR], X_UD
    expect [events + E_EIP], arrival
    mov eax, [expected_level]
    or eax, [selector]
    expect [events + E_CS], eax
    mov ecx, [expected_level]
    cmp ecx, [level]
    je .same_stack
    ; An inner level: the TSS's stack, with SS and ESP of the caller at its top.
    test ecx, ecx
    jz .ring0
    imul eax, ecx, LEVEL
    add eax, DATA0
    expect [events + E_SS], eax
    mov eax, [tss + TSS_ESP0 + ecx * 8]
    sub eax, [events + E_ESP]
    jmp .depth
.ring0:
    mov eax, stack0 - 12                        ; the handler's own frame, at the same level
    sub eax, [events + E_SP]
.depth:
    add edx, 8
    expect eax, edx
    mov eax, [tss + TSS_ESP0 + ecx * 8]
    movzx ebx, word [eax - 4]
    imul esi, dword [level], LEVEL
    add esi, DATA0
    expect ebx, esi
    mov ebx, [eax - 8]
    call level_stack
    expect ebx, esi
    ret
.same_stack:
    call level_stack
    sub esi, edx
    test ecx, ecx
    jz .ring0_same
    expect [events + E_ESP], esi
    ret
.ring0_same:
    sub esi, 12
    expect [events + E_SP], esi
    ret

; ESI = the stack pointer that enter_level gives at [level]
level_stack:
    mov esi, [level]
    shl esi, 12
    add esi, SCRATCH + 0x1000
    ret

    case call_gates, "5.8.4: CALL through a call gate, caller x gate x target, conforming or not"
    call differs_on_tcg                         ; gives a conforming target its DPL as level
    every_combination .one
    ret
.one:
    mov eax, [gate_level]
    shl eax, 5
    or eax, CALL32
    call_gate FREE + 8, [selector], arrival, eax, 0
    mov dword [pointer + 4], FREE + 8
    mov edx, .call
    try .out
    jmp enter_level
.call:
    call far [pointer]
.out:
    mov edx, 8                                  ; CS, EIP
    jmp through_gate

; Outcome of a transfer through the gate FREE + 8 (a call: to the same or an inner level).
through_gate:
    mov eax, [level]
    cmp eax, [gate_level]
    ja .gate_refused
    cmp eax, [target]
    jb .target_refused
    cmp dword [conforming], 0
    jne .keep
    mov eax, [target]
.keep:
    mov [expected_level], eax
    jmp check_arrival
.gate_refused:
    expect [event_count], 1
    expect [events + E_VECTOR], X_GP
    expect [events + E_ERROR], FREE + 8
    ret
.target_refused:
    expect [event_count], 1
    expect [events + E_VECTOR], X_GP
    expect [events + E_ERROR], FREE
    ret

    case jump_gates, "5.8.4: JMP through a call gate does not change the level"
    every_combination .one
    ret
.one:
    mov eax, [gate_level]
    shl eax, 5
    or eax, CALL32
    call_gate FREE + 8, [selector], arrival, eax, 0
    mov dword [pointer + 4], FREE + 8
    mov edx, .jump
    try .out
    jmp enter_level
.jump:
    jmp far [pointer]
.out:
    xor edx, edx
    mov eax, [level]
    cmp eax, [gate_level]
    ja through_gate.gate_refused
    cmp dword [conforming], 0
    jne through_gate
    cmp eax, [target]
    jne through_gate.target_refused
    jmp through_gate

    case direct, "5.8.1: CALL and JMP to a code segment, RPL in the gate's place"
    every_combination .one
    ret
.one:
    mov dword [.pushed], 8
    mov edx, .call
    try .out
    jmp .enter
.call:
    call far [pointer]
.out:
    call .result
    mov dword [.pushed], 0
    mov edx, .jump
    try .out2
    jmp .enter
.jump:
    jmp far [pointer]
.out2:
    jmp .result
.enter:
    mov eax, [selector]
    or eax, [gate_level]
    mov dword [pointer], arrival
    mov dword [pointer + 4], eax
    jmp enter_level
.result:
    mov eax, [level]
    mov edx, [.pushed]
    cmp dword [conforming], 0
    je .exact
    cmp eax, [target]
    jb through_gate.target_refused
    mov [expected_level], eax
    jmp check_arrival
.exact:
    cmp eax, [target]
    jne through_gate.target_refused
    cmp eax, [gate_level]
    jb through_gate.target_refused
    mov [expected_level], eax
    jmp check_arrival
    section .data
.pushed: dd 0
    section .text

    case interrupt_gates, "6.12.1: INT n through interrupt and trap gates, caller x gate x target; IF, NT and VM of the handler"
    every_combination .one
    ret
.one:
    mov dword [.type], INTERRUPT32
    call .through
    mov dword [.type], TRAP32
.through:
    mov eax, [gate_level]
    shl eax, 5
    or eax, [.type]
    gate 0x40, [selector], arrival, eax
    mov edx, .int
    try .out
    jmp enter_level
.int:
    int 0x40
.out:
    mov edx, 12
    mov eax, [level]
    cmp eax, [gate_level]
    ja .refused
    jmp through_gate
.refused:
    expect [event_count], 1
    expect [events + E_VECTOR], X_GP
    expect [events + E_ERROR], 0x40 * 8 + 2
    ret
    section .data
.type: dd 0
    section .text

    case exception_gates, "6.12.1.1: hardware exceptions do not look at the gate's DPL; the target's still counts"
    call differs_on_tcg                         ; does not set EXT
    mov dword [level], 0
    mov dword [gate_level], 0
    mov dword [conforming], 0
.level:
    mov dword [target], 0
.target:
    call make_target
    gate X_BR, FREE, arrival, INTERRUPT32
    mov edx, .bound
    try .out
    jmp enter_level
.bound:
    mov dword [ss:SCRATCH], 1
    xor eax, eax
    bound eax, [ss:SCRATCH]
.out:
    mov edx, 12
    mov eax, [level]
    cmp eax, [target]
    jb .refused
    mov eax, [target]
    mov [expected_level], eax
    call check_arrival
    jmp .again
.refused:
    expect [event_count], 1
    expect [events + E_VECTOR], X_GP
    expect [events + E_ERROR], FREE + 1         ; EXT: met while an exception was delivered
.again:
    inc dword [target]
    cmp dword [target], 4
    jb .target
    inc dword [level]
    cmp dword [level], 4
    jb .level
    ret

    case if_flag, "6.12.1.3: an interrupt gate clears IF, a trap gate does not; both clear TF, NT and RF"
    or byte [idt + 0x41 * 8 + 5], DPL3
    mov byte [idt + 0x42 * 8 + 5], TRAP32 | DPL3
    try .out
    push dword F_NT | F_IF | 2
    popfd
    int 0x42
.out:
    cli
    expect [events + E_VECTOR], 0x42
    mov eax, [events + E_OWN_EFLAGS]
    and eax, F_IF | F_NT
    expect eax, F_IF
    mov eax, [events + E_EFLAGS]
    and eax, F_IF | F_NT
    expect eax, F_IF | F_NT
    try .out2
    push dword F_NT | F_IF | 2
    popfd
    int 0x41
.out2:
    cli
    mov eax, [events + E_OWN_EFLAGS]
    and eax, F_IF | F_NT
    expect eax, 0
    ret

    case parameters, "5.8.5: a call gate copies its parameters between SS:ESP and CS:EIP, in order"
    call_gate FREE + 8, CODE0, .arrived, CALL32 | DPL3, 3
    mov dword [pointer + 4], (FREE + 8) | 3
    try .out
    enter_ring3 .user, 2
.user:
    push dword 0x11111111
    push dword 0x22222222
    push dword 0x33333333
    call far [ss:pointer]
.behind:
.arrived:
    ud2
.out:
    expect_event X_UD, NONE, .arrived
    expect [events + E_SP], stack0 - 28 - 12
    expect [stack0 - 4], DATA3
    expect [stack0 - 8], user_stack - 12
    expect [stack0 - 12], 0x11111111
    expect [stack0 - 16], 0x22222222
    expect [stack0 - 20], 0x33333333
    expect [stack0 - 24], CODE3
    expect [stack0 - 28], .behind
    ret

    case gate16, "5.8.3: a 16-bit call gate pushes words, and the offset's upper half is not looked at"
    call differs_on_tcg                         ; does look
    descriptor FREE, .base, 0xFFFF, CODE | BIG
    call_gate FREE + 8, FREE, 0xFFFF0000 + .arrived - .base, CALL16 | DPL3, 2
    mov dword [pointer + 4], (FREE + 8) | 3
    try .out
    enter_ring3 .user, 2
.user:
    push word 0x1111
    push word 0x2222
    call far [ss:pointer]
.behind:
    nop
.base:
    nop
.arrived:
    ud2
.out:
    expect_event X_UD, NONE, .arrived - .base
    expect [events + E_SP], stack0 - 12 - 12
    movzx eax, word [stack0 - 2]
    expect eax, DATA3
    mov eax, user_stack - 4
    movzx eax, ax
    movzx ecx, word [stack0 - 4]
    expect ecx, eax
    expect [stack0 - 8], 0x11112222
    movzx eax, word [stack0 - 10]
    expect eax, CODE3
    mov eax, .behind
    movzx eax, ax
    movzx ecx, word [stack0 - 12]
    expect ecx, eax
    ret

    case gate_offset, "5.8.4: an entry point beyond the code segment's limit is #GP(0) of the caller"
    call differs_on_tcg                         ; does not look
    descriptor FREE, 0, 0xFFF, CODE | BIG
    call_gate FREE + 8, FREE, 0x1000, CALL32, 0
    mov dword [pointer + 4], FREE + 8
    try .out
.at:
    call far [pointer]
.out:
    expect_event X_GP, 0, .at
    ret

    case gate_errors, "2A CALL: null, beyond the table, no code, not present: #GP(0), #GP(selector), #NP(selector)"
    call_gate FREE + 8, 0, arrival, CALL32, 0
    mov dword [pointer + 4], FREE + 8
    try .out
.at:
    call far [pointer]
.out:
    expect_event X_GP, 0, .at
    call_gate FREE + 8, GDT_BYTES, arrival, CALL32, 0
    try .out2
.at2:
    call far [pointer]
.out2:
    expect_event X_GP, GDT_BYTES, .at2
    call_gate FREE + 8, DATA0, arrival, CALL32, 0
    try .out3
.at3:
    call far [pointer]
.out3:
    expect_event X_GP, DATA0, .at3
    descriptor FREE, 0, 0xFFFFF, FLAT | CODE & ~PRESENT
    call_gate FREE + 8, FREE, arrival, CALL32, 0
    try .out4
.at4:
    call far [pointer]
.out4:
    expect_event X_NP, FREE, .at4
    call_gate FREE + 8, CODE0, arrival, CALL32 & ~PRESENT, 0
    try .out5
.at5:
    call far [pointer]
.out5:
    expect_event X_NP, FREE + 8, .at5
    call_gate FREE + 8, CODE0, arrival, INTERRUPT32, 0
    try .out6
.at6:
    call far [pointer]
.out6:
    expect_event X_GP, FREE + 8, .at6
    mov dword [pointer + 4], 3                  ; a null selector, whatever its RPL
    try .out7
.at7:
    jmp far [pointer]
.out7:
    expect_event X_GP, 0, .at7
    ret

    case stack_switch, "5.8.5: the inner stack's selector is checked: #TS(selector), not present #SS(selector), null #TS(0)"
    call_gate FREE + 8, CODE0, arrival, CALL32 | DPL3, 0
    mov dword [pointer + 4], (FREE + 8) | 3
    gate X_TS, FAULT_TASK, 0, TASK_GATE         ; no handler could be entered on such a stack
    gate X_SS, FAULT_TASK, 0, TASK_GATE
    mov dword [fault_tss + TSS_EIP], .task
    mov edi, .table
.next:
    mov eax, [edi]
    mov [tss + TSS_SS0], eax
    mov eax, [edi + 4]
    mov [.error], eax
    push edi
    descriptor TASK, tss, TSS_LIMIT, TSS32
    descriptor FAULT_TASK, fault_tss, TSS_BYTES - 1, TSS32
    mov ax, TASK
    ltr ax
    mov [.esp], esp
    enter_ring3 .user, 2
.user:
.at:
    call far [ss:pointer]
.task:
    pop eax                                     ; the error code
    mov esp, [.esp]
    push dword 2
    popfd
    expect eax, [.error]
    expect [tss + TSS_EIP], .at
    expect [tss + TSS_ESP], user_stack
    movzx eax, word [tss + TSS_CS]
    expect eax, CODE3
    pop edi
    add edi, 8
    cmp edi, .table_end
    jb .next
    ret
    section .data
.error: dd 0
.esp: dd 0
.table:
    dd 0, 0, DATA1, DATA1 & 0xFFFC, DATA0 | 1, DATA0, CODE0, CODE0, FREE, FREE, GDT_BYTES, GDT_BYTES
.table_end:
    section .text

    case tss_limit, "5.8.5: a TSS too short for the inner level's stack pointer is #TS(TSS selector)"
    call differs_on_tcg                         ; wants two bytes more
    call_gate FREE + 8, CODE1 & 0xFFFC, arrival, CALL32 | DPL3, 0
    mov dword [pointer + 4], (FREE + 8) | 3
    descriptor FREE + 16, tss, TSS_SS1 + 1, TSS32
    mov ax, FREE + 16
    ltr ax
    try .out
    enter_ring3 .at, 2
.at:
    call far [ss:pointer]
.out:
    expect [events + E_VECTOR], X_UD            ; SS1's word just fits
    descriptor FREE + 16, tss, TSS_SS1, TSS32
    mov ax, FREE + 16
    ltr ax
    try .out2
    enter_ring3 .at2, 2
.at2:
    call far [ss:pointer]
.out2:
    expect_event X_TS, FREE + 16, .at2
    ret

    case retf_levels, "2A RET: RETF to every level from every level; data segments of inner levels become null"
    mov dword [conforming], 0
    mov dword [level], 0
.level:
    mov dword [target], 0
.target:
    mov edx, .return
    try .out
    jmp enter_level
.return:
    mov eax, [ss:target]
    imul ecx, eax, LEVEL
    mov ebx, ss
    mov ds, ebx
    mov es, ebx
    cmp eax, [level]
    je .near
    lea ebx, [ecx + DATA0]
    push ebx
    push dword SCRATCH + 0x8000
.near:
    lea ebx, [ecx + CODE0]
    push ebx
    push dword arrival
    retf
.out:
    mov eax, [level]
    cmp eax, [target]
    ja .refused
    expect [events + E_VECTOR], X_UD
    expect [events + E_EIP], arrival
    imul eax, dword [target], LEVEL
    add eax, CODE0
    expect [events + E_CS], eax
    mov eax, [target]
    cmp eax, [level]
    je .again
    expect [events + E_ESP], SCRATCH + 0x8000
    expect [events + E_DS], 0                   ; DS was of the inner level
    expect [events + E_ES], 0
    jmp .again
.refused:
    expect [events + E_VECTOR], X_GP
    imul eax, dword [target], LEVEL
    add eax, CODE0
    and eax, 0xFFFC
    expect [events + E_ERROR], eax
.again:
    inc dword [target]
    cmp dword [target], 4
    jb .target
    inc dword [level]
    cmp dword [level], 4
    jb .level
    ret

    case retf_release, "2A RET: RETF n releases the parameters of both stacks"
    try .out
    push dword DATA3
    push dword user_stack - 64
    push dword 0
    push dword 0
    push dword CODE3
    push dword arrival
    retf 8
.out:
    expect_event X_UD, NONE, arrival
    expect [events + E_ESP], user_stack - 64 + 8
    ret

    case retf_errors, "2A RET: the checks of CS and SS: null #GP(0), type and DPL #GP(selector), absent #NP or #SS(selector)"
    mov edi, .table
.next:
    mov eax, [edi]
    cmp eax, -1
    je .done
    push edi
    mov [.cs], eax
    mov eax, [edi + 4]
    mov [.ss], eax
    try .out
    push dword [.ss]
    push dword user_stack
    push dword [.cs]
    push dword arrival
.at:
    retf
.out:
    pop edi
    expect [event_count], 1
    expect [events + E_VECTOR], [edi + 8]
    expect [events + E_ERROR], [edi + 12]
    expect [events + E_EIP], .at
    add edi, 16
    jmp .next
.done:
    ret
    section .data
.cs: dd 0
.ss: dd 0
.table:
    dd 0, 0, X_GP, 0
    dd 3, 0, X_GP, 0
    dd GDT_BYTES, 0, X_GP, GDT_BYTES
    dd DATA0, 0, X_GP, DATA0
    dd CODE3 & 0xFFFC, 0, X_GP, CODE3 & 0xFFFC  ; RPL 0, DPL 3
    dd CODE3, 0, X_GP, 0
    dd CODE3, DATA0, X_GP, DATA0
    dd CODE3, DATA3 & 0xFFFC, X_GP, DATA3 & 0xFFFC
    dd CODE3, CODE3, X_GP, CODE3 & 0xFFFC
    dd -1
    section .text

    case iret_flags, "2A IRET: at CPL 0 all flags are loaded, at CPL 3 neither IOPL nor, above IOPL, IF"
    try .out
    enter_ring3 .user, 2
.user:
    push dword F_IOPL | F_IF | F_CF | 2
    push dword CODE3
    push dword .back
    iretd
.back:
    int X_BACK
.out:
    mov eax, [events + E_EFLAGS]
    and eax, F_IOPL | F_IF | F_CF
    expect eax, F_CF
    ret

    case arpl, "5.10.4: ARPL raises the RPL and sets ZF, or leaves both"
    mov eax, 0x1234
    mov ecx, 3
    arpl ax, cx
    setz bl
    movzx ebx, bl
    expect eax, 0x1237
    expect ebx, 1
    mov ecx, 2
    arpl ax, cx
    setz bl
    movzx ebx, bl
    expect eax, 0x1237
    expect ebx, 0
    ret

    case lar_lsl, "5.10: LAR, LSL, VERR, VERW tell what may be accessed, by ZF"
    lar eax, [.code3]
    setz bl
    movzx ebx, bl
    expect ebx, 1
    and eax, 0x00F0FE00
    expect eax, 0x00C0FA00
    lsl eax, [.code3]
    expect eax, 0xFFFFFFFF
    mov eax, 0x55
    lar eax, [.null]
    setz bl
    movzx ebx, bl
    expect ebx, 0
    expect eax, 0x55
    mov ax, TASK
    lsl ecx, eax
    expect ecx, TSS_LIMIT
    call_gate FREE, CODE0, arrival, CALL32, 0
    mov ax, FREE
    lar ecx, eax
    setz bl
    lsl ecx, eax                                ; a gate has a type, but no limit
    setz bh
    movzx ebx, bx
    expect ebx, 1
    call_gate FREE, CODE0, arrival, INTERRUPT32, 0
    mov ax, FREE
    lar ecx, eax
    setz bl
    movzx ebx, bl
    expect ebx, 0
    mov ax, CODE0
    verr ax
    setz bl
    verw ax
    setz bh
    movzx ebx, bx
    expect ebx, 1
    descriptor FREE, 0, 0xFFFFF, FLAT | CODE_ONLY
    mov ax, FREE
    verr ax
    setz bl
    movzx ebx, bl
    expect ebx, 0
    try .out
    enter_ring3 .user, 2
.user:
    mov ax, DATA0
    verr ax
    setz bl
    mov ax, DATA3
    verw ax
    setz bh
    mov ax, CONFORMING0
    verr ax
    setz cl
    int X_BACK
.out:
    movzx eax, word [registers + R_EBX]
    expect eax, 0x100
    movzx eax, byte [registers + R_ECX]
    expect eax, 1
    ret
    section .data
.code3: dw CODE3, 0
.null: dw 0, 0
    section .text

    case sysenter, "5.8.7: SYSENTER and SYSEXIT: flat segments from MSR 174h, IF cleared, #GP(0) for a null selector"
    mov eax, 1 << 11
    call require_feature
    mov ecx, 0x174
    xor edx, edx
    xor eax, eax
    wrmsr
    try .out
    enter_ring3 .at, 2
.at:
    sysenter
.out:
    expect_event X_GP, 0, .at
    mov ecx, 0x174
    xor edx, edx
    mov eax, 0x80                               ; the GDT is not looked at
    wrmsr
    mov ecx, 0x175
    mov eax, SCRATCH + 0x1000
    wrmsr
    mov ecx, 0x176
    mov eax, arrival
    wrmsr
    try .out2
    enter_ring3 .user, F_IOPL | F_IF | 2
.user:
    sysenter
.out2:
    expect_event X_UD, NONE, arrival
    expect [events + E_CS], 0x80
    mov eax, [events + E_EFLAGS]
    and eax, F_IF
    expect eax, 0
    expect [events + E_SP], SCRATCH + 0x1000 - 12
    try .out3
    mov edx, .back
    mov ecx, user_stack
    sysexit
.back:
    int X_BACK
.out3:
    expect [events + E_VECTOR], X_BACK
    expect [events + E_CS], 0x93
    expect [events + E_SS], 0x9B
    expect [events + E_ESP], user_stack
    ret

%include "harness-end.asm"
