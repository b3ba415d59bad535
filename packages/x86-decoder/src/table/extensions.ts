// Later extensions in legacy encodings: TSX, CET, SGX, MPX, Key Locker, user interrupts, WAITPKG, MOVDIRI and others (Intel SDM
// vol. 2), AMD's SNP, INVLPGB, RDPRU, MCOMMIT (AMD APM vol. 3), VIA's PadLock (VIA PadLock Programming Guide).

/** One form for each address size, which is the size of the register. */
const byAddress = (row: (size: number) => string, attributes = ''): string => `
${row(16)} | a16 i64 ${attributes}
${row(32)} | a32 ${attributes}
${row(64)} | a64 only64 ${attributes}
`;

const padlock = (name: string, encoding: string): string => `${name} | F3 0F ${encoding} | padlock | reg\n`;

export const extensionRows = [
  `
; TSX
xbegin rel16             | C7 F8      | rtm  | o16 i64
xbegin rel32             | C7 F8      | rtm  | o32 i64
xbegin rel16             | C7 F8      | rtm  | o16 only64
xbegin rel32             | C7 F8      | rtm  | o32+ only64
xabort imm8              | C6 F8      | rtm  |
xend                     | np 0F 01 D5 | rtm |
xtest                    | np 0F 01 D6 | rtm | w:z c:oscap
xsusldtrk                | F2 0F 01 E8 | tsxldtrk |
xresldtrk                | F2 0F 01 E9 | tsxldtrk |

; CET
endbr64                  | F3 0F 1E FA | cet_ibt |
endbr32                  | F3 0F 1E FB | cet_ibt |
rdsspd rr32:w            | F3 0F 1E /1 | cet_ss |
rdsspq rr64:w            | F3 0F 1E /1 | cet_ss | o64
incsspd rr32             | F3 0F AE /5 | cet_ss |
incsspq rr64             | F3 0F AE /5 | cet_ss | o64
wrssd m32:w, r32         | np 0F38 F6 /r | cet_ss |
wrssq m64:w, r64         | np 0F38 F6 /r | cet_ss | o64
wrussd m32:w, r32        | 66 0F38 F5 /r | cet_ss | cpl0
wrussq m64:w, r64        | 66 0F38 F5 /r | cet_ss | o64 cpl0
rstorssp m64:rw          | F3 0F 01 /5 | cet_ss | w:c c:oszap
clrssbsy m64:rw          | F3 0F AE /6 | cet_ss | cpl0 w:c c:oszap
setssbsy                 | F3 0F 01 E8 | cet_ss | cpl0
saveprevssp              | F3 0F 01 EA | cet_ss | r:c

; SGX, TME, TDX
encls                    | np 0F 01 CF | sgx  | cpl0 w:oszapc
enclu                    | np 0F 01 D7 | sgx  | w:oszapc
enclv                    | np 0F 01 C0 | oss  | cpl0 w:oszapc
pconfig                  | np 0F 01 C5 | pconfig | cpl0 w:z c:oscap
pbndkb                   | np 0F 01 C7 | pbndkb | only64 cpl0 w:z c:oscap
tdcall                   | 66 0F 01 CC | tdx  | cpl0
seamret                  | 66 0F 01 CD | tdx  | only64 cpl0 w:zc c:osap
seamops                  | 66 0F 01 CE | tdx  | only64 cpl0 w:z c:osacp
seamcall                 | 66 0F 01 CF | tdx  | only64 cpl0 w:c c:oszap

; MPX
bndldx bndreg:w, m0      | np 0F 1A /r | mpx  |
bndmov bndreg:w, bndrm   | 66 0F 1A /r | mpx  |
bndcl bndreg, rmx        | F3 0F 1A /r | mpx  |
bndcu bndreg, rmx        | F2 0F 1A /r | mpx  |
bndstx m0:w, bndreg      | np 0F 1B /r | mpx  |
bndmov bndrm:w, bndreg   | 66 0F 1B /r | mpx  |
bndmk bndreg:w, mx:n     | F3 0F 1B /r | mpx  |
bndcn bndreg, rmx        | F2 0F 1B /r | mpx  |

; Key Locker
aesencwide128kl m384     | F3 0F38 D8 /0 | aeskle widekl | w:z c:oscap
aesdecwide128kl m384     | F3 0F38 D8 /1 | aeskle widekl | w:z c:oscap
aesencwide256kl m512     | F3 0F38 D8 /2 | aeskle widekl | w:z c:oscap
aesdecwide256kl m512     | F3 0F38 D8 /3 | aeskle widekl | w:z c:oscap
loadiwkey xmm, xmmr      | F3 0F38 DC /r | kl   | cpl0 w:z c:oscap
aesenc128kl xmm:rw, m384 | F3 0F38 DC /r | aeskle | w:z c:oscap
aesdec128kl xmm:rw, m384 | F3 0F38 DD /r | aeskle | w:z c:oscap
aesenc256kl xmm:rw, m512 | F3 0F38 DE /r | aeskle | w:z c:oscap
aesdec256kl xmm:rw, m512 | F3 0F38 DF /r | aeskle | w:z c:oscap
encodekey128 r32:w, rr32 | F3 0F38 FA /r | aeskle | c:oszapc
encodekey256 r32:w, rr32 | F3 0F38 FB /r | aeskle | c:oszapc

; WAITPKG, MOVDIRI, ENQCMD and other hints and stores
tpause rry               | 66 0F AE /6 | waitpkg | w:c c:oszap
umwait rry               | F2 0F AE /6 | waitpkg | w:c c:oszap
movdiri my:w, ry         | np 0F38 F9 /r | movdiri |
aadd my:rw, ry           | np 0F38 FC /r | rao-int |
aand my:rw, ry           | 66 0F38 FC /r | rao-int |
axor my:rw, ry           | F3 0F38 FC /r | rao-int |
aor my:rw, ry            | F2 0F38 FC /r | rao-int |
ptwrite rmy              | F3 0F AE /4 | ptwrite | no66
cldemote m8:n            | np 0F 1C /0 | cldemote |
prefetchit1 m8:n         | 0F 18 /6    | prefetchi |
prefetchit0 m8:n         | 0F 18 /7    | prefetchi |
serialize                | np 0F 01 E8 | serialize |
hreset imm8              | F3 0F3A F0 C0 | hreset | cpl0
rdpkru                   | np 0F 01 EE | pku  |
wrpkru                   | np 0F 01 EF | pku  |

; User interrupts, FRED, MSR lists
uiret                    | F3 0F 01 EC | uintr | only64 w:oszapcdtnx
testui                   | F3 0F 01 ED | uintr | only64 w:c c:oszap
clui                     | F3 0F 01 EE | uintr | only64
stui                     | F3 0F 01 EF | uintr | only64
senduipi rr64            | F3 0F C7 /6 | uintr | only64
eretu                    | F3 0F 01 CA | fred | only64 cpl0 w:*
erets                    | F2 0F 01 CA | fred | only64 cpl0 w:*
lkgs rmv/16              | F2 0F 00 /6 | lkgs | only64 cpl0
wrmsrns                  | np 0F 01 C6 | wrmsrns | cpl0
wrmsrlist                | F3 0F 01 C6 | msrlist | only64 cpl0
rdmsrlist                | F2 0F 01 C6 | msrlist | only64 cpl0

; AMD
mcommit                  | F3 0F 01 FA | mcommit | w:c c:oszap
rdpru                    | np 0F 01 FD | rdpru | sens w:c c:oszap
invlpgb                  | np 0F 01 FE | invlpgb | cpl0
tlbsync                  | np 0F 01 FF | invlpgb | cpl0
pvalidate                | F2 0F 01 FF | sev-snp | cpl0 w:oszapc
psmash                   | F3 0F 01 FF | sev-snp | only64 cpl0 w:oszap
rmpadjust                | F3 0F 01 FE | sev-snp | only64 cpl0 w:oszap
rmpupdate                | F2 0F 01 FE | sev-snp | only64 cpl0 w:oszap
rmpquery                 | F3 0F 01 FD | rmpquery | only64 cpl0 w:oszap

; VIA
xstore                   | 0F A7 /0    | padlock | reg
`,
  byAddress((size) => `umonitor rr${size} | F3 0F AE /6 | waitpkg`),
  byAddress((size) => `movdir64b r${size}, m512 | 66 0F38 F8 /r | movdir64b`),
  byAddress((size) => `enqcmd r${size}, m512 | F2 0F38 F8 /r | enqcmd`, 'w:z c:oscap'),
  byAddress((size) => `enqcmds r${size}, m512 | F3 0F38 F8 /r | enqcmd`, 'cpl0 w:z c:oscap'),
  'montmul | F3 0F A6 /0 | padlock | reg a32\n',
  padlock('xsha1', 'A6 /1'),
  padlock('xsha256', 'A6 /2'),
  padlock('xsha512_alt', 'A6 /3'),
  padlock('xsha512', 'A6 /4'),
  padlock('ccs_hash', 'A6 /5'),
  padlock('undoc', 'A6 /6'),
  padlock('undoc', 'A6 /7'),
  padlock('xcryptecb', 'A7 /1'),
  padlock('xcryptcbc', 'A7 /2'),
  padlock('xcryptctr', 'A7 /3'),
  padlock('xcryptcfb', 'A7 /4'),
  padlock('xcryptofb', 'A7 /5'),
  padlock('ccs_encrypt', 'A7 /6'),
  padlock('xstore_alt', 'A7 /7'),
].join('');
