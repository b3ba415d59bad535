/*
 * The grammar of the rows whose instructions have a VEX, EVEX or XOP prefix or are 3DNow!. A row is
 *
 *   mnemonic operand, operand | encoding | prefix feature, prefix feature | attributes
 *
 * operand     KIND SIZE [/bELEMENT] [:ACCESS], or one of vsib tmm tmmr tmmv
 *             vec (vector in ModRM.reg) vecrm vecr vecv (VEX.vvvv) veci (bits 7:4 of an immediate), of the vector length;
 *             xmm xmmrm xmmr xmmv xmmi of 128 bits; mm mmrm; k krm kr kv (opmasks); r rm rr rv (general) m imm
 *             sizes: bits, or L H Q E (the vector length, half, a quarter, an eighth of it), y (32, 64 with W1)
 *             rmy/8: general register or memory of 8 bits; /b32: EVEX.b broadcasts a 32-bit element
 *             vsib32 vsib32h: memory of 32-bit elements, the index of vector length or half of it
 *             *4: the first of four registers
 * encoding    LENGTH.PREFIX.MAP opcode [/r|/0../7|MODRM]
 *             lengths: l0 l1 l2 (128, 256, 512), lx (all of the prefix), ly (all but 128), lig (ignored)
 *             prefixes: np 66 f3 f2; maps: 0f 0f38 0f3a 5 6 8 9 10
 * prefix      vex, evex or xop with .w0 .w1 .wig or .wy (W1 makes y 64 bits, in 64-bit code; .y0 and .y1: only that one);
 *             3dnow: the opcode is behind the operands; then the CPUID feature (avx/avx2: avx for 128 bits)
 * attributes  k (merging-masking) kz (zeroing-masking too) kq (a mask is required), er, sae, n1 n2 n4 n8 (disp8 counts these bytes
 *             instead of the whole operand), sib (a SIB byte is required), uniq (the registers must differ), and those of
 *             the other rows
 */
import type { Encoding, Form, OperandAccess, OperandKind, OperandSpec } from './form';
import { remember } from './grammar';
import { parseAttributes } from './row-attributes';
import type { Attributes } from './row-attributes';
import { TableError } from './table-error';
import { operandSpec } from './operand-spec';

type Length = Form['vectorLength'];

const operandPattern =
  /^(vecrm|veci|vecr|vecv|vec|xmmrm|xmmi|xmmr|xmmv|xmm|mmrm|mm|krm|kr|kv|k|tmmr|tmmv|tmm|vsib|imm|rm|rr|rv|r|m)(\d+|[LHQEyh])?(h)?(?:\/b(\d+))?(?:\/(\d+))?(?:\*(\d))?(?::(rw|r|w|n))?$/;

const kinds: Readonly<Record<string, OperandKind>> = {
  vec: 'xmmreg',
  vecrm: 'xmmrm',
  vecr: 'xmmr',
  vecv: 'xmmv',
  veci: 'xmmis4',
  xmm: 'xmmreg',
  xmmrm: 'xmmrm',
  xmmr: 'xmmr',
  xmmv: 'xmmv',
  xmmi: 'xmmis4',
  mm: 'mmreg',
  mmrm: 'mmrm',
  k: 'kreg',
  krm: 'krm',
  kr: 'kr',
  kv: 'kv',
  tmm: 'tmmreg',
  tmmr: 'tmmr',
  tmmv: 'tmmv',
  r: 'reg',
  rm: 'rm',
  rr: 'r',
  rv: 'regv',
  m: 'm',
  imm: 'imm',
  vsib: 'vsib',
};
const parts: Readonly<Record<string, number>> = { L: 1, H: 2, Q: 4, E: 8 };

function sizeOf(name: string, word: string | undefined, length: Length, wide: boolean): number {
  if (word === undefined) {
    if (name.startsWith('vec')) return length;
    if (name.startsWith('xmm')) return 128;
    return name.startsWith('k') || name.startsWith('mm') ? 64 : name.startsWith('tmm') ? 8192 : 0;
  }
  if (word === 'y') return wide ? 64 : 32;
  const part = parts[word];
  if (part === undefined) return Number(word);
  return name === 'vecrm' || name === 'm' ? length / part : Math.max(length / part, 128);
}

function operand(row: string, text: string, length: Length, wide: boolean, evex: boolean): OperandSpec {
  const match = operandPattern.exec(text);
  if (!match) throw new TableError(row, `unknown operand '${text}'`);
  const [, name, word, half, element, memory, count, accessWord = 'r'] = match;
  const access: OperandAccess = accessWord === 'n' ? 'none' : (accessWord as OperandAccess);
  const kind = kinds[name];
  const size = sizeOf(name, word, length, wide);
  if (kind === 'imm') return operandSpec(kind, size, access, { extended: size });
  if (kind === 'vsib') {
    const index = half === undefined ? length : Math.max(length / 2, 128);
    return operandSpec(kind, size, access, { index });
  }
  return operandSpec(kind, size, access, {
    memory: memory === undefined ? undefined : Number(memory),
    broadcast: element === undefined || !evex ? undefined : Number(element),
    count: count === undefined ? undefined : Number(count),
  });
}

