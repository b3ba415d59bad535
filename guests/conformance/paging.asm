; Paging: faults and their error codes, accessed and dirty bits, CR0.WP, PSE, PAE, NX, SMEP, SMAP, global pages, INVLPG,
; A20 (chapter 4, and 20.1.1).
%include "harness.asm"

; 32-bit paging: the directory at TABLES, tables from TABLES + 1000h. WINDOW, 4 MB at 40000000h, is for the cases: its
; table is WINDOW_TABLE; page n of it is SCRATCH + n * 1000h at first.
WINDOW equ 0x40000000
WINDOW_TABLE equ TABLES + 0x8000
; PAE: page-directory-pointer table at PDPT, directories from PDPT + 1000h
PDPT equ TABLES + 0x10000
PAE_TABLE equ PDPT + 0x8000          ; of WINDOW

P equ 1
W equ 2
U equ 4
A equ 0x20
D equ 0x40
PS equ 0x80
G equ 0x100

PF_P equ 1
PF_W equ 2
PF_U equ 4
PF_RSVD equ 8
PF_I equ 16

IA32_EFER equ 0xC0000080
NXE equ 1 << 11

; 32-bit paging: the lowest 16 MB one to one for everybody, in 4 KB pages; the window.
build_tables:
    mov edi, TABLES
    mov ecx, 0x400
    xor eax, eax
    rep stosd
    mov edi, TABLES + 0x1000
    mov eax, P | W | U | A | D
    mov ecx, 0x1000
.page:
    stosd
    add eax, 0x1000
    loop .page
    mov dword [TABLES], TABLES + 0x1000 + (P | W | U)
    mov dword [TABLES + 4], TABLES + 0x2000 + (P | W | U)
    mov dword [TABLES + 8], TABLES + 0x3000 + (P | W | U)
    mov dword [TABLES + 12], TABLES + 0x4000 + (P | W | U)
    mov dword [TABLES + (WINDOW >> 20)], WINDOW_TABLE + (P | W | U)
    mov edi, WINDOW_TABLE
    mov eax, SCRATCH + (P | W | U)
    mov ecx, 0x400
.window:
    stosd
    add eax, 0x1000
    loop .window
    mov eax, TABLES
    mov cr3, eax
    ret

paging_on:
    call build_tables
enable_paging:
    mov eax, cr0
    or eax, CR0_PG
    mov cr0, eax
    ret

; PAE: the lowest 16 MB one to one in 2 MB pages, the window in 4 KB pages; CR4.PAE, EFER.NXE, paging.
pae_on:
    mov eax, 1 << 6
    call require_feature
    mov edi, PDPT
    mov ecx, 0xA000 / 4
    xor eax, eax
    rep stosd
    mov edi, PDPT + 0x1000
    mov eax, P | W | U | PS
    mov ecx, 8
.large:
    mov [edi], eax
    add edi, 8
    add eax, 0x200000
    loop .large
    mov dword [PDPT], PDPT + 0x1000 + P
    mov dword [PDPT + 8], PDPT + 0x2000 + P     ; 40000000h
    mov dword [PDPT + 0x2000], PAE_TABLE + (P | W | U)
    mov edi, PAE_TABLE
    mov eax, SCRATCH + (P | W | U)
    mov ecx, 512
.window:
    mov [edi], eax
    add edi, 8
    add eax, 0x1000
    loop .window
    mov eax, CR4_PAE
    mov cr4, eax
    mov eax, PDPT
    mov cr3, eax
    jmp enable_paging

no_execute_on:
    mov eax, 0x80000001
    cpuid
    test edx, 1 << 20
    jz skip_case
    mov ecx, IA32_EFER
    rdmsr
    or eax, NXE
    wrmsr
    ret

no_execute_off:
    mov ecx, IA32_EFER
    rdmsr
    and eax, ~NXE
    wrmsr
    ret

; A page fault, and nothing else. 1: error code, 2: EIP, 3: CR2
%macro expect_page_fault 3
    expect_event X_PF, %1, %2
    expect [events + E_CR2], %3
%endmacro

; ECX = the flags of entry 1 of the window's table
%macro entry_flags 1
    mov ecx, [WINDOW_TABLE + (%1) * 4]
    and ecx, 0xFFF
%endmacro

    case absent, "4.7: a page that is not present: error code P = 0, W and U tell the access; CR2 its address"
    call paging_on
    mov dword [WINDOW_TABLE + 4], 0
    invlpg [WINDOW + 0x1000]
    try .out
.at:
    mov eax, [WINDOW + 0x1234]
.out:
    expect_page_fault 0, .at, WINDOW + 0x1234
    try .out2
.at2:
    mov [WINDOW + 0x1FFF], al
.out2:
    expect_page_fault PF_W, .at2, WINDOW + 0x1FFF
    try .out3
    enter_ring3 .at3, 2
.at3:
    mov eax, [ss:WINDOW + 0x1000]
.out3:
    expect_page_fault PF_U, .at3, WINDOW + 0x1000
    try .out4
    enter_ring3 .at4, 2
.at4:
    mov [ss:WINDOW + 0x1000], eax
.out4:
    expect_page_fault PF_U | PF_W, .at4, WINDOW + 0x1000
    try .out5
.at5:
    mov eax, [0x80000000]                       ; no directory entry
.out5:
    expect_page_fault 0, .at5, 0x80000000
    ret

    case protection, "4.6, 4.7: user pages, read-only pages: P = 1; both levels of the tables count"
    call paging_on
    mov dword [WINDOW_TABLE + 4], SCRATCH + (P | W)
    mov dword [WINDOW_TABLE + 8], SCRATCH + (P | U)
    try .out
    enter_ring3 .at, 2
.at:
    mov eax, [ss:WINDOW + 0x1000]
.out:
    expect_page_fault PF_P | PF_U, .at, WINDOW + 0x1000
    try .out2
    enter_ring3 .user2, 2
.user2:
    mov eax, [ss:WINDOW + 0x2000]
.at2:
    mov [ss:WINDOW + 0x2000], eax
.out2:
    expect_page_fault PF_P | PF_U | PF_W, .at2, WINDOW + 0x2000
    mov dword [TABLES + (WINDOW >> 20)], WINDOW_TABLE + (P | W)
    mov eax, cr3
    mov cr3, eax
    try .out3
    enter_ring3 .at3, 2
.at3:
    mov eax, [ss:WINDOW + 0x3000]
.out3:
    expect_page_fault PF_P | PF_U, .at3, WINDOW + 0x3000
    mov dword [TABLES + (WINDOW >> 20)], WINDOW_TABLE + (P | U)
    mov eax, cr3
    mov cr3, eax
    try .out4
    enter_ring3 .at4, 2
.at4:
    inc byte [ss:WINDOW + 0x3000]
.out4:
    expect_page_fault PF_P | PF_U | PF_W, .at4, WINDOW + 0x3000
    ret

    case write_protect, "4.6: CR0.WP: the supervisor writes read-only pages only without it"
    call paging_on
    mov dword [WINDOW_TABLE + 4], SCRATCH + P
    mov dword [WINDOW_TABLE + 8], SCRATCH + (P | U)
    try .out
    mov dword [WINDOW + 0x1000], 1
    mov dword [WINDOW + 0x2000], 2
.out:
    expect_none
    mov eax, cr0
    or eax, CR0_WP
    mov cr0, eax
    try .out2
.at2:
    mov dword [WINDOW + 0x1000], 3
.out2:
    expect_page_fault PF_P | PF_W, .at2, WINDOW + 0x1000
    try .out3
.at3:
    mov dword [WINDOW + 0x2000], 3
.out3:
    expect_page_fault PF_P | PF_W, .at3, WINDOW + 0x2000
    expect [SCRATCH], 2
    ret

    case supervisor_accesses, "4.6: accesses to the GDT, IDT and TSS are the supervisor's, at CPL 3 too"
    call paging_on
    mov eax, gdt
    shr eax, 12
    and dword [TABLES + 0x1000 + eax * 4], ~U
    mov eax, idt
    shr eax, 12
    and dword [TABLES + 0x1000 + eax * 4], ~U
    mov eax, tss
    shr eax, 12
    and dword [TABLES + 0x1000 + eax * 4], ~U
    mov eax, cr3
    mov cr3, eax
    try .out
    enter_ring3 .user, 2
