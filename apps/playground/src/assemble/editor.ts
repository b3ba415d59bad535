import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { lintGutter, setDiagnostics, type Diagnostic } from '@codemirror/lint';
import { EditorState, StateEffect, StateField } from '@codemirror/state';
import { Decoration, EditorView, keymap, lineNumbers, type DecorationSet } from '@codemirror/view';
import type { Diagnostic as AssemblerDiagnostic } from '@trapgate/x86-assembler';
import { intelSyntax } from './intel-language';

const setCurrentLine = StateEffect.define<number | null>();
const currentLine = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(set, { effects, changes, state }) {
    let next = set.map(changes);
    for (const effect of effects) {
      if (!effect.is(setCurrentLine)) continue;
      const line = effect.value;
      next =
        line === null || line > state.doc.lines
          ? Decoration.none
          : Decoration.set([Decoration.line({ class: 'next-instruction' }).range(state.doc.line(line).from)]);
    }
    return next;
  },
  provide: (field) => EditorView.decorations.from(field),
});

const look = EditorView.theme({
  '&': { border: '1px solid var(--line)', borderRadius: '6px', backgroundColor: 'var(--page)' },
  '.cm-scroller': { fontFamily: 'ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace' },
  '.cm-content': { caretColor: 'var(--text)', minHeight: '18rem', fontSize: '0.9rem' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '.cm-gutters': { backgroundColor: 'var(--raised)', color: 'var(--quiet)', border: 'none' },
  '.cm-tooltip': { backgroundColor: 'var(--raised)', color: 'var(--text)', border: '1px solid var(--line)' },
  '.next-instruction': { backgroundColor: 'var(--current)' },
});

/** The editor of a source. Tab is left to the page, so that the keyboard can leave the editor. */
export class SourceEditor {
  private readonly view: EditorView;

  /** `selected` is told the line, counted from 1, that the cursor has been moved to. */
  constructor(root: HTMLElement, text: string, changed: () => void, selected: (line: number) => void) {
    this.view = new EditorView({
      parent: root,
      state: EditorState.create({
        doc: text,
        extensions: [
          lineNumbers(),
          history(),
          keymap.of([...defaultKeymap, ...historyKeymap]),
          intelSyntax,
          currentLine,
          lintGutter(),
          look,
          EditorView.contentAttributes.of({ 'aria-label': 'Source, in Intel syntax', tabindex: '0' }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) changed();
            else if (update.selectionSet)
              selected(update.state.doc.lineAt(update.state.selection.main.head).number);
          }),
        ],
      }),
    });
  }

  get text(): string {
    return this.view.state.doc.toString();
  }

  set text(text: string) {
    this.view.dispatch({ changes: { from: 0, to: this.view.state.doc.length, insert: text } });
  }

  /** Marks the line of the next instruction, counted from 1. */
  markLine(line: number | null): void {
    this.view.dispatch({ effects: setCurrentLine.of(line) });
  }

  showErrors(errors: readonly AssemblerDiagnostic[]): void {
    const { doc } = this.view.state;
    const diagnostics = errors.map(({ line, column, message }): Diagnostic => {
      const place = doc.line(Math.min(Math.max(line, 1), doc.lines));
      const from = Math.min(place.from + Math.max(column - 1, 0), place.to);
      return { from, to: place.to, severity: 'error', message };
    });
    this.view.dispatch(setDiagnostics(this.view.state, diagnostics));
  }
}
