; Raises an exception of the kind asked for (chapter 6.15). The kernel reports it and ends the process.

%include "programs/include/header.asm"

FLAG_TF         equ 1 << 8
FLAG_NT         equ 1 << 14
FLAG_AC         equ 1 << 18
CPU_SSE         equ 1 << 25
ABSENT          equ 0x48 | 3        ; selector of a segment that is not present
NOT_RAISED      equ 3               ; exit status

; 1: name, 2: its code
%macro kind 2
%%row:
    dd %2
    db %1
    times 12 - ($ - %%row) db 0
%endmacro
KIND_NAME       equ 4
KIND_ROW        equ 12

    program_header start, 0, "KIND: raise an exception; without KIND list them"

start:
    call skip_spaces
    mov ebx, kinds
.look:
    lea edi, [ebx + KIND_NAME]
    call same_word
    je .found
    add ebx, KIND_ROW
    cmp ebx, kinds_end
    jb .look
    print text_kinds
    mov ebx, kinds
.list:
    print text_space
    lea esi, [ebx + KIND_NAME]
    call print_string
    add ebx, KIND_ROW
    cmp ebx, kinds_end
    jb .list
    call print_newline
    exit 2
.found:
    call [ebx]
    print text_not_raised
    exit NOT_RAISED

kinds:
    kind "de", divide
    kind "db", single_step
    kind "bp", breakpoint
    kind "of", overflow
    kind "br", bound_range
    kind "ud", invalid_opcode
    kind "nm", not_available
    kind "ts", invalid_tss
    kind "np", not_present
    kind "ss", stack_segment
    kind "gp", protection
    kind "pf", null_page
    kind "mf", x87_error
    kind "ac", alignment
    kind "xm", simd_error
    kind "kernel", kernel_page
    kind "text", own_text
    kind "io", port
    kind "int", interrupt_gate
    kind "stack", endless_stack
    kind "pointer", bad_pointer
kinds_end:

divide:
    xor ecx, ecx
    div ecx
    ret

single_step:
    pushfd
    or dword [esp], FLAG_TF
    popfd
    nop                             ; the trap comes after this instruction
    ret

breakpoint:
    int3
    ret

overflow:
    mov al, 127
    add al, 1
    into
    ret

bound_range:
    mov eax, 4
    bound eax, [bounds]
    ret
    align 4
bounds:
    dd 0, 3

invalid_opcode:
    ud2
    ret

; Not a fault in the end: the kernel loads the x87's state and goes on.
not_available:
    mov ebx, COUNT_FPU
    system SYS_COUNTER
    mov edi, eax
    fninit
    system SYS_COUNTER
    sub eax, edi
    cmp eax, 1
    jne .done
    print text_lazy
    exit 0
.done:
    ret

; IRET with NT = 1 returns to the task that the TSS links to: to none (chapter 7.4).
invalid_tss:
    pushfd
    or dword [esp], FLAG_NT
    popfd
    iretd

not_present:
    mov eax, ABSENT
    mov fs, eax
    ret

stack_segment:
    mov eax, ABSENT
    mov ss, eax
    ret

protection:
    cli                             ; IOPL = 0
    ret

null_page:
    mov eax, [0]
    ret

; An unmasked x87 error is raised by the next waiting x87 instruction.
x87_error:
    fninit
    push dword 0x037F - 4           ; all masked but the zero divide
    fldcw [esp]
    pop eax
    fld1
    fldz
    fdivp
    fwait
    ret

alignment:
    pushfd
    or dword [esp], FLAG_AC
    popfd
    mov eax, [esp + 1]
    pushfd
    and dword [esp], ~FLAG_AC
    popfd
    ret

simd_error:
    mov eax, 1
    cpuid
    test edx, CPU_SSE
    jz .absent
    push dword 0x1F80 - 0x200       ; all masked but the zero divide
    ldmxcsr [esp]
    pop eax
    xorps xmm1, xmm1
    mov eax, 1
    cvtsi2ss xmm0, eax
    divss xmm0, xmm1
.absent:
    ret

kernel_page:
    mov eax, [0x100000]             ; present, but the supervisor's
    ret

own_text:
    mov byte [own_text], 0          ; present, but read-only
    ret

port:
    in al, 0x60
    ret

interrupt_gate:
    int 0x20                        ; a gate with DPL 0
    ret

endless_stack:
    push eax
    jmp endless_stack

bad_pointer:
    mov ebx, USER_MAP               ; in the user half, but not mapped
    mov esi, 1
    system SYS_WRITE
    ret

text_kinds:      db "kinds:", 0
text_space:      db " ", 0
text_lazy:       db "fault: #NM let the kernel load the x87 state, once", 10, 0
text_not_raised: db "fault: not raised by this processor", 10, 0

%include "programs/include/library.asm"
