import type { AddressTranslation, FaultEvent, PagingEntry, VirtualMachine } from '@trapgate/vmm';
import { button, h, hex, labelled } from '../elements';
import { errorText } from '../error-text';
import type { PanelContext, PanelView } from '../panel';
import './memory.css';
import { cellRow, table } from './tables';
import { hitText, tlbView } from './tlb-view';

const PERIOD = 500;
/** Error code of a page fault (SDM vol. 3A, 4.7). */
const CAUSES: readonly (readonly [mask: number, set: string, clear: string])[] = [
  [1, 'rights', 'not present'],
  [2, 'write', 'read'],
  [4, 'CPL 3', 'supervisor'],
  [8, 'reserved bit', ''],
  [16, 'fetch', ''],
];

const yes = (value: boolean): string => (value ? 'yes' : 'no');

/** Which bits of a linear address are the index into a table (SDM vol. 3A, 4.3 and 4.4). */
function indexBits(level: PagingEntry['level'], pae: boolean): string {
  if (level === 'page-directory-pointer') return '31:30';
  if (level === 'page-directory') return pae ? '29:21' : '31:22';
  return pae ? '20:12' : '21:12';
}

function entryRow(entry: PagingEntry, pae: boolean): HTMLElement {
  const { level, index, entryAddress, value, present, writable, user, accessed, dirty, large } = entry;
  const digits = level === 'page-directory-pointer' || value > 0xffff_ffffn ? 16 : 8;
  const flags = [present, writable, user, accessed, dirty, large].map(yes);
  return cellRow([
    level.replaceAll('-', ' '),
    indexBits(level, pae),
    String(index),
    hex(entryAddress),
    hex(value, digits),
    ...flags,
  ]);
}

function summary(translation: AddressTranslation): string {
  const from = `${hex(translation.linear)}h`;
  switch (translation.kind) {
    case 'unpaged':
      return `Paging is off: linear address ${from} is physical address ${hex(translation.physical)}h.`;
    case 'mapped': {
      const { physical, pageSize, writable, user } = translation;
      const rights = `${writable ? 'writable' : 'read-only'}, ${user ? 'for CPL 3, too' : 'supervisor only'}`;
      return `${from} is physical address ${hex(physical)}h, in a page of ${pageSize / 1024} KBytes: ${rights}.`;
    }
    case 'fault':
      return `${from} is not mapped: any access is a page fault (${translation.reason.replace('-', ' ')}).`;
  }
}

class MemoryPanel implements PanelView {
  private readonly address: HTMLInputElement;
  private readonly summary = h('p', { class: 'status', role: 'status' });
  private readonly error = h('p', { class: 'error', role: 'alert' });
  private readonly walk = h('div');
  private readonly control = h('p', { class: 'note mono' });
  private readonly hit = h('p', { class: 'note' });
  private readonly tlbCount = h('p', { class: 'note' });
  private readonly tlb = h('div');
  private readonly below = h('div', { class: 'columns' });
  private readonly faults = h('div');
  private shownFaults: readonly FaultEvent[] | null = null;
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(
    root: HTMLElement,
    private readonly context: PanelContext,
  ) {
    const { fragment } = context;
    this.address = h('input', {
      type: 'text',
      value: fragment.get('address') ?? '00100000',
      spellcheck: 'false',
    });
    this.address.addEventListener('change', () => {
      fragment.set({ address: this.address.value });
      void this.show();
    });
    this.below.append(
      h('div', {}, h('h3', {}, 'The TLB now'), this.hit, this.tlbCount, this.tlb),
      h('div', {}, h('h3', {}, 'The last page faults'), this.faults),
    );
    root.append(
      h('h2', {}, 'A linear address through the page tables'),
      h('div', { class: 'fields' }, labelled('Linear address (hexadecimal)', this.address)),
      h(
        'div',
        { class: 'bar' },
        button('Walk', () => void this.show(), { class: 'primary' }),
        button('Address of the next instruction', () => void this.take('eip')),
        button('Top of the stack', () => void this.take('esp')),
        button('Address of the last page fault (CR2)', () => void this.take('cr2')),
      ),
      this.error,
      this.summary,
      this.control,
      this.walk,
      this.below,
    );
  }

