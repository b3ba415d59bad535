import type { MachineFactory } from './run/guest-machine';

/** The machines of `@trapgate/vmm`. */
export const machines: MachineFactory = {
  create: () => {
    throw new Error('not there yet');
  },
  embeddedGuest: () => new Uint8Array(0),
  processorModels: () => [],
};
