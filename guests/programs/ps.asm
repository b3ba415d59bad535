; Lists the processes.

%include "programs/include/header.asm"

ROW             equ USER_DATA
PS_PID          equ ROW
PS_PARENT       equ ROW + 4
PS_STATE        equ ROW + 8
PS_TICKS        equ ROW + 12
PS_PAGES        equ ROW + 16
PS_NAME         equ ROW + 20

    program_header start, PROCESS_BYTES, "list the processes"

start:
    print text_heading
    xor ebx, ebx
.next:
    mov esi, ROW
    system SYS_PROCESS
    test eax, eax
    js .end
    jz .skip
    mov eax, [PS_PID]
    call column
    mov eax, [PS_PARENT]
    call column
    mov eax, [PS_TICKS]
    call column
    mov eax, [PS_PAGES]
    call column
    print text_gap
    mov eax, [PS_STATE]
    lea esi, [state_names + eax * 8]
    call print_string
    print PS_NAME
    call print_newline
.skip:
    inc ebx
    jmp .next
.end:
    exit 0

; Prints EAX right-aligned in 7 columns.
column:
    push eax
    push ecx
    push esi
    mov ecx, 10
.width:
    cmp ecx, 1000000
    ja .print
    cmp eax, ecx
    jae .wider
    print text_space
.wider:
    imul ecx, ecx, 10
    jmp .width
.print:
    call print_decimal
    pop esi
    pop ecx
    pop eax
    ret

text_heading:   db "    pid parent  ticks  pages  state   name", 10, 0
text_gap:       db "  ", 0
text_space:     db " ", 0
state_names:                        ; 8 bytes each, in the order of the kernel's STATE_ constants
    db "free   ", 0
    db "ready  ", 0
    db "sleeps ", 0
    db "waits  ", 0
    db "reads  ", 0
    db "ended  ", 0

%include "programs/include/library.asm"
