import type { Meaning, MeaningTable, QuickSemantics } from '../meaning';
import { X87_ARITHMETIC } from './arithmetic';
import { X87_COMPARE } from './compare';
import { X87_CONTROL } from './control';
import { QUICK_ARITHMETIC } from './quick-arithmetic';
import { QUICK_COMPARE } from './quick-compare';
import { QUICK_TRANSFER } from './quick-transfer';
import { X87_REMAINDER } from './remainder';
import { X87_TRANSCENDENTAL } from './transcendental';
import { X87_TRANSFER } from './transfer';

const MEANINGS: MeaningTable = {
  ...X87_TRANSFER,
  ...X87_ARITHMETIC,
  ...X87_COMPARE,
  ...X87_CONTROL,
  ...X87_REMAINDER,
  ...X87_TRANSCENDENTAL,
};
const QUICK: ReadonlyMap<string, QuickSemantics> = new Map(
  [QUICK_TRANSFER, QUICK_ARITHMETIC, QUICK_COMPARE].flatMap((table) => Object.entries(table)),
);

/** The x87 instructions that are generated; the others are host functions (float/environment.ts). */
export const FLOAT: MeaningTable = Object.fromEntries(
  Object.entries(MEANINGS).map(([name, meaning]): [string, Meaning] => {
    const quick = QUICK.get(name);
    return [name, quick ? { ...meaning, quick } : meaning];
  }),
);
