import type { PhysicalMemory } from '@trapgate/mmu';
import type { CodeCache } from './code-cache';

/** Turns hot code into something faster; the interpreter goes on with whatever is not translated. */
export interface Translator {
  /** Code has been entered `hotAfter` times more at an offset of a physical page. Whatever is made is installed into the code cache. */
  hot(page: number, offset: number, mode: number): void;
  /** The guest waits, and counts of entries have been halved. */
  cool(): void;
  /** The decoded code of a page (-1: of all pages) has been dropped, and translations of it are not entered any more. */
  dropped(page: number): void;
}

/** What a translator works with. */
export interface TranslatorParts {
  readonly memory: PhysicalMemory;
  readonly code: CodeCache;
  /** The interpreter's exports: see importTranslatorSupport; `translations` is the table that they are put into. */
  readonly exports: WebAssembly.Exports;
  /** Number of the first handler that is a function, in slot 0 of the table. */
  readonly firstCold: number;
  /** Has no place lead to its translation but through the code cache. */
  clearJumpCache(): void;
}

/** How an interpreter is accompanied by a translator. */
export interface Translation {
  /** Entries of one place before the translator hears of it, each time. */
  readonly hotAfter: number;
  create(parts: TranslatorParts): Translator;
}
