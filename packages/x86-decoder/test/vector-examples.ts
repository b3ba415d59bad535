import { decode, Instruction, vectorForms } from '../src/index';
import type { Mode } from './iced';

export interface Example {
  readonly bytes: Uint8Array;
  readonly mode: Mode;
}

// SIB, displacement and immediate bytes behind ModRM. As a SIB byte, 11h is [rcx+rdx].
const tail = [0x11, 0x02, 0x93, 0x24, 0x35, 0x46, 0x57];
const modrms = [0x0c, 0x4c, 0xca];

const digits = [0, 1, 2, 3, 4, 5, 6, 7];
const everyDigit = [0x04, 0x44, 0xc2, 0xc0].flatMap((modrm) => digits.map((digit) => modrm | (digit << 3)));

/** Opcodes whose ModRM byte is a part of them. */
function groupOpcodes(): Set<number> {
  const groups = vectorForms().filter(({ digit, fixedModrm }) => digit >= 0 || fixedModrm >= 0);
  return new Set(groups.map(({ opcode }) => opcode));
}

function* vex(): Generator<number[]> {
  for (let map = 1; map <= 3; map++)
    for (let second = 0; second < 16; second++)
      for (const vvvv of [0x0f, 0x0d]) {
        const w = (second & 8) << 4;
        yield [0xc4, 0xe0 | map, w | (vvvv << 3) | (second & 7)];
      }
}

function* xop(): Generator<number[]> {
  for (let map = 8; map <= 10; map++)
    for (const w of [0, 0x80])
      for (const l of [0, 4]) for (const vvvv of [0x0f, 0x0d]) yield [0x8f, 0xe0 | map, w | (vvvv << 3) | l];
}

/** EVEX.aaa, z and b, with all lengths and both vvvv. */
function* evex(): Generator<number[]> {
  for (const map of [1, 2, 3, 5, 6])
    for (let second = 0; second < 8; second++)
      for (const vvvv of [0x0f, 0x0d])
        for (let length = 0; length < 4; length++)
          for (const rest of [0x08, 0x0a, 0x8b, 0x18, 0x9b]) {
            const w = (second & 4) << 5;
            yield [0x62, 0xf0 | map, w | (vvvv << 3) | 4 | (second & 3), (length << 5) | rest];
          }
}

/** An example of every form with a VEX, EVEX, XOP or 3DNow! encoding, for each combination of mask, broadcast and memory operand. */
export function vectorExamples(mode: Mode): Example[] {
  const examples: Example[] = [];
  const seen = new Set<string>();
  const out = new Instruction();
  const look = (start: readonly number[]): void => {
    const bytes = Uint8Array.from([...start, ...tail]);
    decode(bytes, 0, bytes.length, mode, out);
    if (out.form === 0) return;
    const key = [
      out.form,
      out.memory,
      out.mask,
      out.zeroing,
      out.broadcast,
      out.rounding,
      out.sae,
      start.at(-1),
    ];
    if (seen.has(key.join())) return;
    seen.add(key.join());
    examples.push({ bytes, mode });
  };
  const groups = groupOpcodes();
  const few = mode === 64 ? modrms : modrms.slice(1);
  for (const prefixes of [vex(), xop(), evex()])
    for (const prefix of prefixes)
      for (let opcode = 0; opcode < 256; opcode++)
        for (const modrm of groups.has(opcode) ? everyDigit : few) look([...prefix, opcode, modrm]);
  for (let opcode = 0; opcode < 256; opcode++) {
    look([0xc5, 0xf8, opcode, 0xc0]);
    for (const modrm of modrms) {
      const start = modrm < 0xc0 ? [modrm, 0x11, 0x02] : [modrm];
      const used = modrm === 0x0c ? start.slice(0, 2) : start;
      look([0x0f, 0x0f, ...used, opcode]);
    }
  }
  return examples;
}
