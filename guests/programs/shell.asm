; The shell: reads a line, runs the program it names as a child process, waits unless the line ends in &.

%include "programs/include/header.asm"

LINE            equ USER_DATA
STATUS          equ USER_DATA + 256
DATA_BYTES      equ 260

    program_header start, DATA_BYTES, "read commands and run them"

start:
    print text_welcome
.prompt:
    print text_prompt
    mov ebx, LINE
    mov esi, COMMAND_BYTES - 1
    system SYS_READ
    test eax, eax
    js .bye
    mov byte [LINE + eax], 0
    mov esi, LINE
    call skip_spaces
    cmp byte [esi], 0
    je .prompt
    mov edi, text_exit
    call same_word
    je .bye
    mov ebx, esi
    ; A last & asks not to wait.
    lea edi, [LINE + eax - 1]
    xor ebp, ebp
.trim:
    cmp byte [edi], ' '
    jne .last
    mov byte [edi], 0
    dec edi
    jmp .trim
.last:
    cmp byte [edi], '&'
    jne .fork
    cmp edi, ebx
    je .prompt
    mov byte [edi], 0
    inc ebp
.fork:
    mov edi, ebx
    system SYS_FORK
    test eax, eax
    js .no_process
    jnz .parent
    mov ebx, edi
    system SYS_EXEC
    mov esi, edi
    call print_string
    print text_unknown
    exit 127
.parent:
    test ebp, ebp
    jnz .background
    mov edi, eax
.wait:
    mov ebx, STATUS
    system SYS_WAIT
    test eax, eax
    js .prompt
    cmp eax, edi
    je .ended
    push eax                        ; one from the background
    print text_pid
    pop eax
    call print_decimal
    print text_done
    jmp .wait
.ended:
    mov eax, [STATUS]
    cmp eax, STATUS_KILLED
    je .killed
    cmp eax, 127
    jae .prompt                     ; an unknown command or a fault: reported already
    test eax, eax
    jz .prompt
    print text_status
    call print_decimal
    call print_newline
    jmp .prompt
.killed:
    print text_killed
    jmp .prompt
.background:
    print text_pid
    call print_decimal
    print text_started
    jmp .prompt
.no_process:
    print text_no_process
    jmp .prompt
.bye:
    exit 0

text_welcome:    db "type help for the list of programs", 10, 0
text_prompt:     db "trapgate> ", 0
text_exit:       db "exit", 0
text_unknown:    db ": no such program; try help", 10, 0
text_pid:        db "[", 0
text_started:    db "]", 10, 0
text_done:       db "] ended", 10, 0
text_status:     db "exit status ", 0
text_killed:     db "killed", 10, 0
text_no_process: db "no room for another process", 10, 0

%include "programs/include/library.asm"
