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
