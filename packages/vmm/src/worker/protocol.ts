/** What a virtual machine's two ends say to each other: plain data that structured cloning can copy. */
import { ImageError, MachineError, SnapshotError } from '../errors';
import type { BACKEND_METHODS, BackendSetup } from '../virtual-machine/backend';
import type { AnyVirtualMachineEvent } from '../virtual-machine/events';

export type BackendMethod = (typeof BACKEND_METHODS)[number];

/** To the worker. Each is answered by a `result` or an `error` with its number. */
export type WorkerRequest =
  | { readonly kind: 'create'; readonly id: number; readonly setup: BackendSetup }
  | {
      readonly kind: 'call';
      readonly id: number;
      readonly method: BackendMethod;
      readonly args: readonly unknown[];
    };

/** From the worker. */
export type WorkerReply =
  | { readonly kind: 'result'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly error: SentError }
  | { readonly kind: 'events'; readonly list: readonly AnyVirtualMachineEvent[] }
  | { readonly kind: 'room' };

/** What is kept of an error on its way. */
export interface SentError {
  readonly name: string;
  readonly code?: string;
  readonly message: string;
  readonly values?: Readonly<Record<string, unknown>>;
}

const KNOWN = { ImageError, MachineError, SnapshotError } as const;

/** Values that structured cloning may refuse become text. */
function plain(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const simple = (value: unknown): boolean =>
    value === null || !['object', 'function'].includes(typeof value);
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, simple(value) ? value : String(value)]),
  );
}

export function sentError(error: unknown): SentError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  const { name, message } = error;
  const { code, values } = error as { code?: unknown; values?: Record<string, unknown> };
  return {
    name,
    message,
    ...(typeof code === 'string' ? { code } : {}),
    ...(values ? { values: plain(values) } : {}),
  };
}

/** The error as it was thrown at the other end; a fault of the worker itself becomes `ERR_WORKER`. */
export function receivedError({ name, code, message, values = {} }: SentError): Error {
  const known = KNOWN[name as keyof typeof KNOWN] as
    (new (code: never, message: string, values: never) => Error) | undefined;
  if (known && code !== undefined) return new known(code as never, message, values as never);
  return new MachineError('ERR_WORKER', `the virtual machine's worker failed: ${name}: ${message}`, { name });
}

/** The buffers in a value that can be moved instead of copied: those of the bytes that it consists of. */
export function ownedBuffers(value: unknown): ArrayBuffer[] {
  if (!(value instanceof Uint8Array) || !(value.buffer instanceof ArrayBuffer)) return [];
  return value.byteLength === value.buffer.byteLength ? [value.buffer] : [];
}
