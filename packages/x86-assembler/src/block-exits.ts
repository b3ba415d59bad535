import type { SourceLocation } from './diagnostics';

/** Lines that macros and repetitions may make, and turns they may take. */
export const MAXIMUM_LINES = 2_000_000;

/** Ends preprocessing: macros and repetitions have produced too much to go on. */
export class TooLong extends Error {
  constructor(readonly location: SourceLocation) {
    super(`macros and repetitions make more than ${MAXIMUM_LINES} lines`);
  }
}

/** Thrown by `%exitrep` and `%exitmacro`; caught by the block it ends. */
export class BlockExit extends Error {
  constructor(
    readonly block: 'rep' | 'macro',
    readonly location: SourceLocation,
  ) {
    super(`'%exit${block}' outside any %${block}`);
  }
}
