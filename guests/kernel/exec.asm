; Executing a program: a new address space around one of the built-in images.

; In: ESI = command line in kernel memory, EBP = trap frame.
; Out: CF = 1 if the first word names no program (ESI is kept); else the frame enters the program
exec:
    push esi
    call skip_spaces
    call program_find
    jc .done
    ; EBX = row of the program, ESI = argument text. Nothing of the old address space is needed now.
    push ebx
    mov ebx, [current]
    call fpu_drop
    call space_clear
    mov edx, ebx
    pop ebx
    push esi
    lea esi, [ebx + PROGRAM_NAME]
    lea edi, [edx + P_NAME]
    mov ecx, 16 / 4
    rep movsd
    ; The image, read-only, from where the kernel's own image holds it.
    mov esi, [ebx + PROGRAM_START]
    mov eax, [esi + IMAGE_DATA]
    add eax, USER_DATA
    mov [edx + P_DATA_END], eax
    mov edi, USER_TEXT
.text:
    mov eax, edi
    lea edx, [esi + PAGE_PRESENT + PAGE_USER]
    call page_map
    jc .no_memory
    add edi, PAGE
    add esi, PAGE
    cmp esi, [ebx + PROGRAM_END]
    jb .text
    ; The first page of the stack, with the arguments on top.
    mov eax, USER_TOP - PAGE
    call page_map_zero
    jc .no_memory
    pop esi
    mov edi, USER_TOP - COMMAND_BYTES
    mov ecx, COMMAND_BYTES - 1
.argument:
    lodsb
    stosb
    test al, al
    jz .enter
    dec ecx
    jnz .argument
.enter:
    ; Registers at entry
    mov edi, ebp
    xor eax, eax
    mov ecx, F_BYTES / 4
    rep stosd
    mov eax, USER_STACK
    mov [ebp + F_DS], eax
    mov [ebp + F_ES], eax
    mov [ebp + F_SS], eax
    mov dword [ebp + F_CS], USER_CODE
    mov dword [ebp + F_EFLAGS], FLAG_IF | 2
    mov dword [ebp + F_ESP], USER_TOP - COMMAND_BYTES
    mov dword [ebp + F_ESI], USER_TOP - COMMAND_BYTES
    mov dword [ebp + F_VECTOR], VECTOR_SYSTEM_CALL
    mov esi, [ebx + PROGRAM_START]
    mov eax, [esi + IMAGE_ENTRY]
    mov [ebp + F_EIP], eax
    clc
.done:
    pop esi
    ret
.no_memory:
    print text_out_of_memory
    mov eax, STATUS_KILLED
    jmp process_exit

; In: ESI = a word.  Out: EBX = the row of the program of that name and ESI = what follows the word and its
; spaces; or CF = 1
program_find:
    mov ebx, program_table
.row:
    lea edi, [ebx + PROGRAM_NAME]
    push esi
.character:
    mov al, [esi]
    cmp al, ' '
    ja .in_word
    cmp byte [edi], 0               ; the word ends; does the name?
    je .found
.different:
    pop esi
    add ebx, PROGRAM_ROW
    cmp ebx, program_table_end
    jb .row
    stc
    ret
.in_word:
    cmp al, [edi]
    jne .different
    inc esi
    inc edi
    jmp .character
.found:
    add esp, 4
    call skip_spaces
    clc
    ret

; Steps ESI over a word and the spaces after it.
skip_word:
    call skip_spaces
.next:
    cmp byte [esi], ' '
    jbe skip_spaces
    inc esi
    jmp .next

skip_spaces:
    cmp byte [esi], ' '
    jne .done
    inc esi
    jmp skip_spaces
.done:
    ret
