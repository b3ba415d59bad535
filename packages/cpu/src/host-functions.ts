import { floatHostFunctions } from './float/host-functions';
import { hostFunctions as systemFunctions, type HostFunction } from './system';

/** Every instruction that JavaScript executes, by name (see hostName). */
export const hostFunctions: ReadonlyMap<string, HostFunction> = new Map([
  ...systemFunctions,
  ...floatHostFunctions,
]);
