import type { MeaningTable } from '../meaning';
import { SIMD_CIPHER } from './cipher';
import { SIMD_COMPARE_CONVERT } from './compare-convert';
import { SIMD_CONTROL } from './control';
import { SIMD_FLOAT } from './float-arithmetic';
import { SIMD_INTEGER } from './integer';
import { SIMD_MOVES } from './moves';
import { SIMD_SHIFT_SHUFFLE } from './shift-shuffle';
import { SSE4_FLOAT } from './sse4-float';
import { SSE4_INTEGER } from './sse4-integer';
import { SSSE3 } from './ssse3';
import { SIMD_STRINGS } from './string-compare';

/** MMX and SSE instructions. */
export const SIMD: MeaningTable = {
  ...SIMD_MOVES,
  ...SIMD_INTEGER,
  ...SIMD_SHIFT_SHUFFLE,
  ...SIMD_FLOAT,
  ...SIMD_COMPARE_CONVERT,
  ...SIMD_CONTROL,
  ...SSSE3,
  ...SSE4_INTEGER,
  ...SSE4_FLOAT,
  ...SIMD_STRINGS,
  ...SIMD_CIPHER,
};
