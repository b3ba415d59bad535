import { AT, Flags, signExtend, zeroExtend, type Builder, type Value } from '@trapgate/cpu';
import { i32, type FunctionBuilder, type FunctionRef, type I32, type Local } from '@trapgate/wasm-assembler';

/** What computed the flags last, while they have not been computed themselves. */
export type PendingKind = 'add' | 'sub' | 'logic' | 'inc' | 'dec';

interface Pending {
  readonly kind: PendingKind;
  readonly width: 8 | 16 | 32;
  /** Carry-in took part: the comparison shortcuts of plain addition and subtraction do not hold. */
  readonly carryIn: boolean;
}

/**
 * - `canonical`: the three words are in their locals
 * - pending: they follow from the operands in locals a, b and r, by a kind known here
 * - `dynamic`: as either of those, by the kind in a local (where control flow merges)
 */
type FlagState = 'canonical' | 'dynamic' | Pending;

const KINDS: readonly PendingKind[] = ['add', 'sub', 'logic', 'inc', 'dec'];
const WIDTHS = [8, 16, 32] as const;

/** The number of a pending kind in the kind local; 0 is canonical. */
function codeOf({ kind, width }: Pending): number {
  return 1 + KINDS.indexOf(kind) * WIDTHS.length + WIDTHS.indexOf(width);
}

type Word = 'carries' | 'zeroResult' | 'signParity';

/** The arithmetic flags of one region: locals, and what is known of them at the point of emission. */
export class RegionFlags {
  readonly words: Readonly<Record<Word, Local<'i32'>>>;
  readonly kind: Local<'i32'>;
  readonly a: Local<'i32'>;
  readonly b: Local<'i32'>;
  readonly r: Local<'i32'>;
  state: FlagState = 'canonical';

  constructor(
    readonly fn: FunctionBuilder,
    readonly s: I32,
    /** (state, kind, a, b, r): computes the words from a pending kind, into the state block. */
    private readonly materialize: FunctionRef,
  ) {
    const local = (): Local<'i32'> => fn.local('i32');
    this.words = { carries: local(), zeroResult: local(), signParity: local() };
    this.kind = local();
    this.a = local();
    this.b = local();
    this.r = local();
  }

  /** Loads the words from the state block. */
  load(): void {
    for (const word of ['carries', 'zeroResult', 'signParity'] as const) {
      this.fn.set(this.words[word], i32.load(this.s, AT[word]));
    }
    this.state = 'canonical';
  }

  /** Before control flow merges: what is known here goes into the kind local. */
  toDynamic(): void {
    if (this.state === 'dynamic') return;
    this.fn.set(this.kind, i32.const(this.state === 'canonical' ? 0 : codeOf(this.state)));
    this.state = 'dynamic';
  }

  /** The way out's counterpart of {@link toDynamic}: the kind is set, but the state at the point of emission stays. */
  setKind(): void {
    if (this.state === 'dynamic') return;
    this.fn.set(this.kind, i32.const(this.state === 'canonical' ? 0 : codeOf(this.state)));
  }

  /** Stores words and pending operands into the state block, by the kind local. */
  writeBack(): void {
    const { fn, s, words } = this;
    for (const word of ['carries', 'zeroResult', 'signParity'] as const)
      fn.store('i32.store', s, words[word].get, AT[word]);
    fn.if(this.kind.get, () =>
      fn.call(this.materialize, s, this.kind.get, this.a.get, this.b.get, this.r.get),
    );
  }

  /** A dynamic state becomes canonical: by the helper, through the state block. */
  resolve(): void {
    const { fn } = this;
    fn.if(this.kind.get, () => {
      this.writeBack();
      for (const word of ['carries', 'zeroResult', 'signParity'] as const)
        fn.set(this.words[word], i32.load(this.s, AT[word]));
      fn.set(this.kind, i32.const(0));
    });
    this.state = 'canonical';
  }
}

/** The flags of one instruction in a region: producers only note their operands, consumers compute what they need. */
export class LazyFlags extends Flags {
  constructor(
    k: Builder,
    private readonly region: RegionFlags,
  ) {
    super(k);
  }

  protected override store(field: Word, value: I32): void {
    this.canonical();
    this.region.fn.set(this.region.words[field], value);
  }
  protected override load(field: Word): I32 {
    this.canonical();
    return this.region.words[field].get;
  }

  /** Computes the three words into their locals. */
  canonical(): void {
    const { region } = this;
    const { state } = region;
    if (state === 'canonical') return;
    if (state === 'dynamic') return region.resolve();
    region.state = 'canonical';
    const [a, b, r] = [region.a.get, region.b.get, region.r.get];
    if (state.kind === 'add') super.add(state.width, a, b, r);
    else if (state.kind === 'sub') super.sub(state.width, a, b, r);
    else if (state.kind === 'logic') super.logic(state.width, r);
    else super.step(state.width, a, r, state.kind === 'inc' ? 1 : -1);
  }

  private note(
    kind: PendingKind,
    width: number,
    a: Value | undefined,
    b: Value | undefined,
    r: Value,
    carryIn = false,
  ): void {
    const { region } = this;
    if (width === 64) throw new RangeError('64-bit operands are not translated yet');
    if (a) region.fn.set(region.a, a as I32);
    if (b) region.fn.set(region.b, b as I32);
    region.fn.set(region.r, r as I32);
    region.state = { kind, width: width as 8 | 16 | 32, carryIn };
  }

