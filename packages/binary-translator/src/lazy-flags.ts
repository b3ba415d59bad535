import {
  AT,
  computePending,
  Flags,
  pendingCode,
  signExtend,
  zeroExtend,
  type Builder,
  type PendingKind,
  type RotateKind,
  type ShiftKind,
  type Value,
} from '@trapgate/cpu';
import {
  i32,
  select,
  type FunctionBuilder,
  type FunctionRef,
  type I32,
  type Local,
} from '@trapgate/wasm-assembler';

/** Kinds whose CF and OF take more than a comparison. */
const WORD_KINDS: ReadonlySet<PendingKind> = new Set(['shl', 'shr', 'sar', 'mul', 'imul']);

/** Kinds that CF and OF follow from, while the other flags stay in their words. */
export const ROTATIONS: ReadonlySet<string> = new Set(['rol', 'ror']);

interface Pending {
  readonly kind: PendingKind;
  readonly width: 8 | 16 | 32;
}

/**
 * - `state`: what the state block says, words or pending operands
 * - `canonical`: the three words are in their locals
 * - `waiting`: in locals or the state block, as a local says that holds what {@link RegionFlags.code} gave on the way here
 * - pending: they follow from the operands in locals, by a kind known here
 */
export type FlagState = 'state' | 'canonical' | 'waiting' | Pending;

/** What {@link RegionFlags.code} says of `state`; 0 is `canonical`, the others are pendingCode's. */
const IN_STATE = 63;
/** A local says it. */
const WAITING = 62;

/** What is known where paths meet. */
export type MeetingFlags = Exclude<FlagState, Pending>;

/** See {@link RegionFlags.snapshot}. */
export interface FlagSnapshot {
  readonly state: FlagState;
  readonly held: Set<Local<'i32'>>;
}

type Word = 'carries' | 'zeroResult' | 'signParity';
const WORDS = ['carries', 'zeroResult', 'signParity'] as const;

/** The arithmetic flags of one region: locals, and what is known of them at the point of emission. */
export class RegionFlags {
  readonly words: Readonly<Record<Word, Local<'i32'>>>;
  readonly x: Local<'i32'>;
  readonly y: Local<'i32'>;
  readonly z: Local<'i32'>;
  state: FlagState = 'state';
  /** Whether the region has changed flags so far. */
  touched = false;
  /** What {@link code} gave for flags that are `waiting`. */
  private readonly kind: Local<'i32'>;
  private waits = false;
  /** Locals of operands and words that may not be 0. */
  private held = new Set<Local<'i32'>>();
  private readonly plain: WordFlags;

  constructor(
    readonly fn: FunctionBuilder,
    readonly s: I32,
    /** (): computes the words from what is pending in the state block. */
    private readonly materialize: FunctionRef,
    /** Whether the region rotates: that leaves flags to their words. */
    private readonly rotates: boolean,
  ) {
    const local = (): Local<'i32'> => fn.local('i32');
    this.words = { carries: local(), zeroResult: local(), signParity: local() };
    this.x = local();
    this.y = local();
    this.z = local();
    this.kind = local();
    this.plain = new WordFlags(this);
  }

  /** What is known here; to be given back to {@link restore} where other code has been emitted meanwhile. */
  snapshot(): FlagSnapshot {
    return { state: this.state, held: this.held };
  }

  restore({ state, held }: FlagSnapshot): void {
    this.state = state;
    this.held = held;
  }

  /** Before paths meet: has the flags where all paths have them. */
  settle(state: MeetingFlags): void {
    if (state === 'canonical') {
      this.canonical();
      this.hold(...Object.values(this.words));
    } else if (state === 'waiting') this.wait();
    else this.toState();
  }

  /** Where paths meet: all that is known is where {@link state} is. */
  meet(state: MeetingFlags): void {
    this.state = state;
    const { x, y, z } = this;
    const words = Object.values(this.words);
    this.held = new Set(state === 'state' ? [] : state === 'canonical' ? words : [x, y, z, ...words]);
  }

  /** Clears all locals but these, lest the compiler carry what nobody needs around loops. */
  hold(...locals: Local<'i32'>[]): void {
    for (const local of this.held) if (!locals.includes(local)) this.fn.set(local, i32.const(0));
    this.held = new Set(locals);
  }

  /** What is known here as a number. */
  code(): number {
    const { state } = this;
    if (typeof state === 'object') return pendingCode(state.kind, state.width);
    if (state === 'waiting') return WAITING;
    return state === 'state' ? IN_STATE : 0;
  }

