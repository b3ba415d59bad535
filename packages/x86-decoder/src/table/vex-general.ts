// Opmasks (AVX-512), bit manipulation (BMI1, BMI2), CMPccXADD and AMX (Intel SDM vol. 2).

/** np: words and quadwords, 66: bytes and doublewords; by W. */
const kinds: readonly (readonly [type: string, prefix: string, w: string, feature: string])[] = [
  ['w', 'np', 'w0', 'avx512f'],
  ['q', 'np', 'w1', 'avx512bw'],
  ['b', '66', 'w0', 'avx512dq'],
  ['d', '66', 'w1', 'avx512bw'],
];
const masks = (name: string, operands: string, length: string, opcode: string, attributes = ''): string =>
  kinds
    .map(
      ([type, prefix, w, feature]) =>
        `k${name}${type} ${operands} | ${length}.${prefix}.0f ${opcode} /r | vex.${w} ${type === 'w' && /^(add|test)$/.test(name) ? 'avx512dq' : feature} | ${attributes}\n`,
    )
    .join('');
const maskShift = (name: string, opcode: number): string => {
  const [low, high] = [opcode.toString(16), (opcode + 1).toString(16)];
  return `
k${name}b k:w, kr, imm8 | l0.66.0f3a ${low} /r | vex.w0 avx512dq |
k${name}w k:w, kr, imm8 | l0.66.0f3a ${low} /r | vex.w1 avx512f |
k${name}d k:w, kr, imm8 | l0.66.0f3a ${high} /r | vex.w0 avx512bw |
k${name}q k:w, kr, imm8 | l0.66.0f3a ${high} /r | vex.w1 avx512bw |
`;
};

const conditions = 'o no b nb z nz be nbe s ns p np l nl le nle'.split(' ');
const compareAndAdd = conditions.map(
  (name, i) =>
    `cmp${name}xadd my:rw, ry:rw, rvy | l0.66.0f38 e${i.toString(16)} /r | vex.wy cmpccxadd | only64 w:oszapc\n`,
);

const tiles = (name: string, prefix: string, opcode: string, feature: string): string =>
  `${name} tmm:rw, tmmr, tmmv | l0.${prefix}.0f38 ${opcode} /r | vex.w0 ${feature} | only64 uniq\n`;
const clearTile = Array.from(
  { length: 8 },
  (_, i) => `tilezero tmm:w | l0.f2.0f38 49 ${(0xc0 + 8 * i).toString(16)} | vex.w0 amx-tile | only64\n`,
);

