; Page-table churn: maps pages, writes and checks each, unmaps them, again and again.

%include "programs/include/header.asm"

PAGES           equ 64

    program_header start, 0, "N: map, touch and unmap 64 pages N times (20)"

start:
    mov eax, 20
    call parse_number
    mov ebp, eax
    xor edx, edx                    ; rounds so far
    mov ebx, COUNT_FREE
    system SYS_COUNTER
    push eax
.round:
    cmp edx, ebp
    jae .done
    mov ebx, USER_MAP
    mov esi, PAGES
    system SYS_MAP
    test eax, eax
    jnz .failed
    mov edi, USER_MAP
.write:
    cmp dword [edi], 0         ; fresh pages are zero
    jne .failed
    lea eax, [edi + edx]
    mov [edi], eax
    add edi, 4096
    cmp edi, USER_MAP + PAGES * 4096
    jb .write
    mov edi, USER_MAP
.check:
    lea eax, [edi + edx]
    cmp [edi], eax
    jne .failed
    add edi, 4096
    cmp edi, USER_MAP + PAGES * 4096
    jb .check
    mov ebx, USER_MAP
    mov esi, PAGES
    system SYS_UNMAP
    test eax, eax
    jnz .failed
    inc edx
    jmp .round
.done:
    mov ebx, COUNT_FREE             ; nothing must have been lost
    system SYS_COUNTER
    pop ecx
    cmp eax, ecx
    jne .failed
    print text_name
    mov eax, edx
    call print_decimal
    print text_rounds
    imul eax, edx, PAGES
    call print_decimal
    print text_pages
    exit 0
.failed:
    print text_name
    print text_failed
    mov eax, edx
    call print_decimal
    call print_newline
    exit 1

text_name:      db "pagechurn: ", 0
text_rounds:    db " rounds, ", 0
text_pages:     db " pages mapped, written, checked, unmapped", 10, 0
text_failed:    db "failed in round ", 0

%include "programs/include/library.asm"
