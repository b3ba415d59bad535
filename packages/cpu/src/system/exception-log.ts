/** One delivered exception. */
export interface ExceptionRecord {
  readonly vector: number;
  /** Error code, or -1 if the exception has none. */
  readonly error: number;
  readonly cs: number;
  /** EIP that the handler sees as its return address. */
  readonly eip: number;
  /** CR2 at delivery; means something for #PF only. */
  readonly cr2: number;
}

const WORDS = 5;

/** The last exceptions that a processor delivered, oldest first; recording allocates nothing. */
export class ExceptionLog {
  private readonly words: Float64Array;
  private total = 0;

  constructor(readonly capacity = 16) {
    this.words = new Float64Array(capacity * WORDS);
  }

  /** Exceptions recorded since creation or {@link clear}. */
  get count(): number {
    return this.total;
  }

  record(vector: number, error: number, cs: number, eip: number, cr2: number): void {
    const at = (this.total++ % this.capacity) * WORDS;
    this.words[at] = vector;
    this.words[at + 1] = error;
    this.words[at + 2] = cs;
    this.words[at + 3] = eip;
    this.words[at + 4] = cr2;
  }

  entries(): readonly ExceptionRecord[] {
    const list: ExceptionRecord[] = [];
    for (let n = Math.max(0, this.total - this.capacity); n < this.total; n++) {
      const [vector, error, cs, eip, cr2] = this.words.subarray(
        (n % this.capacity) * WORDS,
        (n % this.capacity) * WORDS + WORDS,
      ) as unknown as [number, number, number, number, number];
      list.push({ vector, error, cs, eip, cr2 });
    }
    return list;
  }

  clear(): void {
    this.total = 0;
  }
}
