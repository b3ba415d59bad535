import { HighlightStyle, StreamLanguage, syntaxHighlighting } from '@codemirror/language';
import { tags } from '@lezer/highlight';

const REGISTERS =
  /^(?:[er]?(?:ax|bx|cx|dx|si|di|sp|bp|ip)|[abcd][hl]|[cdefgs]s|cr[0-8]|dr[0-7]|r(?:[89]|1[0-5])[bwd]?|st[0-7]?|[xy]?mm(?:\d|1[0-5]))$/i;
const DIRECTIVES =
  /^(?:bits|org|section|align|alignb|absolute|struc|endstruc|equ|times|d[bwdqt]|res[bwdqt]|incbin|byte|word|dword|qword|tword|oword|short|near|far|strict|ptr)$/i;

interface State {
  /** The next word is where a label or a mnemonic stands. */
  start: boolean;
}

/** Intel syntax as the assembler takes it: enough of it to colour. */
const intelLanguage = StreamLanguage.define<State>({
  name: 'x86-intel',
  startState: () => ({ start: true }),
  token(stream, state) {
    if (stream.sol()) state.start = true;
    if (stream.eatSpace()) return null;
    if (stream.match(/^;.*/)) return 'comment';
    if (stream.match(/^(?:'[^']*'?|"[^"]*"?)/)) return 'string';
    if (stream.match(/^%\w+/)) return 'keyword';
    if (stream.match(/^(?:0x[\da-f]+|0b[01]+|\d[\da-f]*h|\d+)\b/i)) return 'number';
    const word = stream.match(/^[A-Za-z_.?@$][\w.?@$#~]*/) as RegExpMatchArray | null;
    if (!word) {
      stream.next();
      return null;
    }
    const { start } = state;
    if (stream.match(/^\s*:/)) return 'labelName';
    state.start = /^(?:rep\w*|lock)$/i.test(word[0]);
    if (DIRECTIVES.test(word[0])) return 'keyword';
    if (REGISTERS.test(word[0])) return 'variableName';
    return start ? 'keyword' : 'labelName';
  },
  languageData: { commentTokens: { line: ';' } },
});

/** Colours come from the page's style sheet, so that a change of theme needs no change here. */
const colours = HighlightStyle.define([
  { tag: tags.keyword, color: 'var(--code-keyword)' },
  { tag: tags.variableName, color: 'var(--code-register)' },
  { tag: tags.number, color: 'var(--code-number)' },
  { tag: tags.comment, color: 'var(--code-comment)' },
  { tag: tags.string, color: 'var(--code-string)' },
  { tag: tags.labelName, color: 'var(--code-label)' },
]);

export const intelSyntax = [intelLanguage, syntaxHighlighting(colours)];
