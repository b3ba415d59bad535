import type * as vmm from '@trapgate/vmm';
import type { MachineFactory, ProcessorModel } from './run/guest-machine';

/** `processorModels` is in the machine's documentation and not in its index yet: until then -cpu help lists nothing. */
type Library = typeof vmm & { processorModels?: () => readonly ProcessorModel[] };

/** The machines of `@trapgate/vmm`, loaded when they are needed: help and bad usage need none. */
export async function loadMachines(): Promise<MachineFactory> {
  const { Machine, embeddedGuest, processorModels }: Library = await import('@trapgate/vmm');
  return {
    create: (options) => Machine.create(options),
    restore: (snapshot, options, image) => Machine.fromSnapshot(snapshot, options, image),
    embeddedGuest,
    processorModels: processorModels ?? (() => []),
  };
}
