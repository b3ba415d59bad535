// What a JavaScript host gives everywhere - Node.js and browsers - beyond the language itself. The platform-free
// libraries are compiled against this and nothing else, so the compiler guards the boundary. Keep it small.
interface HostTimer {
  readonly __hostTimer: never;
}
declare function setTimeout(callback: () => void, milliseconds?: number): HostTimer;
declare function clearTimeout(timer: HostTimer | undefined): void;

declare const performance: {
  /** Milliseconds since an arbitrary start, monotonic. */
  now(): number;
};

declare class TextEncoder {
  encode(text?: string): Uint8Array<ArrayBuffer>;
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(bytes?: ArrayBufferView | ArrayBuffer, options?: { stream?: boolean }): string;
}

interface AbortSignal {
  readonly aborted: boolean;
  readonly reason: any;
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
  throwIfAborted(): void;
}

interface MessagePort {
  onmessage: ((event: any) => void) | null;
  postMessage(message: any): void;
  close(): void;
}
declare class MessageChannel {
  readonly port1: MessagePort;
  readonly port2: MessagePort;
}

declare function queueMicrotask(callback: () => void): void;

/** WHATWG streams: what the libraries use of them. */
interface ReadableStreamDefaultReader<R = any> {
  read(): Promise<{ done: false; value: R } | { done: true; value?: R | undefined }>;
  cancel(reason?: any): Promise<void>;
  releaseLock(): void;
}
interface ReadableStreamDefaultController<R = any> {
  readonly desiredSize: number | null;
  enqueue(chunk: R): void;
  close(): void;
  error(reason?: any): void;
}
interface ReadableStream<R = any> {
  readonly locked: boolean;
  cancel(reason?: any): Promise<void>;
  getReader(): ReadableStreamDefaultReader<R>;
  pipeThrough<T>(transform: {
    readonly readable: ReadableStream<T>;
    readonly writable: WritableStream<R>;
  }): ReadableStream<T>;
}
declare const ReadableStream: {
  new <R = any>(
    source?: {
      start?(controller: ReadableStreamDefaultController<R>): void;
      pull?(controller: ReadableStreamDefaultController<R>): void | PromiseLike<void>;
      cancel?(reason?: any): void | PromiseLike<void>;
    },
    strategy?: { highWaterMark?: number; size?(chunk: R): number },
  ): ReadableStream<R>;
};
interface WritableStreamDefaultWriter<W = any> {
  readonly ready: Promise<unknown>;
  write(chunk: W): Promise<void>;
  close(): Promise<void>;
  abort(reason?: any): Promise<void>;
  releaseLock(): void;
}
interface WritableStreamDefaultController {
  error(reason?: any): void;
}
interface WritableStream<W = any> {
  readonly locked: boolean;
  abort(reason?: any): Promise<void>;
  getWriter(): WritableStreamDefaultWriter<W>;
}
declare const WritableStream: {
  new <W = any>(
    sink?: {
      start?(controller: WritableStreamDefaultController): void;
      write?(chunk: W, controller: WritableStreamDefaultController): void | PromiseLike<void>;
      close?(): void | PromiseLike<void>;
      abort?(reason?: any): void | PromiseLike<void>;
    },
    strategy?: { highWaterMark?: number; size?(chunk: W): number },
  ): WritableStream<W>;
};
declare const CompressionStream: {
  new (format: 'deflate-raw'): { readonly readable: ReadableStream; readonly writable: WritableStream };
};
declare const DecompressionStream: {
  new (format: 'deflate-raw'): { readonly readable: ReadableStream; readonly writable: WritableStream };
};

interface Blob {
  readonly size: number;
  arrayBuffer(): Promise<ArrayBuffer>;
}
declare const Blob: { prototype: Blob; new (parts?: any[]): Blob };
interface URL {
  readonly href: string;
  readonly protocol: string;
}
declare const URL: { prototype: URL; new (url: string, base?: string | URL): URL };
declare function fetch(
  url: string,
  options?: { signal?: AbortSignal | null },
): Promise<{
  readonly ok: boolean;
  readonly status: number;
  readonly statusText: string;
  arrayBuffer(): Promise<ArrayBuffer>;
}>;
interface ImportMeta {
  readonly url: string;
}
