import { SourceError } from './diagnostics';
import type { SourceLine } from './lexer';

/** A construct of several lines, told by the first word of each. */
export interface Block {
  readonly open: RegExp;
  readonly close: RegExp;
  /** Words that divide the block into parts. */
  readonly divide: RegExp | undefined;
  readonly ends: string;
}

export const IF: Block = { open: /^%if/, close: /^%endif$/, divide: /^%el(se|if)/, ends: '%endif' };
export const REP: Block = { open: /^%rep$/, close: /^%endrep$/, divide: undefined, ends: '%endrep' };
const MACRO: Block = { open: /^%i?macro$/, close: /^%endm(acro)?$/, divide: undefined, ends: '%endmacro' };
export const BLOCKS: readonly Block[] = [IF, REP, MACRO];

/** Finds the line that closes the block opened at `index`; `parts` are the lines that open each of its parts. */
export function findEnd(
  lines: readonly SourceLine[],
  index: number,
  block: Block,
): { end: number; parts: number[] } {
  const parts = [index];
  let depth = 0;
  for (let at = index; at < lines.length; at++) {
    const head = lines[at]!.tokens[0]!;
    if (head.kind !== 'preprocessor') continue;
    const word = head.text.toLowerCase();
    if (block.open.test(word)) depth++;
    else if (block.close.test(word) && --depth === 0) return { end: at + 1, parts };
    else if (depth === 1 && block.divide?.test(word)) parts.push(at);
  }
  const { tokens, location } = lines[index]!;
  throw new SourceError(location, `'${tokens[0]!.text}' lacks its ${block.ends}`);
}
