// Control transfer instructions (Intel SDM vol. 1, 5.1.7).

export const controlTransferRows = `
j{cc} rel8               | 70+c     | 8086 | f64
j{cc} relv               | 0F 80+c  | 386  | f64
loopnz rel8              | E0       | 8086 | f64 r:z
loopz rel8               | E1       | 8086 | f64 r:z
loop rel8                | E2       | 8086 | f64
jcxz rel8                | E3       | 8086 | f64 i64 a16
jecxz rel8               | E3       | 386  | f64 a32
jrcxz rel8               | E3       | lm   | f64 only64 a64
call relv                | E8       | 8086 | f64
jmp relv                 | E9       | 8086 | f64
jmp farv                 | EA       | 8086 | i64 far sens
jmp rel8                 | EB       | 8086 | f64
call farv                | 9A       | 8086 | i64 far sens
call rmv                 | FF /2    | 8086 | f64
call mpv                 | FF /3    | 8086 | far sens
jmp rmv                  | FF /4    | 8086 | f64
jmp mpv                  | FF /5    | 8086 | far sens
ret imm16                | C2       | 8086 | f64
ret                      | C3       | 8086 | f64
retf imm16               | CA       | 8086 | ov far sens
retf                     | CB       | 8086 | ov far sens
int3                     | CC       | 8086 | sens
int imm8                 | CD       | 8086 | v86
into                     | CE       | 8086 | i64 sens r:o
int1                     | F1       | 386  | sens
iret                     | CF       | 8086 | o16 v86 r:n w:oszapcditn
iretd                    | CF       | 386  | o32 v86 r:n w:*
iretq                    | CF       | lm   | o64 v86 r:n w:*
bound rv, mvv            | 62 /r    | 186  | i64
enter imm16, imm8        | C8       | 186  | d64
leave                    | C9       | 186  | d64
ud0 rv:n, rmv:n          | 0F FF /r | 8086 |
ud1 rv:n, rmv:n          | 0F B9 /r | 8086 |
ud2                      | 0F 0B    | 286  |
`;
