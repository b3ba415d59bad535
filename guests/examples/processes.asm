; Two processes: each has a page directory of its own, so that the same linear address is different memory for each, and a
; timer interrupt takes the processor from one and gives it to the other [paging; task management].
%include "include/start.asm"

DIRECTORIES     equ 0x200000        ; one for each process: 200000h, 201000h
LOW_TABLE       equ 0x202000        ; shared: the first 4 MBytes are mapped to themselves
HIGH_TABLES     equ 0x203000        ; one for each process: 203000h, 204000h
FRAMES          equ 0x210000        ; their memory: 210000h, 211000h
PRIVATE         equ 0x400000        ; where each of them sees its own
PRESENT_WRITABLE equ 3
SWITCHES        equ 40

main:
    mov [main_stack], esp
    call make_address_spaces
    mov eax, DIRECTORIES
    mov cr3, eax
    mov eax, cr0
    or eax, 0x80000000
    mov cr0, eax
    ; The second process begins with the frame that an interrupt would have left on its stack.
    mov esp, second_stack
    pushfd
    or dword [esp], 0x200           ; interrupts on
    push CODE_0
    push process
    mov eax, 'b'                    ; EAX: what it prints
    pushad
    mov [other_stack], esp
    mov eax, timer
    mov ecx, 0x20
    mov edx, INTERRUPT_GATE
    call set_gate
    mov ecx, 20
    call start_timer
    mov esp, first_stack
    mov eax, 'a'
    sti

; Both processes are this code: it counts in its private memory and prints a letter for every 2^20.
process:
    mov dword [PRIVATE], 0
.count:
    inc dword [PRIVATE]
    test dword [PRIVATE], 0xfffff
    jnz .count
    call print_character
    jmp .count

timer:
    pushad
    call end_of_interrupt
    mov al, '|'
    call print_character
    dec dword [switches_left]
    jz finish
    xchg esp, [other_stack]         ; the other process: its stack and its address space
    mov eax, [next_directory]
    xor dword [next_directory], DIRECTORIES ^ (DIRECTORIES + 0x1000)
    mov cr3, eax
    popad
    iretd

; The private memory of both, seen from here.
finish:
    mov esi, counted
    call print
    mov eax, [FRAMES]
    call print_decimal
    mov esi, and_text
    call print
    mov eax, [FRAMES + 0x1000]
    call print_decimal
    mov esi, line_end
    call print
    mov esp, [main_stack]
    ret

make_address_spaces:
    mov edi, LOW_TABLE
    mov eax, PRESENT_WRITABLE
.next:
    mov [edi], eax
    add edi, 4
    add eax, 0x1000
    cmp eax, 0x400000
    jb .next
    mov dword [DIRECTORIES], LOW_TABLE + PRESENT_WRITABLE
    mov dword [DIRECTORIES + 4], HIGH_TABLES + PRESENT_WRITABLE
    mov dword [DIRECTORIES + 0x1000], LOW_TABLE + PRESENT_WRITABLE
    mov dword [DIRECTORIES + 0x1004], HIGH_TABLES + 0x1000 + PRESENT_WRITABLE
    mov dword [HIGH_TABLES], FRAMES + PRESENT_WRITABLE
    mov dword [HIGH_TABLES + 0x1000], FRAMES + 0x1000 + PRESENT_WRITABLE
    ret

main_stack:     dd 0
other_stack:    dd 0
next_directory: dd DIRECTORIES + 0x1000
switches_left:  dd SWITCHES
counted:        db 13, 10, 'process a has counted to ', 0
and_text:       db ', process b to ', 0
line_end:       db ', both at linear address 400000h', 13, 10, 0
                times 1024 db 0
first_stack:
                times 1024 db 0
second_stack:
image_end:
