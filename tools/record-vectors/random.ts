const EDGES = [
  0, 1, 2, 0xff, 0xffff, 0xffffffff, 0x7f, 0x80, 0x7fff, 0x8000, 0x7fffffff, 0x80000000, 0x80000001,
  0xfffffffe, 0x0f, 0x10, 0x1f, 0x20, 9, 0x99, 0xffff0000, 0xff00,
];

/** A reproducible source of interesting numbers. */
export class Random {
  /** @param edges - how many of 100 values are special ones; the fewer others, the better vectors compress. */
  constructor(
    private state: number,
    private readonly edges = 55,
  ) {}

  word(): number {
    // splitmix32
    this.state = (this.state + 0x9e3779b9) | 0;
    let z = this.state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  }
  below(limit: number): number {
    return Math.floor((this.word() / 2 ** 32) * limit);
  }
  chance(percent: number): boolean {
    return this.below(100) < percent;
  }
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
  value(): number {
    if (this.chance(this.edges)) return this.pick(EDGES);
    if (this.chance(30)) return ((this.pick(EDGES) << this.below(32)) ^ this.below(4)) >>> 0;
    return this.word();
  }
  bytes(length: number): Uint8Array {
    const out = new Uint8Array(length);
    for (let i = 0; i < length; i += 4) new DataView(out.buffer).setUint32(i, this.value(), true);
    return out;
  }
}
