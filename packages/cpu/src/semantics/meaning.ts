import type { Label } from '@trapgate/wasm-assembler';
import type { Builder, Semantics } from '../builder/builder';

/**
 * Emits the ordinary cases of an instruction, shorter than its semantics and calling no more than quick functions. In any other
 * case it branches to `otherwise`, where the semantics follow; nothing has happened then. Both leave the same state.
 */
export type QuickSemantics = (k: Builder, otherwise: Label) => void;

/** What the tables of semantics say of a mnemonic. */
export interface Meaning {
  readonly semantics: Semantics;
  /** Arithmetic flags are in the state block before and after it. */
  readonly quick?: QuickSemantics;
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