  private storeWords(): void {
    const { fn, s, words } = this;
    for (const word of WORDS) fn.store('i32.store', s, words[word].get, AT[word]);
  }

  private storePending(kind: I32): void {
    const { fn, s } = this;
    fn.store('i32.store', s, kind, AT.pendingKind);
    fn.store('i32.store', s, this.x.get, AT.pendingX);
    fn.store('i32.store', s, this.y.get, AT.pendingY);
    fn.store('i32.store', s, this.z.get, AT.pendingZ);
    if (this.rotates) this.storeWords();
    else fn.store('i32.store', s, this.words.carries.get, AT.carries);
  }

  /** Stores the flags into the state block, by a number that {@link code} gave: a value of the way out. */
  writeBackCode(code: I32): void {
    const { fn, kind } = this;
    if (!this.waits) return this.writeBackKind(code);
    this.writeBackKind(fn.let(select(i32.eq(code, i32.const(WAITING)), kind.get, code)));
  }

  /** The same, for numbers but that which says that they are `waiting`. */
  private writeBackKind(code: I32): void {
    const { fn, s } = this;
    fn.if(i32.ne(code, i32.const(IN_STATE)), () =>
      fn.if(
        code,
        () => this.storePending(code),
        () => {
          this.storeWords();
          fn.store('i32.store', s, i32.const(0), AT.pendingKind);
        },
      ),
    );
  }

  /** Has the state block hold the flags, words or pending. */
  toState(): void {
    const { fn, s, state } = this;
    if (state === 'state') return;
    this.state = 'state';
    if (state === 'waiting') this.writeBackKind(this.kind.get);
    else if (state === 'canonical') {
      this.storeWords();
      fn.store('i32.store', s, i32.const(0), AT.pendingKind);
    } else this.storeWordsOf(state);
    this.hold();
  }

  /** Notes for code that most likely does not need them what they follow from: nothing is stored unless that is left early. */
  private wait(): void {
    if (this.state === 'waiting') return;
    this.waits = true;
    this.fn.set(this.kind, i32.const(this.code()));
    this.state = 'waiting';
  }

  /** Only what the kind needs. */
  private storeWordsOf(pending: Pending): void {
    const { fn, s } = this;
    const { kind } = pending;
    fn.store('i32.store', s, i32.const(pendingCode(kind, pending.width)), AT.pendingKind);
    fn.store('i32.store', s, this.x.get, AT.pendingX);
    if (ROTATIONS.has(kind)) this.storeWords();
    else if (kind === 'inc' || kind === 'dec') fn.store('i32.store', s, this.words.carries.get, AT.carries);
    else if (kind !== 'logic') fn.store('i32.store', s, this.y.get, AT.pendingY);
    if (kind === 'adc' || kind === 'sbb') fn.store('i32.store', s, this.z.get, AT.pendingZ);
  }

  /** Has the state block hold the flags' words, for code that works on it. */
  toStateWords(): void {
    this.toState();
    this.fn.if(i32.load(this.s, AT.pendingKind), () => this.fn.call(this.materialize));
  }

  /** Computes the three words into their locals. */
  canonical(): void {
    const { state } = this;
    if (state === 'canonical') return;
    if (typeof state === 'string') return this.resolve();
    this.state = 'canonical';
    this.held = new Set([...this.held, ...Object.values(this.words)]);
    const operands = [this.x.get, this.y.get, this.z.get] as const;
    computePending(this.plain, state.kind, state.width, operands, (value) => this.fn.let(value));
  }

  /** Like {@link canonical}, but CF and OF of a rotation may stay pending. */
  wordsForOthers(): void {
    const { state } = this;
    if (typeof state !== 'object' || !ROTATIONS.has(state.kind)) this.canonical();
  }

  /** The words come into their locals, through the state block. */
  private resolve(): void {
    const { fn } = this;
    this.toStateWords();
    const { words } = this;
    for (const word of WORDS) fn.set(words[word], i32.load(this.s, AT[word]));
    this.state = 'canonical';
    this.held = new Set(Object.values(words));
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
    const kept = this.region.fn.let(value);
    this.region.canonical();
    this.region.touched = true;
    this.region.fn.set(this.region.words[field], kept);
  }
  protected override load(field: Word): I32 {
    this.region.canonical();
    return this.region.words[field].get;
  }

  canonical(): void {
    this.region.canonical();
  }

