; One of everything in instructions: addressing, sizes, x87 without operands, branches, prefixes, system registers.
bits 32
mov eax,[eax+ebp]
mov eax,[ebp+eax]
mov eax,[eax*2]
mov eax,[eax*2+4]
mov eax,[nosplit eax*2]
mov eax,[eax*1+ebp]
mov eax,[esp+eax]
mov eax,[eax+esp]
mov eax,[eax*3]
mov eax,[eax+eax*2]
mov eax,[eax+eax]
mov eax,[eax+ebx+eax]
mov eax,[eax*1]
mov eax,[byte ebx]
mov eax,[byte ebx+0x1000]
mov eax,[dword ebx+1]
mov eax,[word 0x1234]
mov ebx,[word 0x1234]
mov ebx,[byte 5]
mov ebx,[0xfffffffc]
mov ebx,[eax-0xfffffffc]
mov ebx,[eax+0xffffffff]
mov ebx,[bx+0xffff]
mov ebx,[bp]
mov ebx,[si+bx]
mov ebx,[di+bp+1]
mov eax,[ds:5]
mov [ebx], dword 5
shl eax,1
shl eax,cl
shl byte [eax],byte 3
fadd
fadd st1
fadd st1,st0
fadd st0,st1
fadd to st1
faddp
faddp st1
faddp st1,st0
fstp st1
fst st2
fxch
fxch st3
fxch st0,st3
fcom
fcom st1
fcomp st1
fucom
fucompp
fstsw ax
fstsw [ebx]
finit
fldcw [ebx]
fld dword [ebx]
fld qword [ebx]
fld tword [ebx]
fild word [ebx]
fisttp qword [ebx]
ffree st1
fsub st1,st0
fsubr st1,st0
fsubp
fsubrp
fdivp
fdivrp
fdivr st0,st1
lar eax,bx
lar eax,ebx
lsl eax,[ebx]
sldt ax
sldt eax
sldt [eax]
str [eax]
smsw eax
lmsw ax
verr ax
verr [eax]
ltr [eax]
movq mm0,mm1
movq xmm0,xmm1
movd mm0,eax
movd eax,xmm1
movq [eax],xmm1
movdqa xmm0,xmm1
cmpeqps xmm0,xmm1
cvtsi2sd xmm0,[eax]
cvtsi2sd xmm0,eax
in eax,dx
in al,5
out 5,ax
out dx,al
imul eax,5
imul eax,0x1234
imul eax,ebx,5
imul ebx
int 3
int3
ret
ret 4
retf
retf 4
retn
iret
iretw
iretd
o16 iret
jmp dword [eax]
jmp [eax]
call [eax]
call far [eax]
call word [eax]
jmp far dword [eax]
jmp 8:0x1234
jmp word 8:0x1234
jmp $
jmp short $
jmp near $
jmp strict near $
jmp 0x20
call 0x20
jcxz $
jecxz $
loop $
loop $,cx
a16 loop $
loope $
jmp word $
push es
push fs
pop gs
pop dword [eax]
push word [eax]
push word 5
push dword 5
push strict dword 5
push byte 5
add eax,strict dword 5
add ebx,strict byte 5
enter 5,0
xlatb
les eax,[ebx]
lss esp,[ebx]
bswap eax
bt eax,5
bt [eax],ebx
bts dword [eax],5
shld eax,ebx,5
shld [ebx],eax,cl
cmpxchg [ebx],eax
cmpxchg8b [ebx]
sal eax,1
test al,5
test eax,5
test ebx,5
test byte [eax],5
nop
pause
xchg eax,eax
xchg ax,bx
xchg eax,ebx
xchg ebx,eax
xchg al,bl
rep movsb
repne scasb
rep stosd
lock inc dword [eax]
mov cr0,eax
mov eax,cr3
mov dr7,eax
mov eax,[0x1234]
mov [0x1234],al
mov ax,[fs:0x1234]
movzx eax,byte [ebx]
movzx eax,bl
movsx ax,bl
movzx eax,word [ebx]
lgdt [ebx]
lidt [0x500]
sgdt [eax]
invlpg [eax]
o16 lgdt [ebx]
lea eax,[ebx+ecx*4+5]
lea ax,[ebx]
salc
icebp
int1
ud2
wait
fwait
pusha
pushad
pushaw
pushf
pushfd
popfw
cwde
cdq
cbw
cwd
aam
aam 5
aad
rdtsc
wrmsr
sysenter
sysexit
cpuid
hlt
cli
clts
wbinvd
