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

/** Brings the first element that a selector finds into the middle of its scrolling part, once for each `key`. */
export function centre(holder: HTMLElement, key: number | undefined, ...selectors: readonly string[]): void {
  if (holder.dataset['centred'] === String(key)) return;
  holder.dataset['centred'] = String(key);
  const element = selectors.map((selector) => holder.querySelector(selector)).find((found) => found !== null);
  if (!element) return;
  const [part, box] = [holder.getBoundingClientRect(), element.getBoundingClientRect()];
  holder.scrollLeft += box.left + box.width / 2 - (part.left + part.width / 2);
  holder.scrollTop += box.top + box.height / 2 - (part.top + part.height / 2);
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
