import { amdRows } from './amd';
import { avxConvertRows } from './avx-convert';
import { avxFloatRows } from './avx-float';
import { avxIntegerRows } from './avx-integer';
import { avxMoveRows } from './avx-move';
import { aluRows } from './alu';
import { controlTransferRows } from './control-transfer';
import { dataTransferRows } from './data-transfer';
import { extensionRows } from './extensions';
import { mmxRows } from './mmx';
import { sseRows } from './sse';
import { ssse3Sse4Rows } from './ssse3-sse4';
import { stringRows } from './string';
import { systemRows } from './system';
import { vexGeneralRows } from './vex-general';
import { x87Rows } from './x87';

/** The instructions with legacy encodings, by chapter. */
export const chapters: readonly string[] = [
  aluRows,
  dataTransferRows,
  controlTransferRows,
  stringRows,
  systemRows,
  x87Rows,
  mmxRows,
  sseRows,
  ssse3Sse4Rows,
  extensionRows,
];

/** Those with VEX, EVEX, XOP and 3DNow! encodings. */
export const vectorChapters: readonly string[] = [
  avxFloatRows,
  avxConvertRows,
  avxMoveRows,
  avxIntegerRows,
  vexGeneralRows,
  amdRows,
];
