; Segment limits, types and loads (chapters 3.4, 5.3 to 5.7). QEMU's TCG checks neither limits nor types when memory is
; accessed: it is no witness for most of this.
%include "harness.asm"

    section .data
pointer: dd 0, 0
    section .text

; Accesses through FS, and the same through SS, of a segment with base SCRATCH: rows of attributes, limit (20 bits),
; offset, routine, 1 if it has to fault.
%macro check_rows 1
    mov dword [row], %1
%%next:
    mov edi, [row]
    cmp dword [edi], -1
    je %%done
    mov eax, [edi]
    mov edx, [edi + 4]
    descriptor FREE, SCRATCH, edx, eax
    mov ebx, [edi + 8]
    mov edx, [edi + 12]
    mov ax, FREE
    mov fs, ax
    try %%out
    call edx
%%out:
    mov edi, [row]
    mov eax, edi                                ; shown with the row's number: NN0F
    sub eax, %1
    imul eax, eax, 0x1000 / 20
    mov ecx, eax
    or eax, [event_count]
    or ecx, [edi + 16]
    expect eax, ecx
    cmp dword [edi + 16], 0
    je %%no_fault
    expect [events + E_VECTOR], X_GP
    expect [events + E_ERROR], 0
%%no_fault:
    add dword [row], 20
    jmp %%next
%%done:
%endmacro

    section .data
row: dd 0
    section .text

read8:  mov al, [fs:ebx]
    ret
read16: mov ax, [fs:ebx]
    ret
read32: mov eax, [fs:ebx]
    ret
read64: movq mm0, [fs:ebx]
    emms
    ret
write8: mov [fs:ebx], al
    ret
write32: mov [fs:ebx], eax
    ret
add32:  add [fs:ebx], eax
    ret
bit32:  mov eax, 32                             ; the next dword
    bt [fs:ebx], eax
    ret
far_read: les eax, [fs:ebx]                     ; 6 bytes
    ret

    case limits, "5.3: the last byte of an operand has to lie within the limit, byte- and page-granular"
    call differs_on_tcg                         ; has no limit checks
    mov dword [SCRATCH + 0x1000], 0
    check_rows .rows
    ret
    section .data
.rows:
    dd DATA | BIG, 7, 7, read8, 0
    dd DATA | BIG, 7, 8, read8, 1
    dd DATA | BIG, 7, 6, read16, 0
    dd DATA | BIG, 7, 7, read16, 1
    dd DATA | BIG, 7, 4, read32, 0
    dd DATA | BIG, 7, 5, read32, 1
    dd DATA | BIG, 7, 0, read64, 0
    dd DATA | BIG, 7, 1, read64, 1
    dd DATA | BIG, 7, 4, write32, 0
    dd DATA | BIG, 7, 5, write32, 1
    dd DATA | BIG, 7, 5, add32, 1
    dd DATA | BIG, 7, 0, bit32, 0
    dd DATA | BIG, 7, 1, bit32, 1
    dd DATA | BIG, 7, 2, far_read, 0
    dd DATA | BIG, 7, 3, far_read, 1
    dd DATA | BIG, 7, -1, read8, 1
    dd DATA | BIG, 7, -2, read32, 1
    dd FLAT | DATA, 0, 0xFFF, read8, 0
    dd FLAT | DATA, 0, 0x1000, read8, 1
    dd FLAT | DATA, 0, 0xFFD, read32, 1
    dd DATA, 7, 8, read8, 1                     ; B means nothing for data that grow upwards
    dd FLAT | DATA, 0xFFFFF, -4, read32, 0
    dd FLAT | DATA, 0xFFFFF, -3, read32, 1      ; beyond 4 GB
    dd -1
    section .text

    case expand_down, "5.3: expand-down segments: offsets above the limit, to FFFFh or (B) FFFFFFFFh"
    call differs_on_tcg
    check_rows .rows
    ret
    section .data
.rows:
    dd DATA_DOWN | BIG, 0xFFF, 0xFFF, read8, 1
    dd DATA_DOWN | BIG, 0xFFF, 0x1000, read8, 0
    dd DATA_DOWN | BIG, 0xFFF, 0xFFE, read32, 1
    dd DATA_DOWN | BIG, 0xFFF, 0x1000, write32, 0
    dd DATA_DOWN | BIG, 0xFFF, 0x10000, write32, 0
    dd DATA_DOWN | BIG, 0xFFF, -4, read32, 0
    dd DATA_DOWN | BIG, 0xFFF, -3, read32, 1
    dd DATA_DOWN | BIG, 0xFFF, 0, read8, 1
    dd DATA_DOWN, 0xFFF, 0x1000, read8, 0
    dd DATA_DOWN, 0xFFF, 0xFFFC, read32, 0
    dd DATA_DOWN, 0xFFF, 0xFFFD, read32, 1
    dd DATA_DOWN, 0xFFF, 0x10000, read8, 1
    dd DATA_DOWN | FLAT, 0, 0xFFF, read8, 1
    dd DATA_DOWN | FLAT, 0, 0x1000, read8, 0
    dd DATA_DOWN | FLAT, 0xFFFFF, 0x1000, read8, 1 ; nothing is above FFFFFFFFh
    dd -1
    section .text

    case types, "5.5: no writes to read-only data and to code; no reads of code that is not readable"
    call differs_on_tcg
    check_rows .rows
    ret
    section .data
.rows:
    dd DATA_READ_ONLY | BIG, 0xFFF, 0, read32, 0
    dd DATA_READ_ONLY | BIG, 0xFFF, 0, write8, 1
    dd DATA_READ_ONLY | BIG, 0xFFF, 0, add32, 1
    dd CODE | BIG, 0xFFF, 0, read32, 0
    dd CODE | BIG, 0xFFF, 0, write8, 1
    dd CODE | BIG, 0xFFF, 0xFFD, read32, 1
    dd CODE_CONFORMING | BIG, 0xFFF, 0, read32, 0
    dd CODE_CONFORMING | BIG, 0xFFF, 0, add32, 1
    dd -1
    section .text

    case execute_only, "5.5: CS that is not readable serves no data accesses"
    call differs_on_tcg
    descriptor FREE, 0, 0xFFFFF, FLAT | CODE_ONLY
    try .out
    jmp FREE:.there
.there:
    mov eax, [cs:image_start]
.out:
    expect_event X_GP, 0, .there
    ret

    case null_segment, "3.4.2, 5.4.1: a null selector may be loaded, not used"
    call differs_on_tcg
    xor eax, eax
    mov fs, ax
    mov gs, ax
    try .out
.at:
    mov eax, [fs:SCRATCH]
.out:
    expect_event X_GP, 0, .at
    mov eax, 3
    mov fs, ax
    try .out2
.at2:
    mov [fs:SCRATCH], eax
.out2:
    expect_event X_GP, 0, .at2
    ret

    case load_data, "5.6, 5.7, 2A MOV: what DS, ES, FS and GS take: #GP(selector), #NP(selector)"
    descriptor FREE, 0, 0xFFFFF, FLAT | DATA & ~PRESENT
    descriptor FREE + 8, 0, 0xFFFFF, FLAT | CODE_ONLY
    descriptor FREE + 16, 0, 0xFFFFF, FLAT | CODE_CONFORMING
    mov edi, .table
.next:
    mov ax, [edi]
    push edi
    try .out
.at:
    mov fs, ax
.out:
    pop edi
    movzx ecx, byte [edi + 2]                   ; vector, or FFh
    cmp ecx, 0xFF
    je .fine
    movzx edx, word [edi]
    and edx, 0xFFFC
    expect_event ecx, edx, .at
    jmp .again
.fine:
    expect_none
.again:
    add edi, 4
    cmp edi, .table_end
    jb .next
    ret
    section .data
.table:
    dw DATA0, 0xFF, DATA3, 0xFF, DATA3 & 0xFFFC, 0xFF, CODE0, 0xFF, CONFORMING0 | 3, 0xFF
    dw DATA0 | 3, X_GP, CODE0 | 3, X_GP, FREE, X_NP, FREE | 1, X_GP, FREE + 8, X_GP, TASK, X_GP
    dw GDT_BYTES, X_GP, 8 | 4, X_GP, 0, 0xFF, 1, 0xFF
.table_end:
    section .text

    case load_user, "5.6: at CPL 3 neither CPL nor RPL may exceed the DPL; conforming code may be loaded always"
    try .out
    enter_ring3 .user, 2
.user:
    mov ax, CONFORMING0 | 3
    mov fs, ax
    mov ax, DATA3 & 0xFFFC
    mov fs, ax
    mov ax, DATA2
.at:
    mov fs, ax
.out:
    expect_event X_GP, DATA2 & 0xFFFC, .at
    ret

    case load_stack, "5.7: what SS takes: RPL and DPL equal to CPL, writable; #GP(selector), null #GP(0), absent #SS(selector)"
    descriptor FREE, 0, 0xFFFFF, FLAT | DATA & ~PRESENT
    descriptor FREE + 8, 0, 0xFFFFF, FLAT | DATA_READ_ONLY
    mov edi, .table
.next:
    mov ax, [edi]
    push edi
    try .out
.at:
    mov ss, ax
.out:
    pop edi
    movzx ecx, byte [edi + 2]
    movzx edx, word [edi]
    and edx, 0xFFFC
    expect_event ecx, edx, .at
    add edi, 4
    cmp edi, .table_end
    jb .next
    ret
    section .data
.table:
    dw 0, X_GP, 3, X_GP, DATA3, X_GP, DATA0 | 3, X_GP, CODE0, X_GP, FREE, X_SS, FREE + 8, X_GP, GDT_BYTES, X_GP
.table_end:
    section .text

    case accessed, "3.4.5.1: loading a segment sets its accessed bit, in memory, too"
    call differs_on_tcg                         ; not of CS
    descriptor FREE, 0, 0xFFFFF, FLAT | DATA
    mov ax, FREE
    movzx ecx, byte [gdt + FREE + 5]
    expect ecx, DATA
    mov fs, ax
    movzx ecx, byte [gdt + FREE + 5]
    expect ecx, DATA | 1
    descriptor FREE, 0, 0xFFFFF, FLAT | CODE
    jmp FREE:.there
.there:
    movzx ecx, byte [gdt + FREE + 5]
    jmp CODE0:.back
.back:
    expect ecx, CODE | 1
    descriptor FREE, 0, 0xFFFFF, FLAT | DATA_READ_ONLY
    mov ax, FREE
    verw ax                                     ; tests do not
    lar ecx, eax
    movzx ecx, byte [gdt + FREE + 5]
    expect ecx, DATA_READ_ONLY
    ret

    case stack_limit, "5.3, 6.15 interrupt 12: pushes and pops beyond the limit of SS are #SS(0), ESP as it was"
    call differs_on_tcg
    gate X_SS, FAULT_TASK, 0, TASK_GATE
    mov dword [fault_tss + TSS_EIP], .task
    descriptor FREE, SCRATCH, 0x1FF, DATA | BIG
    mov dword [row], .rows
.next:
    mov edi, [row]
    mov edx, [edi]
    mov ebx, [edi + 4]
    mov [.old], esp
    mov ebp, 0x100
    mov ecx, esp
    mov ax, FREE
    mov ss, ax
    mov esp, ebx
    jmp edx
.task:
    mov eax, [ss:esp]
    mov esp, [.old]
    push dword 2
    popfd
    mov edi, [row]
    expect eax, 0
    expect [tss + TSS_EIP], [edi]
    expect [tss + TSS_ESP], [edi + 4]
    descriptor TASK, tss, TSS_LIMIT, TSS32
    descriptor FAULT_TASK, fault_tss, TSS_BYTES - 1, TSS32
    mov dword [fault_tss + TSS_EIP], .task
    mov dword [fault_tss + TSS_ESP], fault_stack
    mov ax, TASK
    ltr ax
    add dword [row], 8
    cmp dword [row], .rows_end
    jb .next
    ret
.push: push eax
.push16: push ax
.pop: pop eax
.pusha: pushad
.call: call .push
.ret: ret
.popm: pop dword [ds:SCRATCH]
.enter: enter 0x300, 0
.leave: leave
.iret: iretd
.load: mov eax, [esp + 0x1FE]
.pushf: pushfd
    section .data
.old: dd 0
.rows:
    dd .push, 2, .push, 0, .push, 0x204, .push16, 1, .pop, 0x1FD, .pop, 0x200, .pusha, 28, .call, 2, .ret, 0x1FD
    dd .popm, 0x1FE, .enter, 0x200, .iret, 0x1F5, .load, 0, .pushf, 3
.rows_end:
    section .text

    case stack16, "1 6.2.3: with SS.B = 0 SP wraps within 64 KB, the upper half of ESP stays"
    descriptor FREE, SCRATCH, 0xFFFF, DATA
    mov [.esp], esp
    mov ax, FREE
    mov ecx, 0x12345678
    try .out
    mov ss, ax
    mov esp, 0xABCD0000
    push ecx
    mov edx, esp
    pop ebx
    mov ecx, esp
    mov ax, DATA0
    mov ss, ax
    mov esp, [.esp]