export const vexGeneralRows = [
  masks('and', 'k:w, kv, kr', 'l1', '41'),
  masks('andn', 'k:w, kv, kr', 'l1', '42'),
  masks('not', 'k:w, kr', 'l0', '44'),
  masks('or', 'k:w, kv, kr', 'l1', '45'),
  masks('xnor', 'k:w, kv, kr', 'l1', '46'),
  masks('xor', 'k:w, kv, kr', 'l1', '47'),
  masks('add', 'k:w, kv, kr', 'l1', '4a'),
  masks('ortest', 'k, kr', 'l0', '98', 'w:zc c:osap'),
  masks('test', 'k, kr', 'l0', '99', 'w:zc c:osap'),
  maskShift('shiftr', 0x30),
  maskShift('shiftl', 0x32),
  `
kunpckbw k:w, kv, kr | l1.66.0f 4b /r | vex.w0 avx512f |
kunpckwd k:w, kv, kr | l1.np.0f 4b /r | vex.w0 avx512bw |
kunpckdq k:w, kv, kr | l1.np.0f 4b /r | vex.w1 avx512bw |
kmovw k:w, krm16     | l0.np.0f 90 /r | vex.w0 avx512f |
kmovq k:w, krm64     | l0.np.0f 90 /r | vex.w1 avx512bw |
kmovb k:w, krm8      | l0.66.0f 90 /r | vex.w0 avx512dq |
kmovd k:w, krm32     | l0.66.0f 90 /r | vex.w1 avx512bw |
kmovw m16:w, k       | l0.np.0f 91 /r | vex.w0 avx512f |
kmovq m64:w, k       | l0.np.0f 91 /r | vex.w1 avx512bw |
kmovb m8:w, k        | l0.66.0f 91 /r | vex.w0 avx512dq |
kmovd m32:w, k       | l0.66.0f 91 /r | vex.w1 avx512bw |
kmovw k:w, rr32      | l0.np.0f 92 /r | vex.w0 avx512f |
kmovb k:w, rr32      | l0.66.0f 92 /r | vex.w0 avx512dq |
kmovd k:w, rr32      | l0.f2.0f 92 /r | vex.y0 avx512bw |
kmovq k:w, rr64      | l0.f2.0f 92 /r | vex.y1 avx512bw |
kmovw r32:w, kr      | l0.np.0f 93 /r | vex.w0 avx512f |
kmovb r32:w, kr      | l0.66.0f 93 /r | vex.w0 avx512dq |
kmovd r32:w, kr      | l0.f2.0f 93 /r | vex.y0 avx512bw |
kmovq r64:w, kr      | l0.f2.0f 93 /r | vex.y1 avx512bw |

andn ry:w, rvy, rmy      | l0.np.0f38 f2 /r | vex.wy bmi1 | w:sz c:oc u:ap
blsr rvy:w, rmy          | l0.np.0f38 f3 /1 | vex.wy bmi1 | w:szc c:o u:ap
blsmsk rvy:w, rmy        | l0.np.0f38 f3 /2 | vex.wy bmi1 | w:sc c:oz u:ap
blsi rvy:w, rmy          | l0.np.0f38 f3 /3 | vex.wy bmi1 | w:szc c:o u:ap
bextr ry:w, rmy, rvy     | l0.np.0f38 f7 /r | vex.wy bmi1 | w:z c:oc u:sap
bzhi ry:w, rmy, rvy      | l0.np.0f38 f5 /r | vex.wy bmi2 | w:szc c:o u:ap
pext ry:w, rvy, rmy      | l0.f3.0f38 f5 /r | vex.wy bmi2 |
pdep ry:w, rvy, rmy      | l0.f2.0f38 f5 /r | vex.wy bmi2 |
mulx ry:w, rvy:w, rmy    | l0.f2.0f38 f6 /r | vex.wy bmi2 |
shlx ry:w, rmy, rvy      | l0.66.0f38 f7 /r | vex.wy bmi2 |
sarx ry:w, rmy, rvy      | l0.f3.0f38 f7 /r | vex.wy bmi2 |
shrx ry:w, rmy, rvy      | l0.f2.0f38 f7 /r | vex.wy bmi2 |
rorx ry:w, rmy, imm8     | l0.f2.0f3a f0 /r | vex.wy bmi2 |

ldtilecfg m512           | l0.np.0f38 49 /0 | vex.w0 amx-tile | only64
sttilecfg m512:w         | l0.66.0f38 49 /0 | vex.w0 amx-tile | only64
tilerelease              | l0.np.0f38 49 c0 | vex.w0 amx-tile | only64
tileloaddt1 tmm:w, m0    | l0.66.0f38 4b /r | vex.w0 amx-tile | only64 sib
tilestored m0:w, tmm     | l0.f3.0f38 4b /r | vex.w0 amx-tile | only64 sib
tileloadd tmm:w, m0      | l0.f2.0f38 4b /r | vex.w0 amx-tile | only64 sib
`,
  tiles('tdpbf16ps', 'f3', '5c', 'amx-bf16'),
  tiles('tdpfp16ps', 'f2', '5c', 'amx-fp16'),
  tiles('tdpbuud', 'np', '5e', 'amx-int8'),
  tiles('tdpbusd', '66', '5e', 'amx-int8'),
  tiles('tdpbsud', 'f3', '5e', 'amx-int8'),
  tiles('tdpbssd', 'f2', '5e', 'amx-int8'),
  tiles('tcmmrlfp16ps', 'np', '6c', 'amx-complex'),
  tiles('tcmmimfp16ps', '66', '6c', 'amx-complex'),
  ...clearTile,
  ...compareAndAdd,
].join('');
