import type { Mode } from './iced';

/** A small deterministic generator (xorshift32). */
export class RandomBytes {
  constructor(private state: number) {}

  next(): number {
    let { state } = this;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.state = state;
    return state >>> 8;
  }

  below(limit: number): number {
    return this.next() % limit;
  }

  /**
   * Fills a stretch with random bytes and makes the beginning of every 16 of them look like something: nothing at all,
   * prefixes, opcode maps, or a VEX, EVEX or XOP prefix most of whose fields are right.
   */
  fill(bytes: Uint8Array, mode: Mode): void {
    for (let i = 0; i < bytes.length; i++) bytes[i] = this.next() >> 3;
    for (let i = 0; i + 16 <= bytes.length; i += 16) this.shape(bytes, i, mode);
  }

  private shape(bytes: Uint8Array, start: number, mode: Mode): void {
    let at = start;
    const kind = this.below(8);
    if (kind === 0) return;
    for (let left = [0, 0, 0, 1, 1, 2, 3][this.below(7)]; left > 0; left--)
      bytes[at++] = prefixBytes[this.below(prefixBytes.length)];
    if (kind < 4) {
      if (kind > 1) bytes[at++] = 0x0f;
      if (kind === 3) bytes[at] = this.below(2) ? 0x38 : 0x3a;
      return;
    }
    if (kind === 4) bytes[at++] = 0xc5;
    else if (kind === 5) bytes[at++] = 0xc4;
    else if (kind === 6) bytes[at++] = 0x8f;
    else bytes[at++] = 0x62;
    if (mode !== 64) bytes[at] |= 0xc0;
    if (kind === 4) return this.likely(bytes, at, 0x78);
    const map = kind === 7 ? [1, 2, 3, 5, 6][this.below(5)] : (kind === 6 ? 8 : 1) + this.below(3);
    bytes[at] = (bytes[at] & (kind === 7 ? 0xf0 : 0xe0)) | map;
    this.likely(bytes, at + 1, 0x78);
    if (kind === 6 && this.below(4) > 0) bytes[at + 1] &= 0xfc;
    if (kind < 7) return;
    bytes[at + 1] |= 4;
    this.likely(bytes, at + 2, 8);
    if (this.below(2)) bytes[at + 2] &= 0x78 | this.below(8);
  }

  /** Sets bits in half of the cases. */
  private likely(bytes: Uint8Array, at: number, bits: number): void {
    if (this.below(2)) bytes[at] |= bits;
  }
}

const prefixBytes = [0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x48, 0x41, 0x4f];
