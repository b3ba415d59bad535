; The two cascaded 8259 interrupt controllers (Intel's 8259A data sheet).

PIC_1           equ 0x20            ; command port; data port = + 1
PIC_2           equ 0xA0
PIC_END         equ 0x20            ; OCW2: non-specific end of interrupt
IRQ_TIMER       equ 0
IRQ_CASCADE     equ 2
IRQ_SERIAL      equ 4

interrupts_init:
    mov al, 0x11                    ; ICW1: edge triggered, cascaded, ICW4 follows
    out PIC_1, al
    out PIC_2, al
    mov al, IRQ_FIRST               ; ICW2: first vector
    out PIC_1 + 1, al
    mov al, IRQ_FIRST + 8
    out PIC_2 + 1, al
    mov al, 1 << IRQ_CASCADE        ; ICW3: where the second is connected
    out PIC_1 + 1, al
    mov al, IRQ_CASCADE
    out PIC_2 + 1, al
    mov al, 1                       ; ICW4: 8086 mode
    out PIC_1 + 1, al
    out PIC_2 + 1, al
    mov al, 0xFF - (1 << IRQ_TIMER) - (1 << IRQ_CASCADE) - (1 << IRQ_SERIAL) ; OCW1: the masked ones
    out PIC_1 + 1, al
    mov al, 0xFF
    out PIC_2 + 1, al
    ret

; In: EAX = vector, EBP = frame
interrupt:
    cmp eax, IRQ_FIRST + IRQ_TIMER
    je timer_interrupt
    cmp eax, IRQ_FIRST + IRQ_SERIAL
    je serial_interrupt
    ; All others are masked: a spurious interrupt 7 or 15. Its bit in the ISR is 0, so no end of
    ; interrupt, except to the first controller for one of the second.
    cmp eax, IRQ_FIRST + 8
    jae interrupt_end
    ret

interrupt_end:
    mov al, PIC_END
    out PIC_1, al
    ret