.user:
    mov ax, DATA3
    mov fs, ax
    int X_BACK
.out:
    expect [events + E_VECTOR], X_BACK
    ret

    case accessed_dirty, "4.8: A of both levels is set by any access, D by a write"
    call paging_on
    and dword [TABLES + (WINDOW >> 20)], ~A
    invlpg [WINDOW + 0x1000]
    mov al, [WINDOW + 0x1000]
    entry_flags 1
    expect ecx, P | W | U | A
    mov ecx, [TABLES + (WINDOW >> 20)]
    and ecx, A | D
    expect ecx, A
    mov [WINDOW + 0x1000], al
    entry_flags 1
    expect ecx, P | W | U | A | D
    mov [WINDOW + 0x2000], al
    entry_flags 2
    expect ecx, P | W | U | A | D
    entry_flags 3
    expect ecx, P | W | U
    ret

    case fault_no_flags, "4.8: an access that faults sets neither A nor D of the page"
    call paging_on
    mov eax, cr0
    or eax, CR0_WP
    mov cr0, eax
    mov dword [WINDOW_TABLE + 4], SCRATCH + P
    invlpg [WINDOW + 0x1000]
    try .out
    mov [WINDOW + 0x1000], al
.out:
    expect [events + E_VECTOR], X_PF
    entry_flags 1
    expect ecx, P
    ret

    case rmw_write_intent, "4.7: a read-modify-write asks for writing at once: W = 1, nothing is changed"
    call paging_on
    mov dword [WINDOW_TABLE + 4], SCRATCH + (P | U)
    try .out
    enter_ring3 .at, 2
.at:
    add dword [ss:WINDOW + 0x1000], 1
.out:
    expect_page_fault PF_P | PF_U | PF_W, .at, WINDOW + 0x1000
    try .out2
    mov eax, 5
    enter_ring3 .at2, 2
.at2:
    cmpxchg [ss:WINDOW + 0x1000], ecx           ; writes even if the comparison fails
.out2:
    expect_page_fault PF_P | PF_U | PF_W, .at2, WINDOW + 0x1000
    ret

    case crossing, "4.7: an access across a page: CR2 is the second page's start if that one faults; nothing is written"
    call differs_on_tcg                         ; reads first what it will write
    call paging_on
    mov dword [WINDOW_TABLE + 8], 0
    mov dword [SCRATCH + 0x1FFC], 0x12345678
    try .out
.at:
    mov eax, [WINDOW + 0x1FFE]
.out:
    expect_page_fault 0, .at, WINDOW + 0x2000
    try .out2
.at2:
    mov [WINDOW + 0x1FFD], eax
.out2:
    expect_page_fault PF_W, .at2, WINDOW + 0x2000
    expect [SCRATCH + 0x1FFC], 0x12345678
    try .out3
.at3:
    add dword [WINDOW + 0x1FFF], 0x01010101
.out3:
    expect_page_fault PF_W, .at3, WINDOW + 0x2000
    expect [SCRATCH + 0x1FFC], 0x12345678
    mov dword [WINDOW_TABLE + 8], SCRATCH + 0x5000 + (P | W | U)
    mov dword [SCRATCH + 0x5000], 0xAABBCCDD
    mov eax, [WINDOW + 0x1FFE]                  ; the second page is elsewhere
    expect eax, 0xCCDD1234
    mov dword [WINDOW + 0x1FFF], 0x01020304
    expect [SCRATCH + 0x1FFC], 0x04345678
    expect [SCRATCH + 0x5000], 0xAA010203
    ret

    case fetch_crossing, "4.7: an instruction across a page faults at its own address, CR2 names the second page"
    call paging_on
    mov dword [WINDOW_TABLE + 8], 0
    mov dword [SCRATCH + 0x1FFC], 0xB8909090    ; nop, nop, nop, mov eax, imm32 ...
    try .out
    mov eax, WINDOW + 0x1FFC
    jmp eax
