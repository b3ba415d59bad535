/** What the benchmark's init script prints first. */
export const initMarker = 'Trapgate: /init runs';

/** The same for every machine that is measured. */
export const bootCommandLine = 'console=ttyS0';

/** Waits for texts in what a guest writes to its serial port. */
export class SerialWatch {
  #line = '';
  #waiting = new Map<string, () => void>();

  /** Calls `found` the first time that a line contains `text`, as soon as its last byte is there. */
  once(text: string, found: () => void): void {
    this.#waiting.set(text, found);
  }

  put(byte: number): void {
    if (process.env['TRAPGATE_BENCH_SERIAL']) process.stderr.write(Uint8Array.of(byte));
    this.#line = byte === 10 ? '' : this.#line + String.fromCharCode(byte);
    for (const [text, found] of this.#waiting) {
      if (!this.#line.endsWith(text)) continue;
      this.#waiting.delete(text);
      found();
    }
  }
}
