import type { Mode } from './iced';

/** Room for one instruction; what follows it is the beginning of the next. */
export const STRIDE = 16;

// Register and memory operands of each kind: [rax], rip or disp32, SIB, disp8, disp32 with SIB; every reg field.
const shapes = [0x00, 0x05, 0x04, 0x41, 0x84, 0xc0, 0xc3].flatMap((shape) =>
  Array.from({ length: 8 }, (_, reg) => shape | (reg << 3)),
);
const tail = [0x11, 0x82, 0x93, 0x24, 0x35, 0x46, 0x57, 0x68, 0x79];

interface Space {
  readonly name: string;
  /** How many prefixes there are. */
  readonly prefixes: number;
  /** Bytes of prefix number `n` up to the opcode. */
  readonly prefix: (n: number, mode: Mode) => number[];
}

/** Takes the next digit of a number in a mixed radix. */
class Digits {
  constructor(private value: number) {}
  next(radix: number): number {
    const digit = this.value % radix;
    this.value = (this.value - digit) / radix;
    return digit;
  }
}

// vvvv unused, and used with a register that exists everywhere; R, X and B not extending, and extending.
const vvvv = [15, 10];
const extensions = [0xe0, 0x00];

/** R, X and B have to be set outside 64-bit code, where the bytes are other instructions else. */
const high = (bits: number, mode: Mode): number => (mode === 64 ? bits : bits | 0xc0);

export const vectorSpaces: readonly Space[] = [
  {
    name: 'VEX',
    prefixes: 2 * 3 * 4 * 2 * 2 * 2,
    prefix: (n, mode) => {
      const d = new Digits(n);
      const [extension, map, pp, w, l, v] = [
        d.next(2),
        1 + d.next(3),
        d.next(4),
        d.next(2),
        d.next(2),
        d.next(2),
      ];
      return [0xc4, high(extensions[extension], mode) | map, (w << 7) | (vvvv[v] << 3) | (l << 2) | pp];
    },
  },
  {
    name: 'two-byte VEX',
    prefixes: 2 * 4 * 2 * 2,
    prefix: (n, mode) => {
      const d = new Digits(n);
      const [r, pp, l, v] = [d.next(2), d.next(4), d.next(2), d.next(2)];
      return [0xc5, high(r << 7, mode) | (vvvv[v] << 3) | (l << 2) | pp];
    },
  },
  {
    name: 'XOP',
    prefixes: 2 * 3 * 4 * 2 * 2 * 2,
    prefix: (n, mode) => {
      const d = new Digits(n);
      const [extension, map, pp, w, l, v] = [
        d.next(2),
        8 + d.next(3),
        d.next(4),
        d.next(2),
        d.next(2),
        d.next(2),
      ];
      return [0x8f, high(extensions[extension], mode) | map, (w << 7) | (vvvv[v] << 3) | (l << 2) | pp];
    },
  },
  {
    // Two settings of R, X, B, R', six maps (4 is none), vvvv and V', and what EVEX.z, b and aaa say.
    name: 'EVEX',
    prefixes: 2 * 6 * 4 * 2 * 4 * 2 * 6,
    prefix: (n, mode) => {
      const d = new Digits(n);
      const [extension, map, pp, w] = [d.next(2), 1 + d.next(6), d.next(4), d.next(2)];
      const [length, v, last] = [d.next(4), d.next(2), [0x08, 0x09, 0x89, 0x18, 0x19, 0x02][d.next(6)]];
      return [
        0x62,
        high([0xf0, 0x00][extension], mode) | map,
        (w << 7) | (vvvv[v] << 3) | 4 | pp,
        (length << 5) | last,
      ];
    },
  },
];

/** How many encodings a space has: prefixes, opcodes, ModRM bytes. */
export const sizeOf = ({ prefixes }: Space): number => prefixes * 256 * shapes.length;

/** Writes encodings `first`, `first + step` ... of a space, one each `STRIDE` bytes, as many as there is room for. */
export function writeEncodings(
  space: Space,
  mode: Mode,
  bytes: Uint8Array,
  first: number,
  step: number,
): { count: number; next: number } {
  const total = sizeOf(space);
  let count = 0;
  let n = first;
  for (; n < total && (count + 2) * STRIDE <= bytes.length; n += step, count++) {
    const digits = new Digits(n);
    const [shape, opcode] = [shapes[digits.next(shapes.length)], digits.next(256)];
    const start = space.prefix(Math.floor(n / (256 * shapes.length)), mode);
    bytes.set([...start, opcode, shape, ...tail].slice(0, STRIDE), count * STRIDE);
  }
  return { count, next: n };
}

/** Every opcode of 3DNow!, which is behind the operands. */
export function* encodings3dnow(): Generator<Uint8Array> {
  for (const modrm of [0x08, 0x4a, 0x8b, 0x0c, 0xc3, 0xfc]) {
    const operand =
      modrm >= 0xc0 ? [modrm] : [modrm, 0x11, 0x22, 0x33, 0x44, 0x55].slice(0, [1, 2, 5][modrm >> 6]);
    if ((modrm & 7) === 4 && modrm < 0xc0) operand.push(0x21);
    for (let opcode = 0; opcode < 256; opcode++) yield Uint8Array.of(0x0f, 0x0f, ...operand, opcode);
  }
}

/** Prefixes that a VEX, EVEX or XOP prefix does not bear, and others that it does, in front of some instructions. */
export function* prefixedVectors(): Generator<Uint8Array> {
  const instructions = [
    [0xc5, 0xf8, 0x58, 0xc1],
    [0xc4, 0xe2, 0x71, 0x98, 0x02],
    [0x8f, 0xe9, 0x78, 0x80, 0xc1],
    [0x62, 0xf1, 0x7c, 0x48, 0x58, 0x41, 0x01],
    [0x0f, 0x0f, 0xc1, 0x9e],
  ];
  const prefixes = [0x66, 0xf2, 0xf3, 0xf0, 0x2e, 0x65, 0x67, 0x40, 0x48, 0x4f];
  for (const instruction of instructions) {
    for (const first of prefixes) {
      yield Uint8Array.of(first, ...instruction);
      for (const second of prefixes) yield Uint8Array.of(first, second, ...instruction);
    }
  }
}