.out:
    expect_page_fault 0, WINDOW + 0x1FFF, WINDOW + 0x2000
    mov dword [WINDOW_TABLE + 8], SCRATCH + 0x5000 + (P | W | U)
    mov dword [SCRATCH + 0x5000], 0x44332211
    mov word [SCRATCH + 0x5004], 0x0B0F
    try .out2
    mov eax, WINDOW + 0x1FFC
    jmp eax
.out2:
    expect_event X_UD, NONE, WINDOW + 0x2004
    expect [registers + R_EAX], 0x44332211
    mov dword [SCRATCH + 0x6000], 0x88776655    ; another second page
    mov word [SCRATCH + 0x6004], 0x0B0F
    mov dword [WINDOW_TABLE + 8], SCRATCH + 0x6000 + (P | W | U)
    invlpg [WINDOW + 0x2000]
    try .out3
    mov eax, WINDOW + 0x1FFC
    jmp eax
.out3:
    expect_event X_UD, NONE, WINDOW + 0x2004
    expect [registers + R_EAX], 0x88776655
    ret

    case rep_fault, "2A REP: a fault half way leaves the registers of that iteration; the instruction goes on from there"
    call paging_on
    mov dword [WINDOW_TABLE + 8], P | U         ; page 0, read-only; WP makes it fault
    mov eax, cr0
    or eax, CR0_WP
    mov cr0, eax
    mov dword [on_event], .repair
    mov dword [returning], 1
    mov edi, WINDOW + 0x1FF0
    mov ecx, 8
    mov eax, 0x5A5A5A5A
    try .out
.at:
    rep stosd
.out:
    mov dword [on_event], 0
    expect_page_fault PF_P | PF_W, .at, WINDOW + 0x2000
    expect [registers + R_ECX], 4
    expect [registers + R_EDI], WINDOW + 0x2000
    expect ecx, 0
    expect edi, WINDOW + 0x2010
    expect [SCRATCH + 0x5000], 0x5A5A5A5A
    expect [SCRATCH + 0x500C], 0x5A5A5A5A
    ret
.repair:
    mov dword [WINDOW_TABLE + 8], SCRATCH + 0x5000 + (P | W | U)
    invlpg [WINDOW + 0x2000]
    ret

    case movs_fault, "2A MOVS: the source faults before the destination is written"
    call paging_on
    mov dword [WINDOW_TABLE + 8], 0
    mov dword [SCRATCH], 0x12345678
    mov esi, WINDOW + 0x1FF8
    mov edi, WINDOW
    mov ecx, 3
    try .out
.at:
    rep movsd
.out:
    expect_page_fault 0, .at, WINDOW + 0x2000
    expect [registers + R_ECX], 1
    expect [registers + R_ESI], WINDOW + 0x2000
    expect [registers + R_EDI], WINDOW + 8
    ret

    case push_fault, "2A PUSH, CALL, POP: a fault leaves ESP"
    call paging_on
    mov dword [WINDOW_TABLE + 4], 0
    gate X_PF, FAULT_TASK, 0, TASK_GATE
    mov dword [fault_tss + TSS_EIP], .task
    mov eax, cr3
    mov [fault_tss + TSS_CR3], eax
    mov [.esp], esp
    mov esp, WINDOW + 0x2002
.at:
    push eax
.task:
    pop eax
    mov esp, [.esp]
    push dword 2
    popfd
    expect eax, PF_W
    expect [tss + TSS_ESP], WINDOW + 0x2002
    expect [tss + TSS_EIP], .at
    mov eax, cr2
    expect eax, WINDOW + 0x1FFE
    ret
    section .data
.esp: dd 0
    section .text

    case pusha_fault, "2A PUSHA: all of it is written, or ESP stays"
    call paging_on
    mov dword [WINDOW_TABLE + 4], 0
    gate X_PF, FAULT_TASK, 0, TASK_GATE
    mov dword [fault_tss + TSS_EIP], .task
    mov eax, cr3
    mov [fault_tss + TSS_CR3], eax
    mov [.esp], esp
    mov esp, WINDOW + 0x2010
.at:
    pushad
.task:
    pop eax
    mov esp, [.esp]
    push dword 2
    popfd
    expect eax, PF_W
    expect [tss + TSS_ESP], WINDOW + 0x2010
    ret
    section .data
.esp: dd 0
    section .text

    case invlpg, "4.10.4: INVLPG makes a changed entry count"
    call paging_on
    mov dword [SCRATCH + 0x1000], 1
    mov dword [SCRATCH + 0x5000], 5
    mov eax, [WINDOW + 0x1000]
    expect eax, 1
    mov dword [WINDOW_TABLE + 4], SCRATCH + 0x5000 + (P | W | U)
    invlpg [WINDOW + 0x1FFF]
    mov eax, [WINDOW + 0x1000]
    expect eax, 5
    mov dword [WINDOW_TABLE + 4], SCRATCH + 0x1000 + (P | W | U)
    mov eax, cr3
    mov cr3, eax
    mov eax, [WINDOW + 0x1000]
    expect eax, 1
    ret

    case absent_not_cached, "4.10.2: entries that are not present, or lack a right, are not remembered"
    call paging_on
    mov dword [WINDOW_TABLE + 4], 0
    invlpg [WINDOW + 0x1000]
    mov dword [SCRATCH + 0x1000], 7
    try .out
    mov eax, [WINDOW + 0x1000]
.out:
    expect [event_count], 1
    mov dword [WINDOW_TABLE + 4], SCRATCH + 0x1000 + (P | W | U)
    try .out2
    mov eax, [WINDOW + 0x1000]                  ; without INVLPG
.out2:
    expect_none
    expect eax, 7
    ret

    case remapped_code, "4.10.4, 8.1.3: another code page at the same address after INVLPG"
    call paging_on
    mov dword [SCRATCH + 0x1000], 0xC3C3B0      ; mov al, C3h; ret
    mov dword [SCRATCH + 0x5000], 0xC355B0      ; mov al, 55h; ret
    mov edx, WINDOW + 0x1000
    mov ecx, 4
.loop:
    call edx
    cmp al, 0xC3
    loope .loop
    movzx eax, al
    expect eax, 0xC3
    mov dword [WINDOW_TABLE + 4], SCRATCH + 0x5000 + (P | W | U)
    invlpg [WINDOW + 0x1000]
    call edx
    movzx eax, al
    expect eax, 0x55
    ret

    case large, "4.3: 4 MB pages with CR4.PSE; without it bit 7 means nothing"
    call build_tables
    mov dword [TABLES + (WINDOW >> 20)], P | W | U | PS     ; 0 to 4 MB
    mov eax, CR4_PSE
    mov cr4, eax
    call enable_paging
    mov eax, [WINDOW + image_start - 0]
    expect eax, 0x1BADB002
    mov ecx, [TABLES + (WINDOW >> 20)]
    expect ecx, P | W | U | PS | A
    mov dword [WINDOW + SCRATCH], 5
    mov ecx, [TABLES + (WINDOW >> 20)]
    expect ecx, P | W | U | PS | A | D
    expect [SCRATCH], 5
    mov dword [TABLES + (WINDOW >> 20)], WINDOW_TABLE + (P | W | U | PS)
    xor eax, eax
    mov cr4, eax
    mov dword [SCRATCH + 0x3000], 0x99
    mov eax, [WINDOW + 0x3000]
    expect eax, 0x99
    ret

    case large_reserved, "4.3: reserved bits of a 4 MB page's entry: error code RSVD and P"
    call differs_on_tcg                         ; 40 physical address bits there
    call build_tables
    mov dword [TABLES + (WINDOW >> 20)], P | W | U | PS | 1 << 21
    mov eax, CR4_PSE
    mov cr4, eax
    call enable_paging
    try .out
.at:
    mov eax, [WINDOW]
