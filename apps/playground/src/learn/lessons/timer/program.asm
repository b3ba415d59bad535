%include "bare.asm"

%ifndef SELFISH
%define SELFISH 0               ; 1: process B tries to turn interrupts off
%endif

TICK    equ 0x20                ; the vector of IRQ 0
PERIOD  equ 1193                ; 1193182 Hz / 1193: a tick each millisecond
STACKS  equ 0x91000             ; kernel stacks, 4 KBytes each
USER_STACKS equ 0x61000

main:   set_gate 13, on_gp
        set_gate TICK, on_tick
        call set_up_timer
        mov ebx, process_b      ; B waits as if a tick had interrupted it
        mov ecx, 1
        call prepare
        mov [saved_esp + 4], eax
        mov dword [TSS + 4], STACKS + 0x1000
        enter_user process_a, USER_STACKS

; Two processes that never give up the processor by themselves.
process_a:
        inc dword [count_a]
        jmp process_a
process_b:
%if SELFISH
        cli                     ; the processor shall be mine
selfish:
%endif
        inc dword [count_b]
        jmp process_b

; The timer's interrupt: the other process goes on.
on_tick:
        pushad
        mov al, 0x20            ; end of interrupt, to the 8259
        out 0x20, al
        mov ecx, [current]
        mov [saved_esp + 4 * ecx], esp
        cmp dword [ended], 0
        jne switched
        xor ecx, 1
        mov [current], ecx
        inc dword [switches]
        mov esp, [saved_esp + 4 * ecx]
        call use_stack
switched:
        popad
        iretd

; #GP: process ecx has done what it must not. It ends; the other one goes on.
on_gp:  inc dword [ended]
        xor dword [current], 1
        mov ecx, [current]
        mov esp, [saved_esp + 4 * ecx]
        call use_stack
        popad
        iretd

; The TSS names the kernel stack of process ecx from now on.
use_stack:
        mov eax, ecx
        shl eax, 12
        add eax, STACKS + 0x1000
        mov [TSS + 4], eax
        ret

; A stack for process ecx as on_tick leaves it, to start at ebx; eax: its ESP.
prepare:
        mov eax, ecx
        shl eax, 12
        lea edx, [eax + USER_STACKS]
        add eax, STACKS + 0x1000 - 52
        mov [eax + 32], ebx     ; above the eight registers of POPAD: EIP
        mov dword [eax + 36], CODE3
        mov dword [eax + 40], 0x202
        mov [eax + 44], edx
        mov dword [eax + 48], DATA3
        ret

; Counter 0 of the 8254 in mode 2; the 8259 delivers IRQ 0 alone, as vector 20h.
set_up_timer:
        mov al, 0x34
        out 0x43, al
        mov al, PERIOD & 0xFF
        out 0x40, al
        mov al, PERIOD >> 8
        out 0x40, al
        mov al, 0x11
        out 0x20, al
        mov al, TICK
        out 0x21, al
        mov al, 4
        out 0x21, al
        mov al, 1
        out 0x21, al
        mov al, 0xFE
        out 0x21, al
        ret

        align 64
current:   dd 0
saved_esp: dd 0, 0
switches:  dd 0
ended:     dd 0
        align 64
count_a:   dd 0
        align 64
count_b:   dd 0
