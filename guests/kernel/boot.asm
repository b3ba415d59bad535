; Entry from the loader and the sequence of initialization (chapter 9.8, and 9.9 in real-mode.asm).
;
; Multiboot 0.6.96: the header lies in the first 8 KiB. Flag bit 16: the addresses below say where the
; flat image goes (it is no ELF file). The loader enters in 32-bit protected mode, paging off, IF = 0,
; EAX = the magic below, EBX = physical address of the boot information.

MULTIBOOT_HEADER equ 0x1BADB002
MULTIBOOT_LOADED equ 0x2BADB002
MULTIBOOT_FLAGS  equ 1 << 16 | 1 << 1

multiboot_header:
    dd MULTIBOOT_HEADER
    dd MULTIBOOT_FLAGS
    dd 0 - MULTIBOOT_HEADER - MULTIBOOT_FLAGS
    dd multiboot_header             ; where this header is to be
    dd kernel_start                 ; load address of the image
    dd kernel_data_end              ; end of what is loaded
    dd kernel_end                   ; end of what is cleared
    dd entry

entry:
    mov esp, boot_stack_top
    mov edi, eax
    push dword 2                    ; known flags: only the bit that is always 1
    popfd
    call serial_init
    print text_hello
    cmp edi, MULTIBOOT_LOADED
    mov esi, text_no_multiboot
    jne panic
    call read_boot_information
    call real_mode_checks           ; returns in protected mode, on our own GDT
    call identify_processor
    call frames_init
    call paging_init
    call descriptors_init
    call fpu_init
    call sysenter_init
    call interrupts_init
    call timer_init
    call scheduler_init
    call report_machine
    call serial_interrupts_on
    call start_first_process
    jmp idle

; Keeps what we need of the boot information, before anything overwrites it.  In: EBX = its address.
read_boot_information:
    pushad
    mov ebp, [ebx]                  ; flags: which fields are valid
    mov eax, 3 << 20                ; without a memory size, be modest
    test ebp, 1 << 0
    jz .memory
    mov eax, [ebx + 8]              ; KiB above 1 MiB
    cmp eax, (DIRECT_LIMIT >> 10) - 1024
    jbe .fits
    mov eax, (DIRECT_LIMIT >> 10) - 1024
.fits:
    shl eax, 10
    add eax, 1 << 20
    and eax, ~(PAGE - 1)
.memory:
    mov [memory_end], eax
    mov byte [boot_command], 0
    test ebp, 1 << 2
    jz .done
    mov esi, [ebx + 16]             ; the command line
    mov edi, boot_command
    mov ecx, COMMAND_BYTES - 1
.copy:
    lodsb
    stosb
    test al, al
    jz .done
    dec ecx
    jnz .copy
    mov byte [edi], 0
.done:
    popad
    ret

; CPUID exists if EFLAGS.ID (bit 21) can be changed (volume 1, chapter 20).
identify_processor:
    pushfd
    pop eax
    mov ecx, eax
    xor eax, 1 << 21
    push eax
    popfd
    pushfd
    pop eax
    xor eax, ecx
    test eax, 1 << 21
    mov esi, text_no_cpuid
    jz panic
    push ebx
    mov eax, 1
    cpuid
    mov [cpu_features], edx
    mov [cpu_signature], eax
    pop ebx
    test edx, CPU_FPU
    mov esi, text_no_fpu
    jz panic
    ; SEP is not to be believed on a Pentium Pro (family 6, below model 3 stepping 3; CPUID in vol. 2A).
    and eax, 0x0FFF0FFF
    cmp eax, 0x633
    jae .done
    cmp eax, 0x600
    jb .done
    and dword [cpu_features], ~CPU_SEP
.done:
    ret

report_machine:
    push ebx
    print text_memory
    mov eax, [memory_end]
    shr eax, 10
    call print_decimal
    print text_frames
    call frames_free
    call print_decimal
    print text_features
    mov ebx, feature_names
.next:
    mov eax, [ebx]
    test eax, eax
    jz .end
    add ebx, 4
    mov esi, ebx
    and eax, [cpu_features]
    jz .skip
    call print_string
.skip:
    inc ebx
    cmp byte [ebx - 1], 0
    jne .skip
    jmp .next
.end:
    call print_newline
    pop ebx
    ret

feature_names:
    dd CPU_PSE
    db " 4M-pages", 0
    dd CPU_PGE
    db " global-pages", 0
    dd CPU_SEP
    db " sysenter", 0
    dd CPU_FXSR
    db " fxsave", 0
    dd CPU_SSE
    db " sse", 0
    dd 0

text_hello:        db 10, "Trapgate guest kernel", 10, 0
text_no_multiboot: db "not started by a multiboot loader", 0
text_no_cpuid:     db "the processor has no CPUID", 0
text_no_fpu:       db "the processor has no x87", 0
text_memory:       db "memory: ", 0
text_frames:       db " KiB used, ", 0
text_features:     db " page frames free; processor:", 0

    section .bss
memory_end:     resd 1              ; end of the physical memory that we use
cpu_features:   resd 1              ; CPUID leaf 1, EDX
cpu_signature:  resd 1              ; CPUID leaf 1, EAX
boot_command:   resb COMMAND_BYTES
    section .text
