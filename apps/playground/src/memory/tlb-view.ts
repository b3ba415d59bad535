import type { TlbEntry } from '@trapgate/vmm';
import { h, hex } from '../elements';
import { cellRow, table } from './tables';

const PAGE = 0x1000;
const MOST_ROWS = 200;

/** Entries of the TLB for pages that follow each other and differ in nothing else. */
interface TlbRun {
  readonly first: TlbEntry;
  pages: number;
}

function runs(entries: readonly TlbEntry[]): TlbRun[] {
  const list: TlbRun[] = [];
  for (const entry of entries) {
    const last = list.at(-1);
    const follows =
      last &&
      entry.linear === last.first.linear + last.pages * PAGE &&
      entry.physical === last.first.physical + last.pages * PAGE &&
      (['user', 'writable', 'executable'] as const).every((right) => entry[right] === last.first[right]);
    if (follows) last.pages++;
    else list.push({ first: entry, pages: 1 });
  }
  return list;
}

const yes = (value: boolean): string => (value ? 'yes' : 'no');

function runRow({ first, pages }: TlbRun, linear: number): HTMLElement {
  const { user, writable, executable, physical } = first;
  const end = first.linear + pages * PAGE;
  const here = linear >= first.linear && linear < end;
  const row = cellRow([
    pages === 1 ? hex(first.linear) : `${hex(first.linear)}-${hex(end - 1)}`,
    hex(physical),
    String(pages),
    user ? 'CPL 3' : 'CPL 0-2',
    yes(writable),
    yes(executable),
  ]);
  if (here) row.className = 'here';
  return row;
}

/** What the TLB knows of an address, in a sentence. */
export function hitText(entries: readonly TlbEntry[], linear: number): string {
  const page = (linear & ~(PAGE - 1)) >>> 0;
  const entry = entries.find((each) => each.linear === page);
  if (!entry) return 'The TLB has no entry for this address: the next access walks the page tables.';
  const who = entry.user ? 'at CPL 3' : 'below CPL 3';
  const also = [...(entry.writable ? ['writes'] : []), ...(entry.executable ? ['fetches'] : [])];
  const what = ['reads', ...also].join(', ');
  return `The TLB has an entry for this address: ${what} ${who} need no walk.`;
}

/** The TLB as a table; the row of `linear` is marked. */
export function tlbView(entries: readonly TlbEntry[], linear: number): HTMLElement {
  const list = runs(entries);
  if (list.length === 0)
    return h('p', { class: 'note' }, 'Empty: it has just been flushed, or the guest has not run yet.');
  const heads = ['Linear address', 'Physical', 'Pages', 'Filled at', 'Writes hit', 'Fetches hit'];
  const shown = list.slice(0, MOST_ROWS).map((run) => runRow(run, linear));
  const view = table('TLB', heads, shown);
  if (list.length <= MOST_ROWS) return view;
  return h('div', {}, view, h('p', { class: 'note' }, `And ${list.length - MOST_ROWS} more rows.`));
}
