/** A queue of bounded length; the oldest first. */
export class ByteFifo {
  readonly #bytes: number[] = [];

  constructor(readonly capacity: number) {}

  get length(): number {
    return this.#bytes.length;
  }

  /** False, and nothing queued, when full. */
  push(byte: number): boolean {
    if (this.#bytes.length >= this.capacity) return false;
    this.#bytes.push(byte);
    return true;
  }

  shift(): number | undefined {
    return this.#bytes.shift();
  }

  peek(): number | undefined {
    return this.#bytes[0];
  }

  includes(byte: number): boolean {
    return this.#bytes.includes(byte);
  }

  clear(): void {
    this.#bytes.length = 0;
  }

  toArray(): number[] {
    return [...this.#bytes];
  }
}
