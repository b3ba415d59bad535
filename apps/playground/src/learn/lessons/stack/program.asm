%include "bare.asm"

%ifndef WORDS
%define WORDS 5000              ; how many doublewords the program pushes
%endif

PAGE_DIRECTORY equ 0x70000
LOW_TABLE   equ 0x71000         ; maps the first 4 MBytes
STACK_TABLE equ 0x72000         ; maps 4 MBytes from 400000h
STACK_TOP   equ 0x440000
STACK_LIMIT equ 0x420000        ; the stack may not grow below this
FRAMES      equ 0x180000        ; free page frames, up to 200000h
PRESENT_WRITABLE_USER equ 7

main:   set_gate 14, on_page_fault
        call map_low_memory
        mov dword [PAGE_DIRECTORY + 4], STACK_TABLE | PRESENT_WRITABLE_USER
        mov eax, STACK_TOP - 0x1000
        call map                ; one page to begin with
        mov eax, PAGE_DIRECTORY
        mov cr3, eax
        mov eax, cr0
        or eax, 0x80000000      ; CR0.PG
        mov cr0, eax
        enter_user user, STACK_TOP

; The program: it pushes WORDS, WORDS - 1, ... 1.
user:   mov ecx, WORDS
fill:   push ecx
        dec ecx
        jnz fill
filled: jmp $

; The page-fault handler, entered with an error code on the stack.
on_page_fault:
        pushad
        mov eax, cr2            ; the address that could not be written
        cmp eax, STACK_LIMIT
        jb beyond
        cmp eax, STACK_TOP
        jae beyond
        call map
grown:  popad
        add esp, 4              ; the error code
        iretd                   ; the instruction is executed again
beyond: jmp $

; Gives the page at linear address eax a page frame.
map:    shr eax, 12
        and eax, 0x3FF
        mov edx, [next_frame]
        add dword [next_frame], 0x1000
        or edx, PRESENT_WRITABLE_USER
        mov [STACK_TABLE + 4 * eax], edx
        ret

; Linear addresses of the first 4 MBytes are physical ones.
map_low_memory:
        mov dword [PAGE_DIRECTORY], LOW_TABLE | PRESENT_WRITABLE_USER
        mov edi, LOW_TABLE
        mov eax, PRESENT_WRITABLE_USER
        mov ecx, 1024
.next:  stosd
        add eax, 0x1000
        loop .next
        ret

next_frame: dd FRAMES
