import { h } from '../elements';

/** A part of the page that scrolls by itself, also by keyboard. */
export function scrolling(label: string, tag: 'div' | 'pre' = 'div'): HTMLElement {
  return h(tag, { class: 'pane', tabindex: 0, role: 'region', 'aria-label': label });
}

/** Fills a part of the page anew if what it shows (`key`) has changed; scroll position and focus stay. */
export function redraw(
  holder: HTMLElement,
  key: string | number | undefined,
  make: () => Node | string,
): void {
  const name = String(key ?? '');
  if (holder.dataset['key'] === name) return;
  holder.dataset['key'] = name;
  const { scrollLeft, scrollTop } = holder;
  const focused = holder.contains(document.activeElement) ? document.activeElement : null;
  const label = focused === holder ? null : focused?.getAttribute('aria-label');
  holder.replaceChildren(make());
  holder.scrollTo(scrollLeft, scrollTop);
  if (!label) return;
  const again = [...holder.querySelectorAll<SVGElement>('[tabindex]')].find(
    (element) => element.getAttribute('aria-label') === label,
  );
  again?.focus();
}

const LINES = 100;

/** A text in pieces, of which the browser lays out those in sight (`content-visibility`). */
export function longText(text = ''): DocumentFragment {
  const lines = text.split('\n');
  const pieces = document.createDocumentFragment();
  for (let n = 0; n < lines.length; n += LINES)
    pieces.append(h('span', { class: 'piece' }, lines.slice(n, n + LINES).join('\n')));
  return pieces;
}