.out:
    expect_page_fault PF_P | PF_RSVD, .at, WINDOW
    ret

    case global, "4.10.2.4: INVLPG and a change of CR4.PGE drop global pages, too"
    mov eax, 1 << 13
    call require_feature
    call build_tables
    mov eax, CR4_PGE
    mov cr4, eax
    mov dword [WINDOW_TABLE + 4], SCRATCH + 0x1000 + (P | W | U | G)
    mov dword [SCRATCH + 0x1000], 1
    mov dword [SCRATCH + 0x5000], 5
    call enable_paging
    mov eax, [WINDOW + 0x1000]
    mov dword [WINDOW_TABLE + 4], SCRATCH + 0x5000 + (P | W | U | G)
    invlpg [WINDOW + 0x1000]
    mov eax, [WINDOW + 0x1000]
    expect eax, 5
    mov dword [WINDOW_TABLE + 4], SCRATCH + 0x1000 + (P | W | U | G)
    xor eax, eax
    mov cr4, eax
    mov eax, [WINDOW + 0x1000]
    expect eax, 1
    ret

    case pae, "4.4: PAE: 2 MB and 4 KB pages; accessed and dirty bits"
    call pae_on
    mov eax, [image_start]
    expect eax, 0x1BADB002
    mov dword [WINDOW + 0x1004], 0x77
    expect [SCRATCH + 0x1004], 0x77
    mov ecx, [PAE_TABLE + 8]
    and ecx, 0xFFF
    expect ecx, P | W | U | A | D
    mov ecx, [PDPT + 0x2000]
    and ecx, 0xFFF
    expect ecx, P | W | U | A
    try .out
.at:
    mov eax, [0x80000000]
.out:
    expect_page_fault 0, .at, 0x80000000
    try .out2
.at2:
    mov eax, [WINDOW + 0x200000]
.out2:
    expect_page_fault 0, .at2, WINDOW + 0x200000
    ret

    case pae_pdpte, "4.4.1: MOV CR3 loads the PDPTEs: a change in memory waits for it; reserved bits are #GP(0)"
    call differs_on_tcg                         ; walks from memory every time
    call pae_on
    mov eax, [WINDOW]
    mov dword [PDPT + 8], 0
    invlpg [WINDOW]
    try .out
    mov eax, [WINDOW]
.out:
    expect_none
    mov eax, cr3
    mov cr3, eax
    try .out2
.at2:
    mov eax, [WINDOW]
.out2:
    expect_page_fault 0, .at2, WINDOW
    mov dword [PDPT + 8], PDPT + 0x2000 + P + 2
    mov eax, cr3
    try .out3
.at3:
    mov cr3, eax
.out3:
    expect_event X_GP, 0, .at3
    ret

    case pae_reserved, "4.4.2: reserved bits of PAE entries, and XD without NXE: error code RSVD and P"
    call differs_on_tcg                         ; without P
    call pae_on
    mov dword [PAE_TABLE + 12], 0x40000000      ; bit 62 of page 1
    mov dword [PAE_TABLE + 20], 0x80000000      ; XD of page 2
    try .out
.at:
    mov eax, [WINDOW + 0x1000]
.out:
    expect_page_fault PF_P | PF_RSVD, .at, WINDOW + 0x1000
    try .out2
.at2:
    mov eax, [WINDOW + 0x2000]
.out2:
    expect_page_fault PF_P | PF_RSVD, .at2, WINDOW + 0x2000
    mov dword [PDPT + 0x2008], P | W | U | PS | 1 << 13     ; a 2 MB page whose address is no multiple
    try .out3
.at3:
    mov eax, [WINDOW + 0x200000]
.out3:
    expect_page_fault PF_P | PF_RSVD, .at3, WINDOW + 0x200000
    ret

    case no_execute, "4.6, 4.7: XD with NXE: data may be read, a fetch is a fault with I/D; the error code has I/D for absent pages, too"
    call no_execute_on
    call pae_on
    mov dword [PAE_TABLE + 12], 0x80000000
    mov dword [SCRATCH + 0x1000], 0x0B0F
    mov eax, [WINDOW + 0x1000]
    expect eax, 0x0B0F
    try .out
    mov eax, WINDOW + 0x1000
    jmp eax
.out:
    expect_page_fault PF_P | PF_I, WINDOW + 0x1000, WINDOW + 0x1000
    try .out2
    enter_ring3 WINDOW + 0x1000, 2
