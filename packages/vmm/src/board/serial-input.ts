/** The receiver of a serial port. */
export interface SerialReceiver {
  /** False: there is no room; it asks again when there is. */
  receive(byte: number): boolean;
}

/** Bytes for the guest's serial port that its FIFO has no room for yet. */
export class SerialInput {
  private chunks: Uint8Array[] = [];
  private position = 0;
  private count = 0;

  /** Bytes that the guest has not taken yet. */
  get backlog(): number {
    return this.count;
  }

  add(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.chunks.push(bytes.slice());
    this.count += bytes.length;
  }

  /** Hands over as much as the receiver takes. */
  feed(receiver: SerialReceiver): void {
    while (this.count > 0) {
      const chunk = this.chunks[0]!;
      if (!receiver.receive(chunk[this.position]!)) return;
      this.position++;
      this.count--;
      if (this.position < chunk.length) continue;
      this.chunks.shift();
      this.position = 0;
    }
  }

  /** The bytes that the guest has not taken yet. */
  pending(): number[] {
    const [first, ...others] = this.chunks;
    return first ? [first.subarray(this.position), ...others].flatMap((chunk) => [...chunk]) : [];
  }

  clear(): void {
    this.chunks = [];
    this.position = 0;
    this.count = 0;
  }
}
