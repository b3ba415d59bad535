import { h } from '../elements';

const INLINE = /`([^`]+)`|\*\*([^*]+)\*\*|\b_([^_]+)_\b/g;

/** A paragraph of a lesson: `code`, **strong** and _emphasis_ are all that there is. */
export function paragraph(text: string): HTMLElement {
  const element = h('p', {});
  let from = 0;
  for (const match of text.matchAll(INLINE)) {
    const [all, code, strong, emphasis] = match;
    element.append(text.slice(from, match.index));
    if (code !== undefined) element.append(h('code', {}, code));
    else if (strong !== undefined) element.append(h('strong', {}, strong));
    else element.append(h('em', {}, emphasis!));
    from = match.index + all.length;
  }
  element.append(text.slice(from));
  return element;
}
