import { PLACES } from './hardware-places';
import type { VectorRandom } from './hardware-random';
import { type StateMaker } from './hardware-states';

const TABLE_ENTRIES = 11;
const LOADS = /^(mov|lar|lsl|ver[rw]|arpl)$/;
const ESP = 4;

/** A selector: of the recorder's local table, of what the kernel's global table shows to user mode, null or beyond. */
export function selector(random: VectorRandom): number {
  const kind = random.below(100);
  if (kind < 60) return random.below(TABLE_ENTRIES + 2) * 8 + (random.chance(80) ? 7 : 4 + random.below(4));
  if (kind < 70) return random.below(4);
  if (kind < 85) return random.pick([0x23, 0x2b, 0x2b, 0x20, 0x28, 0x22, 0x2a]);
  return random.pick([0x08, 0x0b, 0x10, 0x18, 0x1b, 0xfff8, 0xffff, 0xfffc, 0x8000]);
}

/** An offset for a far transfer. */
export function farOffset(random: VectorRandom): number {
  return random.chance(75)
    ? random.below(0x2000)
    : random.chance(70)
      ? PLACES.code + random.below(0x2000)
      : random.value();
}

/** Selectors in registers, for instructions that take them from there. */
export function suitSegments({ form, random, gpr }: StateMaker): void {
  const taken = form.operands.some(({ kind, access }) => kind === 'sreg' && access !== 'r');
  if (!LOADS.test(form.mnemonic) || (form.mnemonic === 'mov' && !taken)) return;
  for (let r = 0; r < 16; r++)
    if (r !== ESP || random.chance(50)) gpr[2 * r] = (random.chance(50) ? 0xabcd_0000 : 0) + selector(random);
}