interface VectorEncoding {
  readonly length: string;
  readonly prefix: Form['prefix'];
  readonly map: Form['map'];
  readonly opcode: number;
  readonly digit: number;
  readonly modrm: boolean;
  readonly fixedModrm: number;
}

const mapNumbers: Readonly<Record<string, number>> = { '0f': 1, '0f38': 2, '0f3a': 3 };
const prefixNumbers: Readonly<Record<string, number>> = { np: 0, '66': 0x66, f3: 0xf3, f2: 0xf2 };

function parseEncoding(row: string, text: string): VectorEncoding {
  const [dotted = '', code = '', last] = text.trim().toLowerCase().split(/\s+/);
  const [length, prefix, map] = dotted.split('.');
  const opcode = parseInt(code, 16);
  if (!(opcode >= 0) || map === undefined) throw new TableError(row, 'malformed encoding');
  const digit = last !== undefined && /^\/[0-7]$/.test(last) ? Number(last[1]) : -1;
  const fixed = last !== undefined && /^[0-9a-f]{2}$/.test(last) ? parseInt(last, 16) : -1;
  if (last !== undefined && digit < 0 && fixed < 0 && last !== '/r')
    throw new TableError(row, `unknown encoding '${last}'`);
  return {
    length,
    prefix: prefixNumbers[prefix] as 0,
    map: (mapNumbers[map] ?? Number(map)) as 1,
    opcode,
    digit,
    modrm: last !== undefined,
    fixedModrm: fixed,
  };
}

const lengthsOf: Readonly<Record<string, readonly Length[]>> = {
  lig: [0],
  l0: [128],
  l1: [256],
  l2: [512],
  lx: [128, 256, 512],
  ly: [256, 512],
};

/** One prefix of a row: `evex.w0 avx512f`. */
interface Alternative {
  readonly encoding: Encoding;
  readonly widths: readonly { readonly w: Form['w']; readonly wide: boolean; readonly sized: boolean }[];
  readonly feature: string;
}

const widthsOf: Readonly<Record<string, Alternative['widths']>> = {
  w0: [{ w: 0, wide: false, sized: false }],
  w1: [{ w: 1, wide: true, sized: false }],
  wig: [{ w: -1, wide: false, sized: false }],
  y0: [{ w: 0, wide: false, sized: true }],
  y1: [{ w: 1, wide: true, sized: true }],
  wy: [
    { w: 0, wide: false, sized: true },
    { w: 1, wide: true, sized: true },
  ],
};

function parseAlternative(row: string, text: string): Alternative {
  const [prefix = '', ...feature] = text.trim().split(/\s+/);
  const [encoding = '', w = 'wig'] = prefix.split('.');
  const widths = widthsOf[w];
  if (!/^(vex|evex|xop|3dnow)$/.test(encoding) || widths === undefined)
    throw new TableError(row, `unknown prefix '${prefix}'`);
  return { encoding: encoding as Encoding, widths, feature: feature.join(' ') };
}

function featureOf(feature: string, evex: boolean, length: Length, lengths: string): string {
  const slash = feature.indexOf('/');
  const name = slash < 0 ? feature : length === 256 ? feature.slice(slash + 1) : feature.slice(0, slash);
  return evex && (lengths === 'lx' || lengths === 'ly') && length < 512 ? `${name} avx512vl` : name;
}

/** Bytes of the memory operand. */
function memoryBytes(operands: readonly OperandSpec[]): number {
  const memory = operands.find(
    ({ kind }) => kind === 'xmmrm' || kind === 'rm' || kind === 'm' || kind === 'vsib',
  );
  return memory === undefined ? 1 : (memory.memory ?? memory.size) >> 3;
}

/** Bytes of an element, where attributes have disp8 count these. */
function elementBytes(words: ReadonlySet<string>): number {
  return [1, 2, 4, 8].find((bytes) => words.has(`n${bytes}`)) ?? 0;
}

function maskingOf(words: ReadonlySet<string>): Form['masking'] {
  return words.has('kq') ? 'required' : words.has('kz') ? 'zero' : words.has('k') ? 'merge' : 'none';
}

/** L'L is the rounding or ignored: only 512 bits and scalars have it. */
function roundingOf(evex: boolean, length: Length, words: ReadonlySet<string>): Form['rounding'] {
  if (!evex || length === 128 || length === 256) return 'none';
  return words.has('er') ? 'er' : words.has('sae') ? 'sae' : 'none';
}

