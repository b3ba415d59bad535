; Switches the machine off.

%include "programs/program.inc"

    program_header start, 0, "switch the machine off"

start:
    system SYS_POWEROFF
    exit 1

%include "programs/library.asm"
