; What the kernels of this directory share: a boot header, descriptor tables, exception stubs, checks and the
; report. A kernel is
;
;     %include "harness.asm"
;     case NAME, "SECTION: what is checked"
;         ...                             ; checks, then
;         ret
;     %include "harness-end.asm"
;
; Every case is a routine that starts in flat 32-bit protected mode at CPL 0, interrupts off, paging off, with
; fresh descriptor tables. It runs ROUNDS times, so that a translating engine gets to translate it. Sections are
; those of the Intel SDM, volume 3 unless it says otherwise. What goes to the serial port is one line a case:
; `ok TITLE`, or `skip TITLE` if the processor lacks what it checks, or `FAIL TITLE: check N: got XXXXXXXX, expected
; XXXXXXXX`, where N counts the case's checks in the order of their text; at last `end`. An event that no case expected
; is check 0000FFFF: got E00000VV (the vector), expected its EIP.

    bits 32
    org 0x100000

ROUNDS          equ 5
SERIAL          equ 0x3F8
DEBUG_EXIT      equ 0xF4
DEBUG_CONSOLE   equ 0xE9

NONE            equ 0xFFFFFFFF      ; no error code

; Selectors
CODE0           equ 0x08
DATA0           equ 0x10
CODE1           equ 0x18 | 1
DATA1           equ 0x20 | 1
CODE2           equ 0x28 | 2
DATA2           equ 0x30 | 2
CODE3           equ 0x38 | 3
DATA3           equ 0x40 | 3
TASK            equ 0x48            ; the task that runs
OTHER_TASK      equ 0x50            ; another, see other_tss
LOCAL_TABLE     equ 0x58
CONFORMING0     equ 0x60            ; conforming code, DPL 0
CODE16          equ 0x68            ; 16-bit code and data, base LOW_CODE, limit FFFFh
DATA16          equ 0x70
FAULT_TASK      equ 0x78            ; for task gates of exceptions, see fault_tss
FREE            equ 0x80            ; descriptors for cases to fill: FREE + 8 * n, n = 0..15
GDT_BYTES       equ 0x100

; Descriptor attributes, as in the second dword's bits 8 to 23: access byte, and G, D/B, L, AVL in bits 12 to 15
FLAT            equ 0xC000          ; page-granular, 32-bit
BIG             equ 0x4000
CODE            equ 0x9A
CODE_ONLY       equ 0x98            ; not readable
CODE_CONFORMING equ 0x9E
DATA            equ 0x92
DATA_READ_ONLY  equ 0x90
DATA_DOWN       equ 0x96            ; expand-down, writable
DPL1            equ 0x20
DPL2            equ 0x40
DPL3            equ 0x60
PRESENT         equ 0x80
TSS16           equ 0x81
LDT             equ 0x82
CALL16          equ 0x84
TASK_GATE       equ 0x85
INTERRUPT16     equ 0x86
TRAP16          equ 0x87
TSS32           equ 0x89
BUSY_TSS32      equ 0x8B
CALL32          equ 0x8C
INTERRUPT32     equ 0x8E
TRAP32          equ 0x8F

; Exceptions (table 6-1)
X_DE equ 0
X_DB equ 1
X_NMI equ 2
X_BP equ 3
X_OF equ 4
X_BR equ 5
X_UD equ 6
X_NM equ 7
X_DF equ 8
X_TS equ 10
X_NP equ 11
X_SS equ 12
X_GP equ 13
X_PF equ 14
X_MF equ 16
X_AC equ 17
X_XM equ 19
X_BACK equ 0x80                      ; a gate of DPL 3: how outer rings come back

; EFLAGS
F_CF equ 1
F_ZF equ 0x40
F_TF equ 0x100
F_IF equ 0x200
F_DF equ 0x400
F_OF equ 0x800
F_IOPL equ 0x3000
F_NT equ 0x4000
F_RF equ 0x10000
F_VM equ 0x20000
F_AC equ 0x40000
F_VIF equ 0x80000
F_VIP equ 0x100000

