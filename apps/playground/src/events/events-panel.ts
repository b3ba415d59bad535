import { button, h, saveFile } from '../elements';
import type { PanelContext, PanelView } from '../panel';
import { chartSvg, recordJson, timelineCsv } from './event-export';
import { KINDS, type EventRecord } from './event-record';

const number = new Intl.NumberFormat('en');

class EventsPanel implements PanelView {
  private readonly record: EventRecord;
  private readonly chart = h('div', { class: 'chart' });
  private readonly legend = h('ul', { class: 'legend' });
  private readonly totals = h('tbody');
  private readonly hint = h(
    'p',
    { class: 'note' },
    'Nothing has happened yet: start a machine in the Run panel.',
  );
  private readonly svg = button('Save chart as SVG', () => this.saveSvg());
  private visible = false;

  constructor(root: HTMLElement, { record }: PanelContext) {
    this.record = record;
    const csv = button('Save timeline as CSV', () => saveFile('events.csv', timelineCsv(record), 'text/csv'));
    const json = button('Save all as JSON', () =>
      saveFile('events.json', recordJson(record), 'application/json'),
    );
    const clear = button('Start counting anew', () => {
      record.clear();
      this.draw();
    });
    const head = h('tr', {}, ...['Kind', 'What'].map((text) => h('th', { scope: 'col' }, text)));
    head.append(h('th', { scope: 'col', class: 'number' }, 'Count'));
    root.append(
      h('h2', {}, 'What leaves the ordinary course of the guest'),
      this.hint,
      this.legend,
      this.chart,
      h('div', { class: 'bar' }, csv, json, this.svg, clear),
      h('h3', {}, 'Totals'),
      h(
        'div',
        { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Totals' },
        h('table', {}, h('thead', {}, head), this.totals),
      ),
      h(
        'p',
        { class: 'note' },
        'Exceptions are counted as they are delivered. Software interrupts (INT n), system calls among them, are not counted.',
      ),
    );
    window.addEventListener('themechange', () => this.draw());
    window.addEventListener('resize', () => this.draw());
  }

  shown(): void {
    this.visible = true;
    this.record.onChange = () => this.draw();
    this.draw();
  }

  hidden(): void {
    this.visible = false;
    this.record.onChange = null;
  }

  private saveSvg(): void {
    const chart = this.chart.querySelector('svg');
    if (chart) saveFile('events.svg', chartSvg(chart), 'image/svg+xml');
  }

  private draw(): void {
    if (!this.visible) return;
    const { totals, samples, sumOfKinds } = this.record;
    this.hint.hidden = samples.length > 0;
    this.svg.disabled = samples.length === 0;
    this.legend.replaceChildren(
      ...KINDS.map((kind, n) =>
        h(
          'li',
          {},
          h('span', { class: 'swatch', style: `background: var(--series-${n + 1})` }),
          `${kind}: ${number.format(sumOfKinds[kind])}`,
        ),
      ),
    );
    this.totals.replaceChildren(
      ...totals.map(({ kind, what, count }) =>
        h('tr', {}, h('td', {}, kind), h('td', {}, what), h('td', { class: 'number' }, number.format(count))),
      ),
    );
    void this.drawChart();
  }

  private async drawChart(): Promise<void> {
    const { samples } = this.record;
    if (samples.length === 0) return this.chart.replaceChildren();
    const { eventChart } = await import('./event-chart');
    this.chart.replaceChildren(eventChart(samples, Math.max(280, this.chart.clientWidth)));
  }
}

export function mount(root: HTMLElement, context: PanelContext): PanelView {
  return new EventsPanel(root, context);
}