function modOf(operands: readonly OperandSpec[]): Form['mod'] {
  if (operands.some(({ kind }) => kind === 'm' || kind === 'vsib')) return 'memory';
  return operands.some(({ kind }) => /^(r|xmmr|kr|tmmr)$/.test(kind)) ? 'register' : 'any';
}

interface Operands {
  readonly list: readonly OperandSpec[];
  readonly mod: Form['mod'];
  readonly bytes: number;
}

interface VectorAttributes extends Attributes {
  readonly mod: Form['mod'] | undefined;
  readonly masking: Form['masking'];
  readonly elementBytes: number;
}

class Chapter {
  private readonly operands = new Map<string, Operands>();
  private readonly attributes = new Map<string, VectorAttributes>();
  private readonly alternatives = new Map<string, Alternative[]>();
  private readonly encodings = new Map<string, VectorEncoding>();
  readonly list: Form[] = [];

  constructor(private readonly firstId: number) {}

  row(row: string): void {
    const [head = '', code, prefixes, attributeText = ''] = row.split('|');
    if (code === undefined || prefixes === undefined) throw new TableError(row, 'fewer than three columns');
    const name = head.trim();
    const space = name.indexOf(' ');
    const mnemonic = space < 0 ? name : name.slice(0, space);
    const operandText = space < 0 ? '' : name.slice(space).trim();
    const encoding = remember(this.encodings, code, () => parseEncoding(row, code));
    const attributes = remember(this.attributes, attributeText, () => vectorAttributes(row, attributeText));
    const alternatives = remember(this.alternatives, prefixes, () =>
      prefixes.split(',').map((text) => parseAlternative(row, text)),
    );
    for (const alternative of alternatives) {
      const evex = alternative.encoding === 'evex';
      for (const length of lengthsOf[encoding.length] ?? []) {
        if (length === 512 && !evex) continue;
        for (const width of alternative.widths) {
          const operands = remember(this.operands, `${operandText} ${length} ${width.wide} ${evex}`, () => {
            const names = operandText === '' ? [] : operandText.split(',');
            const list = names.map((text) => operand(row, text.trim(), length, width.wide, evex));
            return { list, mod: modOf(list), bytes: memoryBytes(list) };
          });
          this.form(mnemonic, operands, encoding, alternative, length, width, attributes);
        }
      }
    }
  }

  private form(
    mnemonic: string,
    { list, mod, bytes }: Operands,
    encoding: VectorEncoding,
    { encoding: kind, feature }: Alternative,
    length: Length,
    width: Alternative['widths'][0],
    attributes: VectorAttributes,
  ): void {
    const evex = kind === 'evex';
    const { words } = attributes;
    this.list.push({
      id: this.firstId + this.list.length,
      mnemonic,
      operands: list,
      encoding: kind,
      map: encoding.map,
      opcode: encoding.opcode,
      digit: encoding.digit,
      modrm: encoding.modrm,
      fixedModrm: encoding.fixedModrm,
      prefix: encoding.prefix,
      noPrefix: false,
      noRepeat: false,
      mod: attributes.mod ?? mod,
      operandSize: width.sized ? (width.wide ? 64 : 32) : 0,
      addressSize: 0,
      default64: false,
      sizeRule: 'exact',
      rexB: false,
      modes: words.has('only64') || (width.sized && width.wide) ? 2 : 3,
      feature: featureOf(feature, evex, length, encoding.length),
      flags: attributes.flags,
      privilege: attributes.privilege,
      sensitivity: attributes.sensitivity,
      lockable: false,
      rep: 'none',
      far: false,
      alias: words.has('alias'),
      vectorLength: length,
      w: width.w,
      masking: evex ? attributes.masking : 'none',
      rounding: roundingOf(evex, length, words),
      distinct: words.has('uniq'),
      displacementUnit: evex ? attributes.elementBytes || bytes : 1,
    });
  }
}

function vectorAttributes(row: string, text: string): VectorAttributes {
  const attributes = parseAttributes(row, text);
  const { words } = attributes;
  const mod = words.has('sib')
    ? 'sib'
    : words.has('mem')
      ? 'memory'
      : words.has('reg')
        ? 'register'
        : undefined;
  return { ...attributes, mod, masking: maskingOf(words), elementBytes: elementBytes(words) };
}

/** Parses rows with VEX, EVEX, XOP and 3DNow! encodings into forms, numbered from `firstId`. */
export function parseVectorRows(text: string, firstId: number): Form[] {
  const chapter = new Chapter(firstId);
  for (const line of text.split('\n')) {
    const row = line.split(';')[0].trim();
    if (row !== '') chapter.row(row);
  }
  return chapter.list;
}