CR4_VME equ 1
CR4_PVI equ 2
CR4_TSD equ 4
CR4_DE equ 8
CR4_PSE equ 16
CR4_PAE equ 32
CR4_PGE equ 128
CR4_SMEP equ 1 << 20
CR4_SMAP equ 1 << 21
CR0_PE equ 1
CR0_MP equ 2
CR0_EM equ 4
CR0_TS equ 8
CR0_NE equ 32
CR0_WP equ 1 << 16
CR0_AM equ 1 << 18
CR0_PG equ 1 << 31

; Low memory
VECTORS         equ 0x0             ; of real-address mode
LOW_CODE        equ 0x10000         ; where 16-bit code is copied
LOW_SEGMENT     equ LOW_CODE >> 4
LOW_STACK       equ 0x20000         ; 64 KB for stacks of 16-bit code
LOW_STACK_SEGMENT equ LOW_STACK >> 4
; High memory, above the image
SCRATCH         equ 0x200000        ; 1 MB for the cases
TABLES          equ 0x300000        ; 1 MB for page tables

; Fields of a TSS (chapter 7.2.1)
TSS_LINK equ 0
TSS_ESP0 equ 4
TSS_SS0 equ 8
TSS_ESP1 equ 12
TSS_SS1 equ 16
TSS_ESP2 equ 20
TSS_SS2 equ 24
TSS_CR3 equ 28
TSS_EIP equ 32
TSS_EFLAGS equ 36
TSS_EAX equ 40
TSS_ECX equ 44
TSS_EDX equ 48
TSS_EBX equ 52
TSS_ESP equ 56
TSS_EBP equ 60
TSS_ESI equ 64
TSS_EDI equ 68
TSS_ES equ 72
TSS_CS equ 76
TSS_SS equ 80
TSS_DS equ 84
TSS_FS equ 88
TSS_GS equ 92
TSS_LDT equ 96
TSS_T equ 100
TSS_MAP equ 102
TSS_BYTES equ 104
; The TSS that runs has a redirection bitmap and an I/O map behind its fields.
TSS_REDIRECTION equ 104
TSS_PORTS equ 136
TSS_LIMIT equ TSS_PORTS + 8192

; What an exception stub notes of an event
EVENT_BYTES equ 64
MOST_EVENTS equ 16
E_VECTOR equ 0
E_ERROR equ 4
E_EIP equ 8
E_CS equ 12
E_EFLAGS equ 16
E_ESP equ 20                        ; and SS: only if the level changed
E_SS equ 24
E_DS equ 28                         ; DS and ES at the handler's entry
E_ES equ 32
E_CR2 equ 36
E_DR6 equ 40
E_SP equ 44                         ; ESP at the handler's entry, below the error code if there is one
E_OWN_SS equ 48                     ; SS, CS and EFLAGS of the handler
E_OWN_CS equ 52
E_OWN_EFLAGS equ 56
E_DR7 equ 60

; The general registers at the last event, in the order of PUSHAD
R_EDI equ 0
R_ESI equ 4
R_EBP equ 8
R_ESP equ 12
R_EBX equ 16
R_EDX equ 20
R_ECX equ 24
R_EAX equ 28

; -- macros of the cases -------------------------------------------------------------------------------------------

; 1: a name for its label, 2: the section and what is checked
%macro case 2
    section .text
%%name: db %2, 0
    section .cases
    dd %%name, case_%1
    section .text
    bits 32
%assign check_number 0
case_%1:
%endmacro

%assign check_number 0x100          ; checks outside of cases count from here

; Compares two 32-bit operands (register, memory, immediate); changes no register.
%macro expect 2
    push dword %2
    push dword %1
    push dword check_number
    call check
%assign check_number check_number + 1
%endmacro

; From here to label 1 an exception, noted as an event, continues at that label, back in the kernel's own state.
%macro try 1
    mov dword [resume], %1
    mov [resume_esp], esp
    mov dword [event_count], 0
%endmacro

; Exactly one event. 1: vector, 2: error code or NONE, 3: EIP that was saved
%macro expect_event 3
    expect [event_count], 1
    expect [events + E_VECTOR], %1
    expect [events + E_ERROR], %2
    expect [events + E_EIP], %3
%endmacro

%macro expect_none 0
    expect [event_count], 0
%endmacro

; Descriptor 1 (a selector) becomes: 2 base, 3 limit (20 bits, in units of the granularity), 4 attributes
%macro descriptor 4
    push dword %4
    push dword %3
    push dword %2
    push dword (%1) & 0xFFF8
    call set_descriptor
%endmacro

; Gate in the IDT. 1: vector, 2: selector, 3: offset, 4: attributes
%macro gate 4
    push dword %4
    push dword %3
    push dword %2
    push dword idt + (%1) * 8
    call set_gate
%endmacro

; Gate in the GDT (call and task gates). 1: its selector, 2: selector, 3: offset, 4: attributes (parameters in bits 0 to 4 of 5)
%macro call_gate 5
    push dword %4
    push dword %3
    push dword %2
    push dword gdt + ((%1) & 0xFFF8)
    call set_gate
    mov byte [gdt + ((%1) & 0xFFF8) + 4], %5
%endmacro

; Goes to ring 3 at label 1, with EFLAGS 2. Only an event comes back.
%macro enter_ring3 2
    push dword DATA3
    push dword user_stack
    push dword %2
    push dword CODE3
    push dword %1
    iretd
%endmacro

; -- boot ----------------------------------------------------------------------------------------------------------

    section .text
image_start:
    dd 0x1BADB002                   ; Multiboot, with address fields
    dd 0x10000
    dd 0 - 0x1BADB002 - 0x10000
    dd image_start
    dd image_start
    dd image_end
    dd memory_end
    dd start

start:
    mov esp, stack
    call serial_init
    mov al, 0xFF                    ; both 8259s: nothing gets through
    out 0x21, al
    out 0xA1, al
    mov al, 2                       ; A20 (port 92h)
    out 0x92, al
    mov dword [current], cases
.next:
    mov eax, [current]
    cmp eax, cases_end
    jae all_done
    mov dword [failure], 0
    mov dword [skipped], 0
    mov dword [round], 0
.round:
    call restore
    mov [case_esp], esp
    mov dword [resume], unexpected
    mov [resume_esp], esp
    mov eax, [current]
    call [eax + 4]
after_case:
    mov esp, [case_esp]
    cmp dword [failure], 0
    jne .report
    inc dword [round]
    cmp dword [round], ROUNDS
    jb start.round
.report:
    call restore
    call report
    add dword [current], 8
    jmp start.next

all_done:
    mov esi, text_end
    call print
    mov eax, [failures]
    mov edx, DEBUG_EXIT
    out dx, eax
.halt:
    cli
    hlt
    jmp .halt

; An exception that no case expected.
unexpected:
    mov eax, [events + E_VECTOR]
    or eax, 0xE0000000              ; shown as `got EX0000VV` at check FFFF
    mov [failure_got], eax
    mov eax, [events + E_EIP]
    mov [failure_expected], eax
    mov dword [failure_check], 0xFFFF
    mov dword [failure], 1
    jmp after_case

; A case calls this if the processor lacks what it checks.
skip_case:
    mov dword [skipped], 1
    mov dword [round], ROUNDS
    jmp after_case

; Puts tables and registers into the state that every case starts from.
restore:
    push dword 2
    popfd
    cld
    xor eax, eax
    mov dr7, eax
    mov dr6, eax
    mov eax, CR0_PE | CR0_NE | 0x10
    mov cr0, eax
    xor eax, eax
    mov cr3, eax
    call has_cr4
    jz .no_cr4
    xor eax, eax
    mov cr4, eax
.no_cr4:
    mov esi, gdt_template
    mov edi, gdt
    mov ecx, GDT_BYTES / 4
    rep movsd
    mov edi, idt
    mov eax, stubs
.gate:
    mov [edi], ax
    mov word [edi + 2], CODE0
    mov word [edi + 4], INTERRUPT32 << 8
    mov edx, eax
    shr edx, 16
    mov [edi + 6], dx
    add eax, STUB_BYTES
    add edi, 8
    cmp edi, idt + 256 * 8
    jb .gate
    or byte [idt + X_BACK * 8 + 5], DPL3
    mov edi, tss
    mov ecx, (TSS_LIMIT + 4) / 4
    xor eax, eax
    rep stosd
    mov byte [tss + TSS_LIMIT], 0xFF
    mov edi, other_tss
    mov ecx, TSS_BYTES / 4
    rep stosd
    mov edi, fault_tss
    mov ecx, TSS_BYTES / 4
    rep stosd
    mov edi, ldt
    mov ecx, 64 / 4
    rep stosd
    mov dword [tss + TSS_ESP0], stack0
    mov dword [tss + TSS_SS0], DATA0
    mov dword [tss + TSS_ESP1], stack1
    mov dword [tss + TSS_SS1], DATA1
    mov dword [tss + TSS_ESP2], stack2
    mov dword [tss + TSS_SS2], DATA2
    mov word [tss + TSS_MAP], TSS_PORTS
    mov edi, other_tss
    mov eax, other_stack
    call default_task
    mov edi, fault_tss
    mov eax, fault_stack
    call default_task
    descriptor TASK, tss, TSS_LIMIT, TSS32
    descriptor OTHER_TASK, other_tss, TSS_BYTES - 1, TSS32
    descriptor FAULT_TASK, fault_tss, TSS_BYTES - 1, TSS32
    descriptor LOCAL_TABLE, ldt, 63, LDT
    lgdt [gdt_pointer]
    lidt [idt_pointer]
    mov ax, TASK
    ltr ax
    xor eax, eax
    lldt ax
    mov eax, DATA0
    mov ds, eax
    mov es, eax
    mov fs, eax
    mov gs, eax
    mov ss, eax
    jmp CODE0:.loaded
.loaded:
    mov dword [event_count], 0
    mov dword [returning], 0
    mov dword [on_event], 0
    ret

; A task at CPL 0 in flat segments that, when entered, notes an event FEh. In: EDI = its TSS, EAX = its stack
default_task:
    mov dword [edi + TSS_EIP], other_task
    mov dword [edi + TSS_EFLAGS], 2
    mov [edi + TSS_ESP], eax
    mov dword [edi + TSS_CS], CODE0
    mov dword [edi + TSS_SS], DATA0
    mov dword [edi + TSS_DS], DATA0
    mov dword [edi + TSS_ES], DATA0
    mov dword [edi + TSS_FS], DATA0
    mov dword [edi + TSS_GS], DATA0
    mov word [edi + TSS_MAP], TSS_BYTES
    ret

; ZF = 1 if there is no CR4 (CPUID leaf 1, EDX: any of VME, DE, PSE, TSC, PAE, MCE)
has_cr4:
    push ebx
    mov eax, 1
    cpuid
    test edx, 0xFE
    pop ebx
    ret

; Skips the case on QEMU's TCG, which is known to do something else there: the caller's comment says what. (The bit of
; CPUID that says `hypervisor`; QEMU sets it, no processor does.)
differs_on_tcg:
    pushad
    mov eax, 1
    cpuid
    test ecx, ecx
    popad
    js skip_case
    ret

; Skips the case unless CPUID leaf 1 EDX has all bits of EAX.
require_feature:
    pushad
    mov esi, eax
    mov eax, 1
    cpuid
    and edx, esi
    cmp edx, esi
    popad
    jne skip_case
    ret

; Skips the case unless CPUID leaf 7 EBX has all bits of EAX.
require_feature7:
    pushad
    mov esi, eax
    xor eax, eax
    cpuid
    xor ebx, ebx
    cmp eax, 7
    jb .none
    mov eax, 7
    xor ecx, ecx
    cpuid
.none:
    and ebx, esi
    cmp ebx, esi
    popad
    jne skip_case
    ret

; Stack: selector & FFF8, base, limit, attributes
set_descriptor:
    pushad
    mov edi, [esp + 36]
    add edi, gdt
    mov eax, [esp + 40]
    mov [edi + 2], ax
    shr eax, 16
    mov [edi + 4], al
    mov [edi + 7], ah
    mov eax, [esp + 44]
    mov [edi], ax
    shr eax, 16
    and al, 15
    mov edx, [esp + 48]
    mov [edi + 5], dl
    shr edx, 8
    and dl, 0xF0
    or al, dl
    mov [edi + 6], al
    popad
    ret 16

