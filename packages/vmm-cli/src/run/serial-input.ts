import type { InputStream } from '../command-context';
import type { GuestMachine } from './guest-machine';

/** Bytes sent and not yet taken by the guest, above which sending stops. */
const MOST_BACKLOG = 256;
/** How often a full backlog is looked at again, in milliseconds. */
const RETRY_MS = 5;
/** What a terminal can type ahead of a guest that does not read, in bytes; more is dropped. */
const MOST_TYPED_AHEAD = 1 << 16;

/**
 * Feeds the guest's serial port from a stream, no faster than the guest takes it. The end of the stream, or an
 * error in it, ends nothing but the input.
 */
export class SerialInput {
  readonly #stream: InputStream;
  readonly #machine: GuestMachine;
  readonly #receive: (chunk: Uint8Array) => Iterable<Uint8Array>;
  #waiting: Uint8Array[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** `receive` turns each chunk read into the pieces that the guest gets. */
  constructor(
    stream: InputStream,
    machine: GuestMachine,
    receive: (chunk: Uint8Array) => Iterable<Uint8Array>,
  ) {
    this.#stream = stream;
    this.#machine = machine;
    this.#receive = receive;
    stream.on('data', this.#onData);
    stream.on('error', this.#onError);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#waiting = [];
    this.#stream.off('data', this.#onData);
    this.#stream.pause();
  }

  readonly #onError = (): void => undefined;

  readonly #onData = (chunk: Uint8Array): void => {
    const pieces = [...this.#receive(chunk)];
    const ahead = this.#waiting.reduce((sum, piece) => sum + piece.length, 0);
    if (!this.#stream.isTTY || ahead < MOST_TYPED_AHEAD) this.#waiting.push(...pieces);
    this.#pump();
  };

  #pump(): void {
    clearTimeout(this.#timer);
    for (let room = this.#room(); room > 0 && this.#waiting.length > 0; room = this.#room()) {
      const [first, ...rest] = this.#waiting as [Uint8Array, ...Uint8Array[]];
      this.#machine.sendSerial(first.subarray(0, room));
      this.#waiting = first.length > room ? [first.subarray(room), ...rest] : rest;
    }
    if (this.#waiting.length === 0) {
      this.#stream.resume();
      return;
    }
    // A terminal is read on, for the keys that end the run.
    if (!this.#stream.isTTY) this.#stream.pause();
    this.#timer = setTimeout(() => this.#pump(), RETRY_MS);
  }

  #room(): number {
    return MOST_BACKLOG - this.#machine.serialBacklog;
  }
}
