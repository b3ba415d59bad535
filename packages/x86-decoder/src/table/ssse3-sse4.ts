// SSSE3, SSE4.1, SSE4.2, AES, PCLMULQDQ, SHA and GFNI in their legacy encodings (Intel SDM vol. 1, 5.8 to 5.12).

/** SSSE3: MMX and XMM forms at one opcode of map 0F 38. */
const pair = (name: string, opcode: string, dst = 'rw'): string => `
${name} mm:${dst}, mmrm64      | np 0F38 ${opcode} /r | ssse3 |
${name} xmm:${dst}, xmmrm128   | 66 0F38 ${opcode} /r | ssse3 |
`;

const sse41 = (name: string, opcode: string, dst = 'rw', size = 128): string =>
  `${name} xmm:${dst}, xmmrm${size} | 66 0F38 ${opcode} /r | sse4.1 |`;

const sse41Immediate = (name: string, opcode: string, dst = 'rw', size = 128): string =>
  `${name} xmm:${dst}, xmmrm${size}, imm8 | 66 0F3A ${opcode} /r | sse4.1 |`;

export const ssse3Sse4Rows = [
  pair('pshufb', '00'),
  pair('phaddw', '01'),
  pair('phaddd', '02'),
  pair('phaddsw', '03'),
  pair('pmaddubsw', '04'),
  pair('phsubw', '05'),
  pair('phsubd', '06'),
  pair('phsubsw', '07'),
  pair('psignb', '08'),
  pair('psignw', '09'),
  pair('psignd', '0A'),
  pair('pmulhrsw', '0B'),
  pair('pabsb', '1C', 'w'),
  pair('pabsw', '1D', 'w'),
  pair('pabsd', '1E', 'w'),
  sse41('pmovsxbw', '20', 'w', 64),
  sse41('pmovsxbd', '21', 'w', 32),
  sse41('pmovsxbq', '22', 'w', 16),
  sse41('pmovsxwd', '23', 'w', 64),
  sse41('pmovsxwq', '24', 'w', 32),
  sse41('pmovsxdq', '25', 'w', 64),
  sse41('pmovzxbw', '30', 'w', 64),
  sse41('pmovzxbd', '31', 'w', 32),
  sse41('pmovzxbq', '32', 'w', 16),
  sse41('pmovzxwd', '33', 'w', 64),
  sse41('pmovzxwq', '34', 'w', 32),
  sse41('pmovzxdq', '35', 'w', 64),
  sse41('pmuldq', '28'),
  sse41('pcmpeqq', '29'),
  sse41('packusdw', '2B'),
  sse41('pminsb', '38'),
  sse41('pminsd', '39'),
  sse41('pminuw', '3A'),
  sse41('pminud', '3B'),
  sse41('pmaxsb', '3C'),
  sse41('pmaxsd', '3D'),
  sse41('pmaxuw', '3E'),
  sse41('pmaxud', '3F'),
  sse41('pmulld', '40'),
  sse41('phminposuw', '41', 'w'),
  sse41Immediate('roundps', '08', 'w'),
  sse41Immediate('roundpd', '09', 'w'),
  sse41Immediate('roundss', '0A', 'rw', 32),
  sse41Immediate('roundsd', '0B', 'rw', 64),
  sse41Immediate('blendps', '0C'),
  sse41Immediate('blendpd', '0D'),
  sse41Immediate('pblendw', '0E'),
  sse41Immediate('dpps', '40'),
  sse41Immediate('dppd', '41'),
  sse41Immediate('mpsadbw', '42'),
  sse41Immediate('insertps', '21', 'rw', 32),
  `
palignr mm:rw, mmrm64, imm8     | np 0F3A 0F /r | ssse3 |
palignr xmm:rw, xmmrm128, imm8  | 66 0F3A 0F /r | ssse3 |
pblendvb xmm:rw, xmmrm128, xmm0 | 66 0F38 10 /r | sse4.1 |
blendvps xmm:rw, xmmrm128, xmm0 | 66 0F38 14 /r | sse4.1 |
blendvpd xmm:rw, xmmrm128, xmm0 | 66 0F38 15 /r | sse4.1 |
ptest xmm, xmmrm128             | 66 0F38 17 /r | sse4.1 | w:zc c:osap
movntdqa xmm:w, m128            | 66 0F38 2A /r | sse4.1 |
pextrb rm32/8:w, xmm, imm8      | 66 0F3A 14 /r | sse4.1 |
pextrb rm64/8:w, xmm, imm8      | 66 0F3A 14 /r | sse4.1 | o64
pextrw rm32/16:w, xmm, imm8     | 66 0F3A 15 /r | sse4.1 |
pextrw rm64/16:w, xmm, imm8     | 66 0F3A 15 /r | sse4.1 | o64
pextrd rm32:w, xmm, imm8        | 66 0F3A 16 /r | sse4.1 |
pextrq rm64:w, xmm, imm8        | 66 0F3A 16 /r | sse4.1 | o64
extractps rm32:w, xmm, imm8     | 66 0F3A 17 /r | sse4.1 |
extractps rm64/32:w, xmm, imm8  | 66 0F3A 17 /r | sse4.1 | o64
pinsrb xmm:rw, rm32/8, imm8     | 66 0F3A 20 /r | sse4.1 |
pinsrb xmm:rw, rm64/8, imm8     | 66 0F3A 20 /r | sse4.1 | o64
pinsrd xmm:rw, rm32, imm8       | 66 0F3A 22 /r | sse4.1 |
pinsrq xmm:rw, rm64, imm8       | 66 0F3A 22 /r | sse4.1 | o64

pcmpgtq xmm:rw, xmmrm128        | 66 0F38 37 /r | sse4.2 |
pcmpestrm xmm, xmmrm128, imm8   | 66 0F3A 60 /r | sse4.2 | w:oszc c:ap
pcmpestrm64 xmm, xmmrm128, imm8 | 66 0F3A 60 /r | sse4.2 | o64 w:oszc c:ap
pcmpestri xmm, xmmrm128, imm8   | 66 0F3A 61 /r | sse4.2 | w:oszc c:ap
pcmpestri64 xmm, xmmrm128, imm8 | 66 0F3A 61 /r | sse4.2 | o64 w:oszc c:ap
pcmpistrm xmm, xmmrm128, imm8   | 66 0F3A 62 /r | sse4.2 | w:oszc c:ap
pcmpistri xmm, xmmrm128, imm8   | 66 0F3A 63 /r | sse4.2 | w:oszc c:ap

aesimc xmm:w, xmmrm128          | 66 0F38 DB /r | aes |
aesenc xmm:rw, xmmrm128         | 66 0F38 DC /r | aes |
aesenclast xmm:rw, xmmrm128     | 66 0F38 DD /r | aes |
aesdec xmm:rw, xmmrm128         | 66 0F38 DE /r | aes |
aesdeclast xmm:rw, xmmrm128     | 66 0F38 DF /r | aes |
aeskeygenassist xmm:w, xmmrm128, imm8 | 66 0F3A DF /r | aes |
pclmulqdq xmm:rw, xmmrm128, imm8 | 66 0F3A 44 /r | pclmulqdq |
sha1nexte xmm:rw, xmmrm128      | np 0F38 C8 /r | sha |
sha1msg1 xmm:rw, xmmrm128       | np 0F38 C9 /r | sha |
sha1msg2 xmm:rw, xmmrm128       | np 0F38 CA /r | sha |
sha256rnds2 xmm:rw, xmmrm128, xmm0 | np 0F38 CB /r | sha |
sha256msg1 xmm:rw, xmmrm128     | np 0F38 CC /r | sha |
sha256msg2 xmm:rw, xmmrm128     | np 0F38 CD /r | sha |
sha1rnds4 xmm:rw, xmmrm128, imm8 | np 0F3A CC /r | sha |
gf2p8mulb xmm:rw, xmmrm128      | 66 0F38 CF /r | gfni |
gf2p8affineqb xmm:rw, xmmrm128, imm8 | 66 0F3A CE /r | gfni |
gf2p8affineinvqb xmm:rw, xmmrm128, imm8 | 66 0F3A CF /r | gfni |
`,
].join('\n');