; Stack: address, selector, offset, attributes
set_gate:
    pushad
    mov edi, [esp + 36]
    mov eax, [esp + 44]
    mov [edi], ax
    shr eax, 16
    mov [edi + 6], ax
    mov eax, [esp + 40]
    mov [edi + 2], ax
    mov byte [edi + 4], 0
    mov al, [esp + 48]
    mov [edi + 5], al
    popad
    ret 16

; Stack: number, got, expected. Keeps all registers and flags.
check:
    pushfd
    push eax
    mov eax, [esp + 16]
    cmp eax, [esp + 20]
    je .good
    cmp dword [failure], 0
    jne .good
    mov [failure_got], eax
    mov eax, [esp + 20]
    mov [failure_expected], eax
    mov eax, [esp + 12]
    mov [failure_check], eax
    mov dword [failure], 1
.good:
    pop eax
    popfd
    ret 12

; Copies 16-bit code to LOW_CODE. In: ESI = it, ECX = bytes. Keeps all but ESI, EDI, ECX.
copy_low:
    mov edi, LOW_CODE
    cld
    rep movsb
    ret

; -- exceptions ----------------------------------------------------------------------------------------------------

    align 4096                      ; pages of their own: they are entered with any segments, the rest is not
STUB_BYTES equ 16
stubs:
%assign vector 0
%rep 256
%if vector < 32
%if ((1 << 8 | 0x1F << 10 | 1 << 17 | 1 << 21) >> vector) & 1 == 0
    push dword NONE
%endif
%else
    push dword NONE
%endif
    push dword vector
    jmp strict near event
    align 16
%assign vector vector + 1
%endrep

; The stack: vector, error code, EIP, CS, EFLAGS, perhaps ESP, SS.
event:
    pushad
    mov ecx, ds
    mov edx, es
    mov eax, DATA0
    mov ds, eax
    mov es, eax
    cld
    mov edi, [event_count]
    cmp edi, MOST_EVENTS
    jae unwind
    inc dword [event_count]
    shl edi, 6
    add edi, events
    mov eax, [esp + 32]
    mov [edi + E_VECTOR], eax
    mov eax, [esp + 36]
    mov [edi + E_ERROR], eax
    mov eax, [esp + 40]
    mov [edi + E_EIP], eax
    movzx eax, word [esp + 44]
    mov [edi + E_CS], eax
    mov eax, [esp + 48]
    mov [edi + E_EFLAGS], eax
    mov eax, [esp + 52]
    mov [edi + E_ESP], eax
    movzx eax, word [esp + 56]
    mov [edi + E_SS], eax
    movzx ecx, cx
    mov [edi + E_DS], ecx
    movzx edx, dx
    mov [edi + E_ES], edx
    mov eax, cr2
    mov [edi + E_CR2], eax
    mov eax, dr7
    mov [edi + E_DR7], eax
    mov eax, dr6
    mov [edi + E_DR6], eax
    lea eax, [esp + 40]
    mov [edi + E_SP], eax
    mov eax, ss
    movzx eax, ax
    mov [edi + E_OWN_SS], eax
    mov eax, cs
    movzx eax, ax
    mov [edi + E_OWN_CS], eax
    pushfd
    pop eax
    mov [edi + E_OWN_EFLAGS], eax
    push edi
    lea esi, [esp + 4]
    mov edi, registers
    mov ecx, 8
    rep movsd
    pop edi
    cmp dword [on_event], 0
    je .no_routine
    call [on_event]                 ; In: EDI = event; the frame is at ESP + 36 (vector, error, EIP ...)
.no_routine:
    cmp dword [returning], 0
    je unwind
    dec dword [returning]
    mov ecx, [edi + E_DS]
    mov edx, [edi + E_ES]
    test dword [edi + E_EFLAGS], F_VM
    jnz .v86
    mov es, edx
    mov ds, ecx
.v86:
    popad
    add esp, 8
return_from_event:
    iretd

; Back to the case, whatever was running.
unwind:
    mov eax, DATA0
    mov ds, eax
    mov es, eax
    mov fs, eax
    mov gs, eax
    mov ss, eax
    mov esp, [resume_esp]
    push dword 2                    ; NT has to be off for IRET, which clears what POPF leaves: VIF, VIP
    popfd
    push dword 2
    push cs
    push dword [resume]
    iretd

