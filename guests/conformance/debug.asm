; Debug exceptions: single steps, breakpoints of DR0 to DR3, DR6, DR7, RF (chapter 17).
%include "harness.asm"

DR6_FIXED equ 0xFFFF0FF0
DR6_BD equ 1 << 13
DR6_BS equ 1 << 14
DR6_BT equ 1 << 15

; Enables breakpoint n (0 to 3) at an address. 1: n, 2: address, 3: R/W (0 execute, 1 write, 2 port, 3 access), 4: LEN field
%macro breakpoint 4
    mov eax, %2
    mov dr%1, eax
    mov eax, dr7
    or eax, 1 << (%1 * 2 + 1) | (%3) << (16 + %1 * 4) | (%4) << (18 + %1 * 4)
    mov dr7, eax
%endmacro

; Event 0 is #DB at EIP 1 with the low bits of DR6 being 2.
%macro expect_debug 2
    expect [event_count], 1
    expect [events + E_VECTOR], X_DB
    expect [events + E_ERROR], NONE
    expect [events + E_EIP], %1
    expect [events + E_DR6], DR6_FIXED | %2
%endmacro

    case step, "17.3.1.4: TF traps after the instruction behind the one that set it, DR6.BS; the handler runs with TF = 0"
    try .out
    push dword F_TF | 2
    popfd
    nop
.behind:
    nop
.out:
    expect_debug .behind, DR6_BS
    mov eax, [events + E_EFLAGS]
    and eax, F_TF | F_RF
    expect eax, F_TF
    mov eax, [events + E_OWN_EFLAGS]
    and eax, F_TF
    expect eax, 0
    ret

    case step_sequence, "17.3.1.4: every instruction traps, branches at their target, REP after every iteration"
    mov dword [returning], 8
    mov ecx, 2
    mov esi, SCRATCH
    mov edi, SCRATCH + 64
    try .out
    push dword F_TF | 2
    popfd
    jmp .target                                 ; trap 0 at .target
    nop
.target:
    nop                                         ; 1
.rep:
    rep movsb                                   ; 2 at .rep, 3 behind
.after:
    push dword 2                                ; 4
    popfd                                       ; 5: popfd began with TF set
.clear:
    nop
.out:
    expect [event_count], 6
    expect [events + E_EIP], .target
    expect [events + EVENT_BYTES + E_EIP], .rep
    expect [events + EVENT_BYTES * 2 + E_EIP], .rep
    expect [events + EVENT_BYTES * 3 + E_EIP], .after
    expect [events + EVENT_BYTES * 5 + E_EIP], .clear
    expect ecx, 0
    mov dword [returning], 0
    ret

    case step_rf, "17.3.1.1: a step between two iterations of a REP saves RF = 1, one after the last RF = 0"
    call differs_on_tcg                         ; saves 0
    mov dword [returning], 2
    mov ecx, 2
    mov esi, SCRATCH
    mov edi, SCRATCH + 64
    try .out
    push dword F_TF | 2
    popfd
    rep movsb
    ud2
.out:
    expect [event_count], 3
    mov eax, [events + E_EFLAGS]
    and eax, F_RF
    expect eax, F_RF
    mov eax, [events + EVENT_BYTES + E_EFLAGS]
    and eax, F_RF
    expect eax, 0
    ret

    case step_int, "17.3.1.4: INT n and INT3 clear TF: no step behind them, the saved EFLAGS still has TF"
    try .out
    push dword F_TF | 2
    popfd
    int X_BACK
    nop
.out:
    expect [event_count], 1
    expect [events + E_VECTOR], X_BACK
    mov eax, [events + E_EFLAGS]
    and eax, F_TF
    expect eax, F_TF
    ret

    case step_fault, "17.3.1.4: an instruction that faults is not stepped"
    mov dword [returning], 0
    try .out
    push dword F_TF | 2
    popfd
.at:
    ud2
.out:
    expect_event X_UD, NONE, .at
    ret

    case step_shadow, "6.8.3: no step behind MOV SS; the next instruction's is the first"
    mov ax, ss
    mov dword [returning], 0
    try .out
    push dword F_TF | 2
    popfd
    mov ss, ax
    nop
