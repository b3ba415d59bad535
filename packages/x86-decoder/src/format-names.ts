// Names of all registers, and where an operand's register number is found.
import type { OperandSpec } from './form';
import type { Instruction } from './instruction';
import { lazy } from './lazy';
import { registerName, segmentNames } from './registers';

/** Where the number of an operand's register is. */
export const source = { reg: 0, rm: 1, vvvv: 2, is4: 3, none: 4 } as const;

const numbers = Array.from({ length: 32 }, (_, number) => number);

function row(name: (number: number) => string): readonly string[] {
  return numbers.map(name);
}

const general = (size: number, rex: boolean) => (number: number) => registerName(number & 15, size, rex);

const tables = /* @__PURE__ */ lazy(() => ({
  8: row(general(8, false)),
  rex8: row(general(8, true)),
  16: row(general(16, true)),
  32: row(general(32, true)),
  64: row(general(64, true)),
  mm: row((number) => `mm${number & 7}`),
  xmm: row((number) => `xmm${number}`),
  ymm: row((number) => `ymm${number}`),
  zmm: row((number) => `zmm${number}`),
  k: row((number) => `k${number & 7}`),
  tmm: row((number) => `tmm${number & 7}`),
  bnd: row((number) => `bnd${number & 3}`),
  st: row((number) => `st(${number & 7})`),
  segment: row((number) => segmentNames[number & 7] ?? ''),
  control: row((number) => `cr${number}`),
  debug: row((number) => `dr${number}`),
}));

type Tables = ReturnType<typeof tables>;

/** The registers that an operand can be. */
export interface RegisterOperand {
  readonly source: number;
  readonly names: readonly string[];
  /** Names under a REX prefix. */
  readonly rexNames: readonly string[];
}

const ledTables: Map<string, Tables> = new Map();

/** The tables with something in front of every name; there are few such leads. */
function tablesWith(lead: string): Tables {
  let led = ledTables.get(lead);
  if (led === undefined) {
    const entries = Object.entries(tables()).map(([key, names]) => [key, names.map((name) => lead + name)]);
    ledTables.set(lead, (led = Object.fromEntries(entries) as Tables));
  }
  return led;
}

/** Names of vector registers of a size: smaller ones are parts of xmm. */
export function vectorTable(size: number): 'xmm' | 'ymm' | 'zmm' {
  return size === 512 ? 'zmm' : size === 256 ? 'ymm' : 'xmm';
}

const sources: Readonly<Record<string, number>> = {
  reg: source.reg,
  rm: source.rm,
  r: source.rm,
  opreg: source.rm,
  regv: source.vvvv,
  sreg: source.reg,
  creg: source.reg,
  dreg: source.reg,
  sti: source.rm,
  mmreg: source.reg,
  mmrm: source.rm,
  mmr: source.rm,
  xmmreg: source.reg,
  xmmrm: source.rm,
  xmmr: source.rm,
  xmmv: source.vvvv,
  xmmis4: source.is4,
  kreg: source.reg,
  krm: source.rm,
  kr: source.rm,
  kv: source.vvvv,
  tmmreg: source.reg,
  tmmr: source.rm,
  tmmv: source.vvvv,
  bndreg: source.reg,
  bndrm: source.rm,
};

function tableOf(spec: OperandSpec): keyof Tables | undefined {
  const { kind, size } = spec;
  if (/^(reg|rm|r|opreg|regv)$/.test(kind)) return size as 8;
  if (kind.startsWith('xmm')) return vectorTable(size);
  if (kind.startsWith('mm')) return 'mm';
  if (/^k/.test(kind)) return 'k';
  if (kind.startsWith('tmm')) return 'tmm';
  if (kind.startsWith('bnd')) return 'bnd';
  const others: Readonly<Record<string, keyof Tables>> = {
    sreg: 'segment',
    creg: 'control',
    dreg: 'debug',
    sti: 'st',
  };
  return others[kind];
}

/** The registers, with `lead` in front of their names, of an operand that is encoded as a register or may be; undefined for all others. */
export function registerOperand(spec: OperandSpec, lead = ''): RegisterOperand | undefined {
  const table = tableOf(spec);
  if (table === undefined) return undefined;
  const all = lead === '' ? tables() : tablesWith(lead);
  const names = all[table];
  return { source: sources[spec.kind] ?? source.none, names, rexNames: table === 8 ? all.rex8 : names };
}

/** Names of base and index registers: address size 16, 32, 64, or a vector register's size. */
export function addressNames(size: number): readonly string[] {
  return tables()[size >= 128 ? vectorTable(size) : (size as 32)];
}

/** Number of the register in a place of the encoding. */
export function registerNumber(instruction: Instruction, from: number): number {
  switch (from) {
    case source.reg:
      return instruction.reg;
    case source.rm:
      return instruction.rm;
    case source.vvvv:
      return instruction.vvvv;
    default:
      return instruction.is4;
  }
}