  private note(kind: PendingKind, width: number, ...operands: Value[]): void {
    const { region } = this;
    if (width === 64) throw new RangeError('64-bit operands are not translated yet');
    const locals = [region.x, region.y, region.z].slice(0, operands.length);
    locals.forEach((local, n) => region.fn.set(local, operands[n] as I32));
    const { words } = region;
    if (ROTATIONS.has(kind)) locals.push(...Object.values(words));
    else if (kind === 'inc' || kind === 'dec') locals.push(words.carries);
    region.hold(...locals);
    region.touched = true;
    region.state = { kind, width: width as 8 | 16 | 32 };
  }

  override add(width: number, a: Value, b: Value, sum: Value): void {
    if (this.k.form.mnemonic === 'adc') this.note('adc', width, a, b, sum);
    else this.note('add', width, a, b);
  }
  override sub(width: number, a: Value, b: Value, difference: Value): void {
    if (this.k.form.mnemonic === 'sbb') this.note('sbb', width, a, b, difference);
    else this.note('sub', width, a, b);
  }
  override logic(width: number, value: Value): void {
    this.note('logic', width, value);
  }
  override step(width: number, _a: Value, result: Value, direction: 1 | -1): void {
    const { region } = this;
    const p = this.pending();
    // CF stays: it has to be in its word.
    if (p && p.kind !== 'inc' && p.kind !== 'dec')
      region.fn.set(region.words.carries, i32.shl(this.cf(), i32.const(31)));
    else if (!p) region.canonical();
    this.note(direction > 0 ? 'inc' : 'dec', width, result);
  }

  override shift(kind: ShiftKind, width: number, a: Value, count: I32, result: Value): void {
    // Under a condition, the words have been made before.
    if (count.kind === 'constant') this.note(kind, width, a, count);
    else super.shift(kind, width, a, count, result);
  }
  override rotate(kind: RotateKind, width: number, result: Value, count: I32): void {
    if (count.kind !== 'constant') return super.rotate(kind, width, result);
    this.region.wordsForOthers();
    this.note(kind, width, result);
  }
  override multiplyUnsigned(width: number, low: I32, high: I32): void {
    this.note('mul', width, low, high);
  }
  override multiplySigned(width: number, a: I32, b: I32): void {
    this.note('imul', width, a, b);
  }

  // -- consumers ---------------------------------------------------------------------------------------------------

  private pending(): Pending | undefined {
    const { state } = this.region;
    return typeof state === 'object' ? state : undefined;
  }

  /** What ZF, SF and PF follow from. */
  private outcomePending(): Pending | undefined {
    const p = this.pending();
    return p && !ROTATIONS.has(p.kind) ? p : undefined;
  }

  private unsigned(width: number, value: I32): I32 {
    return zeroExtend(width, value) as I32;
  }
  private signed(width: number, value: I32): I32 {
    return signExtend(width, value) as I32;
  }
  private topBit(width: number, value: I32): I32 {
    return i32.and(i32.shrU(value, i32.const(width - 1)), i32.const(1));
  }

  /** The result: bits above the width are unspecified. */
  private outcome({ kind, width }: Pending): I32 {
    const { x, y, z } = this.region;
    switch (kind) {
      case 'add':
        return i32.add(x.get, y.get);
      case 'sub':
        return i32.sub(x.get, y.get);
      case 'adc':
      case 'sbb':
        return z.get;
      case 'shl':
        return i32.shl(x.get, y.get);
      case 'shr':
        return i32.shrU(x.get, y.get);
      case 'sar':
        return i32.shrS(this.signed(width, x.get), y.get);
      case 'imul':
        return i32.mul(x.get, y.get);
      default:
        return x.get;
    }
  }

  /** A pending kind whose CF and OF are computed on demand here; the others' words are made. */
  private comparable(): Pending | undefined {
    const p = this.pending();
    return p && !WORD_KINDS.has(p.kind) ? p : undefined;
  }

  override cf(): I32 {
    const p = this.comparable();
    const { x, y, words } = this.region;
    switch (p?.kind) {
      case 'logic':
        return i32.const(0);
      case 'add':
        return i32.ltU(this.unsigned(p.width, this.outcome(p)), this.unsigned(p.width, x.get));
      case 'sub':
        return i32.ltU(this.unsigned(p.width, x.get), this.unsigned(p.width, y.get));
      case 'adc':
      case 'sbb':
        return this.carryOut(p);
      case 'inc':
      case 'dec':
        return i32.shrU(words.carries.get, i32.const(31));
      case 'rol':
        return i32.and(x.get, i32.const(1));
      case 'ror':
        return this.topBit(p.width, x.get);
      default:
        return super.cf();
    }
  }

