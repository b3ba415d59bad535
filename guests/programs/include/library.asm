; Procedures that programs share; each includes them at its end.  They keep every register that does not
; return something.

; In: ESI = text, 0-terminated
print_string:
    pushad
    mov ebx, esi
.next:
    lodsb
    test al, al
    jnz .next
    dec esi
    sub esi, ebx
    system SYS_WRITE
    popad
    ret

print_newline:
    push dword 10
    call print_on_stack
    add esp, 4
    ret

; Prints the text that begins at [ESP + 4].
print_on_stack:
    push esi
    lea esi, [esp + 8]
    call print_string
    pop esi
    ret

; In: EAX = number
print_decimal:
    pushad
    mov ebp, esp
    push dword 0                    ; end of the text, which grows downward
    mov ebx, 10
.digit:
    xor edx, edx
    div ebx
    add dl, '0'
    dec esp
    mov [esp], dl
    test eax, eax
    jnz .digit
    mov esi, esp
    and esp, ~3
    call print_string
    mov esp, ebp
    popad
    ret

print_hex:
    pushad
    mov ebp, esp
    push dword 0
    mov ecx, 8
.digit:
    mov dl, al
    and dl, 15
    cmp dl, 10
    jb .decimal
    add dl, 'A' - '0' - 10
.decimal:
    add dl, '0'
    dec esp
    mov [esp], dl
    shr eax, 4
    dec ecx
    jnz .digit
    mov esi, esp
    call print_string
    mov esp, ebp
    popad
    ret

; In: ESI = text, EAX = default.  Out: EAX = the decimal number at ESI, ESI after it; the default if there is
; none
parse_number:
    push edx
    call skip_spaces
    movzx edx, byte [esi]
    sub edx, '0'
    cmp edx, 9
    ja .done
    xor eax, eax
.digit:
    lea eax, [eax + eax * 4]
    lea eax, [edx + eax * 2]
    inc esi
    movzx edx, byte [esi]
    sub edx, '0'
    cmp edx, 9
    jbe .digit
.done:
    pop edx
    ret

skip_spaces:
    cmp byte [esi], ' '
    jne .done
    inc esi
    jmp skip_spaces
.done:
    ret

; In: ESI, EDI = two texts.  Out: ZF = 1 if the word at ESI (up to a space or the end) equals EDI
same_word:
    push esi
    push edi
    push eax
.next:
    mov al, [esi]
    cmp al, ' '
    ja .in_word
    cmp byte [edi], 0
    jmp .done
.in_word:
    cmp al, [edi]
    jne .done
    inc esi
    inc edi
    jmp .next
.done:
    pop eax
    pop edi
    pop esi
    ret

; In: EBX = a command line.  Out: EAX = exit status of that command, run as a child; -1 if it cannot be
run_command:
    push ecx
    push edx
    mov edx, ebx
    system SYS_FORK
    test eax, eax
    js .done
    jnz .parent
    mov ebx, edx
    system SYS_EXEC
    exit 127
.parent:
    call wait_for
.done:
    pop edx
    pop ecx
    ret

; In: EAX = pid of a child.  Out: EAX = its exit status; other children that end meanwhile are forgotten
wait_for:
    push ebx
    push edx
    mov edx, eax
    push dword 0                    ; room for the status
.wait:
    mov ebx, esp
    system SYS_WAIT
    cmp eax, edx
    je .ended
    test eax, eax
    jns .wait
    mov [esp], eax
.ended:
    pop eax
    pop edx
    pop ebx
    ret
