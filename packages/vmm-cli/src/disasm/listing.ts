import {
  eflags,
  type FlagEffects,
  formatAtt,
  formatIntel,
  type Instruction,
  type InstructionFacts,
  instructionFacts,
} from '@trapgate/x86-decoder';

export type Mode = 16 | 32 | 64;

/** The line, with its end, of an instruction, its bytes and its address. */
export type Printer = (instruction: Instruction, bytes: Uint8Array, address: number | bigint) => string;

export const SYNTAXES = { intel: formatIntel, att: formatAtt } as const;

type Formatter = (typeof SYNTAXES)[keyof typeof SYNTAXES];

const HEX_BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).toUpperCase().padStart(2, '0'));
/** Most instructions have no more bytes; longer ones shift their text. */
const BYTES_COLUMN = 10;

function hexBytes(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += HEX_BYTES[byte];
  return text;
}

/** Addresses have as many digits as the code has bits, 16-bit code eight; they wrap. */
function hexAddress(address: number | bigint, mode: Mode): string {
  const bits = mode === 64 ? 64 : 32;
  const inside = typeof address === 'number' && address < 2 ** 32;
  const value = inside ? address : BigInt.asUintN(bits, BigInt(address));
  return value
    .toString(16)
    .toUpperCase()
    .padStart(bits / 4, '0');
}

/** address, bytes and text in columns */
export function printText(format: Formatter, mode: Mode): Printer {
  return (instruction, bytes, address) =>
    `${hexAddress(address, mode)}  ${hexBytes(bytes).padEnd(2 * BYTES_COLUMN)}  ${format(instruction, address)}\n`;
}

/** One JSON object: address, bytes, text and facts; numbers that may need 64 bits are hexadecimal strings. */
export function printJson(format: Formatter, mode: Mode): Printer {
  return (instruction, bytes, address) => {
    const head = {
      address: `0x${hexAddress(address, mode)}`,
      bytes: hexBytes(bytes),
      text: format(instruction, address),
    };
    const body = instruction.form === 0 ? { error: instruction.error } : facts(instruction);
    return `${JSON.stringify({ ...head, ...body })}\n`;
  };
}

function facts(instruction: Instruction): object {
  const { mnemonic, operands, registers, memory, flags, feature, privilege, sensitivity } =
    instructionFacts(instruction);
  return {
    mnemonic,
    operands,
    registers: Object.fromEntries(registers.map(({ register, access }) => [register, access])),
    memory: memory.map(memoryFacts),
    flags: flagNames(flags),
    feature,
    privilege,
    class: sensitivity,
  };
}

function memoryFacts(use: InstructionFacts['memory'][0]): object {
  const { displacement } = use;
  const sign = displacement < 0n ? '-' : '';
  const size = displacement < 0n ? -displacement : displacement;
  return { ...use, displacement: `${sign}0x${size.toString(16).toUpperCase()}` };
}

/** The names of the flags in each set that is not empty. */
function flagNames(flags: FlagEffects): Record<string, string[]> {
  const named: Record<string, string[]> = {};
  for (const [set, bits] of Object.entries(flags) as [string, number][]) {
    const names = Object.entries(eflags).filter(([, bit]) => (bits & bit) !== 0);
    if (names.length > 0) named[set] = names.map(([name]) => name);
  }
  return named;
}
