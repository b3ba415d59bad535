; The embedded guest: a small protected-mode kernel, loaded at 1 MiB by a multiboot loader.
;
; Chapter numbers are those of the Intel Software Developer's Manual, volume 3A, by title:
;   3 protected-mode memory management   4 paging            5 protection
;   6 interrupt and exception handling   7 task management   9 processor management and initialization
;   20 8086 emulation (real-address mode)
;
; The order of the parts below is the order in which to read them.
;
; The kernel runs with interrupts off (IF = 0) except in the idle loop, so it needs no locks.
; Procedures take and return values in registers as their heading says; they may change EAX, ECX
; and EDX, and keep the rest. While a trap is handled, EBP points to the trap frame.

    bits 32
    org 0x100000

%include "abi.asm"
%include "kernel/layout.asm"

    section .text
kernel_start:
%include "kernel/boot.asm"          ; multiboot header, entry, the sequence of initialization
%include "kernel/real-mode.asm"     ; back to real-address mode for some checks, and forth
%include "kernel/descriptors.asm"   ; GDT, IDT, TSS
%include "kernel/frames.asm"        ; page frames: who owns physical memory
%include "kernel/paging.asm"        ; page directories and page tables
%include "kernel/traps.asm"         ; entry and return of interrupts, exceptions, system calls
%include "kernel/exceptions.asm"    ; what each exception means here
%include "kernel/page-fault.asm"    ; demand-zero, growing stack, copy on write
%include "kernel/fpu.asm"           ; x87 and SSE state, switched when first used
%include "kernel/interrupts.asm"    ; the two 8259 interrupt controllers
%include "kernel/timer.asm"         ; the 8254's 50 ticks a second
%include "kernel/scheduler.asm"     ; round robin, context switch, idle
%include "kernel/process.asm"       ; fork, exit, wait, kill
%include "kernel/exec.asm"          ; programs into address spaces
%include "kernel/syscalls.asm"      ; the table of system calls
%include "kernel/serial.asm"        ; the 16550 and the console's lines
%include "kernel/print.asm"         ; kernel messages
%include "kernel/power.asm"         ; power off
%include "kernel/programs.asm"      ; the images of the built-in programs (ends .text, page-aligned)

    section .data
    align 4096
kernel_data_end:

    section .bss
kernel_end:
