import { decode, Instruction } from '../src/index';
import type { Mode } from './iced';

// SIB, displacement and immediate bytes behind ModRM.
const tail = [0x11, 0x82, 0x93, 0x24, 0x35, 0x46, 0x57, 0x68, 0x79, 0x1a];
const mandatory = [[], [0x66], [0xf3], [0xf2]];
const maps = [[], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]];

export const everyModrm: readonly number[] = Array.from({ length: 256 }, (_, modrm) => modrm);
/** Those that differ in more than which register is the base. */
export const someModrm: readonly number[] = everyModrm.filter(
  (modrm) => modrm >= 0xc0 || (modrm & 7) === 4 || (modrm < 0x40 && (modrm & 7) === 1),
);

/** Every opcode of the four legacy maps with every ModRM byte and mandatory prefix, after `before` (rex: behind the prefix). */
export function* opcodeSpace(
  before: number[] = [],
  rex: number[] = [],
  modrms = everyModrm,
): Generator<Uint8Array> {
  for (const prefix of mandatory) {
    for (const map of maps) {
      const start = [...before, ...prefix, ...rex, ...map];
      const bytes = Uint8Array.from([...start, 0, 0, ...tail].slice(0, 15));
      for (let opcode = 0; opcode < 256; opcode++) {
        for (const modrm of modrms) {
          bytes[start.length] = opcode;
          bytes[start.length + 1] = modrm;
          yield bytes;
        }
      }
    }
  }
}

/** One example of each form, with a register and with a memory operand, in each kind of code. */
export function formExamples(): { bytes: Uint8Array; mode: Mode }[] {
  const examples: { bytes: Uint8Array; mode: Mode }[] = [];
  const seen = new Set<string>();
  const out = new Instruction();
  for (const mode of [16, 32, 64] as const) {
    for (const rex of mode === 64 ? [[], [0x48], [0x49]] : [[]]) {
      for (const before of mode === 64 ? [[]] : [[], [0x67]]) {
        for (const bytes of opcodeSpace(before, rex, someModrm)) {
          decode(bytes, 0, bytes.length, mode, out);
          const key = `${mode} ${out.form} ${out.memory}`;
          if (out.form === 0 || seen.has(key)) continue;
          seen.add(key);
          examples.push({ bytes: bytes.slice(), mode });
        }
      }
    }
  }
  return examples;
}

/** A small deterministic generator (xorshift32) of bytes that look a little like code. */
export function* randomCode(seed: number, count: number): Generator<Uint8Array> {
  const prefixes = [0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x48, 0x41, 0x4f, 0x0f];
  let state = seed;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 8;
  };
  const bytes = new Uint8Array(16);
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < bytes.length; k++) bytes[k] = next();
    for (let k = 0; k < next() % 4; k++) bytes[k] = prefixes[next() % prefixes.length];
    yield bytes.subarray(0, 1 + (next() % 16));
  }
}
