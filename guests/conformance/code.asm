; Code that changes itself and other code, instructions that straddle pages, repeated and interrupted (8.1.3, 8.3).
%include "harness.asm"

CODE_PAGE equ SCRATCH + 0x10000

; Copies code. 1, 2: its labels, 3: where to
%macro place 3
    mov esi, %1
    mov edi, %3
    mov ecx, %2 - %1
    rep movsb
%endmacro

    case patch_next, "8.1.3: a store into the next instruction takes effect at once in the same code"
    place .code, .end, CODE_PAGE
    mov ebx, CODE_PAGE + .immediate - .code
    mov eax, CODE_PAGE
    call eax
    expect eax, 0x55
    ret
.code:
    mov byte [ebx], 0x55
    mov al, 0x11
.immediate equ $ - 1
    movzx eax, al
    ret
.end:

    case patch_loop, "8.1.3: a loop that changes its own immediate every time round"
    place .code, .end, CODE_PAGE
    mov ebx, CODE_PAGE + .immediate - .code
    mov ecx, 100
    xor edx, edx
    mov eax, CODE_PAGE
    call eax
    expect edx, 5050                      ; 1 + 2 + ... + 100
    ret
.code:
.again:
    inc byte [ebx]
    mov eax, 0
.immediate equ $ - 4
    add edx, eax
    dec ecx
    jnz .again
    ret
.end:

    case patch_behind, "8.1.3: a loop that changes code in front of it, executed before"
    place .code, .end, CODE_PAGE
    mov ebx, CODE_PAGE + .first - .code + 1
    mov ecx, 50
    xor edx, edx
    mov eax, CODE_PAGE
    call eax
    expect edx, 50 * 51 / 2
    ret
.code:
.again:
.first:
    add edx, strict dword 1
    add dword [ebx + 1], 1
    dec ecx
    jnz .again
    ret
.end:

    case patch_other_page, "8.1.3: code in another page is changed between two calls"
    place .code, .end, CODE_PAGE + 0x1000
    mov ebp, 20
    xor ebx, ebx
.again:
    mov eax, CODE_PAGE + 0x1000
    call eax
    add ebx, eax
    inc dword [CODE_PAGE + 0x1000 + 1]
    dec ebp
    jnz .again
    expect ebx, 20 * 19 / 2
    ret
.code:
    mov eax, 0
    ret
.end:

    case patch_opcode, "8.1.3: instructions become others of another length"
    mov dword [CODE_PAGE], 0x40404040           ; inc eax
    mov dword [CODE_PAGE + 4], 0xC3404040
    mov ebx, CODE_PAGE
    mov ecx, 3
.warm:
    xor eax, eax
    call ebx
    loop .warm
    expect eax, 7
    mov word [CODE_PAGE + 2], 0xC083            ; add eax, 40h
    xor eax, eax
    call ebx
    expect eax, 2 + 0x40 + 2
    mov dword [CODE_PAGE], 0x11223305           ; add eax, C0112233h; inc eax ...
    mov byte [CODE_PAGE + 4], 0
    xor eax, eax
    call ebx
    expect eax, 0x00112233 + 2
    ret

    case patch_string, "8.1.3: REP MOVSB over the code that runs"
    place .code, .end, CODE_PAGE
    mov eax, CODE_PAGE
    mov esi, .new
    mov edi, CODE_PAGE + .target - .code
    mov ecx, .new_end - .new
    call eax
    expect eax, 0x22
    ret
.code:
    rep movsb
.target:
    mov eax, 0x11
    ret
.end:
.new:
    mov eax, 0x22
    ret
.new_end:

    case patch_self_rep, "2A REP, 8.1.3: REP STOSB over itself stops repeating when its bytes are gone"
    place .code, .end, CODE_PAGE
    mov eax, 0x90
    mov edi, CODE_PAGE + .rep - .code
    mov ecx, 16
    mov ebx, CODE_PAGE
    call ebx
    mov edx, CODE_PAGE + .rep - .code + 16
    sub edx, edi
    inc edx                                     ; the first store left 90h, AAh: NOP and a STOSB that does not count
    expect edx, ecx
    expect ecx, 15
    ret
.code:
    nop
.rep:
    rep stosb
    times 30 nop
    ret
.end:

    case patch_branch, "8.1.3: the displacement of a branch that is executed next"
    place .code, .end, CODE_PAGE
    mov ebx, CODE_PAGE + .branch - .code + 1
    mov eax, CODE_PAGE
    call eax
    expect eax, 2
    ret
.code:
    mov byte [ebx], .two - .one
.branch:
    jmp short .one
.one:
    mov eax, 1
    ret
.two:
    mov eax, 2
    ret
.end:

    case patch_push, "8.1.3: pushes into the running code's own page"
    place .code, .end, CODE_PAGE
    mov ebx, esp
    mov eax, CODE_PAGE
    mov esp, CODE_PAGE + .slot - .code + 4
    jmp eax
.code:
    push dword 0x90909040                       ; inc eax
    xor eax, eax
.slot:
    nop
    nop
    nop
    nop
    mov esp, ebx
    mov edx, .back
    jmp edx
.end:
.back:
    expect eax, 1
    ret

    case cross_modify_dma, "8.1.3: code written through another linear address of the same page"
    mov edi, TABLES
    mov eax, 0x83
    mov ecx, 4
.fill:
    stosd
    add eax, 0x400000
    loop .fill
    mov dword [TABLES + 0x400], 0x83            ; 40000000h: the same memory again
    mov eax, CR4_PSE
    mov cr4, eax
    mov eax, TABLES
    mov cr3, eax
    mov eax, cr0
    or eax, CR0_PG
    mov cr0, eax
    mov dword [CODE_PAGE], 0xB8
    mov word [CODE_PAGE + 4], 0xC300
    mov ebp, 20
    xor edx, edx
    mov ebx, CODE_PAGE
.again:
    call ebx
    add edx, eax
    inc dword [0x40000000 + CODE_PAGE + 1]
    dec ebp
    jnz .again
    expect edx, 20 * 19 / 2
    ret

    case straddle, "8.3: instructions across pages, entered again and again, the second half changed"
    place .code, .end, CODE_PAGE + 0x1000 - (.inside - .code)
    mov ebp, 20
    xor edx, edx
    mov ebx, CODE_PAGE + 0x1000 - (.inside - .code)
.again:
    call ebx
    add edx, eax
    inc byte [CODE_PAGE + 0x1000]
    dec ebp
    jnz .again
    expect edx, 20 * 19 / 2 * 0x100
    ret
.code:
    nop
    db 0xB8, 0                                  ; mov eax, imm32, of whose bytes the last three are in the next page
.inside:
    db 0, 0, 0
    ret
.end:

    case straddle_jump, "8.3: a branch across pages, its displacement in the second"
    place .code, .end, CODE_PAGE + 0x1000 - (.inside - .code)
    mov ebx, CODE_PAGE + 0x1000 - (.inside - .code)
    call ebx
    expect eax, 1
    mov byte [CODE_PAGE + 0x1000], .two - .one
    call ebx
    expect eax, 2
    ret
.code:
    db 0xEB
.inside:
    db 0
.one:
    mov eax, 1
    ret
.two:
    mov eax, 2
    ret
.end:

    case straddle_prefixes, "2A 2.3.11: 15 bytes with eleven of them prefixes, across pages"
    place .code, .end, CODE_PAGE + 0x1000 - 8
    mov ebx, CODE_PAGE + 0x1000 - 8
    mov dword [SCRATCH], 5
    call ebx
    expect eax, 5
    ret
.code:
    times 9 db 0x3E
    db 0x8B, 0x05
    dd SCRATCH
    ret
.end:

    case straddle_data, "8.1.1: operands across pages of every size"
    mov edi, SCRATCH + 0xFF0
    mov ecx, 32
    mov al, 1
.fill:
    stosb
    inc al
    loop .fill
    mov ax, [SCRATCH + 0xFFF]
    movzx eax, ax
    expect eax, 0x1110
    mov eax, [SCRATCH + 0xFFD]
    expect eax, 0x11100F0E
    fninit
    fild qword [SCRATCH + 0xFFC]
    fistp qword [SCRATCH + 0x20]
    expect [SCRATCH + 0x20], 0x100F0E0D
    expect [SCRATCH + 0x24], 0x14131211
    add dword [SCRATCH + 0xFFE], 0x01010101
    mov eax, [SCRATCH + 0xFFE]
    expect eax, 0x13121110
    mov eax, 1
    lock xadd [SCRATCH + 0xFFF], eax            ; bytes 11h, 12h, 13h of the sum and one more
    expect eax, 0x13131211
    mov eax, [SCRATCH + 0xFFF]
    expect eax, 0x13131212
    ret

    case alias_page, "8.1.3: code executed at two addresses of one page, changed through a third"
    mov edi, TABLES
    mov eax, 0x83
    mov ecx, 4
.fill:
    stosd
    add eax, 0x400000
    loop .fill
    mov dword [TABLES + 0x400], 0x83
    mov dword [TABLES + 0x800], 0x83
    mov eax, CR4_PSE
    mov cr4, eax
    mov eax, TABLES
    mov cr3, eax
    mov eax, cr0
    or eax, CR0_PG
    mov cr0, eax
    mov dword [CODE_PAGE], 0xB8
    mov word [CODE_PAGE + 4], 0xC300
    mov ebp, 10
    xor edx, edx
.again:
    mov ebx, CODE_PAGE
    call ebx
    add edx, eax
    mov ebx, CODE_PAGE + 0x40000000
    call ebx
    add edx, eax
    inc dword [0x80000000 + CODE_PAGE + 1]
    dec ebp
    jnz .again
    expect edx, 10 * 9
    ret

    case mode_switch, "5.2.1: the same bytes as 32-bit and as 16-bit code"
    mov dword [CODE_PAGE], 0x1234B8             ; mov eax, 0CB001234h ... / mov ax, 1234h; add bl, cl
    mov dword [CODE_PAGE + 3], 0x0B0FCB00
    descriptor FREE, CODE_PAGE, 0xFFFF, CODE
    descriptor FREE + 8, CODE_PAGE, 0xFFFF, CODE | BIG
    mov dword [.rounds], 4
.again:
    mov eax, -1
    try .out
    jmp FREE + 8:0
.out:
    expect_event X_UD, NONE, 5
    expect [registers + R_EAX], 0xCB001234
    mov eax, -1
    mov ebx, 1
    mov ecx, 2
    try .out2
    jmp FREE:0
.out2:
    expect_event X_UD, NONE, 5
    expect [registers + R_EAX], 0xFFFF1234
    expect [registers + R_EBX], 3
    dec dword [.rounds]
    jnz .again
    ret
    section .data
.rounds: dd 0
    section .text

    case serialized_idt, "8.1.3: a handler that is changed between two exceptions"
    gate X_UD, CODE0, CODE_PAGE, INTERRUPT32
    mov dword [CODE_PAGE], 0x00000BB8           ; mov eax, 0Bh
    mov byte [CODE_PAGE + 4], 0
    mov dword [CODE_PAGE + 5], 0x02240483       ; add dword [esp], 2
    mov byte [CODE_PAGE + 9], 0xCF              ; iretd
    mov ebp, 10
    xor edx, edx
.again:
    ud2
    add edx, eax
    inc dword [CODE_PAGE + 1]
    dec ebp
    jnz .again
    expect edx, 110 + 45
    ret

%include "harness-end.asm"
