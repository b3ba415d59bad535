; Hello: the least that a kernel can do. It asks the processor for its name and sends it to the serial port.
%include "include/start.asm"

main:
    mov esi, greeting
    call print
    xor eax, eax                    ; CPUID, leaf 0: the vendor in EBX, EDX, ECX
    cpuid
    mov [vendor], ebx
    mov [vendor + 4], edx
    mov [vendor + 8], ecx
    mov esi, vendor
    call print
    mov esi, line_end
    call print
    ret

greeting:   db 'Hello! The processor of this page calls itself ', 0
vendor:     times 12 db 0
            db 0
line_end:   db '.', 13, 10, 0
image_end:
