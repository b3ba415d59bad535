; The built-in programs: assembled each on its own (guests/programs), included here as images on page
; boundaries, because their pages are mapped into user space where they lie.

PROGRAM_START   equ 0               ; a row of the table
PROGRAM_END     equ 4
PROGRAM_NAME    equ 8
PROGRAM_ROW     equ 24

; 1: image's first byte, 2: its end, 3: name
%macro program 3
%%row:
    dd %1
    dd %2
    db %3
    times PROGRAM_ROW - ($ - %%row) db 0
%endmacro

    align 4
program_table:
    program image_shell, image_help, "shell"
    program image_help, image_ps, "help"
    program image_ps, image_echo, "ps"
    program image_echo, image_uptime, "echo"
    program image_uptime, image_cpuid, "uptime"
    program image_cpuid, image_primes, "cpuid"
    program image_primes, image_forkwait, "primes"
    program image_forkwait, image_syscalls, "forkwait"
    program image_syscalls, image_pagechurn, "syscalls"
    program image_pagechurn, image_stackgrow, "pagechurn"
    program image_stackgrow, image_preempt, "stackgrow"
    program image_preempt, image_float, "preempt"
    program image_float, image_fault, "float"
    program image_fault, image_demo, "fault"
    program image_demo, image_poweroff, "demo"
    program image_poweroff, images_end, "poweroff"
program_table_end:

    align 4096
image_shell:
    incbin "programs/shell.bin"
    align 4096
image_help:
    incbin "programs/help.bin"
    align 4096
image_ps:
    incbin "programs/ps.bin"
    align 4096
image_echo:
    incbin "programs/echo.bin"
    align 4096
image_uptime:
    incbin "programs/uptime.bin"
    align 4096
image_cpuid:
    incbin "programs/cpuid.bin"
    align 4096
image_primes:
    incbin "programs/primes.bin"
    align 4096
image_forkwait:
    incbin "programs/forkwait.bin"
    align 4096
image_syscalls:
    incbin "programs/syscalls.bin"
    align 4096
image_pagechurn:
    incbin "programs/pagechurn.bin"
    align 4096
image_stackgrow:
    incbin "programs/stackgrow.bin"
    align 4096
image_preempt:
    incbin "programs/preempt.bin"
    align 4096
image_float:
    incbin "programs/float.bin"
    align 4096
image_fault:
    incbin "programs/fault.bin"
    align 4096
image_demo:
    incbin "programs/demo.bin"
    align 4096
image_poweroff:
    incbin "programs/poweroff.bin"
    align 4096
images_end:
kernel_text_end:
