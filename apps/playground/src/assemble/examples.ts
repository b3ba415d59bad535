import type { StudyMode } from './study-setup';

export interface Example {
  readonly id: string;
  readonly title: string;
  readonly mode: StudyMode;
  readonly source: string;
}

/** Programs to begin with; the first one is open when the page is new. */
export const examples: readonly Example[] = [
  {
    id: 'isprime',
    title: 'isPrime: trial division',
    mode: 'cpl0',
    source: `; Is the number in edi prime? eax becomes 1 (yes) or 0 (no).
        mov edi, 97
        call isPrime
        hlt                     ; the end: halted, interrupts off

isPrime:
        mov ecx, 2              ; the divisor
        cmp edi, ecx
        jl notPrime
again:  cmp ecx, edi
        jge prime
        mov eax, edi
        cdq
        idiv ecx                ; edx: the remainder
        test edx, edx
        jz notPrime
        inc ecx
        jmp again
prime:  mov eax, 1
        ret
notPrime:
        xor eax, eax
        ret
`,
  },
  {
    id: 'silent',
    title: 'What does not trap at CPL 3',
    mode: 'cpl3',
    source: `; Sensitive instructions that do not trap at CPL 3: the reason why a classic
; trap-and-emulate monitor cannot run x86 kernels as they are.
        pushf
        pop eax
        and eax, ~0x200         ; clear IF, as a kernel does ...
        push eax
        popf                    ; ... silently ignored at CPL 3 for IF
        sgdt [table]            ; reads a register of the processor, no trap
        smsw ebx                ; the low half of CR0, no trap
        mov cx, cs              ; shows that this is not CPL 0
        cli                     ; this one is privileged: #GP

table:  dd 0, 0
`,
  },
  {
    id: 'fault',
    title: 'A page fault',
    mode: 'paging0',
    source: `; The first 4 MBytes are mapped to themselves, nothing else is.
        mov eax, [0x7c00]       ; mapped
        mov ebx, 0x12345678
        mov [ebx], eax          ; not mapped: #PF, CR2 has the address
        hlt
`,
  },
  {
    id: 'limit',
    title: '16-bit protected mode: a segment limit',
    mode: 'cpl0-16',
    source: `; Segments of 64 KBytes, as on the 80286: offsets have 16 bits, and every access is
; checked against the limit of its segment.
        mov bx, 0xfffe
        mov ax, [bx]            ; the last two bytes of the segment
        lsl cx, [selector]      ; its limit, from the descriptor
        mov eax, [bx]           ; two bytes beyond it: #GP, and nothing was read
        hlt
selector:
        dw 0x38
`,
  },
  {
    id: 'real',
    title: 'Real mode: a string on the serial port',
    mode: 'real',
    source: `        mov si, text
        mov cx, length
        mov dx, 0x3f8
        cld
        rep outsb               ; one byte a step
        hlt
text:   db 'hello', 10
length  equ $ - text
`,
  },
];
