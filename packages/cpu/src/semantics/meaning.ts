import type { Semantics } from '../builder/builder';

/** What the tables of semantics say of a mnemonic. */
export interface Meaning {
  readonly semantics: Semantics;
  /** It reaches memory without naming it (stack, strings) or depends on the address size: generated for flat and for general segments. */
  readonly implicit?: boolean;
  /** It leaves some cases to the host function of the same name. */
  readonly host?: boolean;
  /** It has no place in the interpreter's hot function. */
  readonly cold?: boolean;
  /** It is a function of the interpreter's module alone, which others call: it works on the state block, and rip is set there. */
  readonly called?: boolean;
}

export type MeaningTable = Readonly<Record<string, Meaning>>;
