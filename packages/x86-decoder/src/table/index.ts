import { aluRows } from './alu';
import { controlTransferRows } from './control-transfer';
import { dataTransferRows } from './data-transfer';
import { mmxRows } from './mmx';
import { sseRows } from './sse';
import { ssse3Sse4Rows } from './ssse3-sse4';
import { stringRows } from './string';
import { systemRows } from './system';
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
];

/** Those with VEX, EVEX, XOP and 3DNow! encodings. */
export const vectorChapters: readonly string[] = [];