.out:
    expect_none
    expect edx, 0xABCDFFFC
    expect ecx, 0xABCD0000
    expect ebx, 0x12345678
    expect [SCRATCH + 0xFFFC], 0x12345678
    ret
    section .data
.esp: dd 0
    section .text

    case code_limit, "5.3: fetching beyond the limit of CS is #GP(0); every byte of an instruction counts"
    call differs_on_tcg
    mov eax, .end - 1
    sub eax, image_start
    descriptor FREE, image_start, eax, CODE | BIG
    mov eax, .code
    sub eax, image_start
    mov [pointer], eax
    mov dword [pointer + 4], FREE
    xor ebx, ebx
    try .out
    jmp far [pointer]
.code:
    mov ebx, 1
.end:
    mov ebx, 2
.out:
    expect ebx, ebx
    mov eax, .end
    sub eax, image_start
    expect_event X_GP, 0, eax
    expect [registers + R_EBX], 1
    mov eax, .end - 2                           ; within the last instruction
    sub eax, image_start
    descriptor FREE, image_start, eax, CODE | BIG
    try .out2
    xor ebx, ebx
    jmp far [pointer]
.out2:
    expect_event X_GP, 0, [pointer]
    expect [registers + R_EBX], 0
    ret

    case branch_limit, "2A JMP, CALL, RET, Jcc: a target beyond the limit is #GP(0) of the branch"
    call differs_on_tcg
    mov eax, .end - 1
    sub eax, image_start
    descriptor FREE, image_start, eax, CODE | BIG
    mov dword [row], .rows
.next:
    mov edi, [row]
    mov eax, [edi]
    sub eax, image_start
    mov [pointer], eax
    mov dword [pointer + 4], FREE
    mov [.esp], esp
    mov ebx, 0xFFFFFF
    try .out
    cmp eax, eax
    push ebx
    jmp far [pointer]
.out:
    expect_event X_GP, 0, [pointer]
    add dword [row], 4
    cmp dword [row], .rows_end
    jb .next
    ret
.jump: jmp strict near .beyond
.jz: jz strict near .beyond
.call: call .beyond
.indirect: jmp ebx
.indirect_call: call ebx
.ret: ret
.ret_n: ret 4
.end:
    nop
.beyond:
    nop
    section .data
.esp: dd 0
.rows: dd .jump, .jz, .call, .indirect, .indirect_call, .ret, .ret_n
.rows_end:
    section .text

    case string_limit, "5.3: REP MOVS stops at the element that faults, with the registers of that moment"
    call differs_on_tcg
    descriptor FREE, SCRATCH, 9, DATA | BIG
    mov ax, FREE
    mov es, ax
    mov ecx, 5
    mov esi, SCRATCH + 0x100
    xor edi, edi
    try .out
.at:
    rep movsd
.out:
    expect_event X_GP, 0, .at
    expect [registers + R_ECX], 3
    expect [registers + R_EDI], 8
    expect [registers + R_ESI], SCRATCH + 0x108
    ret

    case ldt, "3.5.1: selectors of the LDT; its limit; #GP(selector) without one"
    mov ax, 8 | 4
    try .out
.at:
    mov fs, ax
.out:
    expect_event X_GP, 8 | 4, .at
    mov ax, LOCAL_TABLE
    lldt ax
    mov dword [ldt + 8], (SCRATCH & 0xFFFF) << 16 | 0xFFFF
    mov dword [ldt + 12], (SCRATCH >> 16) & 0xFF | 0x40F200 | SCRATCH & 0xFF000000
    mov dword [SCRATCH], 0x12345678
    mov ax, 8 | 4 | 3
    mov fs, ax
    mov eax, [fs:0]
    expect eax, 0x12345678
    mov ax, 64 | 4
    try .out2
.at2:
    mov fs, ax
.out2:
    expect_event X_GP, 64 | 4, .at2
    mov ax, TASK
    try .out3
.at3:
    lldt ax
.out3:
    expect_event X_GP, TASK, .at3
    descriptor FREE, ldt, 63, LDT & ~PRESENT
    mov ax, FREE
    try .out4
.at4:
    lldt ax
.out4:
    expect_event X_NP, FREE, .at4
    ret

    case ltr, "2A LTR: an available TSS of the GDT becomes busy; a busy one is #GP(selector)"
    call differs_on_tcg                         ; takes a null selector
    mov ax, OTHER_TASK
    ltr ax
    movzx ecx, byte [gdt + OTHER_TASK + 5]
    expect ecx, BUSY_TSS32
    mov ax, OTHER_TASK
    try .out
