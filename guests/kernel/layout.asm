; Constants of the kernel: selectors, control bits, structures; and its page-aligned storage.

; Selectors (chapter 3.4.2). SYSENTER and SYSEXIT fix the order of the first four.
KERNEL_CODE     equ 0x08
KERNEL_DATA     equ 0x10
USER_CODE       equ 0x18 | 3
USER_STACK      equ 0x20 | 3        ; all user data
TASK_STATE      equ 0x28            ; the one TSS of all processes
FAULT_TASK      equ 0x30            ; the TSS of the double-fault task
CODE_16         equ 0x38            ; 64 KiB at REAL_BASE: for the way to real-address mode and back
DATA_16         equ 0x40
ABSENT          equ 0x48 | 3        ; a segment that is not present, for programs that load it

; Control registers (chapter 2.5)
CR0_PE          equ 1 << 0          ; protection
CR0_MP          equ 1 << 1          ; WAIT obeys TS
CR0_EM          equ 1 << 2          ; no x87
CR0_TS          equ 1 << 3          ; the x87 and SSE state is another process's
CR0_NE          equ 1 << 5          ; x87 errors as exception 16
CR0_WP          equ 1 << 16         ; read-only pages bind the kernel too
CR0_AM          equ 1 << 18         ; EFLAGS.AC checks alignment in user mode
CR0_PG          equ 1 << 31         ; paging
CR4_PSE         equ 1 << 4          ; 4 MiB pages
CR4_PGE         equ 1 << 7          ; global pages
CR4_OSFXSR      equ 1 << 9          ; FXSAVE, SSE
CR4_OSXMMEXCPT  equ 1 << 10         ; SSE errors as exception 19

; CPUID leaf 1, EDX
CPU_FPU         equ 1 << 0
CPU_PSE         equ 1 << 3
CPU_MSR         equ 1 << 5
CPU_SEP         equ 1 << 11
CPU_PGE         equ 1 << 13
CPU_FXSR        equ 1 << 24
CPU_SSE         equ 1 << 25

FLAG_TF         equ 1 << 8
FLAG_IF         equ 1 << 9

; Page-directory and page-table entries (chapter 4.3, tables 4-4 to 4-6)
PAGE_PRESENT    equ 1 << 0
PAGE_WRITE      equ 1 << 1
PAGE_USER       equ 1 << 2
PAGE_LARGE      equ 1 << 7
PAGE_GLOBAL     equ 1 << 8
PAGE_COPY       equ 1 << 9          ; ignored by the processor, ours: copy before the first write
PAGE            equ 4096

; The kernel maps physical memory at its own address, at most DIRECT_LIMIT of it.
DIRECT_LIMIT    equ 64 << 20
FRAMES          equ DIRECT_LIMIT / PAGE
KERNEL_PDES     equ DIRECT_LIMIT >> 22
USER_PDE_FIRST  equ USER_TEXT >> 22
USER_PDE_END    equ USER_TOP >> 22

; Low memory, used on the way through real-address mode only
REAL_VECTORS    equ 0               ; where the processor's reset puts the vector table; a BIOS's is lost
REAL_STACK      equ 0x7000
REAL_BASE       equ 0x8000          ; where the 16-bit code is copied to

; Trap frame: what traps.asm pushes, below what the processor pushed (chapter 6.12.1)
F_GS            equ 0
F_FS            equ 4
F_ES            equ 8
F_DS            equ 12
F_EDI           equ 16
F_ESI           equ 20
F_EBP           equ 24
F_EBX           equ 32              ; (28: PUSHAD's own ESP, ignored by POPAD)
F_EDX           equ 36
F_ECX           equ 40
F_EAX           equ 44
F_VECTOR        equ 48
F_ERROR         equ 52
F_EIP           equ 56
F_CS            equ 60
F_EFLAGS        equ 64
F_ESP           equ 68              ; this and SS only if the trap came from ring 3
F_SS            equ 72
F_BYTES         equ 76

; Process
P_STATE         equ 0
P_PID           equ 4
P_PARENT        equ 8               ; address of the parent's process structure
P_ESP           equ 12              ; kernel stack pointer while it does not run
P_STACK         equ 16              ; kernel stack's page
P_CR3           equ 20              ; page directory
P_STATUS        equ 24              ; exit status of a zombie
P_WAKE          equ 28              ; tick at which to wake
P_TICKS         equ 32              ; ticks spent running
P_PAGES         equ 36              ; mapped user pages
P_DATA_END      equ 40              ; end of its data area
P_FAULTS        equ 44              ; page faults resolved
P_KILLED        equ 48              ; end it before it returns to ring 3
P_FPU_USED      equ 52              ; P_FPU holds something
P_FPU_TRAPS     equ 56
P_NAME          equ 64              ; 16 bytes
P_FPU           equ 512             ; FXSAVE area, 16-byte aligned
P_BYTES         equ 1024
PROCESSES       equ 32

STATE_FREE      equ 0
STATE_READY     equ 1               ; runs or could run
STATE_SLEEPING  equ 2               ; until P_WAKE
STATE_WAITING   equ 3               ; for a child's end
STATE_READING   equ 4               ; for a line
STATE_ZOMBIE    equ 5               ; ended, status not yet collected

; .bss begins on a page boundary (kernel.asm aligns the end of .data), so what needs alignment
; stands here, first and in falling order.
    section .bss
kernel_directory:   resb PAGE               ; page directory of the idle process
kernel_low_table:   resb PAGE               ; page table of the first 4 MiB
boot_stack:         resb PAGE               ; stack of initialization, then of the idle process
boot_stack_top:
fault_stack:        resb PAGE               ; stack of the double-fault task
fault_stack_top:
process_table:      resb PROCESSES * P_BYTES
idt:                resb 256 * 8
frame_references:   resw FRAMES             ; how many page tables hold each page frame
task_state:         resb 104                ; chapter 7.2.1
fault_task:         resb 104

; Prints a kernel message.
%macro print 1
    mov esi, %1
    call print_string
%endmacro