  shown(): void {
    void this.show();
    this.timer = setInterval(() => void this.show(), PERIOD);
  }

  hidden(): void {
    clearInterval(this.timer);
  }

  private async take(name: 'eip' | 'esp' | 'cr2'): Promise<void> {
    const registers = await this.context.session.machine?.registers();
    if (!registers) return;
    const { cs, ss } = registers.segments;
    const base = name === 'cr2' ? 0 : name === 'eip' ? cs.base : ss.base;
    this.address.value = hex((base + registers[name]) >>> 0);
    this.context.fragment.set({ address: this.address.value });
    await this.show();
  }

  private async show(): Promise<void> {
    this.showFaults();
    const { machine } = this.context.session;
    this.below.hidden = !machine;
    if (!machine) {
      this.summary.textContent = 'No machine yet: start one in the Run panel.';
      return;
    }
    const linear = /^[\da-f]{1,8}$/i.test(this.address.value) ? parseInt(this.address.value, 16) : null;
    this.error.textContent = linear === null ? 'A linear address has one to eight hexadecimal digits.' : '';
    if (linear === null) return;
    try {
      const [registers, translation] = [await machine.registers(), await machine.translateAddress(linear)];
      const { cr0, cr3, cr4 } = registers;
      this.control.textContent = `CR0 ${hex(cr0)}  CR3 ${hex(cr3)}  CR4 ${hex(cr4)}`;
      this.showText(this.summary, summary(translation));
      const heads = ['Table', 'Bits', 'Index', 'Entry at', 'Entry', 'P', 'R/W', 'U/S', 'A', 'D', 'PS'];
      const pae = translation.entries[0]?.level === 'page-directory-pointer';
      const rows = translation.entries.map((entry) => entryRow(entry, pae));
      this.replace(this.walk, rows.length > 0 ? table('Page walk', heads, rows) : h('div'));
      await this.showTlb(machine, linear);
    } catch (error) {
      if (machine.state !== 'disposed') this.error.textContent = errorText(error);
    }
  }

  private async showTlb(machine: VirtualMachine, linear: number): Promise<void> {
    const entries = await machine.tlb();
    this.hit.textContent = hitText(entries, linear);
    this.tlbCount.textContent = `${entries.length} entries of 4 KBytes. Pages that follow each other share a row.`;
    this.replace(this.tlb, tlbView(entries, linear));
  }

  /** Changes only what differs, so that scrolling, selections and the focus stay. */
  private replace(holder: HTMLElement, next: HTMLElement): void {
    const present = holder.firstElementChild;
    if (present?.outerHTML === next.outerHTML) return;
    const [old, body] = [present?.querySelector('tbody'), next.querySelector('tbody')];
    if (old && body) old.replaceWith(body);
    else holder.replaceChildren(next);
  }

  /** A live region speaks only when something is new. */
  private showText(element: HTMLElement, text: string): void {
    if (element.textContent !== text) element.textContent = text;
  }

  private showFaults(): void {
    const { pageFaults } = this.context.record;
    if (this.shownFaults === pageFaults) return;
    this.shownFaults = pageFaults;
    const rows = pageFaults.map(({ address, errorCode = 0, cs, eip }) => {
      const causes = CAUSES.map(([mask, set, clear]) => (errorCode & mask ? set : clear));
      const text = causes.filter((cause) => cause !== '').join(', ');
      return cellRow([hex(address ?? 0), text, `${hex(cs, 4)}:${hex(eip)}`]);
    });
    this.faults.replaceChildren(
      rows.length > 0
        ? table('Page faults', ['Address', 'Error code says', 'At'], rows)
        : h('p', { class: 'note' }, 'None since the machine was made.'),
    );
  }
}

export function mount(root: HTMLElement, context: PanelContext): PanelView {
  return new MemoryPanel(root, context);
}
