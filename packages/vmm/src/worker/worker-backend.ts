import { MachineError } from '../errors';
import {
  BACKEND_METHODS,
  type Backend,
  type BackendSetup,
  type BackendSink,
} from '../virtual-machine/backend';
import { nodeThreads } from '../virtual-machine/node-host';
import type { WorkerLike } from '../virtual-machine/options';
import { receivedError, type BackendMethod, type WorkerReply, type WorkerRequest } from './protocol';

/** A worker that does not answer to `close` is ended after so many milliseconds. */
const PATIENCE = 1000;

/** What Web Workers and Node.js' worker threads differ in. */
interface WorkerEvents {
  on?(event: 'message' | 'error' | 'exit', listener: (value: unknown) => void): unknown;
  addEventListener?(type: string, listener: (event: { data?: unknown; message?: string }) => void): unknown;
  ref?(): unknown;
  unref?(): unknown;
}

/** A new worker that runs `worker.js` beside this file, in a form that bundlers recognize. */
function startWorker(): WorkerLike {
  const { Worker } = globalThis as unknown as { Worker?: new (url: URL, options: object) => WorkerLike };
  if (Worker) return new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
  const threads = nodeThreads();
  if (!threads) throw new MachineError('ERR_WORKER', 'this host has no workers');
  const file = 'worker.js';
  return new threads.Worker(new URL(file, import.meta.url));
}

interface PendingCall {
  resolve(value: never): void;
  reject(error: Error): void;
}

/** The requests to a worker and their answers. */
class WorkerChannel {
  private readonly pending = new Map<number, PendingCall>();
  private next = 1;
  private failure: Error | null = null;

  constructor(
    private readonly worker: WorkerLike & WorkerEvents,
    private readonly sink: BackendSink,
  ) {
    const failed = (reason: string): void => this.fail(reason);
    if (worker.on) {
      worker.on('message', (message) => this.receive(message as WorkerReply));
      worker.on('error', (error) => failed(error instanceof Error ? error.message : String(error)));
      worker.on('exit', (code) => failed(`it ended with exit code ${String(code)}`));
      worker.unref?.();
    } else {
      worker.addEventListener?.('message', ({ data }) => this.receive(data as WorkerReply));
      worker.addEventListener?.('error', ({ message }) => failed(message || 'its script cannot be loaded'));
      worker.addEventListener?.('messageerror', () => failed('a message of it cannot be read'));
    }
  }

  request(make: (id: number) => WorkerRequest): Promise<never> {
    return new Promise((resolve, reject) => {
      if (this.failure) return reject(this.failure);
      const id = this.next++;
      this.pending.set(id, { resolve, reject });
      // In Node.js, only a call that waits for its answer keeps the program alive.
      this.worker.ref?.();
      try {
        this.worker.postMessage(make(id));
      } catch (error) {
        this.settle(id)?.reject(
          new MachineError('ERR_ARGUMENT', `cannot be sent to the worker: ${String(error)}`, {}),
        );
      }
    });
  }

  /** The worker is gone: nothing will be answered any more. */
  fail(reason: string): void {
    this.failure ??= new MachineError('ERR_WORKER', `the virtual machine's worker failed: ${reason}`, {
      reason,
    });
    for (const id of [...this.pending.keys()]) this.settle(id)?.reject(this.failure);
  }

  private settle(id: number): PendingCall | undefined {
    const call = this.pending.get(id);
    this.pending.delete(id);
    if (this.pending.size === 0) this.worker.unref?.();
    return call;
  }

  private receive(reply: WorkerReply): void {
    switch (reply.kind) {
      case 'result':
        this.settle(reply.id)?.resolve(reply.value as never);
        break;
      case 'error':
        this.settle(reply.id)?.reject(receivedError(reply.error));
        break;
      case 'events':
        this.sink.events(reply.list);
        break;
      case 'room':
        this.sink.serialRoom();
        break;
    }
  }
}

type Calls = { readonly [Method in BackendMethod]: Backend[Method] };

/** A machine in a worker of its own. Throws what making the machine there throws. */
export async function createWorkerBackend(
  setup: BackendSetup,
  sink: BackendSink,
  start: () => WorkerLike = startWorker,
): Promise<Backend> {
  const worker = start();
  const channel = new WorkerChannel(worker, sink);
  const calls = Object.fromEntries(
    BACKEND_METHODS.map((method) => [
      method,
      (...args: readonly unknown[]) => channel.request((id) => ({ kind: 'call', id, method, args })),
    ]),
  ) as unknown as Calls;
  const terminate = async (): Promise<void> => {
    channel.fail('it has been ended');
    await worker.terminate();
  };
  try {
    const made = await channel.request((id) => ({ kind: 'create', id, setup }));
    const { memorySize } = made as { memorySize: number };
    return { ...calls, memorySize, close: () => closeWorker(calls, terminate) };
  } catch (error) {
    await terminate();
    throw error;
  }
}

async function closeWorker(calls: Calls, terminate: () => Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, PATIENCE)));
  try {
    await Promise.race([calls.close().catch(() => {}), late]);
  } finally {
    clearTimeout(timer);
    await terminate();
  }
}
