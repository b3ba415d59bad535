// SSE, SSE2 and SSE3 floating-point instructions (Intel SDM vol. 1, 5.5 to 5.7).

/** ps, pd, ss and sd forms of an arithmetic instruction. */
const arithmetic = (name: string, opcode: string, dst = 'rw'): string => `
${name}ps xmm:${dst}, xmmrm128 | np 0F ${opcode} /r | sse  |
${name}pd xmm:${dst}, xmmrm128 | 66 0F ${opcode} /r | sse2 |
${name}ss xmm:rw, xmmrm32      | F3 0F ${opcode} /r | sse  |
${name}sd xmm:rw, xmmrm64      | F2 0F ${opcode} /r | sse2 |
`;

/** ps and pd forms of a packed instruction. */
const packed = (name: string, opcode: string): string => `
${name}ps xmm:rw, xmmrm128     | np 0F ${opcode} /r | sse  |
${name}pd xmm:rw, xmmrm128     | 66 0F ${opcode} /r | sse2 |
`;

export const sseRows = [
  arithmetic('sqrt', '51', 'w'),
  arithmetic('add', '58'),
  arithmetic('mul', '59'),
  arithmetic('sub', '5C'),
  arithmetic('min', '5D'),
  arithmetic('div', '5E'),
  arithmetic('max', '5F'),
  packed('and', '54'),
  packed('andn', '55'),
  packed('or', '56'),
  packed('xor', '57'),
  packed('unpckl', '14'),
  packed('unpckh', '15'),
  `
movups xmm:w, xmmrm128     | np 0F 10 /r | sse  |
movupd xmm:w, xmmrm128     | 66 0F 10 /r | sse2 |
movss xmm:rw, xmmr         | F3 0F 10 /r | sse  |
movss xmm:w, m32           | F3 0F 10 /r | sse  |
movsd xmm:rw, xmmr         | F2 0F 10 /r | sse2 |
movsd xmm:w, m64           | F2 0F 10 /r | sse2 |
movups xmmrm128:w, xmm     | np 0F 11 /r | sse  |
movupd xmmrm128:w, xmm     | 66 0F 11 /r | sse2 |
movss xmmr:rw, xmm         | F3 0F 11 /r | sse  |
movss m32:w, xmm           | F3 0F 11 /r | sse  |
movsd xmmr:rw, xmm         | F2 0F 11 /r | sse2 |
movsd m64:w, xmm           | F2 0F 11 /r | sse2 |
movhlps xmm:rw, xmmr       | np 0F 12 /r | sse  |
movlps xmm:rw, m64         | np 0F 12 /r | sse  |
movlpd xmm:rw, m64         | 66 0F 12 /r | sse2 |
movsldup xmm:w, xmmrm128   | F3 0F 12 /r | sse3 |
movddup xmm:w, xmmrm64     | F2 0F 12 /r | sse3 |
movlps m64:w, xmm          | np 0F 13 /r | sse  |
movlpd m64:w, xmm          | 66 0F 13 /r | sse2 |
movlhps xmm:rw, xmmr       | np 0F 16 /r | sse  |
movhps xmm:rw, m64         | np 0F 16 /r | sse  |
movhpd xmm:rw, m64         | 66 0F 16 /r | sse2 |
movshdup xmm:w, xmmrm128   | F3 0F 16 /r | sse3 |
movhps m64:w, xmm          | np 0F 17 /r | sse  |
movhpd m64:w, xmm          | 66 0F 17 /r | sse2 |
movaps xmm:w, xmmrm128     | np 0F 28 /r | sse  |
movapd xmm:w, xmmrm128     | 66 0F 28 /r | sse2 |
movaps xmmrm128:w, xmm     | np 0F 29 /r | sse  |
movapd xmmrm128:w, xmm     | 66 0F 29 /r | sse2 |
movntps m128:w, xmm        | np 0F 2B /r | sse  |
movntpd m128:w, xmm        | 66 0F 2B /r | sse2 |
movntss m32:w, xmm         | F3 0F 2B /r | sse4a |
movntsd m64:w, xmm         | F2 0F 2B /r | sse4a |
movnti my:w, ry            | np 0F C3 /r | sse2 |

cvtpi2ps xmm:rw, mmrm64    | np 0F 2A /r | sse  |
cvtpi2pd xmm:w, mmrm64     | 66 0F 2A /r | sse2 |
cvtsi2ss xmm:rw, rmy       | F3 0F 2A /r | sse  |
cvtsi2sd xmm:rw, rmy       | F2 0F 2A /r | sse2 |
cvttps2pi mm:w, xmmrm64    | np 0F 2C /r | sse  |
cvttpd2pi mm:w, xmmrm128   | 66 0F 2C /r | sse2 |
cvttss2si ry:w, xmmrm32    | F3 0F 2C /r | sse  |
cvttsd2si ry:w, xmmrm64    | F2 0F 2C /r | sse2 |
cvtps2pi mm:w, xmmrm64     | np 0F 2D /r | sse  |
cvtpd2pi mm:w, xmmrm128    | 66 0F 2D /r | sse2 |
cvtss2si ry:w, xmmrm32     | F3 0F 2D /r | sse  |
cvtsd2si ry:w, xmmrm64     | F2 0F 2D /r | sse2 |
cvtps2pd xmm:w, xmmrm64    | np 0F 5A /r | sse2 |
cvtpd2ps xmm:w, xmmrm128   | 66 0F 5A /r | sse2 |
cvtss2sd xmm:rw, xmmrm32   | F3 0F 5A /r | sse2 |
cvtsd2ss xmm:rw, xmmrm64   | F2 0F 5A /r | sse2 |
cvtdq2ps xmm:w, xmmrm128   | np 0F 5B /r | sse2 |
cvtps2dq xmm:w, xmmrm128   | 66 0F 5B /r | sse2 |
cvttps2dq xmm:w, xmmrm128  | F3 0F 5B /r | sse2 |
cvttpd2dq xmm:w, xmmrm128  | 66 0F E6 /r | sse2 |
cvtdq2pd xmm:w, xmmrm64    | F3 0F E6 /r | sse2 |
cvtpd2dq xmm:w, xmmrm128   | F2 0F E6 /r | sse2 |

ucomiss xmm, xmmrm32       | np 0F 2E /r | sse  | w:zpc c:osa
ucomisd xmm, xmmrm64       | 66 0F 2E /r | sse2 | w:zpc c:osa
comiss xmm, xmmrm32        | np 0F 2F /r | sse  | w:zpc c:osa
comisd xmm, xmmrm64        | 66 0F 2F /r | sse2 | w:zpc c:osa
movmskps ry:w, xmmr        | np 0F 50 /r | sse  |
movmskpd ry:w, xmmr        | 66 0F 50 /r | sse2 |
rsqrtps xmm:w, xmmrm128    | np 0F 52 /r | sse  |
rsqrtss xmm:rw, xmmrm32    | F3 0F 52 /r | sse  |
rcpps xmm:w, xmmrm128      | np 0F 53 /r | sse  |
rcpss xmm:rw, xmmrm32      | F3 0F 53 /r | sse  |
cmpps xmm:rw, xmmrm128, imm8  | np 0F C2 /r | sse  |
cmppd xmm:rw, xmmrm128, imm8  | 66 0F C2 /r | sse2 |
cmpss xmm:rw, xmmrm32, imm8   | F3 0F C2 /r | sse  |
cmpsd xmm:rw, xmmrm64, imm8   | F2 0F C2 /r | sse2 |
shufps xmm:rw, xmmrm128, imm8 | np 0F C6 /r | sse  |
shufpd xmm:rw, xmmrm128, imm8 | 66 0F C6 /r | sse2 |

haddpd xmm:rw, xmmrm128    | 66 0F 7C /r | sse3 |
haddps xmm:rw, xmmrm128    | F2 0F 7C /r | sse3 |
hsubpd xmm:rw, xmmrm128    | 66 0F 7D /r | sse3 |
hsubps xmm:rw, xmmrm128    | F2 0F 7D /r | sse3 |
addsubpd xmm:rw, xmmrm128  | 66 0F D0 /r | sse3 |
addsubps xmm:rw, xmmrm128  | F2 0F D0 /r | sse3 |

extrq xmmr:rw, imm8, imm8  | 66 0F 78 /0 | sse4a |
insertq xmm:rw, xmmr, imm8, imm8 | F2 0F 78 /r | sse4a |
extrq xmm:rw, xmmr         | 66 0F 79 /r | sse4a |
insertq xmm:rw, xmmr       | F2 0F 79 /r | sse4a |
`,
].join('\n');
