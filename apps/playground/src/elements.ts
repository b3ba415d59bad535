type Attribute = string | number | boolean | ((event: Event) => void) | undefined;
type Child = Node | string;

/**
 * Makes an element. A function is a listener (`onclick`), `true` an attribute without a value; `false` and
 * `undefined` leave the attribute out. Text is never read as HTML.
 */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, Attribute>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== false)
      element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children);
  return element;
}

export function button(text: string, onclick: () => void, attributes: Record<string, Attribute> = {}) {
  return h('button', { type: 'button', onclick, ...attributes }, text);
}

/** A form field under its label. */
export function labelled(text: string, field: HTMLElement): HTMLLabelElement {
  return h('label', { class: 'field' }, h('span', {}, text), field);
}

export function choice(
  options: readonly (readonly [value: string, text: string])[],
  selected: string,
  onchange: (value: string) => void,
): HTMLSelectElement {
  const select = h(
    'select',
    { onchange: () => onchange(select.value) },
    ...options.map(([value, text]) => h('option', { value, selected: value === selected }, text)),
  );
  return select;
}

/** Offers bytes as a file to save. */
export function saveFile(name: string, content: BlobPart, type = 'application/octet-stream'): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  h('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

export const hex = (value: number | bigint, digits = 8): string => value.toString(16).padStart(digits, '0');