.at:
    ltr ax
.out:
    expect_event X_GP, OTHER_TASK, .at
    xor eax, eax
    try .out2
.at2:
    ltr ax
.out2:
    expect_event X_GP, 0, .at2
    ret

    case far_pointers, "2A LDS: a selector that cannot be loaded leaves the general register alone"
    mov dword [SCRATCH], 0x12345678
    mov dword [SCRATCH + 4], GDT_BYTES
    mov eax, 5
    try .out
.at:
    lfs eax, [SCRATCH]
.out:
    expect_event X_GP, GDT_BYTES, .at
    expect [registers + R_EAX], 5
    mov dword [SCRATCH + 4], DATA3
    lgs eax, [SCRATCH]
    expect eax, 0x12345678
    mov ecx, gs
    expect ecx, DATA3
    ret

    case based, "3.4.3: bases are added, and wrap at 4 GB"
    descriptor FREE, 0xFFFFF000, 0xFFFFF, FLAT | DATA
    mov ax, FREE
    mov fs, ax
    mov dword [SCRATCH], 0x12345678
    mov eax, [fs:SCRATCH + 0x1000]
    expect eax, 0x12345678
    ret

    case unreal, "3.4.3, 20.1.1: a limit loaded in protected mode stays in real-address mode"
    mov dword [SCRATCH + 0x10000], 0x12345678
    mov esi, .code
    mov ecx, .end - .code
    call copy_low
    mov [.esp], esp
    lidt [real_idt_pointer]
    xor ebx, ebx
    jmp CODE16:0
    bits 16
.code:                                          ; FS keeps its flat descriptor
    mov ax, DATA16
    mov ss, ax
    mov eax, cr0
    and al, 0xFE
    mov cr0, eax
    jmp LOW_SEGMENT:.real - .code
.real:
    mov ebx, [fs:dword SCRATCH + 0x10000]
    mov eax, cr0
    or al, 1
    mov cr0, eax
    jmp dword CODE0:.back
.end:
    bits 32
.back:
    mov eax, DATA0
    mov ss, ax
    mov ds, ax
    mov es, ax
    mov esp, [.esp]
    lidt [idt_pointer]
    expect ebx, 0x12345678
    ret
    section .data
.esp: dd 0
    section .text

    case real_limit, "20.1.4: in real-address mode an operand beyond FFFFh is exception 13, of the stack 12"
    call differs_on_tcg
    mov esi, .code
    mov ecx, .end - .code
    call copy_low
    mov edi, VECTORS
    mov eax, LOW_SEGMENT << 16 | (.other - .code)
    mov ecx, 32
    rep stosd
    mov dword [VECTORS + 4 * X_GP], LOW_SEGMENT << 16 | (.gp - .code)
    mov dword [VECTORS + 4 * X_SS], LOW_SEGMENT << 16 | (.ss - .code)
    mov [.esp], esp
    lidt [real_idt_pointer]
    mov ax, DATA16
    mov fs, ax
    mov gs, ax
    mov es, ax
    mov ds, ax
    jmp CODE16:0
    bits 16
.code:
    mov ax, DATA16
    mov ss, ax
    mov eax, cr0
    and al, 0xFE
    mov cr0, eax
    jmp LOW_SEGMENT:.real - .code
.real:
    mov ax, LOW_STACK_SEGMENT
    mov ss, ax
    mov sp, 0x8000
    mov ds, ax
    xor edx, edx
    mov bx, 0xFFFF
.first:
    mov ax, [bx]
.second:
    mov bp, 0xFFFE
    mov eax, [bp]
.third:
    jmp .leave
.gp:
    or dl, 1
    pop cx
    push word .second - .code
    iret
.ss:
    or dl, 2
    pop si
    push word .third - .code
    iret
.other:
    or dl, 0x80
    jmp .leave
.leave:
    mov eax, cr0
    or al, 1
    mov cr0, eax
    jmp dword CODE0:.back
.end:
    bits 32
.back:
    mov eax, DATA0
    mov ss, ax
    mov ds, ax
    mov es, ax
    mov esp, [.esp]
    lidt [idt_pointer]
    expect edx, 3
    movzx ecx, cx
    expect ecx, .first - .code
    ret
    section .data
.esp: dd 0
    section .text

%include "harness-end.asm"
