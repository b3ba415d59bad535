; External interrupts, NMI, their shadows and priorities, HLT (chapters 6.6 to 6.9), REP interrupted half way.
%include "harness.asm"

UART_IER equ SERIAL + 1
PIC equ 0x20
IRQ_VECTOR equ 0x20                 ; of IRQ 0
UART_VECTOR equ IRQ_VECTOR + 4
TIMER_VECTOR equ IRQ_VECTOR
LOCAL_APIC equ 0xFEE00000

; The serial port's interrupt (transmitter empty) becomes pending, while IF = 0.
raise_interrupt:
    mov al, 0xEF                                ; IRQ 4
    call pic_init
    mov edx, SERIAL + 4
    mov al, 0x0B                                ; OUT2 lets the interrupt through
    out dx, al
    mov edx, UART_IER
    mov al, 2
    out dx, al
.wait:
    mov al, 0x0A                                ; OCW3: read IRR
    out PIC, al
    in al, PIC
    test al, 0x10
    jz .wait
    ret

; In: AL = mask of the first 8259
pic_init:
    push eax
    mov al, 0x11
    out PIC, al
    mov al, IRQ_VECTOR
    out PIC + 1, al
    mov al, 4
    out PIC + 1, al
    mov al, 1
    out PIC + 1, al
    pop eax
    out PIC + 1, al
    ret

; Quiet again, whatever was pending or in service.
lower_interrupt:
    pushfd
    cli
    mov edx, UART_IER
    xor eax, eax
    out dx, al
    mov al, 0xFF
    call pic_init
    popfd
    ret

; Presses the NMI button: by the debug console, or on QEMU by the local APIC.
%macro press_nmi 0
    call nmi
%endmacro
nmi:
    pushad
    mov eax, 1
    cpuid
    test ecx, ecx
    js .apic
    mov al, 'N'
    out DEBUG_CONSOLE, al
    popad
    ret
.apic:
    mov eax, [LOCAL_APIC + 0x20]
    and eax, 0xFF000000
    mov [LOCAL_APIC + 0x310], eax
    mov dword [LOCAL_APIC + 0x300], 0x4400      ; NMI, assert
    popad
    ret

    case sti_shadow, "6.8.1, 2A STI: an interrupt is taken behind the instruction that follows STI"
    call raise_interrupt
    try .out
    sti
    nop
.behind:
    nop
.out:
    cli
    call lower_interrupt
    expect_event UART_VECTOR, NONE, .behind
    mov eax, [events + E_EFLAGS]
    and eax, F_IF
    expect eax, F_IF
    ret

    case sti_cli, "2A STI: STI, CLI lets nothing through"
    call raise_interrupt
    try .out
    sti
    cli
    nop
.out:
    call lower_interrupt
    expect_none
    ret

    case sti_sti, "2A STI: STI with IF set casts no shadow"
    call raise_interrupt
    try .out
    sti
    sti
.behind:
    nop
.out:
    cli
    call lower_interrupt
    expect_event UART_VECTOR, NONE, .behind
    ret

    case popf_immediate, "6.8.1: POPF that sets IF lets an interrupt in at once"
    call raise_interrupt
    try .out
    push dword F_IF | 2
    popfd
.behind:
    nop
.out:
    cli
    call lower_interrupt
    expect_event UART_VECTOR, NONE, .behind
    ret

    case iret_immediate, "6.8.1: IRET that sets IF, too, before its target's first instruction"
    call raise_interrupt
    try .out
    push dword F_IF | 2
    push cs
    push dword .target
    iretd
.target:
    ud2
.out:
    cli
    call lower_interrupt
    expect_event UART_VECTOR, NONE, .target
    ret

    case mov_ss_shadow, "6.8.3: MOV SS inhibits interrupts for one instruction, POP SS too"
    call differs_on_tcg                         ; not behind STI
    call raise_interrupt
    mov ax, ss
    try .out
    sti
    mov ss, ax
    nop
.behind:
    nop
.out:
    cli
    call lower_interrupt
    expect_event UART_VECTOR, NONE, .behind
    call raise_interrupt
    try .out2
    push ss
    sti
    pop ss
    nop
.behind2:
    nop
.out2:
    cli
    call lower_interrupt
    expect_event UART_VECTOR, NONE, .behind2
    ret

    case mov_ss_twice, "6.8.3: of consecutive loads of SS only the first is sure to inhibit: nothing is taken before the second is through"
    call differs_on_tcg                         ; not behind STI
    call raise_interrupt
    mov ax, ss
    try .out
    sti
    mov ss, ax
    mov ss, ax
.first:
    nop
.second:
    nop
.out:
    cli
    call lower_interrupt
    expect [event_count], 1
    mov eax, [events + E_EIP]
    sub eax, .first
    cmp eax, .second - .first
    setbe al
    movzx eax, al
    expect eax, 1
    ret

    case lss_shadow, "6.8.3: LSS casts no shadow"
    call differs_on_tcg                         ; it does there
    call raise_interrupt
    mov [SCRATCH], esp
    sub dword [SCRATCH], 0
    mov [SCRATCH + 4], ss
    try .out
    sti
    lss esp, [SCRATCH]
.behind:
    nop
.out:
    cli
    call lower_interrupt
    expect_event UART_VECTOR, NONE, .behind
    ret

    case shadow_fault, "6.8.3: an exception in the shadow is delivered; the interrupt comes in its handler's place or behind"
    call raise_interrupt
    mov dword [returning], 0
    try .out
    sti
.at:
    ud2
.out:
    cli
    call lower_interrupt
    expect_event X_UD, NONE, .at
    ret

    case gate_if, "6.12.1.3: an interrupt gate's handler is not interrupted, a trap gate's is"
    mov byte [idt + 0x41 * 8 + 5], TRAP32
    gate 0x41, CODE0, .trap, TRAP32
    call raise_interrupt
    try .out
    push dword F_IF | 2                         ; IF of the interrupted code: none is pending yet as IF = 0 until IRET
    push cs
    push dword .target
    cli
    add esp, 12
    int 0x41
.target:
    nop
.trap:                                          ; IF is 0 here: INT was executed with IF = 0
    nop
    sti
    nop
.behind:
    nop
.out:
    cli
    call lower_interrupt
    expect_event UART_VECTOR, NONE, .behind
    ret

    case hlt_wakes, "2A HLT: an interrupt ends it; its return address is behind HLT"
    call raise_interrupt
    try .out
    sti
    hlt
.behind:
    nop
.out:
    cli
    call lower_interrupt
    expect_event UART_VECTOR, NONE, .behind
    ret

    case external_error, "6.13: a fault while an external interrupt is delivered has EXT = 1"
    call differs_on_tcg                         ; does not set it
    gate UART_VECTOR, CODE0, .nowhere, INTERRUPT32 & ~PRESENT
    call raise_interrupt
    try .out
    sti
    nop
.behind:
    nop
.out:
    cli
    call lower_interrupt
    expect_event X_NP, UART_VECTOR * 8 + 3, .behind
.nowhere:
    ret

    case external_dpl, "6.12.1.1: external interrupts do not look at the gate's DPL"
    call raise_interrupt
    try .out
    enter_ring3 .user, F_IF | 2
.user:
    ud2
.out:
    call lower_interrupt
    expect_event UART_VECTOR, NONE, .user
    expect [events + E_CS], CODE3
    ret

    case rep_interrupted, "2A REP: an interrupt is taken between two iterations; the registers tell how far it came"
    call differs_on_tcg                         ; is through before its timer looks
    mov al, 0xFE
    call pic_init
    mov al, 0x30                                ; counter 0, mode 0
    out 0x43, al
    mov al, 0x20
    out 0x40, al
    mov al, 0
    out 0x40, al
    xor eax, eax
    mov esi, SCRATCH
    mov ecx, 0x100000                           ; much longer than the timer takes
    try .out
    sti
.at:
    rep lodsb
.behind:
.out:
    cli
    call lower_interrupt
    expect_event TIMER_VECTOR, NONE, .at
    mov eax, [registers + R_ECX]
    mov edx, 0x100000
    sub edx, eax
    cmp edx, 1
    setae al
    movzx eax, al
    expect eax, 1
    ret

    case rep_resumed, "2A REP: an interrupted REP STOSD goes on after IRET, and stores all"
    mov al, 0xFE
    call pic_init
    mov dword [on_event], .handler
    mov dword [returning], 1
    mov edi, SCRATCH
    mov ecx, 0x40000
    xor eax, eax
    rep stosd
    mov al, 0x30
    out 0x43, al
    mov al, 0x10
    out 0x40, al
    mov al, 0
    out 0x40, al
    mov edi, SCRATCH
    mov ecx, 0x40000
    mov eax, 0x5A5A5A5A
    try .out
    sti
    rep stosd
    times 4 nop
.wait:
    cmp dword [event_count], 0
    je .wait
.out:
    cli
    mov ebx, edi
    mov ebp, ecx
    call lower_interrupt
    expect ebp, 0
    expect ebx, SCRATCH + 0x100000
    mov edi, SCRATCH
    mov ecx, 0x40000
    mov eax, 0x5A5A5A5A
    repe scasd
    expect ecx, 0
    ret
.handler:
    mov al, 0x20
    out PIC, al
    ret

    case nmi, "6.7: NMI is vector 2, whatever IF"
    try .out
    press_nmi
.behind:
    times 20 nop
.out:
    expect [event_count], 1
    expect [events + E_VECTOR], X_NMI
    expect [events + E_ERROR], NONE
    ret

    case nmi_blocked, "6.7.1: further NMIs wait until the handler's IRET, and then one comes"
    mov dword [on_event], .handler
    mov dword [returning], 2
    mov dword [.inside], 0
    try .out
    press_nmi
    times 20 nop
.out:
    mov dword [on_event], 0
    expect [event_count], 2
    expect [events + EVENT_BYTES + E_VECTOR], X_NMI
    expect [events + EVENT_BYTES + E_EIP], [events + E_EIP]
    expect [.inside], 1
    ret
.handler:
    cmp dword [event_count], 1
    jne .second
    press_nmi
    press_nmi
    times 20 nop
    mov eax, [event_count]
    mov [.inside], eax
.second:
    ret
    section .data
.inside: dd 0
    section .text

    case nmi_iret, "6.7.1: any IRET ends the blocking, an exception's handler's within the NMI's too"
    mov dword [on_event], .handler
    mov dword [returning], 3
    try .out
    press_nmi
    times 20 nop
.out:
    mov dword [on_event], 0
    expect [event_count], 3
    expect [events + E_VECTOR], X_NMI
    expect [events + EVENT_BYTES + E_VECTOR], X_BP
    expect [events + EVENT_BYTES * 2 + E_VECTOR], X_NMI
    ret
.handler:
    cmp dword [event_count], 1
    jne .other
    press_nmi
    int3                                        ; its IRET lets the second NMI in
    times 20 nop
.other:
    ret

    case nmi_hlt, "2A HLT: NMI ends HLT with IF = 0"
    mov dword [on_event], .handler
    mov dword [returning], 1
    try .out
    press_nmi                                   ; its handler raises another, blocked until IRET
    hlt
.behind:
.out:
    mov dword [on_event], 0
    expect [events + E_VECTOR], X_NMI
    ret
.handler:
    cmp dword [event_count], 1
    jne .second
    press_nmi
.second:
    ret

    case nmi_priority, "table 6-2: NMI comes before an external interrupt"
    call raise_interrupt
    mov dword [on_event], .handler
    mov dword [returning], 1
    try .out
    press_nmi                                   ; its handler sets IF of its frame, and raises another
    nop
    nop
.out:
    mov dword [on_event], 0
    cli
    call lower_interrupt
    expect [events + E_VECTOR], X_NMI
    expect [events + EVENT_BYTES + E_VECTOR], X_NMI
    ret
.handler:
    cmp dword [event_count], 1
    jne .second
    or dword [esp + 52], F_IF                   ; EFLAGS of the frame
    press_nmi
.second:
    ret

    case triple_pf, "6.15 interrupt 8: a double fault's handler runs; its error code is 0 and EIP that of the first fault"
    gate X_GP, FREE, .nowhere, INTERRUPT32
    mov ax, GDT_BYTES
    try .out
.at:
    mov fs, ax
.out:
    expect_event X_DF, 0, .at
.nowhere:
    ret

%include "harness-end.asm"
