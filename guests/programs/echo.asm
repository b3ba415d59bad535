; Prints its arguments.

%include "programs/program.inc"

    program_header start, 0, "TEXT: print the text"

start:
    call print_string
    call print_newline
    exit 0

%include "programs/library.asm"
