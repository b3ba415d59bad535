; Sections of a flat binary: order, alignment, addresses that differ from where the bytes lie.
bits 32
org 0x1000

section .header align=16 vstart=0x5000
header: dd header, entry, trampoline, counter

section .data
x:      dd 1, x, section..data.start, section..data.vstart
        align 64
        dd section.trampoline.start, section.trampoline.vstart

section .bss
counter: resb 3
        alignb 8
last:   resd 5

section .text
entry:  mov eax, [counter]
        jmp after
        align 32
after:  call [x]
        jz x
        mov ecx, last - counter
        add ecx, $ - entry
        add ecx, entry

section trampoline vstart=0x7000 align=16
trampoline: dd trampoline, $$, $ - $$
        jmp trampoline

section .header
        dd last
