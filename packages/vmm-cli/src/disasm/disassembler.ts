import { decode, Instruction } from '@trapgate/x86-decoder';
import type { Mode, Printer } from './listing';

const LONGEST_INSTRUCTION = 15;
/** Lines are given out in texts of about this many characters. */
const TEXT_LENGTH = 1 << 15;

/** Lists code that comes in pieces: instructions may lie across them. */
export class Disassembler {
  readonly #instruction = new Instruction();
  #rest = new Uint8Array(0);
  #offset = 0n;

  constructor(
    private readonly mode: Mode,
    private readonly origin: bigint,
    private readonly print: Printer,
  ) {}

  /** The lines of the instructions that surely end in `chunk`. */
  list(chunk: Uint8Array): Generator<string> {
    const bytes = new Uint8Array(this.#rest.length + chunk.length);
    bytes.set(this.#rest);
    bytes.set(chunk, this.#rest.length);
    return this.#lines(bytes, bytes.length - LONGEST_INSTRUCTION);
  }

  /** The lines of what is left. */
  end(): Generator<string> {
    return this.#lines(this.#rest, this.#rest.length - 1);
  }

  /** Instructions that begin up to `lastStart`. */
  *#lines(bytes: Uint8Array, lastStart: number): Generator<string> {
    const instruction = this.#instruction;
    const start = this.origin + this.#offset;
    // Numbers are quicker, where they are exact.
    const base = start < 1n << 52n ? Number(start) : start;
    let text = '';
    let at = 0;
    while (at <= lastStart) {
      decode(bytes, at, bytes.length, this.mode, instruction);
      const length = instruction.form === 0 ? 1 : instruction.length;
      const address = typeof base === 'number' ? base + at : base + BigInt(at);
      text += this.print(instruction, bytes.subarray(at, at + length), address);
      at += length;
      if (text.length < TEXT_LENGTH) continue;
      yield text;
      text = '';
    }
    this.#rest = bytes.slice(at);
    this.#offset += BigInt(at);
    if (text !== '') yield text;
  }
}
