; Prints its arguments.

%include "programs/include/header.asm"

    program_header start, 0, "TEXT: print the text"

start:
    call print_string
    call print_newline
    exit 0

%include "programs/include/library.asm"
