import { nodeThreads } from '../virtual-machine/node-host';

/** The worker's end of its channel. */
export interface WorkerPort {
  post(message: unknown, transfer: ArrayBuffer[]): void;
  listen(listener: (message: unknown) => void): void;
}

interface WorkerScope {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
}

/** The channel of the worker that this code runs in. */
export function ownPort(): WorkerPort {
  const port = nodeThreads()?.parentPort;
  if (port) {
    return {
      post: (message, transfer) => port.postMessage(message, transfer),
      listen: (listener) => port.on('message', listener),
    };
  }
  const scope = globalThis as unknown as WorkerScope;
  return {
    post: (message, transfer) => scope.postMessage(message, transfer),
    listen: (listener) => scope.addEventListener('message', ({ data }) => listener(data)),
  };
}
