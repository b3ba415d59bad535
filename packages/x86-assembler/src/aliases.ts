import type { EncodeOptions, PrefixRequest } from './encode';
import { formsOf } from './form-index';
import type { CodeMode } from './match';
import { immediate, register, type Operand } from './operand';
import { generalRegister } from './registers';

/** One reading of what was written, in the terms of the instruction table. */
export interface Rewriting {
  readonly mnemonic: string;
  readonly operands: readonly Operand[];
  /** Several operand orders that mean the same, the preferred one first. */
  readonly orders?: readonly (readonly Operand[])[];
  readonly prefixes?: PrefixRequest;
  /** A WAIT goes first (FSTSW = WAIT, FNSTSW). */
  readonly wait?: boolean;
}

const SYNONYMS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    retn: 'ret',
    sal: 'shl',
    xlat: 'xlatb',
    fwait: 'wait',
    int03: 'int3',
    int01: 'int1',
    icebp: 'int1',
    loope: 'loopz',
    loopne: 'loopnz',
  }),
);

/** Other spellings of conditions, `synonym=condition`. */
const CONDITION_SYNONYMS = new Map(
  'c=b nae=b nb=ae nc=ae e=z ne=nz na=be nbe=a pe=p po=np nge=l nl=ge ng=le nle=g'
    .split(' ')
    .map((pair) => pair.split('=') as [string, string]),
);

/** Names without a size for a family of forms, by operand size. */
const SIZED: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  iret: { 16: 'iret', 32: 'iretd', 64: 'iretq' },
  pusha: { 16: 'pusha', 32: 'pushad' },
  popa: { 16: 'popa', 32: 'popad' },
  pushf: { 16: 'pushf', 32: 'pushfd', 64: 'pushfq' },
  popf: { 16: 'popf', 32: 'popfd', 64: 'popfq' },
};
const WORD_SIZED: Readonly<Record<string, string>> = {
  iretw: 'iret',
  pushaw: 'pusha',
  popaw: 'popa',
  pushfw: 'pushf',
  popfw: 'popf',
};

const WAITING = new Set(['finit', 'fsave', 'fstcw', 'fstsw', 'fstenv', 'fclex']);
const COMPARISONS = ['eq', 'lt', 'le', 'unord', 'neq', 'nlt', 'nle', 'ord'];
/** Without operands these mean their popping sisters. */
const POPPING = new Set(['fadd', 'fmul', 'fsub', 'fsubr', 'fdiv', 'fdivr']);

/** The readings of an instruction as written, to be tried in order. */
export function rewrite(
  name: string,
  operands: readonly Operand[],
  mode: CodeMode,
  options: EncodeOptions,
): Rewriting[] {
  const mnemonic = canonicalName(name, mode, options);
  if (WAITING.has(mnemonic)) return [{ mnemonic: `fn${mnemonic.slice(1)}`, operands, wait: true }];
  if (mnemonic === 'xchg' || mnemonic === 'test') return [exchange(mnemonic, operands, mode)];
  const counted = countRegister(mnemonic, operands);
  if (counted) return [counted];
  const [first, second] = operands;
  if (mnemonic === 'imul' && operands.length === 2 && second?.kind === 'immediate') {
    return [{ mnemonic, operands: [first!, first!, second] }];
  }
  if ((mnemonic === 'aam' || mnemonic === 'aad') && operands.length === 0)
    return [{ mnemonic, operands: [immediate(10)] }];
  const narrow = options.operandSize ? undefined : narrowMove(mnemonic, operands, mode);
  if (narrow) return [narrow];
  const comparison = vectorComparison(mnemonic, operands);
  if (comparison) return [comparison];
  return [{ mnemonic, operands }, ...(mnemonic.startsWith('f') ? stackForms(mnemonic, operands) : [])];
}

/** The table's name of a mnemonic: synonyms of conditions and of instructions resolved, size suffix chosen. */
export function canonicalName(name: string, mode: CodeMode, { operandSize }: PrefixRequest): string {
  const synonym = SYNONYMS.get(name) ?? WORD_SIZED[name];
  if (synonym) return synonym;
  const sized = SIZED[name];
  if (sized) return sized[operandSize ?? (mode === 64 && name === 'iret' ? 32 : mode)] ?? name;
  for (const prefix of ['j', 'set', 'cmov']) {
    if (!name.startsWith(prefix)) continue;
    const condition = CONDITION_SYNONYMS.get(name.slice(prefix.length));
    if (condition) return prefix + condition;
  }
  return name;
}

