/** The five value types that Trapgate's generated code uses (WebAssembly core specification 2.3.1-2.3.3). */
export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';

/** One WebAssembly instruction without control flow: its text name, encoding, operand types and result type. */
export interface Operation {
  readonly name: string;
  /** Encoded opcode, prefix byte included. */
  readonly code: readonly number[];
  readonly operands: readonly ValueType[];
  readonly result: ValueType | undefined;
  /** What follows the opcode: nothing, a memory argument, a constant, a lane number, or sixteen lanes. */
  readonly immediate: 'none' | 'memory' | 'constant' | 'lane' | 'shuffle' | 'memory-lane';
  /** Natural alignment of a memory access as a power of two. */
  readonly align: number;
}

type Row = readonly [name: string, code: number, signature: string, align?: number];

const I32: readonly Row[] = [
  ['i32.load', 0x28, 'i:i', 2], ['i32.load8_s', 0x2c, 'i:i', 0], ['i32.load8_u', 0x2d, 'i:i', 0],
  ['i32.load16_s', 0x2e, 'i:i', 1], ['i32.load16_u', 0x2f, 'i:i', 1],
  ['i32.store', 0x36, 'ii:', 2], ['i32.store8', 0x3a, 'ii:', 0], ['i32.store16', 0x3b, 'ii:', 1],
  ['i32.eqz', 0x45, 'i:i'], ['i32.eq', 0x46, 'ii:i'], ['i32.ne', 0x47, 'ii:i'],
  ['i32.lt_s', 0x48, 'ii:i'], ['i32.lt_u', 0x49, 'ii:i'], ['i32.gt_s', 0x4a, 'ii:i'], ['i32.gt_u', 0x4b, 'ii:i'],
  ['i32.le_s', 0x4c, 'ii:i'], ['i32.le_u', 0x4d, 'ii:i'], ['i32.ge_s', 0x4e, 'ii:i'], ['i32.ge_u', 0x4f, 'ii:i'],
  ['i32.clz', 0x67, 'i:i'], ['i32.ctz', 0x68, 'i:i'], ['i32.popcnt', 0x69, 'i:i'],
  ['i32.add', 0x6a, 'ii:i'], ['i32.sub', 0x6b, 'ii:i'], ['i32.mul', 0x6c, 'ii:i'],
  ['i32.div_s', 0x6d, 'ii:i'], ['i32.div_u', 0x6e, 'ii:i'], ['i32.rem_s', 0x6f, 'ii:i'], ['i32.rem_u', 0x70, 'ii:i'],
  ['i32.and', 0x71, 'ii:i'], ['i32.or', 0x72, 'ii:i'], ['i32.xor', 0x73, 'ii:i'],
  ['i32.shl', 0x74, 'ii:i'], ['i32.shr_s', 0x75, 'ii:i'], ['i32.shr_u', 0x76, 'ii:i'],
  ['i32.rotl', 0x77, 'ii:i'], ['i32.rotr', 0x78, 'ii:i'],
  ['i32.wrap_i64', 0xa7, 'l:i'], ['i32.reinterpret_f32', 0xbc, 'f:i'],
  ['i32.extend8_s', 0xc0, 'i:i'], ['i32.extend16_s', 0xc1, 'i:i'],
];

