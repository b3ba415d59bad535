// Data transfer, flag control, address and type conversion instructions (Intel SDM vol. 1, 5.1.1, 5.1.11 to 5.1.13).

export const dataTransferRows = `
mov rm8:w, r8            | 88 /r    | 8086 |
mov rmv:w, rv            | 89 /r    | 8086 |
mov r8:w, rm8            | 8A /r    | 8086 |
mov rv:w, rmv            | 8B /r    | 8086 |
mov rmv/16:w, sreg       | 8C /r    | 8086 | sens
mov sreg:w, rm16         | 8E /r    | 8086 | sens
mov al:w, moffs8         | A0       | 8086 |
mov acc:w, moffsv        | A1       | 8086 |
mov moffs8:w, al         | A2       | 8086 |
mov moffsv:w, acc        | A3       | 8086 |
mov opr8:w, imm8         | B0+r     | 8086 |
mov opr16:w, imm16       | B8+r     | 8086 | o16
mov opr32:w, imm32       | B8+r     | 8086 | o32
mov opr64:w, imm64       | B8+r     | lm   | o64
mov rm8:w, imm8          | C6 /0    | 8086 |
mov rmv:w, immz          | C7 /0    | 8086 |
lea rv:w, m0:n           | 8D /r    | 8086 |
xchg rm8:rw, r8:rw       | 86 /r    | 8086 | lock
xchg rmv:rw, rv:rw       | 87 /r    | 8086 | lock
nop                      | 90       | 8086 |
pause                    | F3 90    | sse2 |
xchg opr16:rw, ax:rw     | 90+r     | 8086 | o16 rexb
xchg opr32:rw, eax:rw    | 90+r     | 8086 | o32 rexb
xchg opr64:rw, rax:rw    | 90+r     | lm   | o64 rexb
bswap opr16:rw           | 0F C8+r  | 486  | o16
bswap opr32:rw           | 0F C8+r  | 486  | o32
bswap opr64:rw           | 0F C8+r  | lm   | o64
xlatb                    | D7       | 8086 |
salc                     | D6       | 8086 | i64 r:c
cmov{cc} rv:rw, rmv      | 0F 40+c /r | cmov |
movzx rv:w, rm8          | 0F B6 /r | 386  |
movzx rv:w, rm16         | 0F B7 /r | 386  |
movsx rv:w, rm8          | 0F BE /r | 386  |
movsx rv:w, rm16         | 0F BF /r | 386  |
movsxd r16:w, rm16       | 63 /r    | lm   | o16 only64
movsxd r32:w, rm32       | 63 /r    | lm   | o32 only64
movsxd r64:w, rm32       | 63 /r    | lm   | o64
cmpxchg rm8:rw, r8       | 0F B0 /r | 486  | lock w:oszapc
cmpxchg rmv:rw, rv       | 0F B1 /r | 486  | lock w:oszapc
xadd rm8:rw, r8:rw       | 0F C0 /r | 486  | lock w:oszapc
xadd rmv:rw, rv:rw       | 0F C1 /r | 486  | lock w:oszapc
cmpxchg8b m64:rw         | 0F C7 /1 | cx8  | lock w:z
cmpxchg16b m128:rw       | 0F C7 /1 | cx16 | o64 lock w:z
movbe rv:w, mv           | 0F38 F0 /r | movbe | norep
movbe mv:w, rv           | 0F38 F1 /r | movbe | norep

push es                  | 06       | 8086 | d64 i64 sens
push cs                  | 0E       | 8086 | d64 i64 sens
push ss                  | 16       | 8086 | d64 i64 sens
push ds                  | 1E       | 8086 | d64 i64 sens
push fs                  | 0F A0    | 386  | d64 sens
push gs                  | 0F A8    | 386  | d64 sens
pop es:w                 | 07       | 8086 | d64 i64 sens
pop ss:w                 | 17       | 8086 | d64 i64 sens
pop ds:w                 | 1F       | 8086 | d64 i64 sens
pop fs:w                 | 0F A1    | 386  | d64 sens
pop gs:w                 | 0F A9    | 386  | d64 sens
push oprv                | 50+r     | 8086 | d64
pop oprv:w               | 58+r     | 8086 | d64
push immz                | 68       | 186  | d64
push imms8               | 6A       | 186  | d64
push rmv                 | FF /6    | 8086 | d64
pop rmv:w                | 8F /0    | 8086 | d64
pusha                    | 60       | 186  | o16 i64
pushad                   | 60       | 386  | o32 i64
popa                     | 61       | 186  | o16 i64
popad                    | 61       | 386  | o32 i64
pushf                    | 9C       | 8086 | o16 v86 r:*
pushfd                   | 9C       | 386  | o32 i64 v86 r:*
pushfq                   | 9C       | lm   | o64 d64 v86 r:*
popf                     | 9D       | 8086 | o16 v86 w:oszapcditn
popfd                    | 9D       | 386  | o32 i64 v86 w:oszapcditnx
popfq                    | 9D       | lm   | o64 d64 v86 w:oszapcditnx
lahf                     | 9F       | 8086 | r:szapc
sahf                     | 9E       | 8086 | w:szapc

les rv:w, mpv            | C4 /r    | 8086 | i64 sens
lds rv:w, mpv            | C5 /r    | 8086 | i64 sens
lss rv:w, mpv            | 0F B2 /r | 386  | sens
lfs rv:w, mpv            | 0F B4 /r | 386  | sens
lgs rv:w, mpv            | 0F B5 /r | 386  | sens

cbw                      | 98       | 8086 | o16
cwde                     | 98       | 386  | o32
cdqe                     | 98       | lm   | o64
cwd                      | 99       | 8086 | o16
cdq                      | 99       | 386  | o32
cqo                      | 99       | lm   | o64

cmc                      | F5       | 8086 | r:c w:c
clc                      | F8       | 8086 | c:c
stc                      | F9       | 8086 | s:c
cld                      | FC       | 8086 | c:d
std                      | FD       | 8086 | s:d

in al:w, imm8            | E4       | 8086 | io
in ax:w, imm8            | E5       | 8086 | o16 io
in eax:w, imm8           | E5       | 386  | o32+ io
out imm8, al             | E6       | 8086 | io
out imm8, ax             | E7       | 8086 | o16 io
out imm8, eax            | E7       | 386  | o32+ io
in al:w, dx              | EC       | 8086 | io
in ax:w, dx              | ED       | 8086 | o16 io
in eax:w, dx             | ED       | 386  | o32+ io
out dx, al               | EE       | 8086 | io
out dx, ax               | EF       | 8086 | o16 io
out dx, eax              | EF       | 386  | o32+ io

nop rmv:n                | 0F 1F /0 | cmov |
nop rmv:n                | 0F 1F /1 | cmov | alias
nop rmv:n                | 0F 1F /2 | cmov | alias
nop rmv:n                | 0F 1F /3 | cmov | alias
nop rmv:n                | 0F 1F /4 | cmov | alias
nop rmv:n                | 0F 1F /5 | cmov | alias
nop rmv:n                | 0F 1F /6 | cmov | alias
nop rmv:n                | 0F 1F /7 | cmov | alias
nop rmv:n                | 0F 19 /r | cmov | alias
nop rmv:n                | 0F 1A /r | cmov | alias
nop rmv:n                | 0F 1B /r | cmov | alias
nop rmv:n                | 0F 1C /r | cmov | alias
nop rmv:n                | 0F 1D /r | cmov | alias
nop rmv:n                | 0F 1E /r | cmov | alias
nop rmv:n                | 0F 18 /4 | cmov | alias
nop rmv:n                | 0F 18 /5 | cmov | alias
nop rmv:n                | 0F 18 /6 | cmov | alias reg
nop rmv:n                | 0F 18 /7 | cmov | alias reg
nop rmv:n                | 0F 18 /0 | cmov | alias reg
nop rmv:n                | 0F 18 /1 | cmov | alias reg
nop rmv:n                | 0F 18 /2 | cmov | alias reg
nop rmv:n                | 0F 18 /3 | cmov | alias reg
prefetchnta m8:n         | 0F 18 /0 | sse  |
prefetcht0 m8:n          | 0F 18 /1 | sse  |
prefetcht1 m8:n          | 0F 18 /2 | sse  |
prefetcht2 m8:n          | 0F 18 /3 | sse  |
prefetch m8:n            | 0F 0D /0 | 3dnow |
prefetchw m8:n           | 0F 0D /1 | 3dnow |
prefetchwt1 m8:n         | 0F 0D /2 | prefetchwt1 |
prefetch m8:n            | 0F 0D /3 | 3dnow | alias
prefetch m8:n            | 0F 0D /4 | 3dnow | alias
prefetch m8:n            | 0F 0D /5 | 3dnow | alias
prefetch m8:n            | 0F 0D /6 | 3dnow | alias
prefetch m8:n            | 0F 0D /7 | 3dnow | alias
nop rmv:n                | 0F 0D /r | 3dnow | alias reg
`;
