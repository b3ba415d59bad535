%include "bare.asm"

; The kernel: #GP is all that it handles. It counts, and goes on where the
; program at CPL 3 wants to after an instruction that has trapped.
main:   set_gate 13, on_gp
        enter_user user, USER_STACK

on_gp:  inc dword [traps]
        push eax
        mov eax, [resume]
        mov [esp + 8], eax      ; the return address, above EAX and error code
        pop eax
        add esp, 4
        iretd

%macro attempt 1+               ; one instruction that may trap
        mov dword [resume], %%on
        %1
%%on:
%endmacro

; From here on CPL is 3.
user:   pushfd
        pop eax
        and eax, ~0x200         ; a kernel that turns interrupts off:
        push eax
        popfd                   ; IF is to become 0
popf_done:

        sgdt [gdt_seen]         ; a kernel that looks at its own registers
        smsw [msw_seen]
        mov [cs_seen], cs
        str [task_seen]
looked:

        attempt cli
        attempt hlt
        attempt mov eax, cr0
        attempt in al, 0x60
        attempt lgdt [gdt_seen]
tried:

        mov dword [traps], 0    ; the question
        attempt cli
        pushfd
        pop dword [flags_seen]
asked:  jmp $

        align 4
traps:  dd 0
resume: dd 0
flags_seen: dd 0
gdt_seen:   dw 0
gdt_base:   dd 0
msw_seen:   dw 0, 0
cs_seen:    dw 0, 0
task_seen:  dw 0, 0
