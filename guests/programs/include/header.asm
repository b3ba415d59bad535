; What every program begins with.  A program is a flat image at USER_TEXT, mapped read-only; what it writes
; lies in the zero-filled memory at USER_DATA, which the header asks for, or on the stack.

    bits 32
    org 0x40000000                  ; USER_TEXT

%include "abi.asm"

; 1: entry point, 2: bytes at USER_DATA, 3: one line about the program
%macro program_header 3
    dd IMAGE_MAGIC
    dd %1
    dd %2
    db %3, 0
%endmacro

; A system call by INT.  1: its number; the arguments are in EBX, ESI, EDI
%macro system 1
    mov eax, %1
    int VECTOR_SYSTEM_CALL
%endmacro

; 1: address of a text
%macro print 1
    mov esi, %1
    call print_string
%endmacro

; 1: exit status
%macro exit 1
    mov ebx, %1
    system SYS_EXIT
%endmacro