.behind:
    nop
.out:
    expect_debug .behind, DR6_BS
    ret

    case step_sti, "6.8.3: STI does not hold a step back"
    call differs_on_tcg                         ; does hold it back
    try .out
    push dword F_TF | 2
    popfd
    sti
.behind:
    cli
.out:
    cli
    expect_debug .behind, DR6_BS
    ret

    case step_user, "17.3.1.4: a step at CPL 3 enters ring 0"
    try .out
    enter_ring3 .user, F_TF | 2
.user:
    nop
.behind:
    nop
.out:
    expect_debug .behind, DR6_BS
    expect [events + E_CS], CODE3
    expect [events + E_SS], DATA3
    ret

    case step_popf_off, "17.3.1.4: the POPF that clears TF is still stepped"
    push dword 2
    try .out
    push dword F_TF | 2
    push dword 2
    push dword F_TF | 2
    popfd
    popfd
.behind:
    nop
.out:
    add esp, 4
    expect_debug .behind, DR6_BS
    ret

    case dr6_kept, "17.2.3: the processor never clears DR6"
    mov eax, DR6_FIXED | 8 | DR6_BD
    mov dr6, eax
    try .out
    push dword F_TF | 2
    popfd
    nop
.behind:
    nop
.out:
    expect [event_count], 1
    mov eax, [events + E_DR6]
    and eax, DR6_BS | DR6_BD
    expect eax, DR6_BS | DR6_BD
    ret

    case dr_fixed, "17.2.3, 17.2.4: bits that cannot be changed"
    xor eax, eax
    mov dr6, eax
    mov eax, dr6
    expect eax, DR6_FIXED
    xor eax, eax
    mov dr7, eax
    mov eax, dr7
    expect eax, 0x400
    mov eax, 0x12345678
    mov dr0, eax
    xor eax, eax
    mov eax, dr0
    expect eax, 0x12345678
    ret

    case dr_alias, "17.2.2: DR4 and DR5 are DR6 and DR7, with CR4.DE #UD"
    mov eax, 0x12345678
    mov dr3, eax
    db 0x0F, 0x21, 0xE0                         ; mov eax, dr4
    expect eax, DR6_FIXED
    db 0x0F, 0x21, 0xE8                         ; mov eax, dr5
    expect eax, 0x400
    mov eax, CR4_DE
    mov cr4, eax
    try .out
.at:
    db 0x0F, 0x21, 0xE0
.out:
    expect_event X_UD, NONE, .at
    try .out2
.at2:
    db 0x0F, 0x23, 0xE8                         ; mov dr5, eax
.out2:
    expect_event X_UD, NONE, .at2
    ret

    case general_detect, "17.2.4: DR7.GD makes MOV to or from a debug register #DB with DR6.BD; the handler finds GD clear"
    call differs_on_tcg                         ; has no general detection
    mov eax, 1 << 13
    mov dr7, eax
    try .out
.at:
    mov ebx, dr0
.out:
    expect_debug .at, DR6_BD
    expect [events + E_DR7], 0x400
    ret

    case general_detect_rf, "17.3.1.1: general detection is a fault: saved RF = 1"
    call differs_on_tcg                         ; saves 0
    mov eax, 1 << 13
    mov dr7, eax
    try .out
    mov ebx, dr0
.out:
    mov eax, [events + E_EFLAGS]
    and eax, F_RF
    expect eax, F_RF
    ret

    case instruction, "17.3.1.1: an instruction breakpoint is a fault at the instruction, saved RF = 0"
    breakpoint 0, .at, 0, 0
    xor ebx, ebx
    try .out
    nop
.at:
    inc ebx
.out:
    expect_debug .at, 1
    expect ebx, 0
    mov eax, [events + E_EFLAGS]
    and eax, F_RF
    expect eax, 0
    ret

    case instruction_local, "17.2.4: the local bits enable, too; a disabled breakpoint does nothing"
    mov eax, .at
    mov dr1, eax
    mov eax, 4                                  ; L1
    mov dr7, eax
    try .out
.at:
    nop
.out:
    expect_debug .at, 2
    xor eax, eax
    mov dr7, eax
    try .out2
    call .routine
.out2:
    expect_none
    ret
.routine:
    jmp .at2
.at2:
    ret

    case instruction_inside, "17.3.1.1: the address of an instruction's first byte counts, prefixes included"
    mov eax, .inside + 1
    mov dr0, eax
    mov eax, 2
    mov dr7, eax
    try .out
.inside:
    o16 mov ax, 5
.out:
    expect_none
    ret

    case resume_flag, "17.3.1.1: with RF set an instruction breakpoint does not match, for one instruction"
    breakpoint 0, .first, 0, 0
    breakpoint 1, .second, 0, 0
    try .out
    push dword F_RF | 2
    push cs
    push dword .first
    iretd
.first:
    nop
.second:
    nop
.out:
    expect_debug .second, 2
    ret

    case resume_step, "17.3.1.1: RF does not hold back single steps, and is cleared by the instruction"
    breakpoint 0, .first, 0, 0
    try .out
    push dword F_RF | F_TF | 2
    push cs
    push dword .first
    iretd
.first:
    nop
.second:
    nop
.out:
    expect_debug .second, DR6_BS
    mov eax, [events + E_EFLAGS]
    and eax, F_RF
    expect eax, 0
    ret

    case resume_rep, "17.3.1.1: RF lasts until a repeated instruction is through"
    call differs_on_tcg                         ; matches at the second iteration
    breakpoint 0, .rep, 0, 0
    mov ecx, 5
    mov edi, SCRATCH
    try .out
    push dword F_RF | 2
    push cs
    push dword .rep
    iretd
.rep:
    rep stosb
.out:
    expect_none
    expect ecx, 0
    ret

    case popf_rf, "17.3.1.1: POPF does not set RF"
    breakpoint 0, .at, 0, 0
    try .out
    push dword F_RF | 2
    popfd
.at:
    nop
.out:
    expect_debug .at, 1
    ret

    case data_write, "17.3.1.2: a write breakpoint traps behind the instruction; reads do not match"
    breakpoint 0, SCRATCH, 1, 0
    try .out
    mov eax, [SCRATCH]
    mov byte [SCRATCH + 1], 1
    mov byte [SCRATCH], 1
.behind:
    nop
.out:
    expect_debug .behind, 1
    mov eax, [events + E_EFLAGS]
    and eax, F_RF
    expect eax, 0
    ret

    case data_access, "17.3.1.2: an access breakpoint matches reads and writes"
    breakpoint 2, SCRATCH, 3, 0
    try .out
    mov al, [SCRATCH]
.behind:
    nop
.out:
    expect_debug .behind, 4
    xor eax, eax
    mov dr6, eax
    try .out2
    inc byte [SCRATCH]
.behind2:
    nop
.out2:
    expect_debug .behind2, 4
    ret

    case data_length, "17.2.5: LEN 1, 2 and 4 bytes; any byte of the access counts; low address bits are ignored"
    call differs_on_tcg                         ; matches within the first byte's range only
    mov edi, .table
.next:
    mov eax, [edi]                              ; DR7 with LEN
    test eax, eax
    jz .done
    mov ebx, [edi + 4]                          ; DR0
    mov esi, [edi + 8]                          ; address of a dword access
    push edi
    mov dr0, ebx
    mov dr7, eax
    try .out
    mov eax, [esi]
    nop
.out:
    xor eax, eax
    mov dr7, eax
    pop edi
    expect [event_count], [edi + 12]
    add edi, 16
    jmp .next
.done:
    ret
.table:
    dd 2 | 3 << 16, SCRATCH + 8, SCRATCH + 4, 0
    dd 2 | 3 << 16, SCRATCH + 8, SCRATCH + 5, 1
    dd 2 | 3 << 16, SCRATCH + 8, SCRATCH + 8, 1
    dd 2 | 3 << 16, SCRATCH + 8, SCRATCH + 9, 0
    dd 2 | 7 << 16, SCRATCH + 8, SCRATCH + 9, 1
    dd 2 | 7 << 16, SCRATCH + 8, SCRATCH + 10, 0
    dd 2 | 7 << 16, SCRATCH + 9, SCRATCH + 5, 1  ; as if at SCRATCH + 8
    dd 2 | 7 << 16, SCRATCH + 9, SCRATCH + 10, 0
    dd 2 | 15 << 16, SCRATCH + 8, SCRATCH + 11, 1
    dd 2 | 15 << 16, SCRATCH + 8, SCRATCH + 12, 0
    dd 2 | 15 << 16, SCRATCH + 10, SCRATCH + 5, 1
    dd 0

    case data_kinds, "17.3.1.2: pushes, pops, calls, read-modify-writes, string moves and x87 stores match"
    call differs_on_tcg                         ; hangs
    mov edi, .table
.next:
    mov eax, [edi]
    test eax, eax
    jz .done
    push edi
    mov [.target], eax
    mov eax, [edi + 4]
    mov [.behind], eax
    mov eax, SCRATCH + 32
    mov dr0, eax
    mov eax, 2 | 13 << 16                       ; writes, 4 bytes
    mov dr7, eax
    xor eax, eax
    mov dr6, eax
    mov esi, SCRATCH
    mov edi, SCRATCH + 32
    mov ecx, 1
    fninit
    try .out
    mov esp, SCRATCH + 36
    jmp [.target]
.out:
    xor eax, eax
    mov dr7, eax
    expect_debug [.behind], 1
    pop edi
    add edi, 8
    jmp .next
.done:
    ret
    section .data
.target: dd 0
.behind: dd 0
    section .text
.table: dd .push, .push_end, .call, .call_target, .inc, .inc_end, .movs, .movs_end, .fst, .fst_end, .pusha, .pusha_end
    dd .xchg, .xchg_end, .enter, .enter_end, .sidt, .sidt_end, .popm, .popm_end, .bts, .bts_end, 0
.push: push eax
.push_end: nop
.call: call .call_target
    nop
.call_target: nop
.inc: lock inc dword [edi]
.inc_end: nop
.movs: rep movsd
.movs_end: nop
.fst: fst qword [edi - 4]
.fst_end: nop
.pusha: pushad
.pusha_end: nop
.xchg: xchg [edi], eax
.xchg_end: nop
.enter: enter 0, 0
.enter_end: nop
.sidt: sidt [edi - 2]
.sidt_end: nop
.popm: pop dword [edi]
.popm_end: nop
.bts: bts dword [edi - 32], 0
    mov eax, 256
    bts dword [edi - 32], eax
.bts_end: nop

    case data_rep, "17.3.1.2: a repeated string instruction traps behind the iteration that matched, ECX and RF tell"
    breakpoint 0, SCRATCH + 2, 1, 0
    mov ecx, 5
    mov edi, SCRATCH
    try .out
.rep:
    rep stosb
.out:
    expect_debug .rep, 1
    expect [registers + R_ECX], 2
    ret

    case data_and_step, "17.3.1: a data breakpoint and a single step are one exception with both causes"
    call differs_on_tcg                         ; raises two
    breakpoint 3, SCRATCH, 1, 3
    try .out
    push dword F_TF | 2
    popfd
    mov dword [SCRATCH], 1
.behind:
    nop
.out:
    expect_debug .behind, 8 | DR6_BS
    ret

    case trap_then_fault, "table 6-2: a trap of the last instruction comes before the breakpoint of the next"
    breakpoint 0, SCRATCH, 1, 0
    breakpoint 1, .behind, 0, 0
    mov dword [returning], 1
    try .out
    mov byte [SCRATCH], 1
.behind:
    nop
.out:
    mov dword [returning], 0
    expect [event_count], 2
    mov eax, [events + E_DR6]
    and eax, 1
    expect eax, 1
    expect [events + E_EIP], .behind
    expect [events + EVENT_BYTES + E_VECTOR], X_DB
    expect [events + EVENT_BYTES + E_EIP], .behind
    mov eax, [events + EVENT_BYTES + E_DR6]
    and eax, 2
    expect eax, 2
    ret

    case data_fault, "17.3.1.2: an instruction that faults raises no data breakpoint"
    call differs_on_tcg                         ; raises it before the instruction's own fault
    mov dword [SCRATCH], 7
    mov dword [SCRATCH + 4], 8
    breakpoint 0, SCRATCH, 3, 0
    mov eax, 6
    try .out
