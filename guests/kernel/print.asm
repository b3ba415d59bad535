; Kernel messages.  These keep every register.

; In: ESI = text, 0-terminated
print_string:
    pushad
.next:
    lodsb
    test al, al
    jz .done
    call serial_write
    jmp .next
.done:
    popad
    ret

print_newline:
    pushad
    mov al, 10
    call serial_write
    popad
    ret

; In: EAX = number
print_decimal:
    pushad
    mov ebx, 10
    xor ecx, ecx
.divide:
    xor edx, edx
    div ebx
    push edx
    inc ecx
    test eax, eax
    jnz .divide
.digit:
    pop eax
    add al, '0'
    call serial_write
    dec ecx
    jnz .digit
    popad
    ret

print_hex:
    pushad
    mov ebx, eax
    mov ecx, 8
.digit:
    rol ebx, 4
    mov al, bl
    and al, 15
    cmp al, 10
    jb .decimal
    add al, 'A' - '0' - 10
.decimal:
    add al, '0'
    call serial_write
    dec ecx
    jnz .digit
    popad
    ret
