%include "bare.asm"

ROUNDS  equ 400

; 400 times the loop below, then the loop is overwritten, and the same again.
main:   mov ebx, ROUNDS
first:  call sum
        dec ebx
        jnz first
        mov [result], eax

overwrite:
        mov byte [adds + 2], 5  ; the loop adds 5 from now on
overwritten:
        mov ebx, ROUNDS
second: call sum
        dec ebx
        jnz second
        mov [result], eax

; The question: data in the page of the loop, not in its line of 64 bytes.
writes: mov ebx, ROUNDS
third:  call sum
        inc dword [counter]
        dec ebx
        jnz third
finished:
        jmp $

; eax = 100 times 3 (or 5)
        align 64
sum:    xor eax, eax
        mov edx, 100
adds:   add eax, 3
        dec edx
        jnz adds
        ret

        align 64
result: dd 0
        times 1024 db 0
counter: dd 0
