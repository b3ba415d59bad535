// Packed-integer instructions on MMX registers and, since SSE2, on XMM registers (Intel SDM vol. 1, 5.4, 5.6.3).

/** Both forms of a packed instruction: destination, source, at one opcode of map 0F. */
const pair = (name: string, opcode: string, mmxFeature = 'mmx', xmmFeature = 'sse2'): string => `
${name} mm:rw, mmrm64     | np 0F ${opcode} /r | ${mmxFeature} |
${name} xmm:rw, xmmrm128  | 66 0F ${opcode} /r | ${xmmFeature} |
`;

/** Shifts by an immediate. */
const shift = (name: string, opcode: string, digit: number): string => `
${name} mmr:rw, imm8      | np 0F ${opcode} /${digit} | mmx |
${name} xmmr:rw, imm8     | 66 0F ${opcode} /${digit} | sse2 |
`;

export const mmxRows = [
  `
punpcklbw mm:rw, mmrm32   | np 0F 60 /r | mmx |
punpcklwd mm:rw, mmrm32   | np 0F 61 /r | mmx |
punpckldq mm:rw, mmrm32   | np 0F 62 /r | mmx |
punpcklbw xmm:rw, xmmrm128 | 66 0F 60 /r | sse2 |
punpcklwd xmm:rw, xmmrm128 | 66 0F 61 /r | sse2 |
punpckldq xmm:rw, xmmrm128 | 66 0F 62 /r | sse2 |
punpcklqdq xmm:rw, xmmrm128 | 66 0F 6C /r | sse2 |
punpckhqdq xmm:rw, xmmrm128 | 66 0F 6D /r | sse2 |
`,
  pair('packsswb', '63'),
  pair('pcmpgtb', '64'),
  pair('pcmpgtw', '65'),
  pair('pcmpgtd', '66'),
  pair('packuswb', '67'),
  pair('punpckhbw', '68'),
  pair('punpckhwd', '69'),
  pair('punpckhdq', '6A'),
  pair('packssdw', '6B'),
  pair('pcmpeqb', '74'),
  pair('pcmpeqw', '75'),
  pair('pcmpeqd', '76'),
  pair('psrlw', 'D1'),
  pair('psrld', 'D2'),
  pair('psrlq', 'D3'),
  pair('paddq', 'D4', 'sse2'),
  pair('pmullw', 'D5'),
  pair('psubusb', 'D8'),
  pair('psubusw', 'D9'),
  pair('pminub', 'DA', 'sse'),
  pair('pand', 'DB'),
  pair('paddusb', 'DC'),
  pair('paddusw', 'DD'),
  pair('pmaxub', 'DE', 'sse'),
  pair('pandn', 'DF'),
  pair('pavgb', 'E0', 'sse'),
  pair('psraw', 'E1'),
  pair('psrad', 'E2'),
  pair('pavgw', 'E3', 'sse'),
  pair('pmulhuw', 'E4', 'sse'),
  pair('pmulhw', 'E5'),
  pair('psubsb', 'E8'),
  pair('psubsw', 'E9'),
  pair('pminsw', 'EA', 'sse'),
  pair('por', 'EB'),
  pair('paddsb', 'EC'),
  pair('paddsw', 'ED'),
  pair('pmaxsw', 'EE', 'sse'),
  pair('pxor', 'EF'),
  pair('psllw', 'F1'),
  pair('pslld', 'F2'),
  pair('psllq', 'F3'),
  pair('pmuludq', 'F4', 'sse2'),
  pair('pmaddwd', 'F5'),
  pair('psadbw', 'F6', 'sse'),
  pair('psubb', 'F8'),
  pair('psubw', 'F9'),
  pair('psubd', 'FA'),
  pair('psubq', 'FB', 'sse2'),
  pair('paddb', 'FC'),
  pair('paddw', 'FD'),
  pair('paddd', 'FE'),
  shift('psrlw', '71', 2),
  shift('psraw', '71', 4),
  shift('psllw', '71', 6),
  shift('psrld', '72', 2),
  shift('psrad', '72', 4),
  shift('pslld', '72', 6),
  shift('psrlq', '73', 2),
  shift('psllq', '73', 6),
  `
psrldq xmmr:rw, imm8      | 66 0F 73 /3 | sse2 |
pslldq xmmr:rw, imm8      | 66 0F 73 /7 | sse2 |

movd mm:w, rm32           | np 0F 6E /r | mmx  |
movq mm:w, rm64           | np 0F 6E /r | mmx  | o64
movd xmm:w, rm32          | 66 0F 6E /r | sse2 |
movq xmm:w, rm64          | 66 0F 6E /r | sse2 | o64
movd rm32:w, mm           | np 0F 7E /r | mmx  |
movq rm64:w, mm           | np 0F 7E /r | mmx  | o64
movd rm32:w, xmm          | 66 0F 7E /r | sse2 |
movq rm64:w, xmm          | 66 0F 7E /r | sse2 | o64
movq mm:w, mmrm64         | np 0F 6F /r | mmx  |
movq mmrm64:w, mm         | np 0F 7F /r | mmx  |
movdqa xmm:w, xmmrm128    | 66 0F 6F /r | sse2 |
movdqu xmm:w, xmmrm128    | F3 0F 6F /r | sse2 |
movdqa xmmrm128:w, xmm    | 66 0F 7F /r | sse2 |
movdqu xmmrm128:w, xmm    | F3 0F 7F /r | sse2 |
movq xmm:w, xmmrm64       | F3 0F 7E /r | sse2 |
movq xmmrm64:w, xmm       | 66 0F D6 /r | sse2 |
movq2dq xmm:w, mmr        | F3 0F D6 /r | sse2 |
movdq2q mm:w, xmmr        | F2 0F D6 /r | sse2 |
femms                     | 0F 0E       | 3dnow |
emms                      | np 0F 77    | mmx  |
pshufw mm:w, mmrm64, imm8 | np 0F 70 /r | sse  |
pshufd xmm:w, xmmrm128, imm8  | 66 0F 70 /r | sse2 |
pshufhw xmm:w, xmmrm128, imm8 | F3 0F 70 /r | sse2 |
pshuflw xmm:w, xmmrm128, imm8 | F2 0F 70 /r | sse2 |
pinsrw mm:rw, rm32/16, imm8   | np 0F C4 /r | sse  |
pinsrw mm:rw, rm64/16, imm8   | np 0F C4 /r | sse  | o64
pinsrw xmm:rw, rm32/16, imm8  | 66 0F C4 /r | sse2 |
pinsrw xmm:rw, rm64/16, imm8  | 66 0F C4 /r | sse2 | o64
pextrw ry:w, mmr, imm8    | np 0F C5 /r | sse  |
pextrw ry:w, xmmr, imm8   | 66 0F C5 /r | sse2 |
pmovmskb ry:w, mmr        | np 0F D7 /r | sse  |
pmovmskb ry:w, xmmr       | 66 0F D7 /r | sse2 |
movntq m64:w, mm          | np 0F E7 /r | sse  |
movntdq m128:w, xmm       | 66 0F E7 /r | sse2 |
maskmovq mm, mmr          | np 0F F7 /r | sse  |
maskmovdqu xmm, xmmr      | 66 0F F7 /r | sse2 |
lddqu xmm:w, m128         | F2 0F F0 /r | sse3 |
`,
].join('\n');
