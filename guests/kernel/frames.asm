; Page frames: all physical memory from the end of the kernel to memory_end.
; Frames that were never used lie above next_frame; freed ones are linked through their first word.
; A frame that several page tables hold (after fork) is freed with the last reference.

frames_init:
    mov eax, kernel_end + PAGE - 1
    and eax, ~(PAGE - 1)
    mov [first_frame], eax
    mov [next_frame], eax
    mov dword [free_list], 0
    mov dword [free_listed], 0
    cmp eax, [memory_end]
    mov esi, text_no_memory
    jae panic
    ret

; Out: EAX = a frame with one reference and stale content, or 0
frame_allocate:
    mov eax, [free_list]
    test eax, eax
    jz .fresh
    mov ecx, [eax]
    mov [free_list], ecx
    dec dword [free_listed]
    jmp .found
.fresh:
    mov eax, [next_frame]
    cmp eax, [memory_end]
    jae .none
    add dword [next_frame], PAGE
.found:
    mov ecx, eax
    shr ecx, 12
    mov word [frame_references + ecx * 2], 1
    ret
.none:
    xor eax, eax
    ret

; Out: EAX = a frame full of zeros, or 0
frame_allocate_zero:
    call frame_allocate
    test eax, eax
    jz .none
    push edi
    push eax
    mov edi, eax
    xor eax, eax
    mov ecx, PAGE / 4
    cld
    rep stosd
    pop eax
    pop edi
.none:
    ret

; One more reference.  In: EAX = frame (frames of the kernel's image are not counted)
frame_share:
    cmp eax, [first_frame]
    jb .fixed
    mov ecx, eax
    shr ecx, 12
    inc word [frame_references + ecx * 2]
.fixed:
    ret

; One reference less.  In: EAX = frame
frame_release:
    cmp eax, [first_frame]
    jb .fixed
    mov ecx, eax
    shr ecx, 12
    dec word [frame_references + ecx * 2]
    jnz .fixed
    mov ecx, [free_list]
    mov [eax], ecx
    mov [free_list], eax
    inc dword [free_listed]
.fixed:
    ret

; Out: EAX = number of free frames
frames_free:
    mov eax, [memory_end]
    sub eax, [next_frame]
    shr eax, 12
    add eax, [free_listed]
    ret

text_no_memory: db "not enough memory: 2 MiB are needed", 0

    section .bss
first_frame:    resd 1
next_frame:     resd 1
free_list:      resd 1
free_listed:    resd 1
    section .text
