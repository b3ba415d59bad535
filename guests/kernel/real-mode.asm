; A visit to real-address mode, which the loader spared us (chapters 9.9.2 and 20.1).
;
; The 16-bit code is assembled as part of the image but runs at REAL_BASE, below 1 MiB, with
; CS = DS = REAL_BASE / 16, so an offset in it is `label - real_start`.

CHECK_FLAGS     equ 1               ; FLAGS of a 386 or later
CHECK_VECTORS   equ 2               ; INT and IRET through the vector table
CHECK_DIVIDE    equ 4               ; a divide error has the address of the DIV itself
CHECK_A20       equ 8               ; FFFF:0010 is 1 MiB, not 0
CHECK_LIMIT     equ 16              ; a word at offset FFFF raises exception 13
CHECK_NEEDED    equ 15              ; (an emulator without segment limits in real mode fails the last)

real_mode_checks:
    pushad
    mov [real_stack_pointer], esp
    mov esi, real_start
    mov edi, REAL_BASE
    mov ecx, real_end - real_start
    rep movsb
    ; Chapter 9.9.2, switching back to real-address mode: step 2 transfers to a segment with a limit
    ; of 64 KiB, step 3 loads such segments too, step 4 loads the vector table's address.
    lgdt [gdt_pointer]
    lidt [real_idt_pointer]
    jmp CODE_16:(enter_real_mode - real_start)

; Back in protected mode, on our own descriptors.
left_real_mode:
    mov eax, KERNEL_DATA
    mov ds, eax
    mov es, eax
    mov fs, eax
    mov gs, eax
    mov ss, eax
    mov esp, [real_stack_pointer]
    print text_real_mode
    movzx eax, byte [REAL_BASE + real_checks - real_start]
    mov ebx, eax
    mov esi, text_real_limit
    test bl, CHECK_LIMIT
    jnz .limit
    mov esi, text_real_no_limit
.limit:
    and bl, CHECK_NEEDED
    cmp bl, CHECK_NEEDED
    je .good
    mov esi, text_real_bad
    call print_string
    call print_hex
    mov esi, text_real_panic
    jmp panic
.good:
    call print_string
    popad
    ret

    bits 16
real_start:
enter_real_mode:                    ; still protected mode, with 16-bit segments
    mov ax, DATA_16
    mov ds, ax
    mov es, ax
    mov fs, ax
    mov gs, ax
    mov ss, ax
    mov eax, cr0
    and al, 0xFF - CR0_PE           ; step 5: clear PE
    mov cr0, eax
    jmp (REAL_BASE >> 4):(in_real_mode - real_start) ; step 6: a far jump
in_real_mode:
    mov ax, cs                      ; step 7: load the segment registers
    mov ds, ax
    xor ax, ax
    mov es, ax
    mov ss, ax
    mov sp, REAL_STACK

    ; Bits 12 to 14 of FLAGS are always 1 on an 8086, always 0 on a 286 in this mode.
    pushf
    mov ax, 0x7002
    push ax
    popf
    pushf
    pop ax
    and ax, 0x7000
    mov bx, ax
    mov ax, 0x0002
    push ax
    popf
    pushf
    pop ax
    popf
    and ax, 0x7000
    cmp ax, bx
    je .same
    or byte [real_checks - real_start], CHECK_FLAGS
.same:

    ; The vector table (chapter 20.1.4): offset, segment of each handler.
    mov di, REAL_VECTORS
    mov cx, 256
    mov eax, (REAL_BASE >> 4) << 16 | (real_unexpected - real_start)
    cld
    rep stosd
    mov word [es:REAL_VECTORS + 4 * 0x00], real_divide - real_start
    mov word [es:REAL_VECTORS + 4 * 0x0D], real_limit - real_start
    mov word [es:REAL_VECTORS + 4 * 0x40], real_call - real_start
    int 0x40
    xor bl, bl
    mov ax, 1
real_div:
    div bl
real_div_end:

    mov bx, 0xFFFF
    mov ax, [bx]                    ; two bytes, 8B 07

    ; A20 (chapter 8.7.13.4): the image's first word is the multiboot magic, at 1 MiB exactly.
    mov cx, 2
.a20:
    mov ax, 0xFFFF
    mov fs, ax
    cmp dword [fs:0x10], MULTIBOOT_HEADER
    je .a20_on
    in al, 0x92                     ; the fast A20 gate
    or al, 2
    and al, 0xFE                    ; (bit 0 would reset the machine)
    out 0x92, al
    loop .a20
    jmp .leave
.a20_on:
    or byte [real_checks - real_start], CHECK_A20
.leave:

    ; Chapter 9.9.1, switching to protected mode. The GDT is loaded already.
    mov eax, cr0
    or al, CR0_PE
    mov cr0, eax
    jmp dword KERNEL_CODE:left_real_mode

real_unexpected:
    iret
real_call:                          ; the stack holds IP, CS, FLAGS
    push bp
    mov bp, sp
    push ax
    mov ax, cs
    cmp [bp + 4], ax
    jne .bad
    or byte [real_checks - real_start], CHECK_VECTORS
.bad:
    pop ax
    pop bp
    iret
real_divide:
    push bp
    mov bp, sp
    cmp word [bp + 2], real_div - real_start
    jne .bad
    or byte [real_checks - real_start], CHECK_DIVIDE
.bad:
    mov word [bp + 2], real_div_end - real_start
    pop bp
    iret
real_limit:
    push bp
    mov bp, sp
    or byte [real_checks - real_start], CHECK_LIMIT
    add word [bp + 2], 2
    pop bp
    iret
real_checks:
    db 0
real_end:
    bits 32

real_idt_pointer:
    dw 256 * 4 - 1
    dd REAL_VECTORS

text_real_mode:     db "real mode: 386 flags, vectors, divide error, A20", 0
text_real_limit:    db ", segment limits: ok", 10, 0
text_real_no_limit: db ": ok (segment limits are not enforced)", 10, 0
text_real_bad:      db ": failed, passed only ", 0
text_real_panic:    db " (bits of CHECK_)", 0

    section .bss
real_stack_pointer: resd 1
    section .text
