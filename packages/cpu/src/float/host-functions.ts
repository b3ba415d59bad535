import type { HostFunction } from '../system/context';
import { decimalFunctions } from './decimal';
import { environmentFunctions } from './environment';
import { remainderFunctions } from './remainder';
import { transcendentalFunctions } from './transcendental';

/** The floating-point instructions that are executed in TypeScript, by mnemonic. */
export const floatHostFunctions: ReadonlyMap<string, HostFunction> = new Map([
  ...environmentFunctions,
  ...remainderFunctions,
  ...decimalFunctions,
  ...transcendentalFunctions,
]);