/** XCHG and TEST take their operands in either order. */
function exchange(mnemonic: string, operands: readonly Operand[], mode: CodeMode): Rewriting {
  const [left, right] = operands;
  if (!left || !right || operands.length !== 2) return { mnemonic, operands };
  const same = left.kind === 'register' && right.kind === 'register' && left.register === right.register;
  if (mnemonic === 'xchg' && same && left.register.number === 0 && left.register.size !== 8 && mode !== 64) {
    const { size } = left.register;
    return { mnemonic: 'nop', operands: [], prefixes: { operandSize: size as 16 | 32 } };
  }
  const swapped = [right, left];
  return { mnemonic, operands, orders: mnemonic === 'xchg' ? [swapped, operands] : [operands, swapped] };
}

/** `loop target, cx` and `jcxz`-like instructions may name their counter, which decides the address size. */
function countRegister(mnemonic: string, operands: readonly Operand[]): Rewriting | undefined {
  const counter = operands[1];
  if (!mnemonic.startsWith('loop') || counter?.kind !== 'register' || counter.register.number !== 1)
    return undefined;
  return {
    mnemonic,
    operands: [operands[0]!],
    prefixes: { addressSize: counter.register.size as 16 | 32 | 64 },
  };
}

/** In 64-bit code, a 32-bit move clears the upper half: the shortest way to load an unsigned 32-bit number. */
function narrowMove(
  mnemonic: string,
  [target, source]: readonly Operand[],
  mode: CodeMode,
): Rewriting | undefined {
  if (mnemonic !== 'mov' || mode !== 64 || target?.kind !== 'register' || source?.kind !== 'immediate')
    return undefined;
  const { register: destination } = target;
  if (
    destination.class !== 'general' ||
    destination.size !== 64 ||
    source.relocatable ||
    source.size !== undefined
  )
    return undefined;
  const value = BigInt(source.value);
  if (value < 0n || value >= 1n << 32n) return undefined;
  const half = { kind: 'register', register: generalRegister(destination.number, 32) } as const;
  return { mnemonic, operands: [half, source] };
}

/** `cmpltps` and its like: the predicate is in the name (SDM vol. 2, CMPPS). */
function vectorComparison(mnemonic: string, operands: readonly Operand[]): Rewriting | undefined {
  const match = /^cmp([a-z]+)([ps][sd])$/.exec(mnemonic);
  const predicate = match ? COMPARISONS.indexOf(match[1]!) : -1;
  if (predicate < 0 || operands.length !== 2) return undefined;
  return { mnemonic: `cmp${match![2]}`, operands: [...operands, immediate(predicate)] };
}

/** x87 instructions may leave out ST(0), and ST(1) too where it is the usual partner. */
function stackForms(mnemonic: string, operands: readonly Operand[]): Rewriting[] {
  const [st0, st1] = [register('st0'), register('st1')];
  const popping = mnemonic.endsWith('p');
  if (operands.length === 0) {
    const name = POPPING.has(mnemonic) ? `${mnemonic}p` : mnemonic;
    return [[st1], [st1, st0], [st0, st1]].map((each) => ({ mnemonic: name, operands: each }));
  }
  const only = operands[0]!;
  if (operands.length === 1 && only.kind === 'register') {
    const both = [
      [st0, only],
      [only, st0],
    ];
    return (popping ? both.reverse() : both).map((each) => ({ mnemonic, operands: each }));
  }
  const others = operands.filter((operand) => operand.kind !== 'register' || operand.register.number !== 0);
  return operands.length === 2 ? [{ mnemonic, operands: others.length === 1 ? others : [operands[0]!] }] : [];
}

/** True if the word is an instruction's name in this assembler's language. */
export function isMnemonic(word: string): boolean {
  const name = canonicalName(word, 32, {});
  if (formsOf(name) || WAITING.has(name)) return true;
  const match = /^cmp([a-z]+)([ps][sd])$/.exec(name);
  return match !== null && COMPARISONS.includes(match[1]!);
}
