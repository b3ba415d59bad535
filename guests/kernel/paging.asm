; Paging (chapter 4.3: 32-bit paging).
;
; Every address space begins with the same kernel half: physical memory at its own address, supervisor
; only. Its first 4 MiB have a page table, so that page 0 faults and the kernel's code is read-only;
; the rest has 4 MiB pages if the processor knows them.

paging_init:
    pushad
    mov ebx, PAGE_PRESENT           ; bits of every kernel entry
    test dword [cpu_features], CPU_PGE
    jz .no_global
    or ebx, PAGE_GLOBAL
.no_global:
    mov ecx, 1                      ; entry 0 stays not present
.low:
    mov eax, ecx
    shl eax, 12
    mov edx, ebx
    cmp eax, kernel_start
    jb .writable
    cmp eax, kernel_text_end
    jb .read_only
.writable:
    or edx, PAGE_WRITE
.read_only:
    or eax, edx
    mov [kernel_low_table + ecx * 4], eax
    inc ecx
    cmp ecx, 1024
    jb .low
    mov dword [kernel_directory], kernel_low_table + PAGE_PRESENT + PAGE_WRITE

    mov esi, 1 << 22                ; address
    test dword [cpu_features], CPU_PSE
    jz .small
    mov eax, cr4
    or eax, CR4_PSE
    mov cr4, eax
.large:
    cmp esi, [memory_end]
    jae .on
    mov eax, esi
    or eax, ebx
    or eax, PAGE_WRITE | PAGE_LARGE
    mov ecx, esi
    shr ecx, 22
    mov [kernel_directory + ecx * 4], eax
    add esi, 1 << 22
    jmp .large
.small:
    cmp esi, [memory_end]
    jae .on
    call frame_allocate
    mov edi, esi
    shr edi, 22
    lea ecx, [eax + PAGE_PRESENT + PAGE_WRITE]
    mov [kernel_directory + edi * 4], ecx
    mov edi, eax
    mov eax, esi
    or eax, ebx
    or eax, PAGE_WRITE
    mov ecx, 1024
.fill:
    stosd
    add eax, PAGE
    dec ecx
    jnz .fill
    add esi, 1 << 22
    jmp .small

.on:
    mov eax, kernel_directory
    mov cr3, eax
    mov eax, cr0
    or eax, CR0_PG | CR0_WP
    mov cr0, eax
    jmp .flush                      ; chapter 9.9.1 step 5: a jump after the change
.flush:
    test dword [cpu_features], CPU_PGE
    jz .done
    mov eax, cr4                    ; chapter 9.9: PGE only after PG
    or eax, CR4_PGE
    mov cr4, eax
.done:
    popad
    ret

; Out: EAX = a page directory with only the kernel half, or 0
directory_create:
    call frame_allocate_zero
    test eax, eax
    jz .none
    push esi
    push edi
    mov esi, kernel_directory
    mov edi, eax
    mov ecx, KERNEL_PDES
    cld
    rep movsd
    pop edi
    pop esi
.none:
    ret

; In: ECX = page directory, EAX = linear address.  Out: EAX = address of its page-table entry, 0 if no table
entry_find:
    mov edx, eax
    shr edx, 22
    mov edx, [ecx + edx * 4]
    test edx, PAGE_PRESENT
    jz entry_none
entry_in_table:                     ; EDX = page-directory entry
    and edx, ~(PAGE - 1)
    shr eax, 10
    and eax, 0xFFC
    add eax, edx
    ret
entry_none:
    xor eax, eax
    ret

; The same, but makes the page table if there is none; 0 if memory has run out
entry_make:
    mov edx, eax
    shr edx, 22
    push ebx
    lea ebx, [ecx + edx * 4]
    mov edx, [ebx]
    test edx, PAGE_PRESENT
    jnz .present
    push eax
    call frame_allocate_zero
    mov edx, eax
    pop eax
    test edx, edx
    jz .none
    or edx, PAGE_PRESENT | PAGE_WRITE | PAGE_USER
    mov [ebx], edx
.present:
    pop ebx
    jmp entry_in_table
.none:
    pop ebx
    jmp entry_none

; Maps a page of the current process.  In: EAX = linear address, EDX = frame + rights.  Out: CF = 1 if no memory
page_map:
    push edx
    mov ecx, [current]
    mov ecx, [ecx + P_CR3]
    call entry_make
    pop edx
    cmp eax, 1
    jb .none
    mov [eax], edx
    mov ecx, [current]
    inc dword [ecx + P_PAGES]       ; (INC keeps CF)
.none:
    ret

; Maps a zero page for the current process, writable.  In: EAX = linear address.  Out: CF = 1 if no memory
page_map_zero:
    push eax
    call frame_allocate_zero
    mov edx, eax
    pop eax
    cmp edx, 1
    jb .none
    or edx, PAGE_PRESENT | PAGE_WRITE | PAGE_USER
    call page_map
    jnc .none
    mov eax, edx                    ; no memory for the page table
    and eax, ~(PAGE - 1)
    call frame_release
    stc
.none:
    ret

; Unmaps a page of the current process, if it is mapped.  In: EAX = linear address
page_unmap:
    push ebx
    push esi
    mov esi, eax
    mov ebx, [current]
    mov ecx, [ebx + P_CR3]
    call entry_find
    test eax, eax
    jz .done
    mov edx, [eax]
    test edx, PAGE_PRESENT
    jz .done
    mov dword [eax], 0
    invlpg [esi]                    ; chapter 4.10.4
    dec dword [ebx + P_PAGES]
    mov eax, edx
    and eax, ~(PAGE - 1)
    call frame_release
    ; The page table too, if this was its last page.
    shr esi, 22
    shl esi, 2
    add esi, [ebx + P_CR3]
    mov edx, [esi]
    and edx, ~(PAGE - 1)
    push edi
    mov edi, edx
    xor eax, eax
    mov ecx, 1024
    cld
    repe scasd
    pop edi
    jne .done
    mov dword [esi], 0
    mov eax, cr3                    ; also drops what the processor remembers of the table
    mov cr3, eax
    mov eax, edx
    call frame_release
.done:
    pop esi
    pop ebx
    ret

; Frees the user half of the current process: its pages, then its page tables.
space_clear:
    pushad
    mov ebx, [current]
    mov dword [ebx + P_PAGES], 0
    mov edi, [ebx + P_CR3]
    mov esi, USER_PDE_FIRST
.table:
    mov ebx, [edi + esi * 4]
    test ebx, PAGE_PRESENT
    jz .next
    and ebx, ~(PAGE - 1)
    xor ebp, ebp
.page:
    mov eax, [ebx + ebp * 4]
    test eax, PAGE_PRESENT
    jz .absent
    and eax, ~(PAGE - 1)
    call frame_release
.absent:
    inc ebp
    cmp ebp, 1024
    jb .page
    mov eax, ebx
    call frame_release
    mov dword [edi + esi * 4], 0
.next:
    inc esi
    cmp esi, USER_PDE_END
    jb .table
    mov eax, cr3
    mov cr3, eax
    popad
    ret

; Copies the user half of the current process for a child: pages are shared, and those that are writable
; become copy-on-write in both.  In: EDI = the child's page directory.  Out: CF = 1 if memory has run out
space_copy:
    pushad
    mov ebp, [current]
    mov ebp, [ebp + P_CR3]
    mov esi, USER_PDE_FIRST
.table:
    mov ebx, [ebp + esi * 4]
    test ebx, PAGE_PRESENT
    jz .next
    and ebx, ~(PAGE - 1)
    call frame_allocate_zero
    test eax, eax
    jz .none
    mov edx, eax
    or eax, PAGE_PRESENT | PAGE_WRITE | PAGE_USER
    mov [edi + esi * 4], eax
    push esi
    xor esi, esi
.page:
    mov eax, [ebx + esi * 4]
    test eax, PAGE_PRESENT
    jz .absent
    test eax, PAGE_WRITE
    jz .shared
    and eax, ~PAGE_WRITE
    or eax, PAGE_COPY
    mov [ebx + esi * 4], eax
.shared:
    mov [edx + esi * 4], eax
    and eax, ~(PAGE - 1)
    call frame_share
.absent:
    inc esi
    cmp esi, 1024
    jb .page
    pop esi
.next:
    inc esi
    cmp esi, USER_PDE_END
    jb .table
    mov eax, cr3                    ; the parent's writable pages no longer are
    mov cr3, eax
    popad
    clc
    ret
.none:
    mov eax, cr3
    mov cr3, eax
    popad
    stc
    ret
