; Time: channel 0 of the 8254 interrupts 50 times a second (Intel's 8254 data sheet): each time
; wakes an idle host.

PIT_CHANNEL_0   equ 0x40
PIT_CONTROL     equ 0x43
PIT_MODE        equ 0x34            ; channel 0, low byte then high byte, mode 2 (rate generator), binary
PIT_HERTZ       equ 1193182
TICK_HERTZ      equ 50
TICK_MS         equ 1000 / TICK_HERTZ
UPTIME_PER_TICK equ TICK_MS / 10    ; system calls count time in units of 10 ms
PIT_DIVISOR     equ (PIT_HERTZ + TICK_HERTZ / 2) / TICK_HERTZ

timer_init:
    mov al, PIT_MODE
    out PIT_CONTROL, al
    mov al, PIT_DIVISOR & 0xFF
    out PIT_CHANNEL_0, al
    mov al, PIT_DIVISOR >> 8
    out PIT_CHANNEL_0, al
    ret

timer_interrupt:
    call interrupt_end
    mov ebx, [current]
    inc dword [ebx + P_TICKS]
    inc dword [ticks]
    mov eax, [ticks]
    cmp eax, [next_wake]
    jb .preempt
    call wake_sleepers
.preempt:
    mov dword [must_schedule], 1
    ret

    section .bss
ticks:          resd 1              ; since boot
    section .text
