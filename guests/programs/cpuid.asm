; Shows what CPUID says (volume 2A, CPUID).

%include "programs/include/header.asm"

TEXT            equ USER_DATA       ; vendor or brand

    program_header start, 64, "show what the processor says about itself"

start:
    xor eax, eax
    cpuid
    push eax
    mov [TEXT], ebx
    mov [TEXT + 4], edx
    mov [TEXT + 8], ecx
    print text_vendor
    print TEXT
    print text_leaves
    pop eax
    call print_hex
    call print_newline

    mov eax, 0x80000000
    cpuid
    cmp eax, 0x80000004
    jb .no_brand
    cmp eax, 0x80000100
    ja .no_brand
    mov edi, TEXT
    mov ebp, 0x80000002
.brand:
    mov eax, ebp
    cpuid
    stosd
    mov eax, ebx
    stosd
    mov eax, ecx
    stosd
    mov eax, edx
    stosd
    inc ebp
    cmp ebp, 0x80000004
    jbe .brand
    print text_brand
    mov esi, TEXT
    call skip_spaces
    call print_string
    call print_newline
.no_brand:

    mov eax, 1
    cpuid
    push ecx
    push edx
    print text_signature
    call print_hex
    mov edx, eax
    print text_family
    shr eax, 8
    and eax, 15
    cmp eax, 15
    jne .family
    mov eax, edx                    ; family 15 adds the extended family
    shr eax, 20
    and eax, 255
    add eax, 15
.family:
    call print_decimal
    print text_model
    mov ecx, eax
    mov eax, edx
    shr eax, 4
    and eax, 15
    cmp ecx, 6
    jb .model
    mov ecx, edx                    ; from family 6 on the extended model counts
    shr ecx, 12
    and ecx, 0xF0
    or eax, ecx
.model:
    call print_decimal
    print text_stepping
    mov eax, edx
    and eax, 15
    call print_decimal
    call print_newline
    print text_features
    pop eax
    mov esi, names_edx
    call print_bits
    pop eax
    mov esi, names_ecx
    call print_bits
    call print_newline
    exit 0

; Prints the names of the bits that are 1.  In: EAX = bits, ESI = rows: db bit number, name, 0; the end is FFh
print_bits:
    movzx ecx, byte [esi]
    inc esi
    cmp ecx, 0xFF
    je .end
    bt eax, ecx
    jnc .skip
    call print_string
.skip:
    inc esi
    cmp byte [esi - 1], 0
    jne .skip
    jmp print_bits
.end:
    ret

names_edx:
    db 0, " fpu", 0, 1, " vme", 0, 2, " de", 0, 3, " pse", 0, 4, " tsc", 0, 5, " msr", 0, 6, " pae", 0
    db 7, " mce", 0, 8, " cx8", 0, 9, " apic", 0, 11, " sep", 0, 12, " mtrr", 0, 13, " pge", 0
    db 14, " mca", 0, 15, " cmov", 0, 16, " pat", 0, 17, " pse36", 0, 19, " clflush", 0, 23, " mmx", 0
    db 24, " fxsr", 0, 25, " sse", 0, 26, " sse2", 0, 0xFF
names_ecx:
    db 0, " sse3", 0, 9, " ssse3", 0, 13, " cx16", 0, 19, " sse4.1", 0, 20, " sse4.2", 0
    db 22, " movbe", 0, 23, " popcnt", 0, 31, " hypervisor", 0, 0xFF

text_vendor:    db "vendor: ", 0
text_leaves:    db ", last leaf ", 0
text_brand:     db "brand: ", 0
text_signature: db "signature: ", 0
text_family:    db ", family ", 0
text_model:     db ", model ", 0
text_stepping:  db ", stepping ", 0
text_features:  db "features:", 0

%include "programs/include/library.asm"
