import { closeSync, openSync, writeSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { UsageError } from '../usage-error';
import { creationProblem } from './file-problem';

/** Bytes are collected up to this many before they go out, within one turn of the event loop. */
const CHUNK_BYTES = 1 << 14;
/** Above this many bytes not yet taken by a reader, the guest waits. */
const CONGESTED_BYTES = 1 << 18;
/** At the end, a reader gets this long to take what is left, in milliseconds. */
const LAST_FLUSH_MS = 500;
/** How often a full pipe that was opened as a file is tried again, a millisecond apart, before output is dropped. */
const MOST_RETRIES = 500;

/**
 * Where bytes of the guest or the log go. They are collected and go out at the end of the event loop's turn, so that
 * a byte costs little; a slow reader makes the guest wait, so that nothing piles up.
 */
export abstract class Output {
  /** Called when the reader does not keep up; the guest should stop until `drained`. */
  onCongested: () => void = () => undefined;
  readonly #chunk = Buffer.alloc(CHUNK_BYTES);
  #used = 0;
  #scheduled = false;

  protected abstract send(bytes: Uint8Array): void;
  /** Frees what the output holds; called once everything was sent. */
  protected abstract release(): void;
  abstract get congested(): boolean;
  /** Resolves when the reader has taken everything or is gone, or `signal` aborts. */
  abstract drained(signal: AbortSignal): Promise<void>;

  writeByte(byte: number): void {
    this.#chunk[this.#used++] = byte;
    if (this.#used === CHUNK_BYTES) this.flush();
    else this.#schedule();
  }

  writeText(text: string): void {
    if (text.length * 3 > CHUNK_BYTES - this.#used) this.flush();
    if (text.length * 3 > CHUNK_BYTES) this.#forward(Buffer.from(text));
    else this.#used += this.#chunk.write(text, this.#used);
    this.#schedule();
  }

  flush(): void {
    if (this.#used === 0) return;
    const bytes = Buffer.from(this.#chunk.subarray(0, this.#used));
    this.#used = 0;
    this.#forward(bytes);
  }

  async close(): Promise<void> {
    this.flush();
    await this.drained(AbortSignal.timeout(LAST_FLUSH_MS));
    this.release();
  }

  #forward(bytes: Uint8Array): void {
    this.send(bytes);
    if (this.congested) this.onCongested();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.flush();
    });
  }
}

/** Output to a stream of Node's, which stays open. */
export class StreamOutput extends Output {
  constructor(private readonly stream: Writable) {
    super();
  }

  get congested(): boolean {
    return !this.stream.destroyed && this.stream.writableLength > CONGESTED_BYTES;
  }

  async drained(signal: AbortSignal): Promise<void> {
    const stream = this.stream;
    if (signal.aborted || stream.destroyed || stream.writableLength === 0) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        for (const event of ['drain', 'close', 'error']) stream.off(event, done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      for (const event of ['drain', 'close', 'error']) stream.on(event, done);
      signal.addEventListener('abort', done);
    });
  }

  protected send(bytes: Uint8Array): void {
    if (!this.stream.destroyed) this.stream.write(bytes);
  }

  protected release(): void {}
}

/** Output to a file, written synchronously; after a failure (a full disk) the rest is dropped. */
export class FileOutput extends Output {
  readonly congested = false;
  readonly #descriptor: number;
  #failed = false;

  /** @throws UsageError where the file cannot be created; `what` names it in the message */
  constructor(what: string, path: string) {
    super();
    try {
      this.#descriptor = openSync(path, 'w');
    } catch (error) {
      throw new UsageError(`${what}: ${creationProblem(error)}`);
    }
  }

  async drained(): Promise<void> {}

  protected send(bytes: Uint8Array): void {
    let retries = 0;
    for (let from = 0; from < bytes.length && !this.#failed;) {
      try {
        from += writeSync(this.#descriptor, bytes, from);
      } catch (error) {
        this.#failed = (error as NodeJS.ErrnoException).code !== 'EAGAIN' || retries++ > MOST_RETRIES;
        if (!this.#failed) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
      }
    }
  }

  protected release(): void {
    closeSync(this.#descriptor);
  }
}

/** Output that nobody wants. */
export class NullOutput extends Output {
  readonly congested = false;
  async drained(): Promise<void> {}
  protected send(): void {}
  protected release(): void {}
}
