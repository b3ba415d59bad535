; Switches the machine off.

%include "programs/include/header.asm"

    program_header start, 0, "switch the machine off"

start:
    system SYS_POWEROFF
    exit 1

%include "programs/include/library.asm"