.out2:
    expect_page_fault PF_P | PF_I | PF_U, WINDOW + 0x1000, WINDOW + 0x1000
    mov dword [PAE_TABLE + 24], 0
    try .out3
    mov eax, WINDOW + 0x3000
    jmp eax
.out3:
    expect_page_fault PF_I, WINDOW + 0x3000, WINDOW + 0x3000
    mov dword [PAE_TABLE + 12], 0               ; executable again
    invlpg [WINDOW + 0x1000]
    try .out4
    mov eax, WINDOW + 0x1000
    jmp eax
.out4:
    expect_event X_UD, NONE, WINDOW + 0x1000
    call no_execute_off
    ret

    case no_execute_crossing, "4.6: an instruction that runs into a page with XD faults there"
    call no_execute_on
    call pae_on
    mov dword [PAE_TABLE + 20], 0x80000000
    mov dword [SCRATCH + 0x1FFC], 0xB8909090
    try .out
    mov eax, WINDOW + 0x1FFC
    jmp eax
.out:
    expect_page_fault PF_P | PF_I, WINDOW + 0x1FFF, WINDOW + 0x2000
    call no_execute_off
    ret

    case no_id_bit, "4.7: without NXE and SMEP the error code of a fetch has no I/D"
    call paging_on
    mov dword [WINDOW_TABLE + 4], 0
    try .out
    mov eax, WINDOW + 0x1000
    jmp eax
.out:
    expect_page_fault 0, WINDOW + 0x1000, WINDOW + 0x1000
    ret

    case smep, "4.6: with CR4.SMEP the supervisor does not execute user pages; their data are accessible"
    mov eax, 1 << 7
    call require_feature7
    call build_tables
    mov edi, TABLES + 0x1000                    ; ours are the supervisor's
    mov ecx, 0x300
.supervisor:
    and dword [edi], ~U
    add edi, 4
    loop .supervisor
    mov eax, CR4_SMEP
    mov cr4, eax
    call enable_paging
    mov dword [WINDOW + 0x1000], 0x0B0F
    try .out
    mov eax, WINDOW + 0x1000
    jmp eax
.out:
    expect_page_fault PF_P | PF_I, WINDOW + 0x1000, WINDOW + 0x1000
    and dword [WINDOW_TABLE + 4], ~U
    invlpg [WINDOW + 0x1000]
    try .out2
    mov eax, WINDOW + 0x1000
    jmp eax
.out2:
    expect_event X_UD, NONE, WINDOW + 0x1000
    or dword [WINDOW_TABLE + 4], U
    invlpg [WINDOW + 0x1000]
    try .out3
    enter_ring3 WINDOW + 0x1000, 2
.out3:
    expect_event X_UD, NONE, WINDOW + 0x1000
    expect [events + E_CS], CODE3
    ret

    case smap, "4.6: with CR4.SMAP the supervisor accesses user pages only with EFLAGS.AC"
    mov eax, 1 << 20
    call require_feature7
    call build_tables
    mov edi, TABLES + 0x1000
    mov ecx, 0x1000
.supervisor:
    and dword [edi], ~U
    add edi, 4
    loop .supervisor
    call enable_paging
    mov eax, [WINDOW + 0x1000]                  ; in the TLB before
    mov eax, CR4_SMAP
    mov cr4, eax
    try .out
.at:
    mov eax, [WINDOW + 0x1000]
.out:
    expect_page_fault PF_P, .at, WINDOW + 0x1000
    try .out2
.at2:
    mov [WINDOW + 0x1000], eax
.out2:
    expect_page_fault PF_P | PF_W, .at2, WINDOW + 0x1000
    try .out3
    stac
    mov eax, [WINDOW + 0x1000]
    mov [WINDOW + 0x1000], eax
    clac
.at3:
    mov eax, [WINDOW + 0x1000]
.out3:
    expect_page_fault PF_P, .at3, WINDOW + 0x1000
    try .out4
    push dword F_AC | 2
    popfd
    mov eax, [WINDOW + 0x1000]
    mov dword [WINDOW + 0x1000], 0x0B0F
.out4:
    push dword 2
    popfd
    expect_none
    try .out5
    enter_ring3 .user_code, 2
