import { decode, formatAtt, formatIntel, Instruction, type DecodeError } from '@trapgate/x86-decoder';

/** The syntax of the text, and what kind of code is there. */
export interface DisassembleOptions {
  readonly syntax?: 'intel' | 'att';
  /** Code size in bits. Default: that of CS now. */
  readonly bits?: 16 | 32;
}

/** One line of a disassembly. */
export interface DisassembledInstruction {
  /** Linear address. */
  readonly address: number;
  readonly bytes: Uint8Array;
  /** Empty where the bytes are no instruction. */
  readonly text: string;
  /** Why they are none. */
  readonly error?: Exclude<DecodeError, 'none'>;
}

const LONGEST_INSTRUCTION = 15;

/**
 * Decodes `count` instructions from `linear` on. `read` gives up to so many bytes at a linear address, fewer where
 * memory ends; the list ends there, too.
 */
export function disassemble(
  read: (linear: number, length: number) => Uint8Array,
  linear: number,
  count: number,
  bits: 16 | 32,
  syntax: 'intel' | 'att',
): DisassembledInstruction[] {
  const list: DisassembledInstruction[] = [];
  const instruction = new Instruction();
  const format = syntax === 'att' ? formatAtt : formatIntel;
  let address = linear >>> 0;
  while (list.length < count) {
    const window = read(address, LONGEST_INSTRUCTION);
    if (window.length === 0) break;
    decode(window, 0, window.length, bits, instruction);
    const length = Math.max(1, Math.min(instruction.length, window.length));
    const bytes = window.slice(0, length);
    const { error } = instruction;
    list.push(
      error === 'none'
        ? { address, bytes, text: format(instruction, address) }
        : { address, bytes, text: '', error },
    );
    address = (address + length) >>> 0;
  }
  return list;
}
