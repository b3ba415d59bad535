// Data movement of AVX, AVX2 and AVX-512: moves, broadcasts, inserts and extracts, gathers and scatters (Intel SDM vol. 2).

const [ps, pd] = ['vex.wig avx, evex.w0 avx512f', 'vex.wig avx, evex.w1 avx512f'];

/** Full-vector loads and stores. */
const both = (name: string, prefix: string, load: string, store: string, prefixes: string): string => `
${name} vec:w, vecrm | lx.${prefix} ${load} /r | ${prefixes} | kz
${name} vecrm:w, vec | lx.${prefix} ${store} /r | ${prefixes} | kz
`;

/** Insertion of 128 and 256 bits, extraction at the next opcode: VEX with W0, EVEX by W. */
const lanes = (type: 'f' | 'i', opcode: number, vex: string): string => {
  const [insert, extract, wide, last] = [0, 1, 2, 3].map((i) => (opcode + i).toString(16));
  return `
vinsert${type}128 vec:w, vecv, xmmrm128, imm8   | l1.66.0f3a ${insert} /r | vex.w0 ${vex} |
vextract${type}128 xmmrm128:w, vec, imm8        | l1.66.0f3a ${extract} /r | vex.w0 ${vex} |
vinsert${type}32x4 vec:w, vecv, xmmrm128, imm8  | ly.66.0f3a ${insert} /r | evex.w0 avx512f | kz
vinsert${type}64x2 vec:w, vecv, xmmrm128, imm8  | ly.66.0f3a ${insert} /r | evex.w1 avx512dq | kz
vextract${type}32x4 xmmrm128:w, vec, imm8       | ly.66.0f3a ${extract} /r | evex.w0 avx512f | kz
vextract${type}64x2 xmmrm128:w, vec, imm8       | ly.66.0f3a ${extract} /r | evex.w1 avx512dq | kz
vinsert${type}32x8 vec:w, vecv, vecrmH, imm8    | l2.66.0f3a ${wide} /r | evex.w0 avx512dq | kz
vinsert${type}64x4 vec:w, vecv, vecrmH, imm8    | l2.66.0f3a ${wide} /r | evex.w1 avx512f | kz
vextract${type}32x8 vecrmH:w, vec, imm8         | l2.66.0f3a ${last} /r | evex.w0 avx512dq | kz
vextract${type}64x4 vecrmH:w, vec, imm8         | l2.66.0f3a ${last} /r | evex.w1 avx512f | kz
`;
};

/** dd, dq, qd, qq at two opcodes, and the scatters 16 opcodes further. */
const gather = (stem: string, types: readonly string[], opcode: number): string => {
  const [d, q] = types;
  const code = (i: number): string => (opcode + i).toString(16);
  return `
v${stem.replace('?', 'gather')}d${d} vec:rw, vsib32, vecv:rw    | lx.66.0f38 ${code(0)} /r | vex.w0 avx2 | uniq
v${stem.replace('?', 'gather')}d${q} vec:rw, vsib64h, vecv:rw   | lx.66.0f38 ${code(0)} /r | vex.w1 avx2 | uniq
v${stem.replace('?', 'gather')}q${d} vecH:rw, vsib32, vecvH:rw  | lx.66.0f38 ${code(1)} /r | vex.w0 avx2 | uniq
v${stem.replace('?', 'gather')}q${q} vec:rw, vsib64, vecv:rw    | lx.66.0f38 ${code(1)} /r | vex.w1 avx2 | uniq
v${stem.replace('?', 'gather')}d${d} vec:w, vsib32   | lx.66.0f38 ${code(0)} /r | evex.w0 avx512f | kq uniq
v${stem.replace('?', 'gather')}d${q} vec:w, vsib64h  | lx.66.0f38 ${code(0)} /r | evex.w1 avx512f | kq uniq
v${stem.replace('?', 'gather')}q${d} vecH:w, vsib32  | lx.66.0f38 ${code(1)} /r | evex.w0 avx512f | kq uniq
v${stem.replace('?', 'gather')}q${q} vec:w, vsib64   | lx.66.0f38 ${code(1)} /r | evex.w1 avx512f | kq uniq
v${stem.replace('?', 'scatter')}d${d} vsib32:w, vec  | lx.66.0f38 ${code(16)} /r | evex.w0 avx512f | kq
v${stem.replace('?', 'scatter')}d${q} vsib64h:w, vec | lx.66.0f38 ${code(16)} /r | evex.w1 avx512f | kq
v${stem.replace('?', 'scatter')}q${d} vsib32:w, vecH | lx.66.0f38 ${code(17)} /r | evex.w0 avx512f | kq
v${stem.replace('?', 'scatter')}q${q} vsib64:w, vec  | lx.66.0f38 ${code(17)} /r | evex.w1 avx512f | kq
`;
};

const gatherPrefetch = (name: string, digit: number): string => `
v${name}dps vsib32:n  | l2.66.0f38 c6 /${digit} | evex.w0 avx512pf | kq
v${name}dpd vsib64h:n | l2.66.0f38 c6 /${digit} | evex.w1 avx512pf | kq
v${name}qps vsib32:n  | l2.66.0f38 c7 /${digit} | evex.w0 avx512pf | kq
v${name}qpd vsib64:n  | l2.66.0f38 c7 /${digit} | evex.w1 avx512pf | kq
`;

export const avxMoveRows = [
  both('vmovups', 'np.0f', '10', '11', ps),
  both('vmovupd', '66.0f', '10', '11', pd),
  both('vmovaps', 'np.0f', '28', '29', ps),
  both('vmovapd', '66.0f', '28', '29', pd),
  both('vmovdqa', '66.0f', '6f', '7f', 'vex.wig avx'),
  both('vmovdqu', 'f3.0f', '6f', '7f', 'vex.wig avx'),
  both('vmovdqa32', '66.0f', '6f', '7f', 'evex.w0 avx512f'),
  both('vmovdqa64', '66.0f', '6f', '7f', 'evex.w1 avx512f'),
  both('vmovdqu32', 'f3.0f', '6f', '7f', 'evex.w0 avx512f'),
  both('vmovdqu64', 'f3.0f', '6f', '7f', 'evex.w1 avx512f'),
  both('vmovdqu8', 'f2.0f', '6f', '7f', 'evex.w0 avx512bw'),
  both('vmovdqu16', 'f2.0f', '6f', '7f', 'evex.w1 avx512bw'),
  `
vmovss xmm:w, xmmv, xmmr     | lig.f3.0f 10 /r | ${ps} | kz
vmovss xmm:w, m32            | lig.f3.0f 10 /r | ${ps} | kz
vmovsd xmm:w, xmmv, xmmr     | lig.f2.0f 10 /r | ${pd} | kz
vmovsd xmm:w, m64            | lig.f2.0f 10 /r | ${pd} | kz
vmovss xmmr:w, xmmv, xmm     | lig.f3.0f 11 /r | ${ps} | kz
vmovss m32:w, xmm            | lig.f3.0f 11 /r | ${ps} | k
vmovsd xmmr:w, xmmv, xmm     | lig.f2.0f 11 /r | ${pd} | kz
vmovsd m64:w, xmm            | lig.f2.0f 11 /r | ${pd} | k
vmovsh xmm:w, xmmv, xmmr     | lig.f3.5 10 /r | evex.w0 avx512_fp16 | kz
vmovsh xmm:w, m16            | lig.f3.5 10 /r | evex.w0 avx512_fp16 | kz
vmovsh xmmr:w, xmmv, xmm     | lig.f3.5 11 /r | evex.w0 avx512_fp16 | kz
vmovsh m16:w, xmm            | lig.f3.5 11 /r | evex.w0 avx512_fp16 | k
vmovw xmm:w, rmy/16          | l0.66.5 6e /r | evex.wy avx512_fp16 |
vmovw rmy/16:w, xmm          | l0.66.5 7e /r | evex.wy avx512_fp16 |
vmovhlps xmm:w, xmmv, xmmr   | l0.np.0f 12 /r | ${ps} |
vmovlps xmm:w, xmmv, m64     | l0.np.0f 12 /r | ${ps} |
vmovlpd xmm:w, xmmv, m64     | l0.66.0f 12 /r | ${pd} |
vmovlps m64:w, xmm           | l0.np.0f 13 /r | ${ps} |
vmovlpd m64:w, xmm           | l0.66.0f 13 /r | ${pd} |
vmovsldup vec:w, vecrm       | lx.f3.0f 12 /r | ${ps} | kz
vmovddup xmm:w, xmmrm64      | l0.f2.0f 12 /r | ${pd} avx512vl | kz
vmovddup vec:w, vecrm        | ly.f2.0f 12 /r | ${pd} | kz
vmovlhps xmm:w, xmmv, xmmr   | l0.np.0f 16 /r | ${ps} |
vmovhps xmm:w, xmmv, m64     | l0.np.0f 16 /r | ${ps} |
vmovhpd xmm:w, xmmv, m64     | l0.66.0f 16 /r | ${pd} |
vmovhps m64:w, xmm           | l0.np.0f 17 /r | ${ps} |
vmovhpd m64:w, xmm           | l0.66.0f 17 /r | ${pd} |
vmovshdup vec:w, vecrm       | lx.f3.0f 16 /r | ${ps} | kz
vmovntps mL:w, vec           | lx.np.0f 2b /r | ${ps} |
vmovntpd mL:w, vec           | lx.66.0f 2b /r | ${pd} |
vmovntdq mL:w, vec           | lx.66.0f e7 /r | ${ps} |
vmovntdqa vec:w, mL          | lx.66.0f38 2a /r | vex.wig avx/avx2, evex.w0 avx512f |
vmovmskps ry:w, vecr         | lx.np.0f 50 /r | vex.wy avx |
vmovmskpd ry:w, vecr         | lx.66.0f 50 /r | vex.wy avx |
vpmovmskb ry:w, vecr         | lx.66.0f d7 /r | vex.wy avx/avx2 |
vmovd xmm:w, rm32            | l0.66.0f 6e /r | vex.y0 avx, evex.y0 avx512f |
vmovq xmm:w, rm64            | l0.66.0f 6e /r | vex.y1 avx, evex.y1 avx512f |
vmovd rm32:w, xmm            | l0.66.0f 7e /r | vex.y0 avx, evex.y0 avx512f |
vmovq rm64:w, xmm            | l0.66.0f 7e /r | vex.y1 avx, evex.y1 avx512f |
vmovq xmm:w, xmmrm64         | l0.f3.0f 7e /r | ${pd} |
vmovq xmmrm64:w, xmm         | l0.66.0f d6 /r | ${pd} |
vlddqu vec:w, mL             | lx.f2.0f f0 /r | vex.wig avx |
vmaskmovdqu xmm, xmmr        | l0.66.0f f7 /r | vex.wig avx |
vmaskmovps vec:w, vecv, mL   | lx.66.0f38 2c /r | vex.w0 avx |
vmaskmovpd vec:w, vecv, mL   | lx.66.0f38 2d /r | vex.w0 avx |
vmaskmovps mL:w, vecv, vec   | lx.66.0f38 2e /r | vex.w0 avx |
vmaskmovpd mL:w, vecv, vec   | lx.66.0f38 2f /r | vex.w0 avx |
vpmaskmovd vec:w, vecv, mL   | lx.66.0f38 8c /r | vex.w0 avx2 |
vpmaskmovq vec:w, vecv, mL   | lx.66.0f38 8c /r | vex.w1 avx2 |
vpmaskmovd mL:w, vecv, vec   | lx.66.0f38 8e /r | vex.w0 avx2 |
vpmaskmovq mL:w, vecv, vec   | lx.66.0f38 8e /r | vex.w1 avx2 |
vzeroupper                   | l0.np.0f 77 | vex.wig avx |
vzeroall                     | l1.np.0f 77 | vex.wig avx |
vldmxcsr m32                 | l0.np.0f ae /2 | vex.wig avx |
vstmxcsr m32:w               | l0.np.0f ae /3 | vex.wig avx |

vbroadcastss vec:w, m32      | lx.66.0f38 18 /r | vex.w0 avx |
vbroadcastss vec:w, xmmr     | lx.66.0f38 18 /r | vex.w0 avx2 |
vbroadcastss vec:w, xmmrm32  | lx.66.0f38 18 /r | evex.w0 avx512f | kz
vbroadcastsd vec:w, m64      | l1.66.0f38 19 /r | vex.w0 avx |
vbroadcastsd vec:w, xmmr     | l1.66.0f38 19 /r | vex.w0 avx2 |
vbroadcastsd vec:w, xmmrm64  | ly.66.0f38 19 /r | evex.w1 avx512f | kz
vbroadcastf32x2 vec:w, xmmrm64 | ly.66.0f38 19 /r | evex.w0 avx512dq | kz
vbroadcastf128 vec:w, m128   | l1.66.0f38 1a /r | vex.w0 avx |
vbroadcastf32x4 vec:w, m128  | ly.66.0f38 1a /r | evex.w0 avx512f | kz
vbroadcastf64x2 vec:w, m128  | ly.66.0f38 1a /r | evex.w1 avx512dq | kz
vbroadcastf32x8 vec:w, m256  | l2.66.0f38 1b /r | evex.w0 avx512dq | kz
vbroadcastf64x4 vec:w, m256  | l2.66.0f38 1b /r | evex.w1 avx512f | kz
vpbroadcastd vec:w, xmmrm32  | lx.66.0f38 58 /r | vex.w0 avx2, evex.w0 avx512f | kz
vpbroadcastq vec:w, xmmrm64  | lx.66.0f38 59 /r | vex.w0 avx2, evex.w1 avx512f | kz
vbroadcasti32x2 vec:w, xmmrm64 | lx.66.0f38 59 /r | evex.w0 avx512dq | kz
vbroadcasti128 vec:w, m128   | l1.66.0f38 5a /r | vex.w0 avx2 |
vbroadcasti32x4 vec:w, m128  | ly.66.0f38 5a /r | evex.w0 avx512f | kz
vbroadcasti64x2 vec:w, m128  | ly.66.0f38 5a /r | evex.w1 avx512dq | kz
vbroadcasti32x8 vec:w, m256  | l2.66.0f38 5b /r | evex.w0 avx512dq | kz
vbroadcasti64x4 vec:w, m256  | l2.66.0f38 5b /r | evex.w1 avx512f | kz
vpbroadcastb vec:w, xmmrm8   | lx.66.0f38 78 /r | vex.w0 avx2, evex.w0 avx512bw | kz
vpbroadcastw vec:w, xmmrm16  | lx.66.0f38 79 /r | vex.w0 avx2, evex.w0 avx512bw | kz
vpbroadcastb vec:w, rr32     | lx.66.0f38 7a /r | evex.w0 avx512bw | kz
vpbroadcastw vec:w, rr32     | lx.66.0f38 7b /r | evex.w0 avx512bw | kz
vpbroadcastd vec:w, rr32     | lx.66.0f38 7c /r | evex.y0 avx512f | kz
vpbroadcastq vec:w, rr64     | lx.66.0f38 7c /r | evex.y1 avx512f | kz

vpinsrb xmm:w, xmmv, rmy/8, imm8     | l0.66.0f3a 20 /r | vex.wy avx, evex.wy avx512bw |
vpinsrw xmm:w, xmmv, rmy/16, imm8    | l0.66.0f c4 /r | vex.wy avx, evex.wy avx512bw |
vpinsrd xmm:w, xmmv, rm32, imm8      | l0.66.0f3a 22 /r | vex.y0 avx, evex.y0 avx512dq |
vpinsrq xmm:w, xmmv, rm64, imm8      | l0.66.0f3a 22 /r | vex.y1 avx, evex.y1 avx512dq |
vinsertps xmm:w, xmmv, xmmrm32, imm8 | l0.66.0f3a 21 /r | ${ps} |
vpextrw ry:w, xmmr, imm8             | l0.66.0f c5 /r | vex.wy avx, evex.wy avx512bw |
vpextrb rmy/8:w, xmm, imm8           | l0.66.0f3a 14 /r | vex.wy avx, evex.wy avx512bw |
vpextrw rmy/16:w, xmm, imm8          | l0.66.0f3a 15 /r | vex.wy avx, evex.wy avx512bw |
vpextrd rm32:w, xmm, imm8            | l0.66.0f3a 16 /r | vex.y0 avx, evex.y0 avx512dq |
vpextrq rm64:w, xmm, imm8            | l0.66.0f3a 16 /r | vex.y1 avx, evex.y1 avx512dq |
vextractps rmy/32:w, xmm, imm8       | l0.66.0f3a 17 /r | vex.wy avx, evex.wy avx512f |

vexpandps vec:w, vecrm       | lx.66.0f38 88 /r | evex.w0 avx512f | kz n4
vexpandpd vec:w, vecrm       | lx.66.0f38 88 /r | evex.w1 avx512f | kz n8
vpexpandb vec:w, vecrm       | lx.66.0f38 62 /r | evex.w0 avx512_vbmi2 | kz n1
vpexpandw vec:w, vecrm       | lx.66.0f38 62 /r | evex.w1 avx512_vbmi2 | kz n2
vpexpandd vec:w, vecrm       | lx.66.0f38 89 /r | evex.w0 avx512f | kz n4
vpexpandq vec:w, vecrm       | lx.66.0f38 89 /r | evex.w1 avx512f | kz n8
vcompressps vecrm:w, vec     | lx.66.0f38 8a /r | evex.w0 avx512f | kz n4
vcompresspd vecrm:w, vec     | lx.66.0f38 8a /r | evex.w1 avx512f | kz n8
vpcompressb vecrm:w, vec     | lx.66.0f38 63 /r | evex.w0 avx512_vbmi2 | kz n1
vpcompressw vecrm:w, vec     | lx.66.0f38 63 /r | evex.w1 avx512_vbmi2 | kz n2
vpcompressd vecrm:w, vec     | lx.66.0f38 8b /r | evex.w0 avx512f | kz n4
vpcompressq vecrm:w, vec     | lx.66.0f38 8b /r | evex.w1 avx512f | kz n8
`,
  lanes('f', 0x18, 'avx'),
  lanes('i', 0x38, 'avx2'),
  gather('p?', ['d', 'q'], 0x90),
  gather('?', ['ps', 'pd'], 0x92),
  gatherPrefetch('gatherpf0', 1),
  gatherPrefetch('gatherpf1', 2),
  gatherPrefetch('scatterpf0', 5),
  gatherPrefetch('scatterpf1', 6),
].join('');
