; What the kernel and its programs agree on: the user address space, the image header, system calls.

; The user half of an address space. Everything below is the kernel's, supervisor only.
USER_TEXT       equ 0x40000000      ; the program's image, read-only, shared by all that run it
USER_DATA       equ 0x50000000      ; demand-zero memory, as much as the image header asks for
USER_MAP        equ 0x60000000      ; pages of SYS_MAP and SYS_UNMAP
USER_MAP_END    equ 0x70000000
USER_STACK_LOW  equ 0x7FF00000      ; the stack may grow down to here: 1 MiB
USER_TOP        equ 0x80000000      ; end of the stack and of the user half

; Image header at USER_TEXT: dd magic, entry point, bytes of data; then a one-line description, 0.
IMAGE_MAGIC     equ 0x31584754      ; 'TGX1'
IMAGE_ENTRY     equ 4
IMAGE_DATA      equ 8
IMAGE_ABOUT     equ 12

; At a program's entry ESI points to its argument text (0-terminated, without the program's name).
COMMAND_BYTES   equ 128             ; longest command line, with its 0

; A system call: number in EAX, arguments in EBX, ESI, EDI; result in EAX, negative = failed.
; By INT 80h all other registers are kept. By SYSENTER the caller puts its ESP in ECX and the return
; address in EDX; these two and the arithmetic flags are lost.
SYS_EXIT        equ 0               ; (status)
SYS_WRITE       equ 1               ; (address, bytes): to the console
SYS_READ        equ 2               ; (address, room) -> bytes of one line, without its newline
SYS_FORK        equ 3               ; () -> child's pid, 0 in the child
SYS_WAIT        equ 4               ; (address for the status or 0) -> pid of a child that ended
SYS_EXEC        equ 5               ; (command line): returns only if there is no such program
SYS_GETPID      equ 6               ; () -> pid
SYS_SLEEP       equ 7               ; (milliseconds)
SYS_UPTIME      equ 8               ; () -> time since boot in units of 10 ms
SYS_PROCESS     equ 9               ; (slot, address for PROCESS_BYTES) -> 1, 0 if the slot is free
SYS_PROGRAM     equ 10              ; (index, address for PROGRAM_BYTES) -> 0
SYS_MAP         equ 11              ; (address, pages): fresh zero pages in USER_MAP..USER_MAP_END
SYS_UNMAP       equ 12              ; (address, pages)
SYS_KILL        equ 13              ; (pid)
SYS_COUNTER     equ 14              ; (number) -> one of the counters below
SYS_YIELD       equ 15              ; ()
SYS_POWEROFF    equ 16              ; ()
SYS_CALLS       equ 17              ; how many there are

COUNT_SWITCHES  equ 0               ; context switches since boot
COUNT_FAULTS    equ 1               ; page faults of the calling process that the kernel resolved
COUNT_FREE      equ 2               ; free page frames
COUNT_FPU       equ 3               ; device-not-available exceptions of the calling process
COUNT_CALLED    equ 4               ; system calls since boot
COUNTERS        equ 5

; SYS_PROCESS writes: dd pid, parent's pid, state, ticks, mapped pages; 16 bytes of name.
PROCESS_BYTES   equ 36
; SYS_PROGRAM writes: 16 bytes of name, then its description, 0-terminated.
PROGRAM_BYTES   equ 80

; Exit status: 0..127 by choice, 128 + vector when killed by an exception.
STATUS_KILLED   equ 0x100           ; by SYS_KILL or Ctrl-C

VECTOR_SYSTEM_CALL equ 0x80
