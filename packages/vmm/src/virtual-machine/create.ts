import { MachineError } from '../errors';
import { createWorkerBackend } from '../worker/worker-backend';
import type { Backend, BackendSetup, BackendSink } from './backend';
import { VirtualMachineHandle } from './handle';
import { readImage } from './image-source';
import { loadableImage } from './loadable';
import { nameOptions, type NamedOptions, type VirtualMachineOptions, type WorkerOptions } from './options';
import type { VirtualMachine } from './virtual-machine';

/** Fetches everything that a machine needs from outside. */
async function prepare({ machine, images, snapshot, signal }: NamedOptions): Promise<BackendSetup> {
  const [image, bytes] = await Promise.all([
    loadableImage(images, signal),
    snapshot === undefined ? undefined : readImage('snapshot', snapshot, signal),
  ]);
  return {
    machine,
    ...(image ? { image } : {}),
    ...(bytes ? { snapshot: bytes } : {}),
  };
}

async function create(
  options: VirtualMachineOptions,
  connect: (setup: BackendSetup, sink: BackendSink) => Promise<Backend>,
): Promise<VirtualMachine> {
  const named = nameOptions(options);
  const setup = await prepare(named);
  const machine = await VirtualMachineHandle.create((sink) => connect(setup, sink));
  const { signal } = named;
  if (signal?.aborted) {
    await machine.dispose();
    signal.throwIfAborted();
  }
  signal?.addEventListener('abort', () => void machine.dispose(), { once: true });
  // Whoever awaits the machine can listen to it before it starts.
  if (named.autostart) setTimeout(() => void machine.run().catch(() => {}), 0);
  return machine;
}

export async function createLocally(options: VirtualMachineOptions = {}): Promise<VirtualMachine> {
  // Loaded when it is needed: a page whose machines are in workers need not download the processor twice.
  const { LocalBackend } = await import('./local-backend');
  return create(options, (setup, sink) => LocalBackend.create(setup, sink));
}

export async function createInWorker(options: WorkerOptions = {}): Promise<VirtualMachine> {
  const { worker, ...others } = options;
  if ('hostClock' in others)
    throw new MachineError('ERR_OPTION', 'hostClock: a worker has a clock of its own', {
      option: 'hostClock',
    });
  return create(others, (setup, sink) => createWorkerBackend(setup, sink, worker));
}
