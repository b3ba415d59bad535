import type { MeaningTable } from '../meaning';
import { SIMD_CONTROL } from './control';
import { SIMD_MOVES } from './moves';

/** MMX and SSE instructions. */
export const SIMD: MeaningTable = { ...SIMD_MOVES, ...SIMD_CONTROL };