  override add(width: number, a: Value, b: Value, sum: Value): void {
    this.note('add', width, a, b, sum, this.k.form.mnemonic === 'adc');
  }
  override sub(width: number, a: Value, b: Value, difference: Value): void {
    this.note('sub', width, a, b, difference, this.k.form.mnemonic === 'sbb');
  }
  override logic(width: number, value: Value): void {
    this.note('logic', width, undefined, undefined, value);
  }
  override step(width: number, a: Value, result: Value, direction: 1 | -1): void {
    // CF stays: it has to be in its word.
    this.canonical();
    this.note(direction > 0 ? 'inc' : 'dec', width, a, undefined, result);
  }

  // -- consumers ---------------------------------------------------------------------------------------------------

  private pending(): Pending | undefined {
    const { state } = this.region;
    return typeof state === 'object' ? state : undefined;
  }

  private unsigned(width: number, local: Local<'i32'>): I32 {
    return zeroExtend(width, local.get) as I32;
  }
  private signed(width: number, local: Local<'i32'>): I32 {
    return signExtend(width, local.get) as I32;
  }
  private topBit(width: number, value: I32): I32 {
    return i32.and(i32.shrU(value, i32.const(width - 1)), i32.const(1));
  }

  override cf(): I32 {
    const p = this.pending();
    const { a, b, r } = this.region;
    if (p?.kind === 'logic') return i32.const(0);
    if (p && !p.carryIn && p.kind === 'add')
      return i32.ltU(this.unsigned(p.width, r), this.unsigned(p.width, a));
    if (p && !p.carryIn && p.kind === 'sub')
      return i32.ltU(this.unsigned(p.width, a), this.unsigned(p.width, b));
    if (p && (p.kind === 'inc' || p.kind === 'dec'))
      return i32.shrU(this.region.words.carries.get, i32.const(31));
    return super.cf();
  }

  override of(): I32 {
    const p = this.pending();
    const { a, b, r } = this.region;
    if (!p) return super.of();
    switch (p.kind) {
      case 'logic':
        return i32.const(0);
      case 'add':
        return this.topBit(p.width, i32.and(i32.xor(a.get, r.get), i32.xor(b.get, r.get)));
      case 'sub':
        return this.topBit(p.width, i32.and(i32.xor(a.get, b.get), i32.xor(a.get, r.get)));
      case 'inc':
        return i32.eq(this.unsigned(p.width, r), i32.const(2 ** (p.width - 1)));
      case 'dec':
        return i32.eq(this.unsigned(p.width, r), i32.const(2 ** (p.width - 1) - 1));
    }
  }

  override zf(): I32 {
    const p = this.pending();
    const { a, b, r } = this.region;
    if (!p) return super.zf();
    if (p.kind === 'sub' && !p.carryIn && p.width === 32) return i32.eq(a.get, b.get);
    return i32.eqz(this.unsigned(p.width, r));
  }

  override sf(): I32 {
    const p = this.pending();
    return p ? this.topBit(p.width, this.region.r.get) : super.sf();
  }

  override pf(): I32 {
    if (!this.pending()) return super.pf();
    const odd = i32.and(i32.popcnt(i32.and(this.region.r.get, i32.const(0xff))) as I32, i32.const(1));
    return i32.xor(odd, i32.const(1));
  }

  protected override less(): I32 {
    const p = this.pending();
    const { a, b } = this.region;
    if (!p) return super.less();
    if (p.kind === 'sub' && !p.carryIn) return i32.ltS(this.signed(p.width, a), this.signed(p.width, b));
    if (p.kind === 'logic') return this.sf();
    return i32.xor(this.sf(), this.of());
  }

  override condition(code: number): I32 {
    const p = this.pending();
    const { a, b, r } = this.region;
    if (p && code >> 1 === 3) {
      // BE and A
      if (p.kind === 'sub' && !p.carryIn) {
        const [x, y] = [this.unsigned(p.width, a), this.unsigned(p.width, b)];
        return code & 1 ? i32.gtU(x, y) : i32.leU(x, y);
      }
    }
    if (p && code >> 1 === 7) {
      // LE and G
      if (p.kind === 'sub' && !p.carryIn) {
        const [x, y] = [this.signed(p.width, a), this.signed(p.width, b)];
        return code & 1 ? i32.gtS(x, y) : i32.leS(x, y);
      }
      if (p.kind === 'logic') {
        const x = this.signed(p.width, r);
        return code & 1 ? i32.gtS(x, i32.const(0)) : i32.leS(x, i32.const(0));
      }
    }
    return super.condition(code);
  }
}

/** Emits the helper of {@link RegionFlags}: (state, kind, a, b, r) computes the words of a pending kind into the state block. */
export function emitMaterialize(fn: FunctionBuilder): void {
  const [s, kind, a, b, r] = [0, 1, 2, 3, 4].map((n) => fn.param<'i32'>(n)) as [I32, I32, I32, I32, I32];
  const k = { fn, s, let: (value: I32) => fn.let(value), if: fn.if.bind(fn) } as unknown as Builder;
  const flags = new Flags(k);
  KINDS.forEach((name, n) => {
    WIDTHS.forEach((width, w) => {
      fn.if(i32.eq(kind, i32.const(1 + n * WIDTHS.length + w)), () => {
        if (name === 'add') flags.add(width, a, b, r);
        else if (name === 'sub') flags.sub(width, a, b, r);
        else if (name === 'logic') flags.logic(width, r);
        else flags.step(width, a, r, name === 'inc' ? 1 : -1);
        fn.return();
      });
    });
  });
}
