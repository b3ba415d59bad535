; The classic example of binary translation: is a number prime?
; A Multiboot image, so the machine starts here in 32-bit protected mode.
        bits 32
        org 0x100000
header: dd 0x1BADB002, 0x10000, -(0x1BADB002 + 0x10000)
        dd header, header, 0, 0, start

PRIMES  equ 0x110000            ; where the primes found are kept
ROUNDS  equ 20000
LIMIT   equ 3000

start:  mov esp, 0x90000

; First the same question over and over: 49 is not prime.
        mov ebx, ROUNDS
ask49:  mov edi, 49
        call isPrime
        dec ebx
        jnz ask49

; Then all numbers up to a limit, again and again.
count:  mov ebx, 2
        mov ebp, PRIMES
next:   mov edi, ebx
        call isPrime
        test eax, eax
        jz other
        call keep
other:  inc ebx
        cmp ebx, LIMIT
        jb next
        jmp count

; eax becomes 1 if edi is prime, else 0.
        align 16
isPrime:
        mov ecx, edi
        mov esi, 2
        cmp esi, ecx
        jge prime
nexti:  mov eax, ecx
        cdq
        idiv esi                ; edx: the remainder
        test edx, edx
        jz notPrime
        inc esi
        cmp esi, ecx
        jl nexti
prime:  mov eax, 1
        ret
notPrime:
        xor eax, eax
        ret

; Puts ebx at the end of the list.
        align 16
keep:   mov [ebp], ebx
        add ebp, 4
        ret