.user_code equ WINDOW + 0x1000
.out5:
    expect_event X_UD, NONE, WINDOW + 0x1000
    and dword [WINDOW_TABLE + 4], ~U            ; the supervisor's own pages are not concerned
    invlpg [WINDOW + 0x1000]
    try .out6
    mov eax, [WINDOW + 0x1000]
.out6:
    expect_none
    ret

    case smap_implicit, "4.6.1: accesses to descriptor tables are not exempted by EFLAGS.AC"
    call differs_on_tcg                         ; they are
    mov eax, 1 << 20
    call require_feature7
    call build_tables
    mov edi, TABLES + 0x1000
    mov ecx, 0x1000
.supervisor:
    and dword [edi], ~U
    add edi, 4
    loop .supervisor
    mov eax, CR4_SMAP
    mov cr4, eax
    call enable_paging
    mov dword [WINDOW_TABLE + 4], ldt + (P | W | U)
    and dword [WINDOW_TABLE + 4], 0xFFFFF000
    or dword [WINDOW_TABLE + 4], P | W | U
    mov eax, ldt                                ; an LDT in a user page
    and eax, 0xFFF
    add eax, WINDOW + 0x1000
    mov [.address], eax
    descriptor LOCAL_TABLE, eax, 63, LDT
    mov dword [ldt + 8], 0x0000FFFF
    mov dword [ldt + 12], 0x00CF9200
    mov ax, LOCAL_TABLE
    lldt ax
    mov ax, 8 | 4
    push dword F_AC | 2
    popfd
    try .out
.at:
    mov fs, ax
.out:
    push dword 2
    popfd
    mov eax, [.address]
    add eax, 12
    expect_event X_PF, PF_P, .at
    ret
    section .data
.address: dd 0
    section .text

    case stac_user, "2A STAC, CLAC: #UD at CPL 3"
    mov eax, 1 << 20
    call require_feature7
    try .out
    enter_ring3 .at, 2
.at:
    stac
.out:
    expect_event X_UD, NONE, .at
    ret

    case cr2_kept, "4.7: CR2 changes with page faults only, and can be written"
    mov eax, 0x12345678
    mov cr2, eax
    mov eax, cr2
    expect eax, 0x12345678
    try .out
    ud2
.out:
    expect [events + E_CR2], 0x12345678
    ret

    case double_pf, "table 6-5: a page fault while a page fault is delivered is a double fault"
    call paging_on
    mov eax, idt
    mov word [SCRATCH], 256 * 8 - 1
    mov dword [SCRATCH + 2], WINDOW + 0x2000 - X_PF * 8 - 8 ; gates up to #PF's in page 1, the rest in page 2
    mov esi, idt
    mov edi, SCRATCH + 0x2000 - X_PF * 8 - 8
    mov ecx, 256 * 8
    rep movsb
    mov dword [SCRATCH + 0x2000 - 8 + 4], 0     ; #PF's is not present: #NP
    lidt [SCRATCH]
    try .out
.at:
    mov eax, [0x80000000]
.out:
    expect_event X_DF, 0, .at
    ret

    case a20, "8.7.13.4, 20.1.1: with A20 masked address bit 20 reads as 0"
    mov esi, .code                              ; at an odd megabyte: it has to run at an even one
    mov edi, SCRATCH
    mov ecx, .end - .code
    rep movsb
    mov dword [SCRATCH + 0x8000], 1
    mov dword [SCRATCH + 0x108000], 2
    mov eax, SCRATCH
    call eax
    expect ebx, 1
    expect ecx, 2
    expect edx, 3
    ret
.code:
    mov ebp, esp
    mov esp, SCRATCH + 0x9000
    mov ecx, [SCRATCH + 0x108000]
    in al, 0x92
    and al, 0xFD
    out 0x92, al
    mov ebx, [SCRATCH + 0x108000]
    mov dword [SCRATCH + 0x108000], 3
    in al, 0x92
    or al, 2
    out 0x92, al
    mov edx, [SCRATCH + 0x8000]
    mov esp, ebp
    ret
.end:

%include "harness-end.asm"
