; Uses ever more stack; the kernel adds pages as they are first touched.

%include "programs/include/header.asm"

    program_header start, 0, "N: use N KiB of stack (512)"

start:
    mov eax, 512
    call parse_number
    mov ebp, eax
    mov ebx, COUNT_FAULTS
    system SYS_COUNTER
    mov edi, eax
    mov edx, esp
    mov ecx, ebp
    jecxz .down
.grow:
    sub esp, 1024 - 4
    push ecx
    dec ecx
    jnz .grow
.down:
    xor ecx, ecx
.check:
    cmp ecx, ebp
    jae .done
    inc ecx
    pop eax
    cmp eax, ecx
    jne .failed
    add esp, 1024 - 4
    jmp .check
.done:
    cmp esp, edx
    jne .failed
    mov ebx, COUNT_FAULTS
    system SYS_COUNTER
    sub eax, edi
    print text_name
    mov ecx, eax
    mov eax, ebp
    call print_decimal
    print text_stack
    mov eax, ecx
    call print_decimal
    print text_faults
    exit 0
.failed:
    mov esp, edx
    print text_name
    print text_failed
    exit 1

text_name:      db "stackgrow: ", 0
text_stack:     db " KiB of stack, ", 0
text_faults:    db " page faults", 10, 0
text_failed:    db "failed: the stack's content is wrong", 10, 0

%include "programs/include/library.asm"
