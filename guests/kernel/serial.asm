; The console: a 16550 UART (National Semiconductor's PC16550D data sheet). Output waits for the
; transmitter; input arrives by interrupt and is kept until a process reads a line.

COM1            equ 0x3F8
UART_DATA       equ COM1            ; receive and transmit; divisor low while LCR bit 7 is 1
UART_IER        equ COM1 + 1        ; interrupt enable; divisor high
UART_IIR        equ COM1 + 2        ; read: interrupt identification; write: FIFO control
UART_LCR        equ COM1 + 3        ; line control
UART_MCR        equ COM1 + 4        ; modem control
UART_LSR        equ COM1 + 5        ; line status
LSR_READY       equ 0x01            ; a byte was received
LSR_EMPTY       equ 0x20            ; the transmitter takes a byte
IER_RECEIVE     equ 0x01
RING            equ 1024            ; bytes of input kept, a power of 2

KEY_INTERRUPT   equ 3               ; Ctrl-C
KEY_END         equ 4               ; Ctrl-D
KEY_BACKSPACE   equ 8
KEY_ESCAPE      equ 27
KEY_DELETE      equ 127

serial_init:
    mov dx, UART_IER
    xor al, al
    out dx, al                      ; no interrupts yet
    mov dx, UART_LCR
    mov al, 0x80
    out dx, al
    mov dx, UART_DATA
    mov al, 1                       ; divisor 1: 115200 baud
    out dx, al
    mov dx, UART_IER
    xor al, al
    out dx, al
    mov dx, UART_LCR
    mov al, 3                       ; 8 bits, no parity, 1 stop bit
    out dx, al
    mov dx, UART_IIR
    mov al, 7                       ; FIFOs on and cleared, interrupt at the first byte
    out dx, al
    mov dx, UART_MCR
    mov al, 0x0B                    ; DTR, RTS, OUT2 (which lets interrupts through on a PC)
    out dx, al
    ret

serial_interrupts_on:
    mov dx, UART_IER
    mov al, IER_RECEIVE
    out dx, al
    ret

; In: AL = character; a line feed is preceded by a carriage return
serial_write:
    cmp al, 10
    jne serial_write_raw
    push eax
    mov al, 13
    call serial_write_raw
    pop eax
serial_write_raw:
    push eax
    mov dx, UART_LSR
.wait:
    in al, dx
    test al, LSR_EMPTY
    jz .wait
    mov dx, UART_DATA
    pop eax
    out dx, al
    ret

serial_interrupt:
    call interrupt_end
    call serial_receive
    mov eax, STATE_READING
    jmp wake_all

; Takes what the UART has. With the ring full it keeps the rest, and its interrupt is off until there is room.
serial_receive:
    mov dx, UART_IIR
    in al, dx                       ; (a read acknowledges)
.next:
    mov dx, UART_LSR
    in al, dx
    test al, LSR_READY
    jz .done
    mov ecx, [ring_in]
    sub ecx, [ring_out]
    cmp ecx, RING
    jae .full
    mov dx, UART_DATA
    in al, dx
    cmp al, KEY_INTERRUPT
    jne .keep
    call interrupt_foreground
    jnc .next
    mov al, KEY_INTERRUPT
.keep:
    mov ecx, [ring_in]
    and ecx, RING - 1
    mov [ring + ecx], al
    inc dword [ring_in]
    jmp .next
.full:
    mov dx, UART_IER
    xor al, al
    out dx, al
    mov byte [ring_blocked], 1
.done:
    ret

; Ctrl-C ends every process but the first.  Out: CF = 1 if there was none
interrupt_foreground:
    push edi
    push ebx
    xor ebx, ebx
    mov edi, process_table + 2 * P_BYTES
.next:
    call process_kill
    jc .skip
    inc ebx
.skip:
    add edi, P_BYTES
    cmp edi, process_table + PROCESSES * P_BYTES
    jb .next
    cmp ebx, 1
    pop ebx
    pop edi
    ret

; The next character of input, waiting for it.  Out: AL; CF = 1 if the process was killed
console_get:
    mov ecx, [ring_out]
    cmp ecx, [ring_in]
    jne .have
    mov eax, [current]
    cmp dword [eax + P_KILLED], 0
    jne .killed
    mov eax, STATE_READING
    call block
    jmp console_get
.have:
    and ecx, RING - 1
    movzx eax, byte [ring + ecx]
    inc dword [ring_out]
    cmp byte [ring_blocked], 0
    je .done
    mov byte [ring_blocked], 0
    push eax
    call serial_interrupts_on       ; raises the interrupt again if bytes are waiting
    pop eax
.done:
    clc
    ret
.killed:
    stc
    ret

; Reads a line with echo and editing.  In: EBX = user address, ESI = room.
; Out: EAX = bytes, without the newline; -1 at Ctrl-D on an empty line
console_read:
    xor edi, edi                    ; bytes so far
.next:
    call console_get
    jc .none
    cmp al, 13
    je .end
    cmp al, 10
    je .end
    cmp al, KEY_BACKSPACE
    je .back
    cmp al, KEY_DELETE
    je .back
    cmp al, KEY_INTERRUPT
    je .interrupt
    cmp al, KEY_END
    je .end_of_input
    cmp al, KEY_ESCAPE
    je .escape
    cmp al, ' '
    jb .next
    cmp edi, esi
    jae .next
    mov [ebx + edi], al
    inc edi
    call serial_write
    jmp .next
.back:
    test edi, edi
    jz .next
    dec edi
    push esi
    mov esi, text_erase
    call print_string
    pop esi
    jmp .next
.escape:                            ; a key such as an arrow: ESC [ ... letter
    call console_get
    jc .none
    cmp al, '['
    jne .next
.sequence:
    call console_get
    jc .none
    cmp al, '@'
    jb .sequence
    jmp .next
.interrupt:
    push esi
    mov esi, text_interrupt
    call print_string
    pop esi
    xor edi, edi
.end:
    call print_newline
    mov eax, edi
    ret
.end_of_input:
    test edi, edi
    jnz .next
.none:
    mov eax, -1
    ret

text_erase:     db 8, " ", 8, 0
text_interrupt: db "^C", 0

    section .bss
ring:           resb RING
ring_in:        resd 1              ; bytes ever put in and taken out
ring_out:       resd 1
ring_blocked:   resb 1              ; the UART's interrupt is off because the ring is full
    section .text
