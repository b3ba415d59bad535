import type { Token } from './lexer';
import { splitArguments } from './macros';

/** Decides `%ifnum`, `%ifid`, `%ifstr`, `%ifempty`, `%ifidn`, `%ifidni` and plain `%if` (`test` is '') for expanded tokens. */
export function holdsFor(test: string, tokens: readonly Token[], evaluate: () => bigint): boolean {
  const only = tokens.length === 1 ? tokens[0]!.kind : undefined;
  switch (test) {
    case 'num':
      return only === 'number';
    case 'id':
      return only === 'identifier';
    case 'str':
      return only === 'string';
    case 'empty':
      return tokens.length === 0;
    case '':
      return evaluate() !== 0n;
    default: {
      const sides = splitArguments(tokens).map((side) => side.map(({ kind, text }) => kind + text).join(' '));
      return test === 'idni' ? sides[0]?.toLowerCase() === sides[1]?.toLowerCase() : sides[0] === sides[1];
    }
  }
}
