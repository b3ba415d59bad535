import { call, i32, i64, type I32 } from '@trapgate/wasm-assembler';
import type { Semantics } from '../../builder/builder';
import { c32, c64, EXTENDED, FLAG } from '../../float/format';
import type { TranscendentalFunctions } from '../../float/transcendental-functions';
import type { Meaning, MeaningTable } from '../meaning';
import { elseHost, hostedOperand, nothingBelow, ordinary, pushResult, type HostedOperand } from './operand';
import { X87 } from './x87';

/** Smallest exponent that the generated functions take, so that no term of a series is lost. */
const SMALLEST = EXTENDED.bias - 60;
/** Factors that cannot make a result overflow or underflow. */
const FACTOR = { least: 0x400, most: 0x7b00 } as const;
/** The same where a quotient is involved, which has some 100 bits: FPTAN's operand, FPATAN's ratio as a power of two. */
const SMALLEST_QUOTIENT = EXTENDED.bias - 40;
const FARTHEST = 40;

const CODES = c32(FLAG.c1 | FLAG.c2);

const LARGEST_ANGLE = EXTENDED.bias + 62;
const angle = (x87: X87, x: HostedOperand, least = SMALLEST): I32 => ordinary(x87, x, least, LARGEST_ANGLE);

/** FSIN, FCOS. */
const circular =
  (quarters: 0 | 1): Semantics =>
  (k) => {
    const x87 = new X87(k);
    const x = hostedOperand(x87, 0);
    elseHost(x87, angle(x87, x));
    x87.remember();
    const z = x87.slot('z');
    const { sine } = x87.float.transcendental;
    x87.commit(call<'i32'>(sine, z, x.register.at, c32(quarters), x87.mode()), CODES);
    x87.copy(x.register.at, z);
  };

const fsincos: Semantics = (k) => {
  const x87 = new X87(k);
  const x = hostedOperand(x87, 0);
  elseHost(x87, i32.and(angle(x87, x), nothingBelow(x87)));
  x87.remember();
  const [sine, cosine] = [x87.slot('y'), x87.slot('z')];
  const compute = (to: I32, quarters: number): I32 =>
    k.let(call<'i32'>(x87.float.transcendental.sine, to, x.register.at, c32(quarters), x87.mode()));
  // C1 is that of the sine (AMD's processors do so).
  x87.commit(i32.or(compute(sine, 0), i32.and(compute(cosine, 1), c32(~FLAG.c1))), CODES);
  x87.copy(x.register.at, sine);
  pushResult(x87, (at) => x87.copy(at, cosine));
};

const fptan: Semantics = (k) => {
  const x87 = new X87(k);
  const x = hostedOperand(x87, 0);
  elseHost(x87, i32.and(angle(x87, x, SMALLEST_QUOTIENT), nothingBelow(x87)));
  x87.remember();
  const z = x87.slot('z');
  x87.commit(call<'i32'>(x87.float.transcendental.tangent, z, x.register.at, x87.mode()), CODES);
  x87.copy(x.register.at, z);
  pushResult(x87, (at) => x87.setConstant(at, BigInt.asIntN(64, 1n << 63n), EXTENDED.bias));
};

const f2xm1: Semantics = (k) => {
  const x87 = new X87(k);
  const x = hostedOperand(x87, 0);
  elseHost(x87, ordinary(x87, x, SMALLEST, EXTENDED.bias - 1));
  x87.remember();
  const z = x87.slot('z');
  x87.commit(call<'i32'>(x87.float.transcendental.powerMinusOne, z, x.register.at, x87.mode()));
  x87.copy(x.register.at, z);
};

/** Functions of ST(0) and ST(1), whose result replaces both. */
const ofTwo =
  (
    name: keyof Pick<TranscendentalFunctions, 'timesLogarithm' | 'timesLogarithmPlusOne' | 'arctangent'>,
    suits: (x87: X87, x: HostedOperand, y: HostedOperand) => I32,
  ): Semantics =>
  (k) => {
    const x87 = new X87(k);
    const [x, y] = [hostedOperand(x87, 0), hostedOperand(x87, 1)];
    elseHost(x87, suits(x87, x, y));
    x87.remember();
    const z = x87.slot('z');
    x87.commit(call<'i32'>(x87.float.transcendental[name], z, x.register.at, y.register.at, x87.mode()));
    x87.copy(y.register.at, z);
    x87.pop();
  };

const factor = (x87: X87, y: HostedOperand): I32 => ordinary(x87, y, FACTOR.least, FACTOR.most);

/** x > 0 and no power of two, whose logarithm is exact. */
const fyl2x = ofTwo('timesLogarithm', (x87, x, y) => {
  const power = i64.eqz(i64.shl(x.significand, c64(1)));
  const positive = ordinary(x87, x, 1, EXTENDED.field - 1, x.signExponent);
  return i32.and(i32.and(positive, i32.eqz(power)), factor(x87, y));
});

/** |x| < 0.3. */
const fyl2xp1 = ofTwo('timesLogarithmPlusOne', (x87, x, y) => {
  const below = i64.ltU(x.significand, c64(BigInt.asIntN(64, 0x9999_9999_9999_9999n)));
  const small = i32.or(i32.ltU(x.field, c32(EXTENDED.bias - 2)), below);
  return i32.and(i32.and(ordinary(x87, x, SMALLEST, EXTENDED.bias - 2), small), factor(x87, y));
});

const fpatan = ofTwo('arctangent', (x87, x, y) => {
  const apart = i32.add(i32.sub(y.field, x.field), c32(FARTHEST));
  const near = i32.leU(apart, c32(2 * FARTHEST));
  const both = i32.and(ordinary(x87, x, 1, EXTENDED.field - 1), ordinary(x87, y, 1, EXTENDED.field - 1));
  return i32.and(near, both);
});

const row = (semantics: Semantics): Meaning => ({ semantics, host: true });

/** Transcendental instructions (SDM vol. 1, 8.3.7, 8.3.8); zeros, infinities, NaNs and what is tiny or huge are the host's. */
export const X87_TRANSCENDENTAL: MeaningTable = {
  fsin: row(circular(0)),
  fcos: row(circular(1)),
  fsincos: row(fsincos),
  fptan: row(fptan),
  f2xm1: row(f2xm1),
  fyl2x: row(fyl2x),
  fyl2xp1: row(fyl2xp1),
  fpatan: row(fpatan),
};
