; Macros, conditions, repetitions, structures, data in every notation.
bits 16
org 0x7c00
%define f(a,b) ((a)*(b)+1)
db f(2,3), f(1,(2))
%macro push_all 1-*
%rep %0
push %1
%rotate 1
%endrep
%endmacro
push_all ax, bx, cx
%macro gate 2+
db %1, %2
%endmacro
gate 1, 2, 3
%macro isr 1
global isr%1
isr%1:
push dword %1
jmp comm0
%endmacro
%assign i 0
%rep 8
isr i
%assign i i+1
%endrep
comm0: ret
tbl:
%assign i 0
%rep 8
dw isr %+ i
%assign i i+1
%endrep
struc P
.a: resd 1
.b: resw 2
.c: resb 3
endstruc
mov ax,[bx+P.b]
db P_size
mov [es:di+P.c], byte 3
%macro ifm 1
%ifidn %1, ax
 db 1
%elifidn %1, bx
 db 2
%else
 db 3
%endif
%endmacro
ifm ax
ifm bx
ifm cx
%ifdef NOPE
bogus %%% 'unterminated
%elifndef NOPE
db 9
%endif
%macro loopm 2
%%top: dec %1
jnz %%top
cmp %1, %2
ja near %%end
%%end:
%endmacro
loopm cx, 5
loopm dx, 5
jmp dword 8:pm
pm:
bits 32
.loop: jmp .loop
mov eax, [pm.loop]
jmp i1
times 130 nop
i1: jmp i2
times 120 db 0
i2: jmp pm
jz i1
db 1 ? 2 : 3
%xdefine zz i
%define zz2 i
%assign i 44
db zz, zz2
%strlen sl 'hello'
db sl
dd 1.5, -2.25, 1e10, 3.14159
dq 1.1, -0.0, 1e-320
dt 3.14159265358979323846, 1.0
dw 1.5
dq 0x00cf9a000000ffff
db "it's", 0, `tab\t\x41\0`, 'é'
dw 'abc'
mov eax, 'abcd'
cmp al, 'z'
lodsd
es lodsb
rep movsd
o16 pushf
a16 movsb
cs mov eax,[ebx]
fld st1
fstcw [ebx]
fadd dword [ebx]
times 600-($-$$) db 0xcc
