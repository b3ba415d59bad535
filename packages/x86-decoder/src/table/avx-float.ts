// Floating-point instructions of AVX, AVX-512 and AVX512-FP16, FMA and FMA4 (Intel SDM vol. 1, 5.13 to 5.19; AMD APM vol. 4).

const [ps, pd] = ['vex.wig avx, evex.w0 avx512f', 'vex.wig avx, evex.w1 avx512f'];

/** ps and pd of three operands, also as ph with AVX512-FP16. */
const packed = (name: string, opcode: string, rounding: string): string => `
v${name}ps vec:w, vecv, vecrm/b32 | lx.np.0f ${opcode} /r | ${ps} | kz ${rounding}
v${name}pd vec:w, vecv, vecrm/b64 | lx.66.0f ${opcode} /r | ${pd} | kz ${rounding}
v${name}ph vec:w, vecv, vecrm/b16 | lx.np.5 ${opcode} /r | evex.w0 avx512_fp16 | kz ${rounding}
`;

const scalar = (name: string, opcode: string, rounding: string): string => `
v${name}ss xmm:w, xmmv, xmmrm32 | lig.f3.0f ${opcode} /r | ${ps} | kz ${rounding}
v${name}sd xmm:w, xmmv, xmmrm64 | lig.f2.0f ${opcode} /r | ${pd} | kz ${rounding}
v${name}sh xmm:w, xmmv, xmmrm16 | lig.f3.5 ${opcode} /r | evex.w0 avx512_fp16 | kz ${rounding}
`;

const arithmetic = (name: string, opcode: string, rounding: string): string =>
  packed(name, opcode, rounding) + scalar(name, opcode, rounding);

const bitwise = (name: string, opcode: string, feature: string): string => `
v${name}ps vec:w, vecv, vecrm/b32 | lx.np.0f ${opcode} /r | vex.wig avx, evex.w0 ${feature} | kz
v${name}pd vec:w, vecv, vecrm/b64 | lx.66.0f ${opcode} /r | vex.wig avx, evex.w1 ${feature} | kz
`;

/** ps, pd, ss and sd of EVEX alone, in map 0F38 at an even opcode; packed ones of one operand. */
const transformed = (
  name: string,
  opcode: number,
  feature: string,
  lengths: string,
  rounding: string,
): string => `
v${name}ps vec:w, vecrm/b32     | ${lengths}.66.0f38 ${opcode.toString(16)} /r | evex.w0 ${feature} | kz ${rounding}
v${name}pd vec:w, vecrm/b64     | ${lengths}.66.0f38 ${opcode.toString(16)} /r | evex.w1 ${feature} | kz ${rounding}
v${name}ss xmm:w, xmmv, xmmrm32 | lig.66.0f38 ${(opcode + 1).toString(16)} /r | evex.w0 ${feature} | kz ${rounding}
v${name}sd xmm:w, xmmv, xmmrm64 | lig.66.0f38 ${(opcode + 1).toString(16)} /r | evex.w1 ${feature} | kz ${rounding}
`;

const transformedHalf = (name: string, opcode: number, rounding: string): string => `
v${name}ph vec:w, vecrm/b16     | lx.66.6 ${opcode.toString(16)} /r | evex.w0 avx512_fp16 | kz ${rounding}
v${name}sh xmm:w, xmmv, xmmrm16 | lig.66.6 ${(opcode + 1).toString(16)} /r | evex.w0 avx512_fp16 | kz ${rounding}
`;

/** With an immediate: ps, pd (and ph at the opcode without prefix 66), then ss, sd and sh. */
const immediate = (
  name: string,
  packedCode: string,
  scalarCode: string,
  feature: string,
  half: string,
  dst = 'w',
): string =>
  `
v${name}ps vec:${dst}, vecrm/b32, imm8     | lx.66.0f3a ${packedCode} /r | evex.w0 ${feature} | kz sae
v${name}pd vec:${dst}, vecrm/b64, imm8     | lx.66.0f3a ${packedCode} /r | evex.w1 ${feature} | kz sae
v${name}ss xmm:${dst}, xmmv, xmmrm32, imm8 | lig.66.0f3a ${scalarCode} /r | evex.w0 ${feature} | kz sae
v${name}sd xmm:${dst}, xmmv, xmmrm64, imm8 | lig.66.0f3a ${scalarCode} /r | evex.w1 ${feature} | kz sae
` +
  (half === ''
    ? ''
    : `
v${name}ph vec:w, vecrm/b16, imm8          | lx.np.0f3a ${packedCode} /r | evex.w0 avx512_fp16 | kz sae
v${name}sh xmm:w, xmmv, xmmrm16, imm8      | lig.np.0f3a ${scalarCode} /r | evex.w0 avx512_fp16 | kz sae
`);

const fmaPacked = (name: string, opcode: string): string => `
v${name}ps vec:rw, vecv, vecrm/b32 | lx.66.0f38 ${opcode} /r | vex.w0 fma, evex.w0 avx512f | kz er
v${name}pd vec:rw, vecv, vecrm/b64 | lx.66.0f38 ${opcode} /r | vex.w1 fma, evex.w1 avx512f | kz er
v${name}ph vec:rw, vecv, vecrm/b16 | lx.66.6 ${opcode} /r | evex.w0 avx512_fp16 | kz er
`;
const fmaScalar = (name: string, opcode: string): string => `
v${name}ss xmm:rw, xmmv, xmmrm32 | lig.66.0f38 ${opcode} /r | vex.w0 fma, evex.w0 avx512f | kz er
v${name}sd xmm:rw, xmmv, xmmrm64 | lig.66.0f38 ${opcode} /r | vex.w1 fma, evex.w1 avx512f | kz er
v${name}sh xmm:rw, xmmv, xmmrm16 | lig.66.6 ${opcode} /r | evex.w0 avx512_fp16 | kz er
`;
/** The ten operations of an operand order: opcodes 96 to 9F, A6 to AF, B6 to BF. */
const fma = (order: string, high: string): string =>
  [
    fmaPacked(`fmaddsub${order}`, `${high}6`),
    fmaPacked(`fmsubadd${order}`, `${high}7`),
    ...['fmadd', 'fmsub', 'fnmadd', 'fnmsub'].flatMap((name, i) => [
      fmaPacked(name + order, high + (8 + 2 * i).toString(16)),
      fmaScalar(name + order, high + (9 + 2 * i).toString(16)),
    ]),
  ].join('');

/** AMD's four-operand forms: W exchanges the last two operands. */
const fma4Packed = (name: string, opcode: number): string =>
  ['ps', 'pd']
    .map(
      (type, i) => `
v${name}${type} vec:w, vecv, vecrm, veci | lx.66.0f3a ${(opcode + i).toString(16)} /r | vex.w0 fma4 |
v${name}${type} vec:w, vecv, veci, vecrm | lx.66.0f3a ${(opcode + i).toString(16)} /r | vex.w1 fma4 |
`,
    )
    .join('');
const fma4Scalar = (name: string, opcode: number): string =>
  ['ss', 'sd']
    .map(
      (type, i) => `
v${name}${type} xmm:w, xmmv, xmmrm${32 << i}, xmmi | lig.66.0f3a ${(opcode + i).toString(16)} /r | vex.w0 fma4 |
v${name}${type} xmm:w, xmmv, xmmi, xmmrm${32 << i} | lig.66.0f3a ${(opcode + i).toString(16)} /r | vex.w1 fma4 |
`,
    )
    .join('');
const fma4 = (name: string, opcode: number): string =>
  fma4Packed(name, opcode) + fma4Scalar(name, opcode + 2);

