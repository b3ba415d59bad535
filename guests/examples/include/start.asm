; The beginning of every example: a Multiboot header, a flat 32-bit machine with descriptor tables, and the serial port.
; An example is a label `main:`; when it returns, the machine is turned off. EBP is the example's own, all other registers
; may be changed by the procedures here unless their heading says otherwise.
;
; Chapters in brackets are those of the Intel Software Developer's Manual, volume 3A, by title.

    bits 32
    org 0x100000

COM1            equ 0x3f8
CODE_0          equ 0x08            ; selectors: code and data of CPL 0, of CPL 3, and the task
DATA_0          equ 0x10
CODE_3          equ 0x18 | 3
DATA_3          equ 0x20 | 3
TASK            equ 0x28
TRAP_GATE       equ 0x8f00          ; keeps interrupts as they are
INTERRUPT_GATE  equ 0x8e00          ; switches interrupts off
FOR_CPL_3       equ 0x6000          ; DPL 3: INT n may use the gate at CPL 3

header:
    dd 0x1BADB002, 0x10000, -(0x1BADB002 + 0x10000)
    dd header, header, 0, image_end, entry

entry:
    cld
    mov esp, stack_top
    call load_tables
    call main
power_off:                          ; ACPI: sleep state 5
    mov dx, 0x604
    mov ax, 0x2000
    out dx, ax
    hlt

; GDT, IDT and TSS [protected-mode memory management; interrupt and exception handling; task management]
load_tables:
    mov eax, tss                    ; the base of the task's descriptor
    mov [gdt + TASK + 2], ax
    shr eax, 16
    mov [gdt + TASK + 4], al
    mov [gdt + TASK + 7], ah
    lgdt [gdt_register]
    jmp CODE_0:.reload
.reload:
    mov eax, DATA_0
    mov ds, ax
    mov es, ax
    mov ss, ax
    mov fs, ax
    mov gs, ax
    mov eax, TASK
    ltr ax
    lidt [idt_register]
    ret

; Sets the gate of vector ECX to the handler EAX; EDX: the kind of gate.
set_gate:
    mov word [idt + ecx * 8], ax
    mov word [idt + ecx * 8 + 2], CODE_0
    shr eax, 16
    mov [idt + ecx * 8 + 4], dx
    mov [idt + ecx * 8 + 6], ax
    ret

; Sends the text at ESI, which ends with a zero.
print:
    push eax
    push edx
.next:
    lodsb
    test al, al
    jz .done
    call print_character
    jmp .next
.done:
    pop edx
    pop eax
    ret

; Sends the character AL; keeps all registers.
print_character:
    push edx
    push eax
    mov dx, COM1 + 5                ; line status: wait until the port can take a character
.wait:
    in al, dx
    test al, 0x20
    jz .wait
    pop eax
    mov dx, COM1
    out dx, al
    pop edx
    ret

; Sends EAX as eight hexadecimal digits; keeps all registers.
print_hex:
    push eax
    push ecx
    mov ecx, 8
.digit:
    rol eax, 4
    push eax
    and al, 15
    add al, '0'
    cmp al, '9'
    jbe .send
    add al, 'a' - '9' - 1
.send:
    call print_character
    pop eax
    loop .digit
    pop ecx
    pop eax
    ret

; Sends EAX as a decimal number.
print_decimal:
    push ebx
    mov ebx, 10
    xor ecx, ecx
.divide:
    xor edx, edx
    div ebx
    push edx
    inc ecx
    test eax, eax
    jnz .divide
.send:
    pop eax
    add al, '0'
    call print_character
    loop .send
    pop ebx
    ret

; IRQ 0, the 8254's, becomes vector 20h, at ECX interrupts a second; all other lines are masked.
start_timer:
    mov al, 0x11                    ; 8259: initialization follows
    out 0x20, al
    mov al, 0x20                    ; its first vector
    out 0x21, al
    mov al, 4
    out 0x21, al
    mov al, 1
    out 0x21, al
    mov al, 0xfe                    ; all but IRQ 0 masked
    out 0x21, al
    mov al, 0x34                    ; 8254: counter 0, low byte then high byte, mode 2
    out 0x43, al
    mov eax, 1193182                ; it counts 1,193,182 times a second
    xor edx, edx
    div ecx
    out 0x40, al
    mov al, ah
    out 0x40, al
    ret

; The interrupt has been served: the next one may come. Changes AL.
end_of_interrupt:
    mov al, 0x20
    out 0x20, al
    ret

    align 8
gdt:
    dq 0
    dq 0x00cf9b000000ffff, 0x00cf93000000ffff
    dq 0x00cffb000000ffff, 0x00cff3000000ffff
    dq 0x0000890000000067
gdt_register:
    dw 6 * 8 - 1
    dd gdt
idt_register:
    dw 256 * 8 - 1
    dd idt
    align 8
idt:
    times 256 dq 0
tss:                                ; only the stack of CPL 0 is used
    dd 0, stack_top, DATA_0
    times 23 dd 0
    times 4096 db 0
stack_top:
