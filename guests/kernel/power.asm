; Power off: ACPI's soft-off state S5 (ACPI specification, 4.8.3.2, PM1 control registers).
; This board has PM1a_CNT at port 604h and 0 as the sleep type of S5.

PM1A_CONTROL    equ 0x604
SLEEP_ENABLE    equ 1 << 13
SLEEP_TYPE_S5   equ 0 << 10

power_off:
    print text_power_off
    mov dx, PM1A_CONTROL
    mov ax, SLEEP_TYPE_S5 | SLEEP_ENABLE
    out dx, ax
.halt:                              ; the power may need a moment to go
    cli
    hlt
    jmp .halt

text_power_off: db "powering off", 10, 0
