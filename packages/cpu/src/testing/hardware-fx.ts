import type { Form } from '@trapgate/x86-decoder';
import { extended, fillNumbers, type NumberKind } from './hardware-numbers';
import type { VectorRandom } from './hardware-random';

/** Offsets in an FXSAVE image (SDM vol. 1, table 10-2). */
export const FX = {
  control: 0,
  status: 2,
  /** Abridged tag word: bit n is set if register n of the file (not of the stack) is not empty. */
  tags: 4,
  opcode: 6,
  ip: 8,
  dp: 16,
  mxcsr: 24,
  mxcsrMask: 28,
  /** ST(n) or MMn at 16 * n. */
  st: 32,
  xmm: 160,
  bytes: 512,
} as const;

const UNIT = /^(fpu|mmx|s?sse|sse4|aes|pclmul|fxsr|sha|gfni)/;
const TRANSCENDENTAL = /^(f2xm1|fyl2xp?1?|fsin|fcos|fsincos|fptan|fpatan)$/;

/** Whether a form's vectors have x87, MMX and SSE state. */
export function usesFx(form: Form): boolean {
  return (
    UNIT.test(form.feature) || form.operands.some(({ kind }) => kind === 'sti' || /mm(reg|rm|r)$/.test(kind))
  );
}

/** What the numbers in a form's SIMD registers and in its memory operand are. */
export function numberKind(form: Form): NumberKind {
  const { mnemonic } = form;
  const source = /^cvtt?(\w\w)2/.exec(mnemonic)?.[1] ?? /(ps|ss|pd|sd)$/.exec(mnemonic)?.[1];
  if (source === 'ps' || source === 'ss') return 'single';
  if (source === 'pd' || source === 'sd') return 'double';
  if (!/^fpu/.test(form.feature) || /^fi/.test(mnemonic)) return 'integer';
  const bits = form.operands.find(({ kind }) => kind === 'm')?.size;
  if (mnemonic === 'fbld') return 'decimal';
  return bits === 32 ? 'single' : bits === 64 ? 'double' : bits === 80 ? 'extended' : 'integer';
}

const put16 = (bytes: Uint8Array, at: number, value: number): void => {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
};
const put32 = (bytes: Uint8Array, at: number, value: number): void => {
  put16(bytes, at, value);
  put16(bytes, at + 2, value >>> 16);
};

/** A control word: all exceptions masked more often than not; any precision, the reserved one too, and rounding. */
function controlWord(random: VectorRandom): number {
  const kind = random.below(100);
  const masks = kind < 60 ? 0x3f : kind < 80 ? 0x3f & ~(1 << random.below(6)) : random.below(64);
  const precision = random.chance(50) ? 3 : random.below(4);
  const rounding = random.chance(45) ? 0 : random.below(4);
  return masks | 0x40 | (precision << 8) | (rounding << 10);
}

/** A status word; an unmasked exception is seldom pending, and ES and B tell of it. */
function statusWord(random: VectorRandom, control: number): number {
  const pending = random.chance(6);
  const flags = (random.chance(40) ? random.below(0x80) : 0) & (pending ? -1 : control | 0x40);
  const codes = (random.below(16) & 7) << 8;
  const c3 = random.chance(30) ? 0x4000 : 0;
  const error = flags & ~control & 0x3f ? 0x8080 : 0;
  return flags | codes | c3 | error | (random.below(8) << 11);
}

export function mxcsr(random: VectorRandom): number {
  const kind = random.below(100);
  const masks = kind < 60 ? 0x3f : kind < 80 ? 0x3f & ~(1 << random.below(6)) : random.below(64);
  const flags = random.chance(60) ? 0 : random.below(64);
  const modes = random.chance(55) ? 0 : random.pick([0x8000, 0x40, 0x8040]);
  return flags | modes | (masks << 7) | ((random.chance(45) ? 0 : random.below(4)) << 13);
}

function stack(random: VectorRandom, form: Form, image: Uint8Array): void {
  const small = TRANSCENDENTAL.test(form.mnemonic);
  for (let n = 0; n < 8; n++) {
    const at = FX.st + 16 * n;
    if (n > 0 && random.chance(12)) image.copyWithin(at, at - 16, at - 6);
    else extended(random, image, at);
    // Arguments that these functions are defined for, spread over their whole range.
    if (small && n < 2 && random.chance(70)) {
      const above = /^f2xm1|p1$/.test(form.mnemonic) && n === 0 ? 0 : 64;
      const exponent = 0x3fff + above - random.below(above + 68);
      image[at + 7] = image[at + 7]! | 0x80;
      put16(image, at + 8, exponent | (random.chance(50) ? 0x8000 : 0));
    }
  }
}

/** An FXSAVE image that suits a form; in 64-bit code with sixteen XMM registers. */
export function makeFx(random: VectorRandom, form: Form, bits: 16 | 32 | 64): Uint8Array {
  const image = new Uint8Array(FX.bytes);
  const control = controlWord(random);
  put16(image, FX.control, control);
  put16(image, FX.status, statusWord(random, control));
  image[FX.tags] = random.chance(75) ? 0xff : random.chance(15) ? 0 : random.below(256);
  put16(image, FX.opcode, random.below(0x800));
  put32(image, FX.ip, random.word());
  put32(image, FX.dp, random.word());
  put32(image, FX.mxcsr, mxcsr(random));
  stack(random, form, image);
  const kind = numberKind(form);
  const count = bits === 64 ? 16 : 8;
  for (let n = 0; n < count; n++) {
    const at = FX.xmm + 16 * n;
    if (n > 0 && random.chance(10)) image.copyWithin(at, at - 16, at);
    else fillNumbers(random, image, at, 16, kind);
  }
  return image;
}

/** An x87 environment in memory (SDM vol. 1, figures 8-9 to 8-12), of 14 or 28 bytes, and eight registers behind it. */
export function makeEnvironment(random: VectorRandom, form: Form, wide: boolean): Uint8Array {
  const step = wide ? 4 : 2;
  const bytes = new Uint8Array(7 * step + 80);
  for (let n = 0; n < bytes.length; n++) bytes[n] = random.word();
  const control = controlWord(random);
  put16(bytes, 0, control);
  put16(bytes, step, statusWord(random, control));
  if (random.chance(50)) put16(bytes, 2 * step, random.pick([0xffff, 0, 0x5555, 0xaaaa, 0x3fff]));
  const image = makeFx(random, form, 32);
  for (let n = 0; n < 8; n++)
    bytes.set(image.subarray(FX.st + 16 * n, FX.st + 16 * n + 10), 7 * step + 10 * n);
  return bytes;
}
