import type { MachineOptions } from '../machine-options';
import type { MachineState } from './machine-state';

const MIB = 2 ** 20;

/** The options of a machine that a snapshot fits: what is not given is as it was. */
export function optionsOfSnapshot(options: MachineOptions, state: MachineState): MachineOptions {
  const { debugExit, clock, processor } = state;
  const nanosecondsPerInstruction = clock.instructions?.nanosecondsPerInstruction;
  return {
    memoryMiB: state.ramBytes / MIB,
    cpu: processor?.model,
    ...(debugExit ? { debugExit } : {}),
    ...(nanosecondsPerInstruction === undefined ? {} : { icount: { nanosecondsPerInstruction } }),
    ...options,
  };
}
