import {
  Code,
  Decoder,
  DecoderOptions,
  Formatter,
  FormatterSyntax,
  Instruction as IcedInstruction,
} from 'iced-x86';
import { describe, expect, it } from 'vitest';
import {
  decode,
  formatAtt,
  formatIntel,
  formById,
  forms as legacy,
  Instruction,
  vectorForms,
} from '../src/index';
import type { Mode } from './iced';
import { formExamples, randomCode } from './opcode-space';
import { vectorExamples } from './vector-examples';
import type { Example } from './vector-examples';

const address = 0x40_1000;
const seed = 0x1b873593;
const random = Number(process.env['TRAPGATE_RANDOM_TEXTS'] ?? 10_000);
const prefixes = [[], [0x66], [0x67], [0xf0], [0xf2], [0xf3], [0x2e], [0x36], [0x3e], [0x65]];

/** The forms of an immediate that chooses the mnemonic. */
function* choices({ bytes, mode }: Example): Generator<Example> {
  const out = decode(bytes, 0, bytes.length, mode, new Instruction());
  const form = formById(out.form);
  if (!/cmp|pcom|pclmul|aa[dm]/.test(form.mnemonic) || form.operands.at(-1)?.kind !== 'imm') return;
  for (let immediate = 0; immediate < 0x22; immediate++) {
    const copy = bytes.slice();
    copy[out.length - 1] = immediate;
    yield { bytes: copy, mode };
  }
}

/** Random registers, addresses and decorations behind the prefixes of vector instructions. */
function* randomVectors(count: number): Generator<Example> {
  const starts = [[0x62], [0xc4], [0xc5], [0x8f], [0x0f, 0x0f]];
  for (const mode of [32, 64] as const) {
    let i = 0;
    for (const code of randomCode(seed - mode, count)) {
      const start = starts[i++ % starts.length];
      yield { bytes: Uint8Array.from([...start, ...code]).subarray(0, 15), mode };
    }
  }
}

/** An example of every form under every prefix, all values of immediates that choose mnemonics, and random code. */
function* examples(): Generator<Example> {
  for (const example of formExamples()) {
    const { bytes, mode } = example;
    for (const prefix of prefixes) yield { bytes: new Uint8Array([...prefix, ...bytes].slice(0, 15)), mode };
    yield* choices(example);
  }
  for (const mode of [32, 64] as const)
    for (const example of vectorExamples(mode)) {
      yield example;
      yield* choices(example);
    }
  yield* randomVectors(random);
  for (const mode of [16, 32, 64] as const)
    for (const bytes of randomCode(seed + mode, random)) yield { bytes, mode };
}

interface Syntax {
  readonly theirs: Formatter;
  readonly ours: typeof formatIntel;
  isKnown(name: string, ours: string, theirs: string): boolean;
  readonly found: Record<string, string>;
}

/** Extensions that claim long nops, and iced's names for opcodes of AMD's prefetch group. */
const otherNames = /^(Prefetchit[01]|Cldemote|Vmgexit|Prefetchreserved|Reservednop)/;

const syntaxes: readonly Syntax[] = [
  {
    theirs: new Formatter(FormatterSyntax.Intel),
    ours: formatIntel,
    // 0F 0D /0 is prefetch in both manuals.
    isKnown: (name) => otherNames.test(name) || name === 'Prefetch_m8',
    found: {},
  },
  {
    theirs: new Formatter(FormatterSyntax.Gas),
    ours: formatAtt,
    // A SIB byte without an index may have a scale, which iced shows as (%eax,).
    isKnown: (name, ours, theirs) => otherNames.test(name) || ours === theirs.replace(/,\)/, ')'),
    found: {},
  },
];

it(`every form, under every prefix, in both syntaxes, is as iced-x86 writes it (seed ${seed})`, () => {
  const [ours, theirs] = [new Instruction(), new IcedInstruction()];
  const forms = new Set<number>();
  let compared = 0;
  for (const { bytes, mode } of examples()) {
    decode(bytes, 0, bytes.length, mode, ours);
    if (ours.form === 0) continue;
    const decoder = new Decoder(mode, bytes, DecoderOptions.None);
    decoder.ip = BigInt(address);
    decoder.decodeOut(theirs);
    decoder.free();
    if (theirs.isInvalid) continue;
    compared++;
    forms.add(ours.form);
    for (const syntax of syntaxes) {
      const text = syntax.ours(ours, address);
      const expected = syntax.theirs.format(theirs);
      if (text === expected) continue;
      const name = Code[theirs.code];
      if (!syntax.isKnown(name, text, expected)) syntax.found[`${mode} ${name}`] = `${text} | ${expected}`;
    }
  }
  expect(syntaxes.map(({ found }) => found)).toEqual([{}, {}]);
  expect(compared).toBeGreaterThan(2 * random);
  const all = [...legacy.slice(1), ...vectorForms()];
  expect(all.filter(({ id }) => !forms.has(id)).map(({ mnemonic }) => mnemonic)).toEqual([]);
});

describe('addresses', () => {
  const out = new Instruction();
  const text = (hex: string, mode: Mode, at: number | bigint): string => {
    const bytes = Uint8Array.from(Buffer.from(hex, 'hex'));
    return formatIntel(decode(bytes, 0, bytes.length, mode, out), at);
  };

  it('are named through the symbol option', () => {
    const symbol = (value: bigint): string | undefined => (value === 0x1005n ? 'next' : undefined);
    decode(Uint8Array.of(0xe8, 0, 0, 0, 0), 0, 5, 32, out);
    expect(formatIntel(out, 0x1000, { symbol })).toBe('call next');
    expect(formatAtt(out, 0x1000, { symbol })).toBe('call next');
    decode(Uint8Array.of(0x83, 0x44, 0x88, 0x10, 0x05), 0, 5, 32, out);
    expect(formatAtt(out, 0)).toBe('addl $5,0x10(%eax,%ecx,4)');
  });

  it('have 64 bits, and wrap', () => {
    expect(text('e800000000', 64, 0xffff_ffff_8100_0000n)).toBe('call 0FFFFFFFF81000005h');
    expect(text('e9f6ffffff', 64, 0)).toBe('jmp 0FFFFFFFFFFFFFFFBh');
    expect(text('e9f6ffffff', 64, 2 ** 40)).toBe('jmp 000000FFFFFFFFFBh');
    expect(text('e9f6ffffff', 32, 0)).toBe('jmp 0FFFFFFFBh');
    expect(text('e9f6ff', 16, 0)).toBe('jmp 0FFF9h');
    expect(text('8b0510000000', 64, 0x1_0000_0000)).toBe('mov eax,[100000016h]');
    expect(text('67a110000000', 64, 0)).toBe('addr32 mov eax,[10h]');
    expect(text('a1f0debc9a78563412', 64, 0)).toBe('mov eax,[123456789ABCDEF0h]');
    expect(text('8b0425f0ffffff', 64, 0)).toBe('mov eax,[0FFFFFFFFFFFFFFF0h]');
  });
});