const I64: readonly Row[] = [
  ['i64.load', 0x29, 'i:l', 3], ['i64.load8_s', 0x30, 'i:l', 0], ['i64.load8_u', 0x31, 'i:l', 0],
  ['i64.load16_s', 0x32, 'i:l', 1], ['i64.load16_u', 0x33, 'i:l', 1],
  ['i64.load32_s', 0x34, 'i:l', 2], ['i64.load32_u', 0x35, 'i:l', 2],
  ['i64.store', 0x37, 'il:', 3], ['i64.store8', 0x3c, 'il:', 0], ['i64.store16', 0x3d, 'il:', 1], ['i64.store32', 0x3e, 'il:', 2],
  ['i64.eqz', 0x50, 'l:i'], ['i64.eq', 0x51, 'll:i'], ['i64.ne', 0x52, 'll:i'],
  ['i64.lt_s', 0x53, 'll:i'], ['i64.lt_u', 0x54, 'll:i'], ['i64.gt_s', 0x55, 'll:i'], ['i64.gt_u', 0x56, 'll:i'],
  ['i64.le_s', 0x57, 'll:i'], ['i64.le_u', 0x58, 'll:i'], ['i64.ge_s', 0x59, 'll:i'], ['i64.ge_u', 0x5a, 'll:i'],
  ['i64.clz', 0x79, 'l:l'], ['i64.ctz', 0x7a, 'l:l'], ['i64.popcnt', 0x7b, 'l:l'],
  ['i64.add', 0x7c, 'll:l'], ['i64.sub', 0x7d, 'll:l'], ['i64.mul', 0x7e, 'll:l'],
  ['i64.div_s', 0x7f, 'll:l'], ['i64.div_u', 0x80, 'll:l'], ['i64.rem_s', 0x81, 'll:l'], ['i64.rem_u', 0x82, 'll:l'],
  ['i64.and', 0x83, 'll:l'], ['i64.or', 0x84, 'll:l'], ['i64.xor', 0x85, 'll:l'],
  ['i64.shl', 0x86, 'll:l'], ['i64.shr_s', 0x87, 'll:l'], ['i64.shr_u', 0x88, 'll:l'],
  ['i64.rotl', 0x89, 'll:l'], ['i64.rotr', 0x8a, 'll:l'],
  ['i64.extend_i32_s', 0xac, 'i:l'], ['i64.extend_i32_u', 0xad, 'i:l'], ['i64.reinterpret_f64', 0xbd, 'd:l'],
  ['i64.extend8_s', 0xc2, 'l:l'], ['i64.extend16_s', 0xc3, 'l:l'], ['i64.extend32_s', 0xc4, 'l:l'],
];

const FLOAT: readonly Row[] = [
  ['f32.load', 0x2a, 'i:f', 2], ['f64.load', 0x2b, 'i:d', 3], ['f32.store', 0x38, 'if:', 2], ['f64.store', 0x39, 'id:', 3],
  ['f32.eq', 0x5b, 'ff:i'], ['f32.ne', 0x5c, 'ff:i'], ['f32.lt', 0x5d, 'ff:i'], ['f32.gt', 0x5e, 'ff:i'], ['f32.le', 0x5f, 'ff:i'], ['f32.ge', 0x60, 'ff:i'],
  ['f64.eq', 0x61, 'dd:i'], ['f64.ne', 0x62, 'dd:i'], ['f64.lt', 0x63, 'dd:i'], ['f64.gt', 0x64, 'dd:i'], ['f64.le', 0x65, 'dd:i'], ['f64.ge', 0x66, 'dd:i'],
  ['f32.abs', 0x8b, 'f:f'], ['f32.neg', 0x8c, 'f:f'], ['f32.ceil', 0x8d, 'f:f'], ['f32.floor', 0x8e, 'f:f'], ['f32.trunc', 0x8f, 'f:f'], ['f32.nearest', 0x90, 'f:f'], ['f32.sqrt', 0x91, 'f:f'],
  ['f32.add', 0x92, 'ff:f'], ['f32.sub', 0x93, 'ff:f'], ['f32.mul', 0x94, 'ff:f'], ['f32.div', 0x95, 'ff:f'], ['f32.min', 0x96, 'ff:f'], ['f32.max', 0x97, 'ff:f'], ['f32.copysign', 0x98, 'ff:f'],
  ['f64.abs', 0x99, 'd:d'], ['f64.neg', 0x9a, 'd:d'], ['f64.ceil', 0x9b, 'd:d'], ['f64.floor', 0x9c, 'd:d'], ['f64.trunc', 0x9d, 'd:d'], ['f64.nearest', 0x9e, 'd:d'], ['f64.sqrt', 0x9f, 'd:d'],
  ['f64.add', 0xa0, 'dd:d'], ['f64.sub', 0xa1, 'dd:d'], ['f64.mul', 0xa2, 'dd:d'], ['f64.div', 0xa3, 'dd:d'], ['f64.min', 0xa4, 'dd:d'], ['f64.max', 0xa5, 'dd:d'], ['f64.copysign', 0xa6, 'dd:d'],
  ['f32.convert_i32_s', 0xb2, 'i:f'], ['f32.convert_i32_u', 0xb3, 'i:f'], ['f32.convert_i64_s', 0xb4, 'l:f'], ['f32.convert_i64_u', 0xb5, 'l:f'], ['f32.demote_f64', 0xb6, 'd:f'],
  ['f64.convert_i32_s', 0xb7, 'i:d'], ['f64.convert_i32_u', 0xb8, 'i:d'], ['f64.convert_i64_s', 0xb9, 'l:d'], ['f64.convert_i64_u', 0xba, 'l:d'], ['f64.promote_f32', 0xbb, 'f:d'],
  ['f32.reinterpret_i32', 0xbe, 'i:f'], ['f64.reinterpret_i64', 0xbf, 'l:d'],
  ['i32.trunc_sat_f32_s', 0xfc00, 'f:i'], ['i32.trunc_sat_f32_u', 0xfc01, 'f:i'], ['i32.trunc_sat_f64_s', 0xfc02, 'd:i'], ['i32.trunc_sat_f64_u', 0xfc03, 'd:i'],
  ['i64.trunc_sat_f32_s', 0xfc04, 'f:l'], ['i64.trunc_sat_f32_u', 0xfc05, 'f:l'], ['i64.trunc_sat_f64_s', 0xfc06, 'd:l'], ['i64.trunc_sat_f64_u', 0xfc07, 'd:l'],
];

// SIMD proposal, merged into the core specification 2.0 (section 5.4.9); the opcode is a LEB128 number after FD.
const VECTOR: readonly Row[] = [
  ['v128.load', 0xfd00, 'i:v', 4], ['v128.store', 0xfd0b, 'iv:', 4],
  ['v128.load32_zero', 0xfd5c, 'i:v', 2], ['v128.load64_zero', 0xfd5d, 'i:v', 3],
  ['i8x16.swizzle', 0xfd0e, 'vv:v'], ['i8x16.splat', 0xfd0f, 'i:v'], ['i16x8.splat', 0xfd10, 'i:v'], ['i32x4.splat', 0xfd11, 'i:v'], ['i64x2.splat', 0xfd12, 'l:v'], ['f32x4.splat', 0xfd13, 'f:v'], ['f64x2.splat', 0xfd14, 'd:v'],
  ['i8x16.extract_lane_u', 0xfd16, 'v:i'], ['i16x8.extract_lane_u', 0xfd19, 'v:i'], ['i32x4.extract_lane', 0xfd1b, 'v:i'], ['i64x2.extract_lane', 0xfd1d, 'v:l'], ['f32x4.extract_lane', 0xfd1f, 'v:f'], ['f64x2.extract_lane', 0xfd21, 'v:d'],
  ['i8x16.replace_lane', 0xfd17, 'vi:v'], ['i16x8.replace_lane', 0xfd1a, 'vi:v'], ['i32x4.replace_lane', 0xfd1c, 'vi:v'], ['i64x2.replace_lane', 0xfd1e, 'vl:v'], ['f32x4.replace_lane', 0xfd20, 'vf:v'], ['f64x2.replace_lane', 0xfd22, 'vd:v'],
  ['i8x16.eq', 0xfd23, 'vv:v'], ['i8x16.gt_s', 0xfd27, 'vv:v'], ['i16x8.eq', 0xfd2d, 'vv:v'], ['i16x8.gt_s', 0xfd31, 'vv:v'], ['i32x4.eq', 0xfd37, 'vv:v'], ['i32x4.gt_s', 0xfd3b, 'vv:v'], ['i64x2.eq', 0xfdd6, 'vv:v'], ['i64x2.gt_s', 0xfdd9, 'vv:v'],
  ['f32x4.eq', 0xfd41, 'vv:v'], ['f32x4.ne', 0xfd42, 'vv:v'], ['f32x4.lt', 0xfd43, 'vv:v'], ['f32x4.le', 0xfd45, 'vv:v'], ['f64x2.eq', 0xfd47, 'vv:v'], ['f64x2.ne', 0xfd48, 'vv:v'], ['f64x2.lt', 0xfd49, 'vv:v'], ['f64x2.le', 0xfd4b, 'vv:v'],
  ['v128.not', 0xfd4d, 'v:v'], ['v128.and', 0xfd4e, 'vv:v'], ['v128.andnot', 0xfd4f, 'vv:v'], ['v128.or', 0xfd50, 'vv:v'], ['v128.xor', 0xfd51, 'vv:v'], ['v128.bitselect', 0xfd52, 'vvv:v'], ['v128.any_true', 0xfd53, 'v:i'],
  ['i8x16.abs', 0xfd60, 'v:v'], ['i8x16.neg', 0xfd61, 'v:v'], ['i8x16.bitmask', 0xfd64, 'v:i'], ['i8x16.narrow_i16x8_s', 0xfd65, 'vv:v'], ['i8x16.narrow_i16x8_u', 0xfd66, 'vv:v'],
  ['i8x16.shl', 0xfd6b, 'vi:v'], ['i8x16.shr_s', 0xfd6c, 'vi:v'], ['i8x16.shr_u', 0xfd6d, 'vi:v'],
  ['i8x16.add', 0xfd6e, 'vv:v'], ['i8x16.add_sat_s', 0xfd6f, 'vv:v'], ['i8x16.add_sat_u', 0xfd70, 'vv:v'], ['i8x16.sub', 0xfd71, 'vv:v'], ['i8x16.sub_sat_s', 0xfd72, 'vv:v'], ['i8x16.sub_sat_u', 0xfd73, 'vv:v'],
  ['i8x16.min_s', 0xfd76, 'vv:v'], ['i8x16.min_u', 0xfd77, 'vv:v'], ['i8x16.max_s', 0xfd78, 'vv:v'], ['i8x16.max_u', 0xfd79, 'vv:v'], ['i8x16.avgr_u', 0xfd7b, 'vv:v'],
  ['i16x8.abs', 0xfd80, 'v:v'], ['i16x8.neg', 0xfd81, 'v:v'], ['i16x8.bitmask', 0xfd84, 'v:i'], ['i16x8.narrow_i32x4_s', 0xfd85, 'vv:v'], ['i16x8.narrow_i32x4_u', 0xfd86, 'vv:v'],
  ['i16x8.extend_low_i8x16_s', 0xfd87, 'v:v'], ['i16x8.extend_high_i8x16_s', 0xfd88, 'v:v'], ['i16x8.extend_low_i8x16_u', 0xfd89, 'v:v'], ['i16x8.extend_high_i8x16_u', 0xfd8a, 'v:v'],
  ['i16x8.shl', 0xfd8b, 'vi:v'], ['i16x8.shr_s', 0xfd8c, 'vi:v'], ['i16x8.shr_u', 0xfd8d, 'vi:v'],
  ['i16x8.add', 0xfd8e, 'vv:v'], ['i16x8.add_sat_s', 0xfd8f, 'vv:v'], ['i16x8.add_sat_u', 0xfd90, 'vv:v'], ['i16x8.sub', 0xfd91, 'vv:v'], ['i16x8.sub_sat_s', 0xfd92, 'vv:v'], ['i16x8.sub_sat_u', 0xfd93, 'vv:v'],
  ['i16x8.mul', 0xfd95, 'vv:v'], ['i16x8.min_s', 0xfd96, 'vv:v'], ['i16x8.min_u', 0xfd97, 'vv:v'], ['i16x8.max_s', 0xfd98, 'vv:v'], ['i16x8.max_u', 0xfd99, 'vv:v'], ['i16x8.avgr_u', 0xfd9b, 'vv:v'],
  ['i32x4.abs', 0xfda0, 'v:v'], ['i32x4.neg', 0xfda1, 'v:v'], ['i32x4.bitmask', 0xfda4, 'v:i'],
  ['i32x4.extend_low_i16x8_s', 0xfda7, 'v:v'], ['i32x4.extend_high_i16x8_s', 0xfda8, 'v:v'], ['i32x4.extend_low_i16x8_u', 0xfda9, 'v:v'], ['i32x4.extend_high_i16x8_u', 0xfdaa, 'v:v'],
  ['i32x4.shl', 0xfdab, 'vi:v'], ['i32x4.shr_s', 0xfdac, 'vi:v'], ['i32x4.shr_u', 0xfdad, 'vi:v'],
  ['i32x4.add', 0xfdae, 'vv:v'], ['i32x4.sub', 0xfdb1, 'vv:v'], ['i32x4.mul', 0xfdb5, 'vv:v'], ['i32x4.min_s', 0xfdb6, 'vv:v'], ['i32x4.min_u', 0xfdb7, 'vv:v'], ['i32x4.max_s', 0xfdb8, 'vv:v'], ['i32x4.max_u', 0xfdb9, 'vv:v'], ['i32x4.dot_i16x8_s', 0xfdba, 'vv:v'],
  ['i32x4.extmul_low_i16x8_s', 0xfdbc, 'vv:v'], ['i32x4.extmul_high_i16x8_s', 0xfdbd, 'vv:v'], ['i32x4.extmul_low_i16x8_u', 0xfdbe, 'vv:v'], ['i32x4.extmul_high_i16x8_u', 0xfdbf, 'vv:v'],
  ['i64x2.bitmask', 0xfdc4, 'v:i'], ['i64x2.extend_low_i32x4_s', 0xfdc7, 'v:v'], ['i64x2.extend_low_i32x4_u', 0xfdc9, 'v:v'],
  ['i64x2.shl', 0xfdcb, 'vi:v'], ['i64x2.shr_s', 0xfdcc, 'vi:v'], ['i64x2.shr_u', 0xfdcd, 'vi:v'], ['i64x2.add', 0xfdce, 'vv:v'], ['i64x2.sub', 0xfdd1, 'vv:v'], ['i64x2.mul', 0xfdd5, 'vv:v'],
  ['i64x2.extmul_low_i32x4_u', 0xfdde, 'vv:v'], ['i64x2.extmul_high_i32x4_u', 0xfddf, 'vv:v'],
  ['f32x4.abs', 0xfde0, 'v:v'], ['f32x4.neg', 0xfde1, 'v:v'], ['f32x4.sqrt', 0xfde3, 'v:v'], ['f32x4.add', 0xfde4, 'vv:v'], ['f32x4.sub', 0xfde5, 'vv:v'], ['f32x4.mul', 0xfde6, 'vv:v'], ['f32x4.div', 0xfde7, 'vv:v'],
  ['f64x2.abs', 0xfdec, 'v:v'], ['f64x2.neg', 0xfded, 'v:v'], ['f64x2.sqrt', 0xfdef, 'v:v'], ['f64x2.add', 0xfdf0, 'vv:v'], ['f64x2.sub', 0xfdf1, 'vv:v'], ['f64x2.mul', 0xfdf2, 'vv:v'], ['f64x2.div', 0xfdf3, 'vv:v'],
];

