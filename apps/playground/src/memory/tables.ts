import { h } from '../elements';

export function cellRow(texts: readonly string[]): HTMLElement {
  return h('tr', {}, ...texts.map((text) => h('td', { class: 'mono' }, text)));
}

/** A table that scrolls by itself, by keyboard too, where the window is narrow. */
export function table(label: string, heads: readonly string[], rows: readonly HTMLElement[]): HTMLElement {
  const cells = heads.map((text) => h('th', { scope: 'col' }, text));
  const body = h('table', {}, h('thead', {}, h('tr', {}, ...cells)), h('tbody', {}, ...rows));
  return h('div', { class: 'scroll table', tabindex: 0, role: 'region', 'aria-label': label }, body);
}
