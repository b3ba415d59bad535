// System instructions (Intel SDM vol. 1, 5.20, 5.22; AMD APM vol. 3, chapter 4).

export const systemRows = `
hlt                      | F4         | 8086 | cpl0
cli                      | FA         | 8086 | iopl c:i
sti                      | FB         | 8086 | iopl s:i
wait                     | 9B         | fpu  |
arpl rm16:rw, r16        | 63 /r      | 286  | i64 w:z sens
cpuid                    | 0F A2      | cpuid | sens
rdtsc                    | 0F 31      | tsc  | tsd
rdtscp                   | 0F 01 F9   | rdtscp | tsd
rdpmc                    | 0F 33      | pmc  | pce
wrmsr                    | 0F 30      | msr  | cpl0
rdmsr                    | 0F 32      | msr  | cpl0
clts                     | 0F 06      | 286  | cpl0
invd                     | 0F 08      | 486  | cpl0
wbinvd                   | 0F 09      | 486  | cpl0
wbnoinvd                 | F3 0F 09   | wbnoinvd | cpl0
rsm                      | 0F AA      | smm  | cpl0 w:*
sysenter                 | 0F 34      | sep  | sens c:i
sysexit                  | 0F 35      | sep  | ov cpl0
syscall                  | 0F 05      | syscall | sens r:* w:*
sysret                   | 0F 07      | syscall | ov cpl0 w:*
getsec                   | np 0F 37   | smx  | sens

sldt rmv/16:w            | 0F 00 /0   | 286  | umip
str rmv/16:w             | 0F 00 /1   | 286  | umip
lldt rm16                | 0F 00 /2   | 286  | cpl0
ltr rm16                 | 0F 00 /3   | 286  | cpl0
verr rm16                | 0F 00 /4   | 286  | sens w:z
verw rm16                | 0F 00 /5   | 286  | sens w:z
lar rv:rw, rmv/16        | 0F 02 /r   | 286  | sens w:z
lsl rv:rw, rmv/16        | 0F 03 /r   | 286  | sens w:z
sgdt mpx:w               | 0F 01 /0   | 286  | f64 umip
sidt mpx:w               | 0F 01 /1   | 286  | f64 umip
lgdt mpx                 | 0F 01 /2   | 286  | f64 cpl0
lidt mpx                 | 0F 01 /3   | 286  | f64 cpl0
smsw rmv/16:w            | 0F 01 /4   | 286  | umip
lmsw rm16                | 0F 01 /6   | 286  | cpl0
invlpg m0:n              | 0F 01 /7   | 486  | cpl0
swapgs                   | 0F 01 F8   | lm   | only64 cpl0
xgetbv                   | np 0F 01 D0 | xsave |
xsetbv                   | np 0F 01 D1 | xsave | cpl0
monitor                  | np 0F 01 C8 | monitor | cpl0
mwait                    | np 0F 01 C9 | monitor | cpl0
clac                     | np 0F 01 CA | smap | cpl0 c:x
stac                     | np 0F 01 CB | smap | cpl0 s:x
monitorx                 | np 0F 01 FA | monitorx |
mwaitx                   | np 0F 01 FB | monitorx |
clzero                   | 0F 01 FC | clzero |

mov rrx:w, creg          | 0F 20 /r   | 386  | cpl0 u:oszapc
mov rrx:w, dreg          | 0F 21 /r   | 386  | cpl0 u:oszapc
mov creg:w, rrx          | 0F 22 /r   | 386  | cpl0 u:oszapc
mov dreg:w, rrx          | 0F 23 /r   | 386  | cpl0 u:oszapc

; AMD SVM
vmrun                    | 0F 01 D8   | svm  | cpl0 r:* w:*
vmmcall                  | 0F 01 D9   | svm  | sens
vmload                   | 0F 01 DA   | svm  | cpl0
vmsave                   | 0F 01 DB   | svm  | cpl0
stgi                     | 0F 01 DC   | svm  | cpl0
clgi                     | 0F 01 DD   | svm  | cpl0
skinit                   | 0F 01 DE   | svm  | cpl0
invlpga                  | 0F 01 DF   | svm  | cpl0

; Intel VMX
vmcall                   | np 0F 01 C1 | vmx | sens w:zc c:osap
vmlaunch                 | np 0F 01 C2 | vmx | cpl0 w:zc c:osap
vmresume                 | np 0F 01 C3 | vmx | cpl0 w:zc c:osap
vmxoff                   | np 0F 01 C4 | vmx | cpl0 w:zc c:osap
vmfunc                   | np 0F 01 D4 | vmx | sens w:oszapc
vmptrld m64              | np 0F C7 /6 | vmx | cpl0 w:zc c:osap
vmclear m64              | 66 0F C7 /6 | vmx | cpl0 w:zc c:osap
vmxon m64                | F3 0F C7 /6 | vmx | cpl0 w:zc c:osap
vmptrst m64:w            | np 0F C7 /7 | vmx | cpl0 c:oszapc
vmread rmx:w, rx         | np 0F 78 /r | vmx | cpl0 w:zc c:osap
vmwrite rx, rmx          | np 0F 79 /r | vmx | cpl0 w:zc c:osap
invept rx, m128          | 66 0F38 80 /r | vmx | cpl0 w:zc c:osap
invvpid rx, m128         | 66 0F38 81 /r | vmx | cpl0 w:zc c:osap
invpcid rx, m128         | 66 0F38 82 /r | invpcid | cpl0

rdrand rrv:w             | 0F C7 /6   | rdrand | norep w:c c:oszap
rdseed rrv:w             | 0F C7 /7   | rdseed | norep w:c c:oszap
rdpid rrx:w              | F3 0F C7 /7 | rdpid |
rdfsbase rry:w           | F3 0F AE /0 | fsgsbase | only64
rdgsbase rry:w           | F3 0F AE /1 | fsgsbase | only64
wrfsbase rry             | F3 0F AE /2 | fsgsbase | only64
wrgsbase rry             | F3 0F AE /3 | fsgsbase | only64

fxsave m4096:w           | np 0F AE /0 | fxsr |
fxsave64 m4096:w         | np 0F AE /0 | fxsr | o64
fxrstor m4096            | np 0F AE /1 | fxsr |
fxrstor64 m4096          | np 0F AE /1 | fxsr | o64
ldmxcsr m32              | np 0F AE /2 | sse  |
stmxcsr m32:w            | np 0F AE /3 | sse  |
xsave m0:rw              | np 0F AE /4 | xsave |
xsave64 m0:rw            | np 0F AE /4 | xsave | o64
xrstor m0                | np 0F AE /5 | xsave |
xrstor64 m0              | np 0F AE /5 | xsave | o64
xsaveopt m0:rw           | np 0F AE /6 | xsaveopt |
xsaveopt64 m0:rw         | np 0F AE /6 | xsaveopt | o64
xrstors m0               | np 0F C7 /3 | xsaves | cpl0
xrstors64 m0             | np 0F C7 /3 | xsaves | o64 cpl0
xsavec m0:w             | np 0F C7 /4 | xsavec |
xsavec64 m0:w           | np 0F C7 /4 | xsavec | o64
xsaves m0:w             | np 0F C7 /5 | xsaves | cpl0
xsaves64 m0:w           | np 0F C7 /5 | xsaves | o64 cpl0
clflush m8:n             | np 0F AE /7 | clfsh |
clflushopt m8:n          | 66 0F AE /7 | clflushopt |
clwb m8:n                | 66 0F AE /6 | clwb |
lfence                   | np 0F AE /5 | sse2 | reg
mfence                   | np 0F AE /6 | sse2 | reg
sfence                   | np 0F AE /7 | sse  | reg
`;