  /** Bit `width - 1` of the carry (borrow) vector. */
  private carryOut({ kind, width }: Pending): I32 {
    const { x, y, z } = this.region;
    // Of x + y = z: both operands have the bit, or one has and the sum has not. A borrow is the carry of z + y = x.
    const [a, sum] = kind === 'adc' ? [x.get, z.get] : [z.get, x.get];
    const vector = i32.or(i32.and(a, y.get), i32.and(i32.or(a, y.get), i32.xor(sum, i32.const(-1))));
    return this.topBit(width, vector);
  }

  override of(): I32 {
    const p = this.comparable();
    const { x, y } = this.region;
    if (!p) return super.of();
    switch (p.kind) {
      case 'logic':
        return i32.const(0);
      case 'add':
      case 'adc':
        return this.topBit(
          p.width,
          i32.and(i32.xor(x.get, this.outcome(p)), i32.xor(y.get, this.outcome(p))),
        );
      case 'sub':
      case 'sbb':
        return this.topBit(p.width, i32.and(i32.xor(x.get, y.get), i32.xor(x.get, this.outcome(p))));
      case 'inc':
        return i32.eq(this.unsigned(p.width, x.get), i32.const(2 ** (p.width - 1)));
      case 'dec':
        return i32.eq(this.unsigned(p.width, x.get), i32.const(2 ** (p.width - 1) - 1));
      case 'rol':
        return i32.and(i32.xor(x.get, i32.shrU(x.get, i32.const(p.width - 1))), i32.const(1));
      case 'ror':
        return this.topBit(p.width, i32.xor(x.get, i32.shl(x.get, i32.const(1))));
      default:
        return super.of();
    }
  }

  override zf(): I32 {
    const p = this.outcomePending();
    const { x, y } = this.region;
    if (!p) return super.zf();
    if (p.kind === 'sub' && p.width === 32) return i32.eq(x.get, y.get);
    return i32.eqz(this.unsigned(p.width, this.outcome(p)));
  }

  override sf(): I32 {
    const p = this.outcomePending();
    return p ? this.topBit(p.width, this.outcome(p)) : super.sf();
  }

  override pf(): I32 {
    const p = this.outcomePending();
    if (!p) return super.pf();
    const odd = i32.and(i32.popcnt(i32.and(this.outcome(p), i32.const(0xff))) as I32, i32.const(1));
    return i32.xor(odd, i32.const(1));
  }

  protected override less(): I32 {
    const p = this.comparable();
    const { x, y } = this.region;
    if (!p || ROTATIONS.has(p.kind)) return super.less();
    if (p.kind === 'sub') return i32.ltS(this.signed(p.width, x.get), this.signed(p.width, y.get));
    if (p.kind === 'logic') return this.sf();
    return i32.xor(this.sf(), this.of());
  }

  override condition(code: number): I32 {
    const p = this.outcomePending();
    const { x, y } = this.region;
    if (p && code >> 1 === 3 && p.kind === 'sub') {
      // BE and A
      const [a, b] = [this.unsigned(p.width, x.get), this.unsigned(p.width, y.get)];
      return code & 1 ? i32.gtU(a, b) : i32.leU(a, b);
    }
    if (p && code >> 1 === 7) {
      // LE and G
      if (p.kind === 'sub') {
        const [a, b] = [this.signed(p.width, x.get), this.signed(p.width, y.get)];
        return code & 1 ? i32.gtS(a, b) : i32.leS(a, b);
      }
      if (p.kind === 'logic') {
        const a = this.signed(p.width, x.get);
        return code & 1 ? i32.gtS(a, i32.const(0)) : i32.leS(a, i32.const(0));
      }
    }
    return super.condition(code);
  }
}

/** The flags as words in the region's locals. */
class WordFlags extends Flags {
  constructor(private readonly region: RegionFlags) {
    const { fn, s } = region;
    super({ fn, s, let: (value: I32) => fn.let(value) } as unknown as Builder);
  }
  protected override store(field: Word, value: I32): void {
    this.region.fn.set(this.region.words[field], value);
  }
  protected override load(field: Word): I32 {
    return this.region.words[field].get;
  }
}
