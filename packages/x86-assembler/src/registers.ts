/** Register files an operand can name. */
export type RegisterClass = 'general' | 'segment' | 'control' | 'debug' | 'x87' | 'mmx' | 'xmm' | 'bound';

/** A register by its name in Intel syntax. */
export interface Register {
  readonly name: string;
  readonly class: RegisterClass;
  /** Encoded number; AH, CH, DH, BH have 4..7 with `high` set. */
  readonly number: number;
  /** Bits. */
  readonly size: number;
  /** AH, CH, DH, BH: not encodable with a REX prefix. */
  readonly high: boolean;
  /** SPL, BPL, SIL, DIL: need a REX prefix. */
  readonly needsRex: boolean;
}

const GENERAL = ['ax', 'cx', 'dx', 'bx', 'sp', 'bp', 'si', 'di'];
const BYTES = ['al', 'cl', 'dl', 'bl', 'ah', 'ch', 'dh', 'bh'];
const SEGMENTS = ['es', 'cs', 'ss', 'ds', 'fs', 'gs'];

function buildRegisters(): ReadonlyMap<string, Register> {
  const registers = new Map<string, Register>();
  const add = (
    name: string,
    kind: RegisterClass,
    number: number,
    size: number,
    high = false,
    needsRex = false,
  ) => registers.set(name, { name, class: kind, number, size, high, needsRex });
  BYTES.forEach((name, number) => add(name, 'general', number, 8, number >= 4));
  GENERAL.forEach((name, number) => {
    if (number >= 4) add(`${name}l`, 'general', number, 8, false, true);
    add(name, 'general', number, 16);
    add(`e${name}`, 'general', number, 32);
    add(`r${name}`, 'general', number, 64);
  });
  for (let number = 8; number < 16; number++) {
    add(`r${number}b`, 'general', number, 8);
    add(`r${number}w`, 'general', number, 16);
    add(`r${number}d`, 'general', number, 32);
    add(`r${number}`, 'general', number, 64);
  }
  SEGMENTS.forEach((name, number) => add(name, 'segment', number, 16));
  for (let number = 0; number < 16; number++) {
    add(`cr${number}`, 'control', number, 32);
    add(`dr${number}`, 'debug', number, 32);
    add(`xmm${number}`, 'xmm', number, 128);
  }
  for (let number = 0; number < 4; number++) add(`bnd${number}`, 'bound', number, 128);
  for (let number = 0; number < 8; number++) {
    add(`st${number}`, 'x87', number, 80);
    add(`mm${number}`, 'mmx', number, 64);
  }
  return registers;
}

const REGISTERS = buildRegisters();

/** The register of that name (any case), or undefined. */
export function lookupRegister(name: string): Register | undefined {
  return REGISTERS.get(name.toLowerCase());
}

/** The general register of that number and size in bits; with `rex`, byte registers 4..7 are SPL..DIL. */
export function generalRegister(number: number, size: number, rex = false): Register {
  if (number >= 8) return REGISTERS.get(`r${number}${{ 8: 'b', 16: 'w', 32: 'd', 64: '' }[size]}`)!;
  if (size === 8) return REGISTERS.get(rex && number >= 4 ? `${GENERAL[number]}l` : BYTES[number]!)!;
  return REGISTERS.get(`${{ 16: '', 32: 'e', 64: 'r' }[size]}${GENERAL[number]}`)!;
}
