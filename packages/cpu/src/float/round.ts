import {
  call,
  i32,
  i64,
  select,
  type FunctionBuilder,
  type FunctionRef,
  type I32,
  type I64,
  type ModuleBuilder,
} from '@trapgate/wasm-assembler';
import { c32, c64, EXTENDED, FLAG, has, MODE, ROUND, rounding, TOP_BIT } from './format';

/** Precision by precision control, a byte each: 24, 64 (reserved), 53, 64 (SDM vol. 1, table 8-2). */
const PRECISIONS = 0x4035_4018;

/**
 * Emits `pack(destination, sign, exponent field, significand, mode)`: writes a number in the format of the mode. The
 * significand is left-justified with its integer bit; of the exponent field the low bits count, so -1 means infinity or NaN.
 */
export function emitPack(module: ModuleBuilder): FunctionRef {
  const fn = module.function('floatPack', { params: ['i32', 'i32', 'i32', 'i64', 'i32'], results: [] });
  const [to, sign, field, significand, mode] = [
    fn.param<'i32'>(0),
    fn.param<'i32'>(1),
    fn.param<'i32'>(2),
    fn.param<'i64'>(3),
    fn.param<'i32'>(4),
  ];
  fn.if(
    has(mode, MODE.single),
    () => {
      const fraction = i32.and(i32.wrap(i64.shrU(significand, c64(40))), c32(0x7f_ffff));
      const exponent = i32.shl(i32.and(field, c32(0xff)), c32(23));
      fn.store('i32.store', to, i32.or(i32.or(i32.shl(sign, c32(31)), exponent), fraction));
    },
    () =>
      fn.if(
        has(mode, MODE.double),
        () => {
          const fraction = i64.and(i64.shrU(significand, c64(11)), c64(0xf_ffff_ffff_ffffn));
          const exponent = i32.shl(i32.and(field, c32(0x7ff)), c32(20));
          const high = i64.shl(i64.extendI32U(i32.or(i32.shl(sign, c32(31)), exponent)), c64(32));
          fn.store('i64.store', to, i64.or(high, fraction));
        },
        () => {
          fn.store('i64.store', to, significand);
          fn.store('i32.store16', to, i32.or(i32.shl(sign, c32(15)), i32.and(field, c32(EXTENDED.field))), 8);
        },
      ),
  );
  return fn;
}

/**
 * Emits `increments(rounding, sign, odd, rest) -> 0 or 1`: whether rounding moves the significand away from zero; `rest` is
 * what is cut off as a fraction of the last place, times 2^64, its last bit sticky (SDM vol. 1, table 4-9).
 */
export function emitIncrements(module: ModuleBuilder): FunctionRef {
  const fn = module.function('floatIncrements', { params: ['i32', 'i32', 'i32', 'i64'], results: ['i32'] });
  const [control, sign, odd, rest] = [
    fn.param<'i32'>(0),
    fn.param<'i32'>(1),
    fn.param<'i32'>(2),
    fn.param<'i64'>(3),
  ];
  fn.if(i32.eqz(control), () => {
    fn.return(i32.or(i64.gtU(rest, TOP_BIT), i32.and(i64.eq(rest, TOP_BIT), odd)));
  });
  const inexact = i64.ne(rest, c64(0));
  const away = select(
    i32.eq(control, c32(ROUND.down)),
    sign,
    i32.and(i32.eq(control, c32(ROUND.up)), i32.eqz(sign)),
  );
  fn.return(i32.and(inexact, away));
  return fn;
}

interface RoundFunctions {
  readonly pack: FunctionRef;
  readonly increments: FunctionRef;
}

/** The body of `round`: one step of rounding is emitted by {@link Rounding.step}. */
class Rounding {
  readonly fn: FunctionBuilder;
  readonly to: I32;
  readonly sign: I32;
  readonly mode: I32;
  /** Bits to cut off: 0, 11 or 40. */
  private readonly cut: I64;
  readonly bias: I32;
  private readonly flags;
  private readonly exponent;
  private readonly high;
  private readonly low;

