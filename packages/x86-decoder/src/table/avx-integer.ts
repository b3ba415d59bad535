// Integer instructions of AVX, AVX2 and AVX-512 (Intel SDM vol. 2).

// Bytes and words, doublewords, quadwords of three operands: VEX ignores W, EVEX broadcasts doublewords and quadwords.
const bytes = (name: string, opcode: string, dst = 'w', attributes = 'kz', map = '0f'): string =>
  `v${name} vec:${dst}, vecv, vecrm     | lx.66.${map} ${opcode} /r | vex.wig avx/avx2, evex.wig avx512bw | ${attributes}\n`;
const doublewords = (name: string, opcode: string, map = '0f', feature = 'avx512f'): string =>
  `v${name} vec:w, vecv, vecrm/b32 | lx.66.${map} ${opcode} /r | vex.wig avx/avx2, evex.w0 ${feature} | kz\n`;
const quadwords = (name: string, opcode: string, map = '0f'): string =>
  `v${name} vec:w, vecv, vecrm/b64 | lx.66.${map} ${opcode} /r | vex.wig avx/avx2, evex.w1 avx512f | kz\n`;
const bytes38 = (name: string, opcode: string): string => bytes(name, opcode, 'w', 'kz', '0f38');
/** VEX alone. */
const avx = (name: string, opcode: string): string =>
  `v${name} vec:w, vecv, vecrm | lx.66.0f38 ${opcode} /r | vex.wig avx/avx2 |\n`;

/** One form with VEX, doublewords and quadwords with EVEX. */
const bitwise = (name: string, opcode: string): string => `
v${name} vec:w, vecv, vecrm      | lx.66.0f ${opcode} /r | vex.wig avx/avx2 |
v${name}d vec:w, vecv, vecrm/b32 | lx.66.0f ${opcode} /r | evex.w0 avx512f | kz
v${name}q vec:w, vecv, vecrm/b64 | lx.66.0f ${opcode} /r | evex.w1 avx512f | kz
`;

/** EVEX alone: doublewords with W0, quadwords with W1. */
const pair = (name: string, opcode: string, feature = 'avx512f', dst = 'w', map = '0f38'): string => `
v${name}d vec:${dst}, vecv, vecrm/b32 | lx.66.${map} ${opcode} /r | evex.w0 ${feature} | kz
v${name}q vec:${dst}, vecv, vecrm/b64 | lx.66.${map} ${opcode} /r | evex.w1 ${feature} | kz
`;
const bytePair = (name: string, opcode: string, features: readonly string[], dst = 'w'): string => `
v${name}b vec:${dst}, vecv, vecrm | lx.66.0f38 ${opcode} /r | evex.w0 ${features[0]} | kz
v${name}w vec:${dst}, vecv, vecrm | lx.66.0f38 ${opcode} /r | evex.w1 ${features[1]} | kz
`;
const unaryPair = (name: string, opcode: string, feature: string): string => `
v${name}d vec:w, vecrm/b32 | lx.66.0f38 ${opcode} /r | evex.w0 ${feature} | kz
v${name}q vec:w, vecrm/b64 | lx.66.0f38 ${opcode} /r | evex.w1 ${feature} | kz
`;

/** Comparison into a vector (VEX) or a mask (EVEX). */
const compare = (
  name: string,
  map: string,
  opcode: string,
  element: string,
  w: string,
  feature: string,
): string => `
v${name} vec:w, vecv, vecrm          | lx.66.${map} ${opcode} /r | vex.wig avx/avx2 |
v${name} k:w, vecv, vecrm${element}  | lx.66.${map} ${opcode} /r | evex.${w} ${feature} | k
`;
const compareImmediate = (name: string, opcode: string, types: readonly string[]): string => `
v${name}${types[0]} k:w, vecv, vecrm${types[2]}, imm8 | lx.66.0f3a ${opcode} /r | evex.w0 ${types[4]} | k
v${name}${types[1]} k:w, vecv, vecrm${types[3]}, imm8 | lx.66.0f3a ${opcode} /r | evex.w1 ${types[4]} | k
`;
const test = (name: string, prefix: string): string => `
v${name}b k:w, vecv, vecrm     | lx.${prefix}.0f38 26 /r | evex.w0 avx512bw | k
v${name}w k:w, vecv, vecrm     | lx.${prefix}.0f38 26 /r | evex.w1 avx512bw | k
v${name}d k:w, vecv, vecrm/b32 | lx.${prefix}.0f38 27 /r | evex.w0 avx512f | k
v${name}q k:w, vecv, vecrm/b64 | lx.${prefix}.0f38 27 /r | evex.w1 avx512f | k
`;

/** Shifts by an xmm register. */
const shift = (name: string, opcode: string, w: string, feature = 'avx512f'): string =>
  `v${name} vec:w, vecv, xmmrm128 | lx.66.0f ${opcode} /r | vex.wig avx/avx2, evex.${w} ${feature} | kz\n`;
/** Shifts by an immediate: VEX shifts registers only. */
const shiftImmediate = (name: string, opcode: string, w: string, element: string): string => `
v${name} vecv:w, vecr, imm8           | lx.66.0f ${opcode} | vex.wig avx/avx2 |
v${name} vecv:w, vecrm${element}, imm8 | lx.66.0f ${opcode} | evex.${w} ${element === '' ? 'avx512bw' : 'avx512f'} | kz
`;

/** Widening moves, and with EVEX and F3 the narrowing ones back: truncating, signed and unsigned saturating. */
const widen = (from: string, to: string, part: string, digit: string, w: string): string => `
vpmovsx${from}${to} vec:w, vecrm${part}  | lx.66.0f38 2${digit} /r | vex.wig avx/avx2, evex.${w} ${to === 'w' ? 'avx512bw' : 'avx512f'} | kz
vpmovzx${from}${to} vec:w, vecrm${part}  | lx.66.0f38 3${digit} /r | vex.wig avx/avx2, evex.${w} ${to === 'w' ? 'avx512bw' : 'avx512f'} | kz
vpmovus${to}${from} vecrm${part}:w, vec  | lx.f3.0f38 1${digit} /r | evex.w0 ${to === 'w' ? 'avx512bw' : 'avx512f'} | kz
vpmovs${to}${from} vecrm${part}:w, vec   | lx.f3.0f38 2${digit} /r | evex.w0 ${to === 'w' ? 'avx512bw' : 'avx512f'} | kz
vpmov${to}${from} vecrm${part}:w, vec    | lx.f3.0f38 3${digit} /r | evex.w0 ${to === 'w' ? 'avx512bw' : 'avx512f'} | kz
`;

/** Double shifts, by an immediate and by a vector. */
const doubleShift = (name: string, immediate: number, variable: number): string =>
  pair(name, (immediate + 1).toString(16), 'avx512_vbmi2', 'w', '0f3a').replace(/(b\d\d)/g, '$1, imm8') +
  pair(`${name}v`, (variable + 1).toString(16), 'avx512_vbmi2', 'rw') +
  `
v${name}w vec:w, vecv, vecrm, imm8 | lx.66.0f3a ${immediate.toString(16)} /r | evex.w1 avx512_vbmi2 | kz
v${name}vw vec:rw, vecv, vecrm     | lx.66.0f38 ${variable.toString(16)} /r | evex.w1 avx512_vbmi2 | kz
`;

const dot = (name: string, prefix: string, opcode: string, feature: string, evex = ''): string =>
  `v${name} vec:rw, vecv, vecrm/b32 | lx.${prefix}.0f38 ${opcode} /r | vex.w0 ${feature}${evex} | kz\n`;

const permute = (name: string, opcode: string, dst: string): string =>
  bytePair(`${name}`, opcode, ['avx512_vbmi', 'avx512bw'], dst);

