import type { HostFunction } from '../system/context';
import { environmentFunctions } from './environment';

/** The floating-point instructions that are executed in TypeScript, by mnemonic. */
export const floatHostFunctions: ReadonlyMap<string, HostFunction> = new Map([...environmentFunctions]);
