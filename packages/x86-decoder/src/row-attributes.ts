import { eflags } from './form';
import type { FlagEffects, Form, Privilege } from './form';
import { TableError } from './table-error';

const allFlags = Object.values(eflags).reduce((sum, bit) => sum | bit, 0);
const flagLetters: Readonly<Record<string, number>> = {
  o: eflags.of,
  s: eflags.sf,
  z: eflags.zf,
  a: eflags.af,
  p: eflags.pf,
  c: eflags.cf,
  d: eflags.df,
  i: eflags.if,
  t: eflags.tf,
  n: eflags.nt,
  x: eflags.ac,
  '*': allFlags,
};
const attributes = new Set(
  `o16 o32 o32+ o64 ov a16 a32 a64 d64 f64 i64 only64 mem reg rexb norep no66 lock rep repz alias far cpl0 iopl io v86 tsd
  pce umip sens k kz kq er sae sib uniq n1 n2 n4 n8`.split(/\s+/),
);

/** What attributes alone say of a form. */
export interface Attributes {
  readonly words: ReadonlySet<string>;
  readonly flags: FlagEffects;
  readonly privilege: Privilege;
  readonly sensitivity: Form['sensitivity'];
  readonly addressSize: Form['addressSize'];
  readonly sizeRule: Form['sizeRule'];
  readonly rep: Form['rep'];
}

const privileges: readonly [word: string, privilege: Privilege, sensitivity: Form['sensitivity']][] = [
  ['cpl0', 'cpl0', 'privileged'],
  ['iopl', 'iopl', 'privileged'],
  ['io', 'io', 'privileged'],
  ['v86', 'vm86-iopl', 'sensitive'],
  ['tsd', 'tsd', 'sensitive'],
  ['pce', 'pce', 'sensitive'],
  ['umip', 'umip', 'sensitive'],
];

export function parseAttributes(row: string, text: string): Attributes {
  const words = new Set<string>();
  const sets: Record<string, number> = { r: 0, w: 0, c: 0, s: 0, u: 0 };
  for (const word of text.trim().split(/\s+/)) {
    if (word[1] !== ':') {
      if (word !== '' && !attributes.has(word)) throw new TableError(row, `unknown attribute '${word}'`);
      if (word !== '') words.add(word);
      continue;
    }
    for (const letter of word.slice(2)) {
      const bit = flagLetters[letter];
      if (bit === undefined) throw new TableError(row, `unknown flag '${letter}'`);
      sets[word[0]] |= bit;
    }
  }
  const privilege = privileges.find(([word]) => words.has(word));
  return {
    words,
    privilege: privilege?.[1] ?? 'none',
    sensitivity: words.has('sens') ? 'sensitive' : (privilege?.[2] ?? 'innocuous'),
    addressSize: words.has('a16') ? 16 : words.has('a32') ? 32 : words.has('a64') ? 64 : 0,
    sizeRule: sizeRule(words),
    rep: words.has('repz') ? 'repz' : words.has('rep') ? 'rep' : 'none',
    flags: { read: sets.r, written: sets.w, cleared: sets.c, set: sets.s, undefined: sets.u },
  };
}

/** How the decoder's lookup treats REX.W and 66 beyond the sizes. */
function sizeRule(words: ReadonlySet<string>): Form['sizeRule'] {
  if (words.has('f64')) return 'force64';
  if (words.has('d64')) return 'default64';
  return words.has('o32+') ? 'max32' : 'exact';
}