const TYPES: Readonly<Record<string, ValueType>> = { i: 'i32', l: 'i64', f: 'f32', d: 'f64', v: 'v128' };

function codeBytes(code: number): number[] {
  if (code < 0x100) return [code];
  const sub = code & 0xff;
  return sub < 0x80 ? [code >> 8, sub] : [code >> 8, (sub & 0x7f) | 0x80, sub >> 7];
}

function expand([name, code, signature, align]: Row): Operation {
  const [inputs, output] = signature.split(':') as [string, string];
  const immediate = align !== undefined ? 'memory' : /lane/.test(name) ? 'lane' : 'none';
  return {
    name,
    code: codeBytes(code),
    operands: [...inputs].map((letter) => TYPES[letter]!),
    result: output === '' ? undefined : TYPES[output],
    immediate,
    align: align ?? 0,
  };
}

function constant(name: string, code: number, result: ValueType): Operation {
  return { name, code: codeBytes(code), operands: [], result, immediate: 'constant', align: 0 };
}

function buildTable(): ReadonlyMap<string, Operation> {
  const rows = [...I32, ...I64, ...FLOAT, ...VECTOR].map(expand);
  rows.push(constant('i32.const', 0x41, 'i32'), constant('i64.const', 0x42, 'i64'), constant('f32.const', 0x43, 'f32'));
  rows.push(constant('f64.const', 0x44, 'f64'), constant('v128.const', 0xfd0c, 'v128'));
  rows.push({ name: 'i8x16.shuffle', code: [0xfd, 0x0d], operands: ['v128', 'v128'], result: 'v128', immediate: 'shuffle', align: 0 });
  return new Map(rows.map((row) => [row.name, row]));
}

/** Every operation by its text name (`i32.add`). */
export const operations: ReadonlyMap<string, Operation> = buildTable();