export const avxFloatRows = [
  arithmetic('add', '58', 'er'),
  arithmetic('mul', '59', 'er'),
  arithmetic('sub', '5c', 'er'),
  arithmetic('min', '5d', 'sae'),
  arithmetic('div', '5e', 'er'),
  arithmetic('max', '5f', 'sae'),
  scalar('sqrt', '51', 'er'),
  bitwise('and', '54', 'avx512dq'),
  bitwise('andn', '55', 'avx512dq'),
  bitwise('or', '56', 'avx512dq'),
  bitwise('xor', '57', 'avx512dq'),
  bitwise('unpckl', '14', 'avx512f'),
  bitwise('unpckh', '15', 'avx512f'),
  transformed('scalef', 0x2c, 'avx512f', 'lx', 'er').replace(/vec:w, vecrm/g, 'vec:w, vecv, vecrm'),
  transformed('getexp', 0x42, 'avx512f', 'lx', 'sae'),
  transformed('rcp14', 0x4c, 'avx512f', 'lx', ''),
  transformed('rsqrt14', 0x4e, 'avx512f', 'lx', ''),
  transformed('rcp28', 0xca, 'avx512er', 'l2', 'sae'),
  transformed('rsqrt28', 0xcc, 'avx512er', 'l2', 'sae'),
  transformedHalf('scalef', 0x2c, 'er').replace('vec:w, vecrm', 'vec:w, vecv, vecrm'),
  transformedHalf('getexp', 0x42, 'sae'),
  transformedHalf('rcp', 0x4c, ''),
  transformedHalf('rsqrt', 0x4e, ''),
  immediate('getmant', '26', '27', 'avx512f', 'ph'),
  immediate('reduce', '56', '57', 'avx512dq', 'ph'),
  immediate('range', '50', '51', 'avx512dq', '').replace(/vec:w, vecrm/g, 'vec:w, vecv, vecrm'),
  immediate('fixupimm', '54', '55', 'avx512f', '', 'rw').replace(/vec:rw, vecrm/g, 'vec:rw, vecv, vecrm'),
  fma('132', '9'),
  fma('213', 'a'),
  fma('231', 'b'),
  fma4Packed('fmaddsub', 0x5c),
  fma4Packed('fmsubadd', 0x5e),
  fma4('fmadd', 0x68),
  fma4('fmsub', 0x6c),
  fma4('fnmadd', 0x78),
  fma4('fnmsub', 0x7c),
  `
vsqrtps vec:w, vecrm/b32         | lx.np.0f 51 /r | ${ps} | kz er
vsqrtpd vec:w, vecrm/b64         | lx.66.0f 51 /r | ${pd} | kz er
vsqrtph vec:w, vecrm/b16         | lx.np.5 51 /r | evex.w0 avx512_fp16 | kz er
vrsqrtps vec:w, vecrm            | lx.np.0f 52 /r | vex.wig avx |
vrsqrtss xmm:w, xmmv, xmmrm32    | lig.f3.0f 52 /r | vex.wig avx |
vrcpps vec:w, vecrm              | lx.np.0f 53 /r | vex.wig avx |
vrcpss xmm:w, xmmv, xmmrm32      | lig.f3.0f 53 /r | vex.wig avx |
vucomiss xmm, xmmrm32            | lig.np.0f 2e /r | ${ps} | sae w:zpc c:osa
vucomisd xmm, xmmrm64            | lig.66.0f 2e /r | ${pd} | sae w:zpc c:osa
vcomiss xmm, xmmrm32             | lig.np.0f 2f /r | ${ps} | sae w:zpc c:osa
vcomisd xmm, xmmrm64             | lig.66.0f 2f /r | ${pd} | sae w:zpc c:osa
vucomish xmm, xmmrm16            | lig.np.5 2e /r | evex.w0 avx512_fp16 | sae w:zpc c:osa
vcomish xmm, xmmrm16             | lig.np.5 2f /r | evex.w0 avx512_fp16 | sae w:zpc c:osa
vcmpps vec:w, vecv, vecrm, imm8  | lx.np.0f c2 /r | vex.wig avx |
vcmppd vec:w, vecv, vecrm, imm8  | lx.66.0f c2 /r | vex.wig avx |
vcmpss xmm:w, xmmv, xmmrm32, imm8 | lig.f3.0f c2 /r | vex.wig avx |
vcmpsd xmm:w, xmmv, xmmrm64, imm8 | lig.f2.0f c2 /r | vex.wig avx |
vcmpps k:w, vecv, vecrm/b32, imm8 | lx.np.0f c2 /r | evex.w0 avx512f | k sae
vcmppd k:w, vecv, vecrm/b64, imm8 | lx.66.0f c2 /r | evex.w1 avx512f | k sae
vcmpss k:w, xmmv, xmmrm32, imm8   | lig.f3.0f c2 /r | evex.w0 avx512f | k sae
vcmpsd k:w, xmmv, xmmrm64, imm8   | lig.f2.0f c2 /r | evex.w1 avx512f | k sae
vcmpph k:w, vecv, vecrm/b16, imm8 | lx.np.0f3a c2 /r | evex.w0 avx512_fp16 | k sae
vcmpsh k:w, xmmv, xmmrm16, imm8   | lig.f3.0f3a c2 /r | evex.w0 avx512_fp16 | k sae
vshufps vec:w, vecv, vecrm/b32, imm8 | lx.np.0f c6 /r | ${ps} | kz
vshufpd vec:w, vecv, vecrm/b64, imm8 | lx.66.0f c6 /r | ${pd} | kz
vhaddpd vec:w, vecv, vecrm       | lx.66.0f 7c /r | vex.wig avx |
vhaddps vec:w, vecv, vecrm       | lx.f2.0f 7c /r | vex.wig avx |
vhsubpd vec:w, vecv, vecrm       | lx.66.0f 7d /r | vex.wig avx |
vhsubps vec:w, vecv, vecrm       | lx.f2.0f 7d /r | vex.wig avx |
vaddsubpd vec:w, vecv, vecrm     | lx.66.0f d0 /r | vex.wig avx |
vaddsubps vec:w, vecv, vecrm     | lx.f2.0f d0 /r | vex.wig avx |
vroundps vec:w, vecrm, imm8      | lx.66.0f3a 08 /r | vex.wig avx |
vroundpd vec:w, vecrm, imm8      | lx.66.0f3a 09 /r | vex.wig avx |
vroundss xmm:w, xmmv, xmmrm32, imm8 | lig.66.0f3a 0a /r | vex.wig avx |
vroundsd xmm:w, xmmv, xmmrm64, imm8 | lig.66.0f3a 0b /r | vex.wig avx |
vrndscaleps vec:w, vecrm/b32, imm8  | lx.66.0f3a 08 /r | evex.w0 avx512f | kz sae
vrndscalepd vec:w, vecrm/b64, imm8  | lx.66.0f3a 09 /r | evex.w1 avx512f | kz sae
vrndscaless xmm:w, xmmv, xmmrm32, imm8 | lig.66.0f3a 0a /r | evex.w0 avx512f | kz sae
vrndscalesd xmm:w, xmmv, xmmrm64, imm8 | lig.66.0f3a 0b /r | evex.w1 avx512f | kz sae
vrndscaleph vec:w, vecrm/b16, imm8  | lx.np.0f3a 08 /r | evex.w0 avx512_fp16 | kz sae
vrndscalesh xmm:w, xmmv, xmmrm16, imm8 | lig.np.0f3a 0a /r | evex.w0 avx512_fp16 | kz sae
vblendps vec:w, vecv, vecrm, imm8   | lx.66.0f3a 0c /r | vex.wig avx |
vblendpd vec:w, vecv, vecrm, imm8   | lx.66.0f3a 0d /r | vex.wig avx |
vblendvps vec:w, vecv, vecrm, veci  | lx.66.0f3a 4a /r | vex.w0 avx |
vblendvpd vec:w, vecv, vecrm, veci  | lx.66.0f3a 4b /r | vex.w0 avx |
vblendmps vec:w, vecv, vecrm/b32    | lx.66.0f38 65 /r | evex.w0 avx512f | kz
vblendmpd vec:w, vecv, vecrm/b64    | lx.66.0f38 65 /r | evex.w1 avx512f | kz
vdpps vec:w, vecv, vecrm, imm8      | lx.66.0f3a 40 /r | vex.wig avx |
vdppd xmm:w, xmmv, xmmrm128, imm8   | l0.66.0f3a 41 /r | vex.wig avx |
vtestps vec, vecrm                  | lx.66.0f38 0e /r | vex.w0 avx | w:zc c:osap
vtestpd vec, vecrm                  | lx.66.0f38 0f /r | vex.w0 avx | w:zc c:osap
vfpclassps k:w, vecrm/b32, imm8     | lx.66.0f3a 66 /r | evex.w0 avx512dq | k
vfpclasspd k:w, vecrm/b64, imm8     | lx.66.0f3a 66 /r | evex.w1 avx512dq | k
vfpclassph k:w, vecrm/b16, imm8     | lx.np.0f3a 66 /r | evex.w0 avx512_fp16 | k
vfpclassss k:w, xmmrm32, imm8       | lig.66.0f3a 67 /r | evex.w0 avx512dq | k
vfpclasssd k:w, xmmrm64, imm8       | lig.66.0f3a 67 /r | evex.w1 avx512dq | k
vfpclasssh k:w, xmmrm16, imm8       | lig.np.0f3a 67 /r | evex.w0 avx512_fp16 | k
vexp2ps vec:w, vecrm/b32            | l2.66.0f38 c8 /r | evex.w0 avx512er | kz sae
vexp2pd vec:w, vecrm/b64            | l2.66.0f38 c8 /r | evex.w1 avx512er | kz sae
v4fmaddps vec:rw, vecv*4, m128      | l2.f2.0f38 9a /r | evex.w0 avx512_4fmaps | kz
v4fmaddss xmm:rw, xmmv*4, m128      | lig.f2.0f38 9b /r | evex.w0 avx512_4fmaps | kz
v4fnmaddps vec:rw, vecv*4, m128     | l2.f2.0f38 aa /r | evex.w0 avx512_4fmaps | kz
v4fnmaddss xmm:rw, xmmv*4, m128     | lig.f2.0f38 ab /r | evex.w0 avx512_4fmaps | kz
vfcmaddcph vec:rw, vecv, vecrm/b32  | lx.f2.6 56 /r | evex.w0 avx512_fp16 | kz er uniq
vfmaddcph vec:rw, vecv, vecrm/b32   | lx.f3.6 56 /r | evex.w0 avx512_fp16 | kz er uniq
vfcmaddcsh xmm:rw, xmmv, xmmrm32    | lig.f2.6 57 /r | evex.w0 avx512_fp16 | kz er uniq
vfmaddcsh xmm:rw, xmmv, xmmrm32     | lig.f3.6 57 /r | evex.w0 avx512_fp16 | kz er uniq
vfcmulcph vec:w, vecv, vecrm/b32    | lx.f2.6 d6 /r | evex.w0 avx512_fp16 | kz er uniq
vfmulcph vec:w, vecv, vecrm/b32     | lx.f3.6 d6 /r | evex.w0 avx512_fp16 | kz er uniq
vfcmulcsh xmm:w, xmmv, xmmrm32      | lig.f2.6 d7 /r | evex.w0 avx512_fp16 | kz er uniq
vfmulcsh xmm:w, xmmv, xmmrm32       | lig.f3.6 d7 /r | evex.w0 avx512_fp16 | kz er uniq
`,
].join('');
