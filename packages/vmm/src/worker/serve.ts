import { BACKEND_METHODS, type Backend } from '../virtual-machine/backend';
import { LocalBackend } from '../virtual-machine/local-backend';
import { ownPort, type WorkerPort } from './own-port';
import { ownedBuffers, sentError, type WorkerReply, type WorkerRequest } from './protocol';

class MachineServer {
  private backend: Backend | null = null;

  constructor(private readonly port: WorkerPort) {}

  listen(): void {
    this.port.listen((message) => void this.answer(message as WorkerRequest));
  }

  private reply(message: WorkerReply, transfer: ArrayBuffer[] = []): void {
    this.port.post(message, transfer);
  }

  private async answer(request: WorkerRequest): Promise<void> {
    const { id } = request;
    try {
      const value = await this.perform(request);
      this.reply({ kind: 'result', id, value }, ownedBuffers(value));
    } catch (error) {
      this.reply({ kind: 'error', id, error: sentError(error) });
    }
  }

  private async perform(request: WorkerRequest): Promise<unknown> {
    if (request.kind === 'create') {
      this.backend = await LocalBackend.create(request.setup, {
        events: (list) => this.reply({ kind: 'events', list }),
        serialRoom: () => this.reply({ kind: 'room' }),
      });
      return { memorySize: this.backend.memorySize };
    }
    const { method, args } = request;
    if (!this.backend || !BACKEND_METHODS.includes(method)) throw new Error(`no such call: ${method}`);
    return (this.backend[method] as (...values: readonly unknown[]) => Promise<unknown>)(...args);
  }
}

/**
 * Makes the worker that this is called in serve one virtual machine to `VirtualMachine.createInWorker`. The file
 * `worker.js` of this package does nothing else; a bundler that needs a file of one's own can be given one that
 * calls this, and the option `worker`.
 */
export function serveVirtualMachine(): void {
  new MachineServer(ownPort()).listen();
}
