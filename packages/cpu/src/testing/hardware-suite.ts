import { readFileSync } from 'node:fs';
import { brotliDecompressSync } from 'node:zlib';
import type { Form } from '@trapgate/x86-decoder';
import { chapterOf, FEWEST_STATES, implementedForms, leftOut, type Chapter } from './hardware-coverage';
import type { Replay } from './hardware-replay';

/** The recorded vectors of a chapter; what each is compared with is in docs/conformance.md. */
export function readVectors(chapter: Chapter, bits: 32 | 64): Uint8Array {
  const file = new URL(`../../test/vectors/${chapter}-${bits}.bin.br`, import.meta.url);
  return brotliDecompressSync(readFileSync(file));
}

/** The forms whose vectors a chapter of 32-bit code has to have. */
export function expectedForms(chapter: Chapter): Form[] {
  return implementedForms().filter((form) => chapterOf(form) === chapter && leftOut(form) === undefined);
}

const nameOf = ({ id, mnemonic, operands }: Form): string =>
  `${mnemonic} ${operands.map(({ kind, size }) => kind + size).join()} (form ${id})`;

/** Forms with fewer states than {@link FEWEST_STATES}. */
export function uncovered(forms: readonly Form[], { states }: Replay): string[] {
  return forms
    .filter((form) => (states.get(form) ?? 0) < FEWEST_STATES)
    .map((form) => `${nameOf(form)}: ${states.get(form) ?? 0} states`);
}

/** Failures as text, a few of each form. */
export function describeFailures({ failures }: Replay): string[] {
  const shown = new Map<string, number>();
  return failures
    .filter(({ form }) => {
      const count = (shown.get(form.mnemonic) ?? 0) + 1;
      shown.set(form.mnemonic, count);
      return count <= 2;
    })
    .map(({ text, differences }) => `${text}: ${differences.join('; ')}`);
}
