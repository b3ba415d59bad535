import { h } from '../elements';

/** A program's text with line numbers, the next line marked. */
export class ProgramView {
  readonly root: HTMLElement;
  private lines: readonly HTMLElement[] = [];

  constructor(label: string) {
    this.root = h('div', { class: 'program mono', tabindex: 0, role: 'region', 'aria-label': label });
  }

  show(source: string): void {
    this.lines = source
      .replace(/\n$/, '')
      .split('\n')
      .map((text, n) => {
        const comment = text.indexOf(';');
        const code = comment < 0 ? text : text.slice(0, comment);
        const remark = comment < 0 ? '' : text.slice(comment);
        return h(
          'div',
          { class: 'line' },
          h('span', { class: 'line-number', 'aria-hidden': 'true' }, String(n + 1)),
          h('span', {}, code, h('span', { class: 'comment' }, remark), '\n'),
        );
      });
    this.root.replaceChildren(...this.lines);
    this.root.scrollTop = 0;
  }

  /** Counted from 1; null: none. */
  mark(line: number | null): void {
    this.lines.forEach((element, n) => {
      const now = n + 1 === line;
      element.classList.toggle('now', now);
      if (now) element.setAttribute('aria-current', 'step');
      else element.removeAttribute('aria-current');
    });
    const element = line === null ? undefined : this.lines[line - 1];
    if (!element) return;
    const { root } = this;
    const [top, height] = [element.offsetTop, root.clientHeight];
    if (top < root.scrollTop + 20 || top > root.scrollTop + height - 60) root.scrollTop = top - height / 3;
  }
}
