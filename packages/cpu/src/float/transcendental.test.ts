import { describe, expect, it } from 'vitest';
import { Random } from '../translator/testing/random';
import { X87_REMAINDER } from '../semantics/float/remainder';
import { X87_TRANSCENDENTAL } from '../semantics/float/transcendental';
import { DEFAULTS, load, save, type Fields } from './testing/vector-lines';
import { SingleInstruction } from './testing/single-instruction';

const GENERATED = { ...X87_TRANSCENDENTAL, ...X87_REMAINDER };

const SEED = Number(process.env['TRAPGATE_SEED'] ?? 0x3f1);
const CASES = 400;
const BIAS = 0x3fff;

const CODE: Readonly<Record<string, readonly number[]>> = {
  fsin: [0xd9, 0xfe],
  fcos: [0xd9, 0xff],
  fsincos: [0xd9, 0xfb],
  fptan: [0xd9, 0xf2],
  f2xm1: [0xd9, 0xf0],
  fyl2x: [0xd9, 0xf1],
  fyl2xp1: [0xd9, 0xf9],
  fpatan: [0xd9, 0xf3],
  fprem: [0xd9, 0xf8],
  fprem1: [0xd9, 0xf5],
  fscale: [0xd9, 0xfd],
  fxtract: [0xd9, 0xf4],
};
/** Least and greatest exponent of ST(0), and whether it may be negative. */
const RANGE: Readonly<Record<string, readonly [least: number, most: number, negative: boolean]>> = {
  f2xm1: [-64, -1, true],
  fyl2x: [-200, 200, false],
  fyl2xp1: [-64, 0, true],
  fpatan: [-40, 40, true],
  fprem: [-45, 140, true],
  fprem1: [-45, 140, true],
  fscale: [-16382, 16383, true],
  fxtract: [-16382, 16383, true],
};
const CIRCULAR = [-64, 63, true] as const;

const hex = (value: number | bigint, digits: number): string => value.toString(16).padStart(digits, '0');

function number(random: Random, least: number, most: number, negative: boolean): string {
  const top = 1n << 63n;
  const bits = (BigInt(random.next()) << 32n) | BigInt(random.next());
  const near = bits >> BigInt(random.below(63));
  const significand = random.chance(60)
    ? bits | top
    : random.chance(50)
      ? top | near
      : (1n << 64n) - 1n - near;
  const sign = negative && random.chance(50) ? 0x8000 : 0;
  const exponent = random.chance(50)
    ? least + random.below(most - least + 1)
    : Math.max(least, Math.min(most, random.below(8) - 4));
  return `${hex(sign | (BIAS + exponent), 4)}:${hex(BigInt.asUintN(64, significand | top), 16)}`;
}

function state(random: Random, name: string): Fields {
  const control =
    0x40 | (random.chance(80) ? 0x3f : 0x1f) | (random.pick([0, 2, 3]) << 8) | (random.below(4) << 10);
  return {
    ...DEFAULTS,
    cw: hex(control, 4),
    sw: hex(random.below(8) << 8, 4),
    tw: '03',
    st0: number(random, ...(RANGE[name] ?? CIRCULAR)),
    st1: number(random, -40, 40, true),
  };
}

/** The generated functions have about 90 bits, the host's about 200; both are rounded once. */
describe(`transcendental instructions and remainders: generated code and the exact functions (seed ${SEED})`, () => {
  const unit = new SingleInstruction((form) => form.mnemonic in GENERATED);
  const random = new Random(SEED);

  it.each(Object.keys(GENERATED))('%s', (name) => {
    let generated = 0;
    for (let n = 0; n < CASES; n++) {
      const before = state(random, name);
      load(unit, before);
      expect(unit.runOnHost(CODE[name]!)).toBe(-1);
      const exact = save(unit);
      load(unit, before);
      expect(unit.run(CODE[name]!)).toBe(-1);
      expect(save(unit), JSON.stringify(before)).toEqual(exact);
      if (!unit.leftToHost) generated++;
    }
    expect(generated).toBeGreaterThan(CASES / 2);
  });
});