export const avxIntegerRows = [
  bytes('punpcklbw', '60'),
  bytes('punpcklwd', '61'),
  doublewords('punpckldq', '62'),
  bytes('packsswb', '63'),
  bytes('packuswb', '67'),
  bytes('punpckhbw', '68'),
  bytes('punpckhwd', '69'),
  doublewords('punpckhdq', '6a'),
  doublewords('packssdw', '6b', '0f', 'avx512bw'),
  quadwords('punpcklqdq', '6c'),
  quadwords('punpckhqdq', '6d'),
  compare('pcmpgtb', '0f', '64', '', 'wig', 'avx512bw'),
  compare('pcmpgtw', '0f', '65', '', 'wig', 'avx512bw'),
  compare('pcmpgtd', '0f', '66', '/b32', 'w0', 'avx512f'),
  compare('pcmpeqb', '0f', '74', '', 'wig', 'avx512bw'),
  compare('pcmpeqw', '0f', '75', '', 'wig', 'avx512bw'),
  compare('pcmpeqd', '0f', '76', '/b32', 'w0', 'avx512f'),
  compare('pcmpeqq', '0f38', '29', '/b64', 'w1', 'avx512f'),
  compare('pcmpgtq', '0f38', '37', '/b64', 'w1', 'avx512f'),
  compareImmediate('pcmpu', '1e', ['d', 'q', '/b32', '/b64', 'avx512f']),
  compareImmediate('pcmp', '1f', ['d', 'q', '/b32', '/b64', 'avx512f']),
  compareImmediate('pcmpu', '3e', ['b', 'w', '', '', 'avx512bw']),
  compareImmediate('pcmp', '3f', ['b', 'w', '', '', 'avx512bw']),
  test('ptestm', '66'),
  test('ptestnm', 'f3'),
  shift('psrlw', 'd1', 'wig', 'avx512bw'),
  shift('psrld', 'd2', 'w0'),
  shift('psrlq', 'd3', 'w1'),
  shift('psraw', 'e1', 'wig', 'avx512bw'),
  shift('psrad', 'e2', 'w0'),
  shift('psllw', 'f1', 'wig', 'avx512bw'),
  shift('pslld', 'f2', 'w0'),
  shift('psllq', 'f3', 'w1'),
  shiftImmediate('psrlw', '71 /2', 'wig', ''),
  shiftImmediate('psraw', '71 /4', 'wig', ''),
  shiftImmediate('psllw', '71 /6', 'wig', ''),
  shiftImmediate('psrld', '72 /2', 'w0', '/b32'),
  shiftImmediate('psrad', '72 /4', 'w0', '/b32'),
  shiftImmediate('pslld', '72 /6', 'w0', '/b32'),
  shiftImmediate('psrlq', '73 /2', 'w1', '/b64'),
  shiftImmediate('psllq', '73 /6', 'w1', '/b64'),
  quadwords('paddq', 'd4'),
  bytes('pmullw', 'd5'),
  bytes('psubusb', 'd8'),
  bytes('psubusw', 'd9'),
  bytes('pminub', 'da'),
  bitwise('pand', 'db'),
  bytes('paddusb', 'dc'),
  bytes('paddusw', 'dd'),
  bytes('pmaxub', 'de'),
  bitwise('pandn', 'df'),
  bytes('pavgb', 'e0'),
  bytes('pavgw', 'e3'),
  bytes('pmulhuw', 'e4'),
  bytes('pmulhw', 'e5'),
  bytes('psubsb', 'e8'),
  bytes('psubsw', 'e9'),
  bytes('pminsw', 'ea'),
  bitwise('por', 'eb'),
  bytes('paddsb', 'ec'),
  bytes('paddsw', 'ed'),
  bytes('pmaxsw', 'ee'),
  bitwise('pxor', 'ef'),
  quadwords('pmuludq', 'f4'),
  bytes('pmaddwd', 'f5'),
  bytes('psadbw', 'f6', 'w', ''),
  bytes('psubb', 'f8'),
  bytes('psubw', 'f9'),
  doublewords('psubd', 'fa'),
  quadwords('psubq', 'fb'),
  bytes('paddb', 'fc'),
  bytes('paddw', 'fd'),
  doublewords('paddd', 'fe'),

  bytes38('pshufb', '00'),
  avx('phaddw', '01'),
  avx('phaddd', '02'),
  avx('phaddsw', '03'),
  bytes38('pmaddubsw', '04'),
  avx('phsubw', '05'),
  avx('phsubd', '06'),
  avx('phsubsw', '07'),
  avx('psignb', '08'),
  avx('psignw', '09'),
  avx('psignd', '0a'),
  bytes38('pmulhrsw', '0b'),
  quadwords('pmuldq', '28', '0f38'),
  doublewords('packusdw', '2b', '0f38', 'avx512bw'),
  bytes38('pminsb', '38'),
  doublewords('pminsd', '39', '0f38'),
  bytes38('pminuw', '3a'),
  doublewords('pminud', '3b', '0f38'),
  bytes38('pmaxsb', '3c'),
  doublewords('pmaxsd', '3d', '0f38'),
  bytes38('pmaxuw', '3e'),
  doublewords('pmaxud', '3f', '0f38'),
  doublewords('pmulld', '40', '0f38'),
  widen('b', 'w', 'H', '0', 'wig'),
  widen('b', 'd', 'Q', '1', 'wig'),
  widen('b', 'q', 'E', '2', 'wig'),
  widen('w', 'd', 'H', '3', 'wig'),
  widen('w', 'q', 'Q', '4', 'wig'),
  widen('d', 'q', 'H', '5', 'w0'),
  pair('prorv', '14'),
  pair('prolv', '15'),
  unaryPair('plzcnt', '44', 'avx512cd'),
  unaryPair('pconflict', 'c4', 'avx512cd'),
  unaryPair('popcnt', '55', 'avx512_vpopcntdq'),
  pair('pblendm', '64'),
  bytePair('pblendm', '66', ['avx512bw', 'avx512bw']),
  pair('permi2', '76', 'avx512f', 'rw'),
  pair('permt2', '7e', 'avx512f', 'rw'),
  permute('permi2', '75', 'rw'),
  permute('permt2', '7d', 'rw'),
  permute('perm', '8d', 'w'),
  pair('pternlog', '25', 'avx512f', 'rw', '0f3a').replace(/(b\d\d)/g, '$1, imm8'),
  pair('align', '03', 'avx512f', 'w', '0f3a').replace(/(b\d\d)/g, '$1, imm8'),
  doubleShift('pshld', 0x70, 0x70),
  doubleShift('pshrd', 0x72, 0x72),
  dot('pdpbusd', '66', '50', 'avx-vnni', ', evex.w0 avx512_vnni'),
  dot('pdpbusds', '66', '51', 'avx-vnni', ', evex.w0 avx512_vnni'),
  dot('pdpwssd', '66', '52', 'avx-vnni', ', evex.w0 avx512_vnni'),
  dot('pdpwssds', '66', '53', 'avx-vnni', ', evex.w0 avx512_vnni'),
  dot('pdpbuud', 'np', '50', 'avx-vnni-int8'),
  dot('pdpbuuds', 'np', '51', 'avx-vnni-int8'),
  dot('pdpbsud', 'f3', '50', 'avx-vnni-int8'),
  dot('pdpbsuds', 'f3', '51', 'avx-vnni-int8'),
  dot('pdpbssd', 'f2', '50', 'avx-vnni-int8'),
  dot('pdpbssds', 'f2', '51', 'avx-vnni-int8'),
  dot('pdpwuud', 'np', 'd2', 'avx-vnni-int16'),
  dot('pdpwuuds', 'np', 'd3', 'avx-vnni-int16'),
  dot('pdpwusd', '66', 'd2', 'avx-vnni-int16'),
  dot('pdpwusds', '66', 'd3', 'avx-vnni-int16'),
  dot('pdpwsud', 'f3', 'd2', 'avx-vnni-int16'),
  dot('pdpwsuds', 'f3', 'd3', 'avx-vnni-int16'),
  `
vpshufd vec:w, vecrm/b32, imm8       | lx.66.0f 70 /r | vex.wig avx/avx2, evex.w0 avx512f | kz
vpshufhw vec:w, vecrm, imm8          | lx.f3.0f 70 /r | vex.wig avx/avx2, evex.wig avx512bw | kz
vpshuflw vec:w, vecrm, imm8          | lx.f2.0f 70 /r | vex.wig avx/avx2, evex.wig avx512bw | kz
vprord vecv:w, vecrm/b32, imm8       | lx.66.0f 72 /0 | evex.w0 avx512f | kz
vprorq vecv:w, vecrm/b64, imm8       | lx.66.0f 72 /0 | evex.w1 avx512f | kz
vprold vecv:w, vecrm/b32, imm8       | lx.66.0f 72 /1 | evex.w0 avx512f | kz
vprolq vecv:w, vecrm/b64, imm8       | lx.66.0f 72 /1 | evex.w1 avx512f | kz
vpsraq vecv:w, vecrm/b64, imm8       | lx.66.0f 72 /4 | evex.w1 avx512f | kz
vpsraq vec:w, vecv, xmmrm128         | lx.66.0f e2 /r | evex.w1 avx512f | kz
vpsrldq vecv:w, vecr, imm8           | lx.66.0f 73 /3 | vex.wig avx/avx2 |
vpslldq vecv:w, vecr, imm8           | lx.66.0f 73 /7 | vex.wig avx/avx2 |
vpsrldq vecv:w, vecrm, imm8          | lx.66.0f 73 /3 | evex.wig avx512bw |
vpslldq vecv:w, vecrm, imm8          | lx.66.0f 73 /7 | evex.wig avx512bw |
vpabsb vec:w, vecrm                  | lx.66.0f38 1c /r | vex.wig avx/avx2, evex.wig avx512bw | kz
vpabsw vec:w, vecrm                  | lx.66.0f38 1d /r | vex.wig avx/avx2, evex.wig avx512bw | kz
vpabsd vec:w, vecrm/b32              | lx.66.0f38 1e /r | vex.wig avx/avx2, evex.w0 avx512f | kz
vpabsq vec:w, vecrm/b64              | lx.66.0f38 1f /r | evex.w1 avx512f | kz
vptest vec, vecrm                    | lx.66.0f38 17 /r | vex.wig avx | w:zc c:osap
vphminposuw xmm:w, xmmrm128          | l0.66.0f38 41 /r | vex.wig avx |
vpminsq vec:w, vecv, vecrm/b64       | lx.66.0f38 39 /r | evex.w1 avx512f | kz
vpminuq vec:w, vecv, vecrm/b64       | lx.66.0f38 3b /r | evex.w1 avx512f | kz
vpmaxsq vec:w, vecv, vecrm/b64       | lx.66.0f38 3d /r | evex.w1 avx512f | kz
vpmaxuq vec:w, vecv, vecrm/b64       | lx.66.0f38 3f /r | evex.w1 avx512f | kz
vpmullq vec:w, vecv, vecrm/b64       | lx.66.0f38 40 /r | evex.w1 avx512dq | kz
vpsrlvd vec:w, vecv, vecrm/b32       | lx.66.0f38 45 /r | vex.w0 avx2, evex.w0 avx512f | kz
vpsrlvq vec:w, vecv, vecrm/b64       | lx.66.0f38 45 /r | vex.w1 avx2, evex.w1 avx512f | kz
vpsravd vec:w, vecv, vecrm/b32       | lx.66.0f38 46 /r | vex.w0 avx2, evex.w0 avx512f | kz
vpsravq vec:w, vecv, vecrm/b64       | lx.66.0f38 46 /r | evex.w1 avx512f | kz
vpsllvd vec:w, vecv, vecrm/b32       | lx.66.0f38 47 /r | vex.w0 avx2, evex.w0 avx512f | kz
vpsllvq vec:w, vecv, vecrm/b64       | lx.66.0f38 47 /r | vex.w1 avx2, evex.w1 avx512f | kz
vpsrlvw vec:w, vecv, vecrm           | lx.66.0f38 10 /r | evex.w1 avx512bw | kz
vpsravw vec:w, vecv, vecrm           | lx.66.0f38 11 /r | evex.w1 avx512bw | kz
vpsllvw vec:w, vecv, vecrm           | lx.66.0f38 12 /r | evex.w1 avx512bw | kz
vpermilps vec:w, vecv, vecrm/b32     | lx.66.0f38 0c /r | vex.w0 avx, evex.w0 avx512f | kz
vpermilpd vec:w, vecv, vecrm/b64     | lx.66.0f38 0d /r | vex.w0 avx, evex.w1 avx512f | kz
vpermilps vec:w, vecrm/b32, imm8     | lx.66.0f3a 04 /r | vex.w0 avx, evex.w0 avx512f | kz
vpermilpd vec:w, vecrm/b64, imm8     | lx.66.0f3a 05 /r | vex.w0 avx, evex.w1 avx512f | kz
vpermps vec:w, vecv, vecrm/b32       | ly.66.0f38 16 /r | vex.w0 avx2, evex.w0 avx512f | kz
vpermpd vec:w, vecv, vecrm/b64       | ly.66.0f38 16 /r | evex.w1 avx512f | kz
vpermd vec:w, vecv, vecrm/b32        | ly.66.0f38 36 /r | vex.w0 avx2, evex.w0 avx512f | kz
vpermq vec:w, vecv, vecrm/b64        | ly.66.0f38 36 /r | evex.w1 avx512f | kz
vpermq vec:w, vecrm/b64, imm8        | ly.66.0f3a 00 /r | vex.w1 avx2, evex.w1 avx512f | kz
vpermpd vec:w, vecrm/b64, imm8       | ly.66.0f3a 01 /r | vex.w1 avx2, evex.w1 avx512f | kz
vpermi2ps vec:rw, vecv, vecrm/b32    | lx.66.0f38 77 /r | evex.w0 avx512f | kz
vpermi2pd vec:rw, vecv, vecrm/b64    | lx.66.0f38 77 /r | evex.w1 avx512f | kz
vpermt2ps vec:rw, vecv, vecrm/b32    | lx.66.0f38 7f /r | evex.w0 avx512f | kz
vpermt2pd vec:rw, vecv, vecrm/b64    | lx.66.0f38 7f /r | evex.w1 avx512f | kz
vperm2f128 vec:w, vecv, vecrm, imm8  | l1.66.0f3a 06 /r | vex.w0 avx |
vperm2i128 vec:w, vecv, vecrm, imm8  | l1.66.0f3a 46 /r | vex.w0 avx2 |
vshuff32x4 vec:w, vecv, vecrm/b32, imm8 | ly.66.0f3a 23 /r | evex.w0 avx512f | kz
vshuff64x2 vec:w, vecv, vecrm/b64, imm8 | ly.66.0f3a 23 /r | evex.w1 avx512f | kz
vshufi32x4 vec:w, vecv, vecrm/b32, imm8 | ly.66.0f3a 43 /r | evex.w0 avx512f | kz
vshufi64x2 vec:w, vecv, vecrm/b64, imm8 | ly.66.0f3a 43 /r | evex.w1 avx512f | kz
vpblendd vec:w, vecv, vecrm, imm8    | lx.66.0f3a 02 /r | vex.w0 avx2 |
vpblendw vec:w, vecv, vecrm, imm8    | lx.66.0f3a 0e /r | vex.wig avx/avx2 |
vpblendvb vec:w, vecv, vecrm, veci   | lx.66.0f3a 4c /r | vex.w0 avx/avx2 |
vpalignr vec:w, vecv, vecrm, imm8    | lx.66.0f3a 0f /r | vex.wig avx/avx2, evex.wig avx512bw | kz
vmpsadbw vec:w, vecv, vecrm, imm8    | lx.66.0f3a 42 /r | vex.wig avx/avx2 |
vdbpsadbw vec:w, vecv, vecrm, imm8   | lx.66.0f3a 42 /r | evex.w0 avx512bw | kz
vpcmpestrm xmm, xmmrm128, imm8       | l0.66.0f3a 60 /r | vex.y0 avx | w:oszc c:ap
vpcmpestrm64 xmm, xmmrm128, imm8     | l0.66.0f3a 60 /r | vex.y1 avx | w:oszc c:ap
vpcmpestri xmm, xmmrm128, imm8       | l0.66.0f3a 61 /r | vex.y0 avx | w:oszc c:ap
vpcmpestri64 xmm, xmmrm128, imm8     | l0.66.0f3a 61 /r | vex.y1 avx | w:oszc c:ap
vpcmpistrm xmm, xmmrm128, imm8       | l0.66.0f3a 62 /r | vex.wig avx | w:oszc c:ap
vpcmpistri xmm, xmmrm128, imm8       | l0.66.0f3a 63 /r | vex.wig avx | w:oszc c:ap

vpmovm2b vec:w, kr                   | lx.f3.0f38 28 /r | evex.w0 avx512bw |
vpmovm2w vec:w, kr                   | lx.f3.0f38 28 /r | evex.w1 avx512bw |
vpmovb2m k:w, vecr                   | lx.f3.0f38 29 /r | evex.w0 avx512bw |
vpmovw2m k:w, vecr                   | lx.f3.0f38 29 /r | evex.w1 avx512bw |
vpmovm2d vec:w, kr                   | lx.f3.0f38 38 /r | evex.w0 avx512dq |
vpmovm2q vec:w, kr                   | lx.f3.0f38 38 /r | evex.w1 avx512dq |
vpmovd2m k:w, vecr                   | lx.f3.0f38 39 /r | evex.w0 avx512dq |
vpmovq2m k:w, vecr                   | lx.f3.0f38 39 /r | evex.w1 avx512dq |
vpbroadcastmb2q vec:w, kr            | lx.f3.0f38 2a /r | evex.w1 avx512cd |
vpbroadcastmw2d vec:w, kr            | lx.f3.0f38 3a /r | evex.w0 avx512cd |
vpopcntb vec:w, vecrm                | lx.66.0f38 54 /r | evex.w0 avx512_bitalg | kz
vpopcntw vec:w, vecrm                | lx.66.0f38 54 /r | evex.w1 avx512_bitalg | kz
vpshufbitqmb k:w, vecv, vecrm        | lx.66.0f38 8f /r | evex.w0 avx512_bitalg | k
vpmultishiftqb vec:w, vecv, vecrm/b64 | lx.66.0f38 83 /r | evex.w1 avx512_vbmi | kz
vpmadd52luq vec:rw, vecv, vecrm/b64  | lx.66.0f38 b4 /r | vex.w1 avx-ifma, evex.w1 avx512_ifma | kz
vpmadd52huq vec:rw, vecv, vecrm/b64  | lx.66.0f38 b5 /r | vex.w1 avx-ifma, evex.w1 avx512_ifma | kz
vp2intersectd k*2:w, vecv, vecrm/b32 | lx.f2.0f38 68 /r | evex.w0 avx512_vp2intersect |
vp2intersectq k*2:w, vecv, vecrm/b64 | lx.f2.0f38 68 /r | evex.w1 avx512_vp2intersect |
vp4dpwssd vec:rw, vecv*4, m128       | l2.f2.0f38 52 /r | evex.w0 avx512_4vnniw | kz
vp4dpwssds vec:rw, vecv*4, m128      | l2.f2.0f38 53 /r | evex.w0 avx512_4vnniw | kz

vaesimc xmm:w, xmmrm128              | l0.66.0f38 db /r | vex.wig aes avx |
vaesenc vec:w, vecv, vecrm           | lx.66.0f38 dc /r | vex.wig aes avx/vaes, evex.wig vaes avx512f |
vaesenclast vec:w, vecv, vecrm       | lx.66.0f38 dd /r | vex.wig aes avx/vaes, evex.wig vaes avx512f |
vaesdec vec:w, vecv, vecrm           | lx.66.0f38 de /r | vex.wig aes avx/vaes, evex.wig vaes avx512f |
vaesdeclast vec:w, vecv, vecrm       | lx.66.0f38 df /r | vex.wig aes avx/vaes, evex.wig vaes avx512f |
vaeskeygenassist xmm:w, xmmrm128, imm8 | l0.66.0f3a df /r | vex.wig aes avx |
vpclmulqdq vec:w, vecv, vecrm, imm8  | lx.66.0f3a 44 /r | vex.wig pclmulqdq avx/vpclmulqdq, evex.wig vpclmulqdq avx512f |
vgf2p8mulb vec:w, vecv, vecrm        | lx.66.0f38 cf /r | vex.w0 gfni avx, evex.w0 gfni avx512f | kz
vgf2p8affineqb vec:w, vecv, vecrm/b64, imm8 | lx.66.0f3a ce /r | vex.w1 gfni avx, evex.w1 gfni avx512f | kz
vgf2p8affineinvqb vec:w, vecv, vecrm/b64, imm8 | lx.66.0f3a cf /r | vex.w1 gfni avx, evex.w1 gfni avx512f | kz
vsha512rnds2 vec:rw, vecv, xmmr      | l1.f2.0f38 cb /r | vex.w0 sha512 |
vsha512msg1 vec:rw, xmmr             | l1.f2.0f38 cc /r | vex.w0 sha512 |
vsha512msg2 vec:rw, vecr             | l1.f2.0f38 cd /r | vex.w0 sha512 |
vsm3msg1 xmm:rw, xmmv, xmmrm128      | l0.np.0f38 da /r | vex.w0 sm3 |
vsm3msg2 xmm:rw, xmmv, xmmrm128      | l0.66.0f38 da /r | vex.w0 sm3 |
vsm3rnds2 xmm:rw, xmmv, xmmrm128, imm8 | l0.66.0f3a de /r | vex.w0 sm3 |
vsm4key4 vec:w, vecv, vecrm          | lx.f3.0f38 da /r | vex.w0 sm4 |
vsm4rnds4 vec:w, vecv, vecrm         | lx.f2.0f38 da /r | vex.w0 sm4 |
`,
].join('');
