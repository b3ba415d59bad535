/*
 * The grammar of the instruction table. A row is
 *
 *   mnemonic operand, operand | encoding | feature | attributes
 *
 * mnemonic    `{cc}` stands for the sixteen conditions; then the opcode is `XX+c`
 * operand     KIND SIZE [/MEMORYSIZE] [:ACCESS]
 *             kinds: r (ModRM.reg) rm m rr (rm, register only) opr (in the opcode) mm mmrm mmr xmm xmmrm xmmr
 *             imm imms (sign-extended to the operand size) immz (16, 32, 32 extended to 64) rel far moffs sreg creg
 *             dreg bndreg bndrm st0 sti 1, or the name of a register; acc is al's family at the operand size
 *             sizes: bits, or v (16/32/64), y (32, 64 with REX.W), x (32, 64 in 64-bit code), pv (far pointer of
 *             operand size v), px (6 or 10 bytes: descriptor-table register), vv (2 x v)
 *             access: r (default), w, rw, n
 * encoding    [np|66|f3|f2] [0f|0f38|0f3a] opcode[+r|+c] [/r|/0../7|MODRM]
 * attributes  o16 o32 o64 (only that operand size; o32+ also if REX.W asks for 64), ov (one form per operand size), a16 a32 a64, d64
 *             (operand size 64 by default in 64-bit code), f64 (always 64), i64 (invalid in 64-bit code), only64, mem, reg,
 *             rexb, norep (F2 and F3 are not allowed, 66 is), no66 (not allowed besides the mandatory prefix), lock, rep, repz, alias, far, cpl0 iopl io v86 tsd pce umip, sens,
 *             flags: r: read, w: written, c: cleared, s: set, u: undefined, with letters o s z a p c d i t and
 *             * (every flag that popf, iret can touch)
 */
import { conditions } from './form';
import { parseAttributes } from './row-attributes';
import type { Attributes } from './row-attributes';
import { TableError } from './table-error';
import { operandSpec } from './operand-spec';
import type { Form, OperandAccess, OperandKind, OperandSpec } from './form';

type Size = 0 | 16 | 32 | 64;
interface Variant {
  readonly size: Size;
  readonly modes: number;
}

const conditionFlags = ['o', 'c', 'z', 'cz', 's', 'p', 'so', 'zso'];

/** Most operands and attributes occur many times; they are parsed, and exist, once per chapter. */
interface Memo {
  readonly variants: Map<string, Variant[]>;
  readonly operands: Map<string, Operands>;
  readonly attributes: Map<string, Attributes>;
}

interface Operands {
  readonly list: readonly OperandSpec[];
  readonly mod: Form['mod'];
}

export function remember<T>(map: Map<string, T>, key: string, make: () => T): T {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}

/** Parses a chapter of the table (one row per line; `;` starts a comment) into forms, numbered from `firstId`. */
export function parseRows(text: string, firstId = 1): Form[] {
  const list: Form[] = [];
  const memo: Memo = { variants: new Map(), operands: new Map(), attributes: new Map() };
  for (const line of text.split('\n')) {
    const row = line.split(';')[0].trim();
    if (row === '') continue;
    if (!row.includes('{cc}')) {
      parseRow(row, memo, firstId, list);
      continue;
    }
    conditions.forEach((name, number) => {
      const code = row
        .replace('{cc}', name)
        .replace(/([0-9A-F]{2})\+c/, (_, base: string) =>
          (parseInt(base, 16) + number).toString(16).padStart(2, '0'),
        );
      parseRow(`${code} r:${conditionFlags[number >> 1]}`, memo, firstId, list);
    });
  }
  return list;
}

interface RowEncoding {
  map: 0 | 1 | 2 | 3;
  opcode: number;
  digit: number;
  modrm: boolean;
  fixedModrm: number;
  prefix: 0 | 0x66 | 0xf3 | 0xf2;
  noPrefix: boolean;
}

function parseEncoding(row: string, text: string): RowEncoding {
  const encoding: RowEncoding = {
    map: 0,
    opcode: -1,
    digit: -1,
    modrm: false,
    fixedModrm: -1,
    prefix: 0,
    noPrefix: false,
  };
  const tokens = text.toLowerCase().trim().split(/\s+/);
  if (tokens[0] === 'np') encoding.noPrefix = true;
  // 66, F2 and F3 alone are prefixes: no row has them as an opcode.
  if (tokens[0] === '66' || tokens[0] === 'f2' || tokens[0] === 'f3')
    encoding.prefix = parseInt(tokens[0], 16) as 0x66;
  if (encoding.noPrefix || encoding.prefix !== 0) tokens.shift();
  const map = ['', '0f', '0f38', '0f3a'].indexOf(tokens[0]);
  if (map > 0) {
    encoding.map = map as 1;
    tokens.shift();
  }
  encoding.opcode = parseInt((tokens.shift() ?? '').replace('+r', ''), 16);
  const last = tokens.shift();
  if (last !== undefined) {
    encoding.modrm = true;
    if (/^\/[0-7]$/.test(last)) encoding.digit = Number(last[1]);
    else if (/^[0-9a-f]{2}$/.test(last)) encoding.fixedModrm = parseInt(last, 16);
    else if (last !== '/r') throw new TableError(row, `unknown encoding '${last}'`);
  }
  if (!(encoding.opcode >= 0) || tokens.length > 0) throw new TableError(row, 'malformed encoding');
  return encoding;
}

const kinds: Readonly<Record<string, OperandKind>> = {
  r: 'reg',
  rm: 'rm',
  m: 'm',
  rr: 'r',
  opr: 'opreg',
  mm: 'mmreg',
  mmrm: 'mmrm',
  mmr: 'mmr',
  xmm: 'xmmreg',
  xmmrm: 'xmmrm',
  xmmr: 'xmmr',
  imm: 'imm',
  imms: 'imm',
  immz: 'imm',
  rel: 'rel',
  far: 'far',
  moffs: 'moffs',
  sreg: 'sreg',
  creg: 'creg',
  dreg: 'dreg',
  bndreg: 'bndreg',
  bndrm: 'bndrm',
  st0: 'st0',
  sti: 'sti',
  1: 'one',
};
const fixedSizes: Readonly<Record<string, number>> = {
  al: 8,
  cl: 8,
  ax: 16,
  dx: 16,
  eax: 32,
  rax: 64,
  ecx: 32,
  es: 16,
  cs: 16,
  ss: 16,
  ds: 16,
  fs: 16,
  gs: 16,
  xmm0: 128,
};
const operandPattern =
  /^(xmm0|xmmrm|xmmr|xmm|mmrm|mmr|mm|moffs|imms|immz|imm|rel|far|sreg|creg|dreg|bndreg|bndrm|st0|sti|opr|rr|rm|acc|[ac]l|[er]?ax|ecx|dx|[c-gs]s|es|r|m|1)(\d+|pv|px|vv|[vyx])?(?:\/(\d+))?(?::(rw|r|w|n))?$/;

/** Bits that a size word stands for, at an operand size and code size. */
function resolveSize(word: string | undefined, size: Size, long: boolean): number {
  switch (word) {
    case undefined:
      return 0;
    case 'v':
      return size;
    case 'y':
      return size === 64 ? 64 : 32;
    case 'x':
      return long ? 64 : 32;
    case 'pv':
      return size + 16;
    case 'px':
      return long ? 80 : 48;
    case 'vv':
      return size * 2;
    default:
      return Number(word);
  }
}

function resolveOperand(row: string, text: string, size: Size, long: boolean): OperandSpec {
  const match = operandPattern.exec(text);
  if (!match) throw new TableError(row, `unknown operand '${text}'`);
  const [, name, word, memory, accessWord = 'r'] = match;
  const access: OperandAccess = accessWord === 'n' ? 'none' : (accessWord as OperandAccess);
  const bits = resolveSize(word, size, long);
  const kind = kinds[name];
  if (kind === undefined) {
    const register = name === 'acc' ? { 16: 'ax', 32: 'eax', 64: 'rax', 0: '' }[size] : name;
    return operandSpec('fixed', fixedSizes[register], access, { register });
  }
  if (kind === 'imm') {
    if (name === 'immz') return operandSpec(kind, Math.min(size, 32), access, { extended: size });
    return operandSpec(kind, bits, access, { extended: name === 'imms' ? size : bits });
  }
  if (kind === 'rel') return operandSpec(kind, word === 'v' ? Math.min(size, 32) : bits, access);
  if (memory !== undefined) return operandSpec(kind, bits, access, { memory: Number(memory) });
  const natural: Partial<Record<OperandKind, number>> = {
    one: 8,
    sreg: 16,
    creg: long ? 64 : 32,
    dreg: long ? 64 : 32,
    bndreg: 128,
    bndrm: long ? 128 : 64,
    st0: 80,
    sti: 80,
    mmreg: 64,
    mmr: 64,
    xmmreg: 128,
    xmmr: 128,
  };
  return operandSpec(kind, word === undefined ? (natural[kind] ?? 0) : bits, access);
}

/** The variants of a row: operand size (0: any), modes, and whether 64 is the default there. */
function variants(operands: string, words: ReadonlySet<string>): Variant[] {
  const modes = words.has('i64') ? 1 : words.has('only64') ? 2 : 3;
  if (words.has('o16')) return [{ size: 16, modes }];
  if (words.has('o32') || words.has('o32+')) return [{ size: 32, modes }];
  if (words.has('o64')) return [{ size: 64, modes: modes & 2 }];
  const byMode = /bndrm|[a-z](x|px)\b/.test(operands.replace(/[c-gs]s|[er]?ax|dx|ecx/g, ''));
  const bySize =
    /(^|[\s,])(acc|[a-z]+(v|pv|vv))\b/.test(operands) ||
    words.has('ov') ||
    words.has('f64') ||
    words.has('d64');
  if (bySize) {
    const defaults = words.has('d64') || words.has('f64');
    const list: Variant[] = [
      { size: 16, modes: words.has('f64') ? modes & 1 : modes },
      { size: 32, modes: defaults ? modes & 1 : modes },
      { size: 64, modes: modes & 2 },
    ];
    return list.filter((variant) => variant.modes !== 0);
  }
  if (/[a-z]y\b/.test(operands)) {
    const list: Variant[] = [
      { size: 0, modes },
      { size: 64, modes: modes & 2 },
    ];
    return list.filter((variant) => variant.modes !== 0);
  }
  if (byMode)
    return [
      { size: 0, modes: 1 & modes },
      { size: 0, modes: 2 & modes },
    ].filter((v) => v.modes !== 0) as never;
  return [{ size: 0, modes }];
}

function modConstraint(operands: readonly OperandSpec[]): Form['mod'] {
  for (const operand of operands) {
    if (operand.kind === 'creg' || operand.kind === 'dreg') return 'ignored';
    if (operand.kind === 'm') return 'memory';
    if (operand.kind === 'mmr' || operand.kind === 'xmmr' || operand.kind === 'sti') return 'register';
  }
  return operands.some((operand) => operand.kind === 'r') ? 'register' : 'any';
}

const early = new Set(['8086', '186', '286']);

function parseRow(row: string, memo: Memo, firstId: number, list: Form[]): void {
  const fields = row.split('|');
  if (fields.length < 3) throw new TableError(row, 'fewer than three columns');
  const head = fields[0].trim();
  const space = head.indexOf(' ');
  const mnemonic = space < 0 ? head : head.slice(0, space);
  const operandText = space < 0 ? '' : head.slice(space).trim();
  const encoding = parseEncoding(row, fields[1]);
  const attributeText = fields[3]?.trim() ?? '';
  const attributes = remember(memo.attributes, attributeText, () => parseAttributes(row, attributeText));
  const { words } = attributes;
  const feature = fields[2].trim();
  const constraint = words.has('mem') ? 'memory' : words.has('reg') ? 'register' : undefined;
  for (const { size, modes } of remember(memo.variants, `${operandText} ${attributeText}`, () =>
    variants(operandText, words),
  )) {
    const operands = remember(memo.operands, `${operandText} ${size} ${modes}`, () =>
      resolveOperands(row, operandText, size, modes === 2),
    );
    // One literal without spreads: all forms share a hidden class, which keeps the tables quick to build.
    list.push({
      id: firstId + list.length,
      mnemonic,
      operands: operands.list,
      encoding: 'legacy',
      map: encoding.map,
      opcode: encoding.opcode,
      digit: encoding.digit,
      modrm: encoding.modrm,
      fixedModrm: encoding.fixedModrm,
      prefix: encoding.prefix,
      noPrefix: encoding.noPrefix || words.has('no66'),
      noRepeat: words.has('norep'),
      mod: constraint ?? operands.mod,
      operandSize: size,
      addressSize: attributes.addressSize,
      default64: size === 64 && (attributes.sizeRule === 'default64' || attributes.sizeRule === 'force64'),
      sizeRule: attributes.sizeRule,
      rexB: words.has('rexb'),
      modes,
      feature: early.has(feature) && size === 64 ? 'lm' : early.has(feature) && size === 32 ? '386' : feature,
      flags: attributes.flags,
      privilege: attributes.privilege,
      sensitivity: attributes.sensitivity,
      lockable: words.has('lock'),
      rep: attributes.rep,
      far: words.has('far'),
      alias: words.has('alias'),
      vectorLength: 0,
      w: -1,
      masking: 'none',
      rounding: 'none',
      distinct: false,
      displacementUnit: 1,
    });
  }
}

function resolveOperands(row: string, text: string, size: Size, long: boolean): Operands {
  const list = text === '' ? [] : text.split(',').map((name) => resolveOperand(row, name.trim(), size, long));
  return { list, mod: modConstraint(list) };
}
