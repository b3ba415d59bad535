import { aluRows } from './alu';
import { controlTransferRows } from './control-transfer';
import { dataTransferRows } from './data-transfer';
import { mmxRows } from './mmx';
import { sseRows } from './sse';
import { stringRows } from './string';
import { systemRows } from './system';
import { x87Rows } from './x87';

/** The instruction table, by chapter. */
export const chapters: readonly string[] = [
  aluRows, dataTransferRows, controlTransferRows, stringRows, systemRows, x87Rows, mmxRows, sseRows,
];