; What the other tasks run: they note an event FEh with their registers, then go on as exceptions do.
other_task:
    pushfd
    push cs
    push dword other_task
    push dword NONE
    push dword 0xFE
    jmp event

    align 4096
; -- report --------------------------------------------------------------------------------------------------------

serial_init:
    mov edx, SERIAL + 1
    xor eax, eax
    out dx, al
    mov edx, SERIAL + 3
    mov al, 3
    out dx, al
    mov edx, SERIAL + 2
    mov al, 0
    out dx, al
    ret

; In: ESI = text
print:
    lodsb
    test al, al
    jz .done
    call print_character
    jmp print
.done:
    ret

print_character:
    push edx
    push eax
    mov edx, SERIAL + 5
.wait:
    in al, dx
    test al, 0x20
    jz .wait
    pop eax
    mov edx, SERIAL
    out dx, al
    pop edx
    ret

; In: EAX
print_hex:
    mov ecx, 8
.digit:
    rol eax, 4
    push eax
    and al, 15
    cmp al, 10
    sbb al, 0x69
    das
    call print_character
    pop eax
    loop .digit
    ret

report:
    mov esi, text_ok
    cmp dword [skipped], 0
    je .ran
    mov esi, text_skip
.ran:
    cmp dword [failure], 0
    je .verdict
    inc dword [failures]
    mov esi, text_fail
.verdict:
    call print
    mov eax, [current]
    mov esi, [eax]
    call print
    cmp dword [failure], 0
    je .line
    mov esi, text_check
    call print
    mov eax, [failure_check]
    call print_hex
    mov esi, text_got
    call print
    mov eax, [failure_got]
    call print_hex
    mov esi, text_expected
    call print
    mov eax, [failure_expected]
    call print_hex
.line:
    mov al, 10
    jmp print_character

text_ok:        db "ok ", 0
text_skip:      db "skip ", 0
text_fail:      db "FAIL ", 0
text_check:     db ": check ", 0
text_got:       db ": got ", 0
text_expected:  db ", expected ", 0
text_end:       db "end", 10, 0

; -- tables --------------------------------------------------------------------------------------------------------

; 1: base, 2: limit, 3: attributes
%macro segment_descriptor 3
    dw (%2) & 0xFFFF
    dw (%1) & 0xFFFF
    db ((%1) >> 16) & 0xFF
    db (%3) & 0xFF
    db ((%2) >> 16) & 0x0F | ((%3) >> 8) & 0xF0
    db ((%1) >> 24) & 0xFF
%endmacro

    align 8
gdt_template:
    dd 0, 0
    segment_descriptor 0, 0xFFFFF, FLAT | CODE
    segment_descriptor 0, 0xFFFFF, FLAT | DATA
    segment_descriptor 0, 0xFFFFF, FLAT | CODE | DPL1
    segment_descriptor 0, 0xFFFFF, FLAT | DATA | DPL1
    segment_descriptor 0, 0xFFFFF, FLAT | CODE | DPL2
    segment_descriptor 0, 0xFFFFF, FLAT | DATA | DPL2
    segment_descriptor 0, 0xFFFFF, FLAT | CODE | DPL3
    segment_descriptor 0, 0xFFFFF, FLAT | DATA | DPL3
    dd 0, 0, 0, 0, 0, 0             ; the TSSs and the LDT are made by restore
    segment_descriptor 0, 0xFFFFF, FLAT | CODE_CONFORMING
    segment_descriptor LOW_CODE, 0xFFFF, CODE
    segment_descriptor LOW_CODE, 0xFFFF, DATA
    times GDT_BYTES - ($ - gdt_template) db 0
gdt_pointer:
    dw GDT_BYTES - 1
    dd gdt
idt_pointer:
    dw 256 * 8 - 1
    dd idt
real_idt_pointer:
    dw 0x3FF
    dd VECTORS

    section .cases follows=.text align=8
cases:
    section .data follows=.cases align=4096     ; away from the code: what cases write
    section .text