.at:
    bound eax, [SCRATCH]
.out:
    expect [event_count], 1
    expect [events + E_VECTOR], X_BR
    expect [events + E_EIP], .at
    ret

    case data_shadow, "6.8.3: a data breakpoint met by MOV SS is told behind the next instruction"
    call differs_on_tcg                         ; tells it at once
    mov [SCRATCH], ss
    breakpoint 0, SCRATCH, 3, 1
    try .out
    mov ss, [SCRATCH]
    nop
.behind:
    nop
.out:
    expect_debug .behind, 1
    ret

    case port_breakpoint, "17.2.4: R/W = 10 matches ports with CR4.DE, behind the IN or OUT; without DE nothing"
    mov eax, CR4_DE
    mov cr4, eax
    breakpoint 0, 0x80, 2, 0
    try .out
    out 0x81, al
    out 0x80, al
.behind:
    nop
.out:
    expect_debug .behind, 1
    xor eax, eax
    mov dr6, eax
    mov edx, 0x80
    try .out2
    in al, dx
.behind2:
    nop
.out2:
    expect_debug .behind2, 1
    ret

    case bp_in_user, "17.3.1: breakpoints match at CPL 3, linear addresses count"
    descriptor FREE, SCRATCH - 0x100, 0xFFFFF, FLAT | DATA | DPL3
    breakpoint 1, SCRATCH + 4, 1, 3
    try .out
    enter_ring3 .user, 2
.user:
    mov ax, FREE | 3
    mov gs, ax
    mov dword [gs:0x104], 1
.behind:
    nop
.out:
    expect_debug .behind, 2
    expect [events + E_CS], CODE3
    ret

    case paged_data, "17.3.1.2: breakpoints watch pages that were in the TLB before, and no longer when disabled"
    mov edi, TABLES                             ; 4 MB pages, one to one
    mov eax, 0x83
    mov ecx, 4
.fill:
    stosd
    add eax, 0x400000
    loop .fill
    mov eax, CR4_PSE
    mov cr4, eax
    mov eax, TABLES
    mov cr3, eax
    mov eax, cr0
    or eax, CR0_PG
    mov cr0, eax
    mov eax, [SCRATCH]
    mov [SCRATCH], eax
    breakpoint 0, SCRATCH, 1, 3
    try .out
    mov [SCRATCH], eax
.behind:
    nop
.out:
    expect_debug .behind, 1
    xor eax, eax
    mov dr7, eax
    try .out2
    mov [SCRATCH], eax
    nop
.out2:
    expect_none
    ret

    case int1, "3A 6.3.1, 2A INT1: a trap that leaves DR6 alone; no DPL check"
    call differs_on_tcg                         ; raises #UD
    try .out
    enter_ring3 .user, 2
.user:
    db 0xF1
.behind:
    nop
.out:
    expect_debug .behind, 0
    ret

    case task_trap, "7.3, 17.3.1.5: the T flag of a TSS traps before the new task's first instruction, DR6.BT"
    call differs_on_tcg                         ; does not know the flag
    mov byte [other_tss + TSS_T], 1
    try .out
    jmp OTHER_TASK:0
.out:
    expect [event_count], 1
    expect [events + E_VECTOR], X_DB
    expect [events + E_EIP], other_task
    expect [events + E_DR6], DR6_FIXED | DR6_BT
    ret

    case task_local, "17.2.4: a task switch clears the local bits of DR7"
    mov eax, 1 | 8                              ; L0, G1
    mov dr7, eax
    mov eax, -1
    mov dr0, eax
    mov dr1, eax
    try .out
    jmp OTHER_TASK:0
.out:
    expect [event_count], 1
    expect [events + E_VECTOR], 0xFE
    expect [events + E_DR7], 0x408
    ret

%include "harness-end.asm"
