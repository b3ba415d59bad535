; Timer interrupts: the 8254 asks for attention 100 times a second, and the processor sleeps in between (HLT).
%include "include/start.asm"

SECONDS equ 10

main:
    mov eax, tick
    mov ecx, 0x20                   ; the vector of IRQ 0
    mov edx, INTERRUPT_GATE
    call set_gate
    mov ecx, 100
    call start_timer
    sti
wait_for_it:
    hlt                             ; until the next interrupt
    cmp dword [seconds], SECONDS
    jb wait_for_it
    cli
    mov esi, enough
    call print
    ret

; Runs at each interrupt, whatever was running before, and so keeps every register.
tick:
    pushad
    inc dword [ticks]
    cmp dword [ticks], 100
    jb .done
    mov dword [ticks], 0
    inc dword [seconds]
    mov esi, second
    call print
    mov eax, [seconds]
    call print_decimal
    mov esi, instructions
    call print
    rdtsc                           ; time-stamp counter, in EDX:EAX
    xchg eax, edx
    call print_hex
    xchg eax, edx
    call print_hex
    mov esi, line_end
    call print
.done:
    call end_of_interrupt
    popad
    iretd

ticks:      dd 0
seconds:    dd 0
second:     db 'second ', 0
instructions: db ': the time-stamp counter is ', 0
line_end:   db 13, 10, 0
enough:     db 'enough', 13, 10, 0
image_end:
