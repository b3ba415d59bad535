import { decode, forms, Instruction } from '@trapgate/x86-decoder';
import { FUZZ } from './fuzz-state';
import type { Random } from './random';

export type FuzzCode = 'bytes' | 'instructions';

/** Bytes that turn breakpoints on: mov eax, imm32; mov drN, eax. */
function debugSetup(random: Random): number[] {
  const code: number[] = [];
  const load = (register: number, value: number): void => {
    code.push(0xb8, value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24);
    code.push(0x0f, 0x23, 0xc0 | (register << 3));
  };
  for (let n = 0; n < 4; n++)
    load(n, random.chance(50) ? FUZZ.code + random.below(FUZZ.codeBytes) : 0x8000 + random.below(0x2_0000));
  load(7, random.next() & 0xffff_07ff);
  return code;
}

/**
 * Random bytes, or random bytes of which only those are kept that decode to an instruction, with fewer branches, which
 * would lead out of the code.
 */
export function randomCode(random: Random, kind: FuzzCode, bits: 16 | 32): Uint8Array {
  const bytes = Uint8Array.from({ length: FUZZ.codeBytes + 16 }, () => random.next() & 0xff);
  if (kind === 'instructions') {
    const scratch = new Instruction();
    for (let at = 0; at < FUZZ.codeBytes;) {
      decode(bytes, at, bytes.length, bits, scratch);
      const mnemonic = forms[scratch.form]?.mnemonic ?? '';
      const unwanted = mnemonic === 'hlt' || (mnemonic.startsWith('j') && random.chance(80));
      if (scratch.form !== 0 && mnemonic !== '' && !unwanted) at += scratch.length;
      else for (let n = 0; n < 4; n++) bytes[at + n] = random.next() & 0xff;
    }
  }
  if (random.chance(10)) bytes.set(debugSetup(random), random.below(FUZZ.codeBytes - 100));
  return bytes;
}
