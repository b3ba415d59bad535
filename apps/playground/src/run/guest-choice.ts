import { h, labelled } from '../elements';
import type { Fragment } from '../fragment';
import type { Guest } from '../machine-session';
import { guestName } from './dropped-files';
import { TEACHING_GUESTS, teachingSources } from './teaching-guests';

const EMBEDDED_NOTE =
  'A small kernel with a shell: type help for the list of programs. A command line names the first one, such as primes 50000.';
const FILES_NOTE =
  'Files can also be dropped on this page: a Linux bzImage, Multiboot or ELF kernel, an initramfs, or a snapshot.';

/** The guest that is named in the address: one that comes with the page. */
function guestOfFragment(fragment: Fragment): Guest {
  const id = fragment.get('guest');
  return TEACHING_GUESTS.some((each) => each.id === id) ? { kind: 'example', id: id! } : { kind: 'embedded' };
}

/** The field for the guest, a note about it, and the source of a teaching example. */
export class GuestChoice {
  readonly field: HTMLElement;
  readonly note = h('p', { class: 'note' });
  readonly source: HTMLDetailsElement;
  private readonly files = h('option', { value: 'files', disabled: true }, 'files of yours: none yet');
  private readonly select: HTMLSelectElement;
  private readonly sourceText = h('pre', {
    class: 'example-source',
    tabindex: 0,
    role: 'region',
    'aria-label': 'Source',
  });
  private guestNow: Guest;
  /** The last guest from files, to go back to. */
  private guestOfFiles: Guest | null = null;

  constructor(
    private readonly fragment: Fragment,
    chosen: (guest: Guest) => void,
  ) {
    this.guestNow = guestOfFragment(fragment);
    const examples = TEACHING_GUESTS.map(({ id, title }) => h('option', { value: id }, title));
    this.select = h(
      'select',
      {},
      h('option', { value: 'embedded' }, 'Embedded guest: a kernel with a shell'),
      h('optgroup', { label: 'Teaching examples' }, ...examples),
      h('optgroup', { label: 'Yours' }, this.files),
    );
    this.select.addEventListener('change', () => chosen(this.selected()));
    this.field = labelled('Guest', this.select);
    this.source = h('details', { class: 'example' }, h('summary', {}, 'Source'), this.sourceText);
    this.source.addEventListener('toggle', () => void this.showSource());
    fragment.onNavigation(() => this.show(this.guestOfFiles ?? guestOfFragment(fragment)));
    this.show(this.guestNow);
  }

  get guest(): Guest {
    return this.guestNow;
  }

  private selected(): Guest {
    const { value } = this.select;
    if (value === 'files' && this.guestOfFiles) return this.guestOfFiles;
    return value === 'embedded' ? { kind: 'embedded' } : { kind: 'example', id: value };
  }

  /** Makes a guest the chosen one. */
  show(guest: Guest): void {
    this.guestNow = guest;
    if (guest.kind === 'files' || guest.kind === 'snapshot') {
      this.guestOfFiles = guest;
      this.files.disabled = false;
      this.files.textContent = guestName(guest);
    }
    const example = guest.kind === 'example' ? TEACHING_GUESTS.find(({ id }) => id === guest.id) : undefined;
    this.select.value = example?.id ?? (guest.kind === 'embedded' ? 'embedded' : 'files');
    this.fragment.set({ guest: example?.id ?? null });
    this.note.textContent =
      `${example?.note ?? (guest.kind === 'embedded' ? EMBEDDED_NOTE : '')} ${FILES_NOTE}`.trim();
    this.source.hidden = !example;
    void this.showSource();
  }

  private async showSource(): Promise<void> {
    const guest = this.guestNow;
    if (guest.kind !== 'example' || !this.source.open) return;
    const sources = await teachingSources(guest.id);
    this.sourceText.textContent = sources.get(`${guest.id}.asm`) ?? '';
  }
}