  constructor(
    module: ModuleBuilder,
    private readonly functions: RoundFunctions,
  ) {
    const fn = module.function('floatRound', {
      params: ['i32', 'i32', 'i32', 'i64', 'i64', 'i32'],
      results: ['i32'],
    });
    this.fn = fn;
    [this.to, this.sign, this.mode] = [fn.param<'i32'>(0), fn.param<'i32'>(1), fn.param<'i32'>(5)];
    this.exponent = fn.params[2]!;
    this.high = fn.params[3]!;
    this.low = fn.params[4]!;
    this.flags = fn.variable(c32(0));
    const format = fn.let(i32.and(i32.shrU(this.mode, c32(MODE.formatShift)), c32(3)));
    const control = i32.and(i32.shrU(this.mode, c32(8)), c32(3));
    const index = select(format, i32.shl(i32.sub(format, c32(1)), c32(1)), control);
    const precision = i32.and(i32.shrU(c32(PRECISIONS), i32.shl(index, c32(3))), c32(0xff));
    this.cut = fn.let(i64.extendI32U(i32.sub(c32(64), precision)));
    this.bias = fn.let(
      select(format, select(i32.eq(format, c32(1)), c32(127), c32(1023)), c32(EXTENDED.bias)),
    );
  }

  private get e(): I32 {
    return this.exponent.get as I32;
  }
  private get hi(): I64 {
    return this.high.get as I64;
  }
  private get lo(): I64 {
    return this.low.get as I64;
  }

  /** high:low -> the significand below the precision as a fraction of the last place. */
  private rest(): I64 {
    const mask = i64.sub(i64.shl(c64(1), this.cut), c64(1));
    const fraction = i64.shl(i64.and(this.hi, mask), i64.sub(c64(64), this.cut));
    const sticky = i64.extendI32U(i64.ne(this.lo, c64(0)));
    return this.fn.let(select(i64.eqz(this.cut), this.lo, i64.or(fraction, sticky)));
  }

  private unit(): I64 {
    return this.fn.let(i64.shl(c64(1), this.cut));
  }

  /** Rounds high:low to the precision. Sets PE and C1; returns the rounded significand (0: carried out of the top). */
  private step(): I64 {
    const { fn } = this;
    const rest = this.rest();
    const unit = this.unit();
    const kept = fn.let(i64.and(this.hi, i64.sub(c64(0), unit)));
    const odd = i64.ne(i64.and(kept, unit), c64(0));
    const up = fn.let(call<'i32'>(this.functions.increments, rounding(this.mode), this.sign, odd, rest));
    const change = i32.or(i32.shl(i64.ne(rest, c64(0)), c32(5)), i32.shl(up, c32(9)));
    fn.set(this.flags, i32.or(this.flags.get as I32, change));
    return fn.let(i64.add(kept, select(up, unit, c64(0))));
  }

  private pack(field: I32, significand: I64): void {
    this.fn.call(this.functions.pack, this.to, this.sign, field, significand, this.mode);
  }

  private finish(extra = 0): void {
    this.fn.return(i32.or(this.flags.get as I32, c32(extra)));
  }

  /** Nonzero if rounding with unlimited exponents would carry into the next power of two. */
  private carries(): I32 {
    const unit = this.unit();
    const kept = this.fn.let(i64.and(this.hi, i64.sub(c64(0), unit)));
    const ones = i64.eq(kept, i64.sub(c64(0), unit));
    return i32.and(
      ones,
      call<'i32'>(this.functions.increments, rounding(this.mode), this.sign, c32(1), this.rest()),
    );
  }

  /** Shifts high:low right by `distance` > 0, what falls out being sticky. */
  private shiftRight(distance: I32): void {
    const { fn } = this;
    const by = fn.let(i64.extendI32U(distance));
    const lost = fn.let(i64.ne(this.lo, c64(0)));
    fn.if(
      i64.ltU(by, c64(64)),
      () => {
        fn.set(this.low, i64.or(i64.shl(this.hi, i64.sub(c64(64), by)), i64.extendI32U(lost)));
        fn.set(this.high, i64.shrU(this.hi, by));
      },
      () => {
        const far = i64.gtU(by, c64(64));
        fn.set(this.low, select(far, c64(1), i64.or(this.hi, i64.extendI32U(lost))));
        fn.set(this.high, c64(0));
      },
    );
  }

