import { once } from 'node:events';
import type { OutputStream } from '../command-context';

/** Text for a stream whose reader may be slow, or leave. */
export class TextSink {
  #gone = false;

  constructor(private readonly stream: OutputStream) {
    stream.on('error', this.#leave);
    stream.on('close', this.#leave);
  }

  /** Nobody reads any more. */
  get gone(): boolean {
    return this.#gone || this.stream.destroyed;
  }

  /** Resolves when there is room for more. */
  async write(text: string): Promise<void> {
    if (this.gone || this.stream.write(text)) return;
    await this.#settled('drain');
  }

  /** Resolves when everything was taken. */
  async end(): Promise<void> {
    if (!this.gone && this.stream.writableLength > 0) await this.#settled('drain');
  }

  /** No longer listens to the stream, which stays open. */
  release(): void {
    this.stream.off('error', this.#leave);
    this.stream.off('close', this.#leave);
  }

  async #settled(event: string): Promise<void> {
    const { signal, abort } = abortable();
    const ends = [event, 'close'].map((name) => once(this.stream, name, { signal }));
    await Promise.race(ends).catch(this.#leave);
    abort();
    await Promise.allSettled(ends);
  }

  readonly #leave = (): void => {
    this.#gone = true;
  };
}

function abortable(): { signal: AbortSignal; abort(): void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}
