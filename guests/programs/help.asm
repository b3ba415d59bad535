; Lists the built-in programs.

%include "programs/include/header.asm"

ROW             equ USER_DATA
NAME_WIDTH      equ 12

    program_header start, PROGRAM_BYTES, "list the programs"

start:
    xor ebx, ebx
.next:
    mov esi, ROW
    system SYS_PROGRAM
    test eax, eax
    js .end
    mov esi, ROW
    call print_string
    mov ecx, NAME_WIDTH
.pad:
    cmp byte [esi], 0
    je .spaces
    inc esi
    dec ecx
    jmp .pad
.spaces:
    print text_space
    dec ecx
    jnz .spaces
    print ROW + 16
    call print_newline
    inc ebx
    jmp .next
.end:
    print text_hint
    exit 0

text_space:     db " ", 0
text_hint:      db "COMMAND & runs it in the background; Ctrl-C ends what runs", 10, 0

%include "programs/include/library.asm"
