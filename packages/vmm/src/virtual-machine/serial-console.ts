import type { VirtualConsole } from './virtual-machine';

/** Bytes that may wait for a reader before the guest has to. */
const READER_BYTES = 2 ** 18;

export interface ConsoleNeeds {
  /** Resolves to the bytes that the guest has not taken yet. */
  send(bytes: Uint8Array): Promise<number>;
  /** Resolves when the guest has taken nearly everything. */
  room(): Promise<void>;
  /** More bytes may wait than a sender should add to. */
  readonly enough: number;
  /** Lets the guest wait, or go on. */
  hold(held: boolean): void;
  /** Somebody reads, or nobody does any more. */
  reading(reads: boolean): void;
}

/** The two streams of a serial port. They are made when they are asked for. */
export class SerialConsole implements VirtualConsole {
  private output: ReadableStream<Uint8Array> | null = null;
  private controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  private input: WritableStream<Uint8Array | string> | null = null;
  private inputController: WritableStreamDefaultController | null = null;
  private held = false;
  private closed: Error | null = null;

  constructor(private readonly needs: ConsoleNeeds) {}

  get readable(): ReadableStream<Uint8Array> {
    if (this.output) return this.output;
    this.output = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.controller = controller;
          if (this.closed) controller.close();
        },
        pull: () => this.setHeld(false),
        cancel: () => {
          this.output = null;
          this.controller = null;
          this.setHeld(false);
          this.needs.reading(false);
        },
      },
      { highWaterMark: READER_BYTES, size: (chunk) => chunk.byteLength },
    );
    this.needs.reading(true);
    return this.output;
  }

  get writable(): WritableStream<Uint8Array | string> {
    this.input ??= new WritableStream<Uint8Array | string>({
      start: (controller) => {
        this.inputController = controller;
        if (this.closed) controller.error(this.closed);
      },
      write: async (chunk) => {
        const bytes = typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk;
        if ((await this.needs.send(bytes)) > this.needs.enough) await this.needs.room();
      },
    });
    return this.input;
  }

  /** The guest has sent something. */
  receive(bytes: Uint8Array): void {
    if (!this.controller) return;
    this.controller.enqueue(bytes);
    this.setHeld((this.controller.desiredSize ?? 1) <= 0);
  }

  /** The machine is gone. */
  close(reason: Error): void {
    this.closed = reason;
    this.controller?.close();
    this.controller = null;
    this.inputController?.error(reason);
  }

  private setHeld(held: boolean): void {
    if (held === this.held) return;
    this.held = held;
    this.needs.hold(held);
  }
}
