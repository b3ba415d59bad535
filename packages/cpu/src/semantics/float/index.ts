import type { MeaningTable } from '../meaning';
import { X87_ARITHMETIC } from './arithmetic';
import { X87_COMPARE } from './compare';
import { X87_CONTROL } from './control';
import { X87_REMAINDER } from './remainder';
import { X87_TRANSCENDENTAL } from './transcendental';
import { X87_TRANSFER } from './transfer';

/** The x87 instructions that are generated; the others are host functions (float/environment.ts). */
export const FLOAT: MeaningTable = {
  ...X87_TRANSFER,
  ...X87_ARITHMETIC,
  ...X87_COMPARE,
  ...X87_CONTROL,
  ...X87_REMAINDER,
  ...X87_TRANSCENDENTAL,
};
