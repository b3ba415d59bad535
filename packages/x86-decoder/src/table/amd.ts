// AMD's XOP, TBM, LWP and 3DNow! (AMD APM vol. 3, vol. 4, vol. 5; order 21928).

/** Multiply-accumulate: the third source in bits 7:4 of the immediate. */
const multiplyAdd = (name: string, opcode: string): string =>
  `v${name} xmm:w, xmmv, xmmrm128, xmmi | l0.np.8 ${opcode} /r | xop.w0 xop |\n`;

/** W exchanges the last two operands. */
const select = (name: string, opcode: string, reg: string, rm: string, length: string): string => `
v${name} ${reg}:w, ${reg}v, ${rm}, ${reg}i | ${length}.np.8 ${opcode} /r | xop.w0 xop |
v${name} ${reg}:w, ${reg}v, ${reg}i, ${rm} | ${length}.np.8 ${opcode} /r | xop.w1 xop |
`;

const shift = (name: string, opcode: number): string =>
  ['b', 'w', 'd', 'q']
    .map(
      (type, i) => `
v${name}${type} xmm:w, xmmrm128, xmmv | l0.np.9 ${(opcode + i).toString(16)} /r | xop.w0 xop |
v${name}${type} xmm:w, xmmv, xmmrm128 | l0.np.9 ${(opcode + i).toString(16)} /r | xop.w1 xop |
`,
    )
    .join('');

const compare = (name: string, opcode: number): string =>
  ['b', 'w', 'd', 'q']
    .map(
      (type, i) =>
        `v${name}${type} xmm:w, xmmv, xmmrm128, imm8 | l0.np.8 ${(opcode + i).toString(16)} /r | xop.w0 xop |\n`,
    )
    .join('');

const unary = (name: string, opcode: string): string =>
  `v${name} xmm:w, xmmrm128 | l0.np.9 ${opcode} /r | xop.w0 xop |\n`;

const trailing = (name: string, encoding: string): string =>
  `${name} rvy:w, rmy | l0.np.9 ${encoding} | xop.wy tbm | w:szc c:o u:ap\n`;

const now3d = (name: string, opcode: string, dst = 'rw', feature = '3dnow'): string =>
  `${name} mm:${dst}, mmrm64 | l0.np.0f ${opcode} /r | 3dnow ${feature} |\n`;

export const amdRows = [
  multiplyAdd('pmacssww', '85'),
  multiplyAdd('pmacsswd', '86'),
  multiplyAdd('pmacssdql', '87'),
  multiplyAdd('pmacssdd', '8e'),
  multiplyAdd('pmacssdqh', '8f'),
  multiplyAdd('pmacsww', '95'),
  multiplyAdd('pmacswd', '96'),
  multiplyAdd('pmacsdql', '97'),
  multiplyAdd('pmacsdd', '9e'),
  multiplyAdd('pmacsdqh', '9f'),
  multiplyAdd('pmadcsswd', 'a6'),
  multiplyAdd('pmadcswd', 'b6'),
  select('pcmov', 'a2', 'vec', 'vecrm', 'lx'),
  select('pperm', 'a3', 'xmm', 'xmmrm128', 'l0'),
  compare('pcom', 0xcc),
  compare('pcomu', 0xec),
  shift('prot', 0x90),
  shift('pshl', 0x94),
  shift('psha', 0x98),
  unary('phaddbw', 'c1'),
  unary('phaddbd', 'c2'),
  unary('phaddbq', 'c3'),
  unary('phaddwd', 'c6'),
  unary('phaddwq', 'c7'),
  unary('phadddq', 'cb'),
  unary('phaddubw', 'd1'),
  unary('phaddubd', 'd2'),
  unary('phaddubq', 'd3'),
  unary('phadduwd', 'd6'),
  unary('phadduwq', 'd7'),
  unary('phaddudq', 'db'),
  unary('phsubbw', 'e1'),
  unary('phsubwd', 'e2'),
  unary('phsubdq', 'e3'),
  `
vprotb xmm:w, xmmrm128, imm8 | l0.np.8 c0 /r | xop.w0 xop |
vprotw xmm:w, xmmrm128, imm8 | l0.np.8 c1 /r | xop.w0 xop |
vprotd xmm:w, xmmrm128, imm8 | l0.np.8 c2 /r | xop.w0 xop |
vprotq xmm:w, xmmrm128, imm8 | l0.np.8 c3 /r | xop.w0 xop |
vfrczps vec:w, vecrm         | lx.np.9 80 /r | xop.w0 xop |
vfrczpd vec:w, vecrm         | lx.np.9 81 /r | xop.w0 xop |
vfrczss xmm:w, xmmrm32       | l0.np.9 82 /r | xop.w0 xop |
vfrczsd xmm:w, xmmrm64       | l0.np.9 83 /r | xop.w0 xop |
vpermil2ps vec:w, vecv, vecrm, veci, imm4 | lx.66.0f3a 48 /r | vex.w0 xop |
vpermil2ps vec:w, vecv, veci, vecrm, imm4 | lx.66.0f3a 48 /r | vex.w1 xop |
vpermil2pd vec:w, vecv, vecrm, veci, imm4 | lx.66.0f3a 49 /r | vex.w0 xop |
vpermil2pd vec:w, vecv, veci, vecrm, imm4 | lx.66.0f3a 49 /r | vex.w1 xop |
bextr ry:w, rmy, imm32       | l0.np.10 10 /r | xop.wy tbm | w:z c:oc u:sap
llwpcb rry                   | l0.np.9 12 /0 | xop.wy lwp |
slwpcb rry:w                 | l0.np.9 12 /1 | xop.wy lwp |
lwpins rvy, rm32, imm32      | l0.np.10 12 /0 | xop.wy lwp | w:c
lwpval rvy, rm32, imm32      | l0.np.10 12 /1 | xop.wy lwp |
`,
  trailing('blcfill', '01 /1'),
  trailing('blsfill', '01 /2'),
  trailing('blcs', '01 /3'),
  trailing('tzmsk', '01 /4'),
  trailing('blcic', '01 /5'),
  trailing('blsic', '01 /6'),
  trailing('t1mskc', '01 /7'),
  trailing('blcmsk', '02 /1'),
  trailing('blci', '02 /6'),
  now3d('pi2fw', '0c', 'w', '3dnowext'),
  now3d('pi2fd', '0d', 'w'),
  now3d('pf2iw', '1c', 'w', '3dnowext'),
  now3d('pf2id', '1d', 'w'),
  now3d('pfnacc', '8a', 'rw', '3dnowext'),
  now3d('pfpnacc', '8e', 'rw', '3dnowext'),
  now3d('pfcmpge', '90'),
  now3d('pfmin', '94'),
  now3d('pfrcp', '96', 'w'),
  now3d('pfrsqrt', '97', 'w'),
  now3d('pfsub', '9a'),
  now3d('pfadd', '9e'),
  now3d('pfcmpgt', 'a0'),
  now3d('pfmax', 'a4'),
  now3d('pfrcpit1', 'a6'),
  now3d('pfrsqit1', 'a7'),
  now3d('pfsubr', 'aa'),
  now3d('pfacc', 'ae'),
  now3d('pfcmpeq', 'b0'),
  now3d('pfmul', 'b4'),
  now3d('pfrcpit2', 'b6'),
  now3d('pmulhrw', 'b7'),
  now3d('pswapd', 'bb', 'w', '3dnowext'),
  now3d('pavgusb', 'bf'),
].join('');
