; The end of every kernel: memory that is no part of the image.

    section .cases
cases_end:
    section .data
    dd 0
image_end:

    section .bss follows=.data align=4096 nobits
gdt:            resb GDT_BYTES
idt:            resb 256 * 8
ldt:            resb 64
    alignb 4096
tss:            resb TSS_LIMIT + 4
other_tss:      resb TSS_BYTES
fault_tss:      resb TSS_BYTES
current:        resd 1              ; entry of the running case in the table
round:          resd 1
failures:       resd 1
skipped:        resd 1
failure:        resd 1              ; not 0: the running case has failed, at the check and with the values below
failure_check:  resd 1
failure_got:    resd 1
failure_expected: resd 1
case_esp:       resd 1
resume:         resd 1              ; where an event goes on, with which ESP
resume_esp:     resd 1
returning:      resd 1              ; this many events return by IRET instead
on_event:       resd 1              ; a routine called for every event, or 0
registers:      resd 8              ; at the last event
event_count:    resd 1
    alignb 64
events:         resb EVENT_BYTES * MOST_EVENTS
    alignb 4096
                resb 4096
stack:          resb 4096           ; of the case
stack0:         resb 4096           ; of the rings, from the TSS
stack1:         resb 4096
stack2:         resb 4096
user_stack:     resb 4096
other_stack:    resb 4096
fault_stack:    resb 4096
memory_end:
