; Counts primes twice: with the sieve of Eratosthenes and by trial division.

%include "programs/include/header.asm"

LIMIT           equ USER_DATA
SIEVED          equ USER_DATA + 4
DIVIDED         equ USER_DATA + 8
SIEVE           equ USER_DATA + 4096 ; a byte for each number, 1 = composite
LIMIT_MAX       equ 4000000
DATA_BYTES      equ 4096 + LIMIT_MAX

    program_header start, DATA_BYTES, "N: count the primes below N (1000) by sieve and by division"

start:
    mov eax, 1000
    call parse_number
    cmp eax, LIMIT_MAX
    jbe .in_range
    mov eax, LIMIT_MAX
.in_range:
    mov [LIMIT], eax

    mov esi, 2
    xor ebx, ebx                    ; primes so far
    mov ecx, [LIMIT]
.sieve:
    cmp esi, ecx
    jae .sieved
    cmp byte [SIEVE + esi], 0
    jne .composite
    inc ebx
    mov eax, esi
    mul esi                         ; the first multiple not crossed out yet
    test edx, edx
    jnz .composite
.cross:
    cmp eax, ecx
    jae .composite
    mov byte [SIEVE + eax], 1
    add eax, esi
    jmp .cross
.composite:
    inc esi
    jmp .sieve
.sieved:
    mov [SIEVED], ebx

    xor ebx, ebx
    mov edi, 2
.divide:
    cmp edi, [LIMIT]
    jae .divided
    call isPrime
    add ebx, eax
    inc edi
    jmp .divide
.divided:
    mov [DIVIDED], ebx

    print text_primes
    mov eax, ebx
    call print_decimal
    print text_below
    mov eax, [LIMIT]
    call print_decimal
    print text_sieve
    mov eax, [SIEVED]
    call print_decimal
    print text_division
    mov eax, ebx
    call print_decimal
    print text_end
    cmp ebx, [SIEVED]
    jne .differ
    exit 0
.differ:
    exit 1

; The classic inner loop.  In: EDI = a, 2 or more.  Out: EAX = 1 if a is prime, else 0
isPrime:
    mov ecx, edi
    mov esi, 2
    cmp esi, ecx
    jge prime
nexti:
    mov eax, ecx
    cdq
    idiv esi
    test edx, edx
    jz notPrime
    inc esi
    cmp esi, ecx
    jl nexti
prime:
    mov eax, 1
    ret
notPrime:
    xor eax, eax
    ret

text_primes:    db "primes: ", 0
text_below:     db " primes below ", 0
text_sieve:     db " (sieve ", 0
text_division:  db ", division ", 0
text_end:       db ")", 10, 0

%include "programs/include/library.asm"
