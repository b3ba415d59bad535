/** Integers that instructions treat specially, and their neighbours. */
const EDGES = [
  0, 1, 2, 0xff, 0xffff, 0xffffffff, 0x7f, 0x80, 0x7fff, 0x8000, 0x7fffffff, 0x80000000, 0x80000001,
  0xfffffffe, 0x0f, 0x10, 0x1f, 0x20, 9, 0x99, 0xffff0000, 0xff00,
];

/** FNV-1a, 32 bits, over bytes; `hash` continues an earlier one. */
export function fnv1a(bytes: ArrayLike<number>, hash = 0x811c9dc5): number {
  for (let n = 0; n < bytes.length; n++) hash = Math.imul(hash ^ bytes[n]!, 0x0100_0193);
  return hash >>> 0;
}

/**
 * The source of every number in a recorded vector: splitmix32. The state advances by 9E3779B9h; the output is the state
 * z mixed by z ^= z >>> 16, z *= 21F0AAADh, z ^= z >>> 15, z *= 735A2D97h, z ^= z >>> 15, modulo 2^32. Vectors are
 * regenerated from it, so neither it nor the order in which it is asked may change without recording anew.
 */
export class VectorRandom {
  constructor(private state: number) {}

  /** 32 bits, unsigned. */
  word(): number {
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
  /** 32 bits, special more often than not. */
  value(): number {
    const kind = this.below(100);
    if (kind < 40) return this.pick(EDGES);
    if (kind < 60) return ((this.pick(EDGES) << this.below(32)) ^ this.below(4)) >>> 0;
    return this.word();
  }
}