  /** Results below the smallest normal number (SDM vol. 1, 4.9.1.5: tininess is detected after rounding). */
  underflow(): void {
    const { fn } = this;
    const smallest = fn.let(i32.sub(c32(1), this.bias));
    fn.if(i32.ltS(this.e, smallest), () => {
      const carried = i32.and(i32.eq(this.e, i32.sub(smallest, c32(1))), this.carries());
      const tiny = fn.let(i32.eqz(carried));
      fn.if(i32.and(tiny, i32.eqz(has(this.mode, FLAG.ue))), () => {
        fn.set(this.flags, c32(FLAG.ue));
        fn.set(this.exponent, i32.add(this.e, c32(EXTENDED.wrap)));
        this.wrapped();
      });
      fn.if(i32.and(tiny, i32.ne(has(this.mode, MODE.flushToZero), c32(0))), () => {
        this.pack(c32(0), c64(0));
        this.finish(FLAG.ue | FLAG.pe);
      });
      this.shiftRight(i32.sub(smallest, this.e));
      const significand = this.step();
      this.pack(i32.wrap(i64.shrU(significand, c64(63))), significand);
      const inexact = i32.shrU(i32.and(this.flags.get as I32, c32(FLAG.pe)), c32(1));
      fn.return(i32.or(this.flags.get as I32, select(tiny, inexact, c32(0))));
    });
  }

  /** Rounds and packs with a biased-adjusted exponent: the response to unmasked over- and underflow (SDM vol. 1, 8.5.4, 8.5.5). */
  private wrapped(): void {
    const significand = this.step();
    const carried = this.fn.let(i64.eqz(significand));
    this.pack(i32.add(i32.add(this.e, carried), this.bias), i64.or(significand, TOP_BIT));
    this.finish();
  }

  /** Everything else: round, and see whether that is too large (SDM vol. 1, 4.9.1.4). */
  normal(): void {
    const { fn } = this;
    const significand = this.step();
    fn.set(this.exponent, i32.add(this.e, i64.eqz(significand)));
    fn.if(i32.leS(this.e, this.bias), () => {
      this.pack(i32.add(this.e, this.bias), i64.or(significand, TOP_BIT));
      this.finish();
    });
    fn.if(i32.eqz(has(this.mode, FLAG.oe)), () => {
      this.pack(i32.add(i32.sub(this.e, c32(EXTENDED.wrap)), this.bias), i64.or(significand, TOP_BIT));
      this.finish(FLAG.oe);
    });
    const control = fn.let(rounding(this.mode));
    const away = select(
      i32.eq(control, c32(ROUND.down)),
      this.sign,
      i32.and(i32.eq(control, c32(ROUND.up)), i32.eqz(this.sign)),
    );
    fn.if(
      i32.or(i32.eqz(control), away),
      () => {
        this.pack(c32(-1), TOP_BIT);
        fn.return(c32(FLAG.oe | FLAG.pe | FLAG.c1));
      },
      () => {
        this.pack(i32.shl(this.bias, c32(1)), i64.sub(c64(0), i64.shl(c64(1), this.cut)));
        fn.return(c32(FLAG.oe | FLAG.pe));
      },
    );
  }
}

/**
 * Emits `round(destination, sign, exponent, high, low, mode) -> flags`: rounds the number (-1)^sign * 1.xxx * 2^exponent,
 * whose 128-bit significand high:low has its top bit set and a sticky last bit, and writes it in the format of the mode.
 */
export function emitRound(module: ModuleBuilder, functions: RoundFunctions): FunctionRef {
  const rounding = new Rounding(module, functions);
  rounding.underflow();
  rounding.normal();
  return rounding.fn;
}
