import './events.css';
import { button, h, saveFile } from '../elements';
import { nextTask } from '../next-task';
import type { PanelContext, PanelView } from '../panel';
import { chartSvg, recordJson, timelineCsv } from './event-export';
import { KINDS } from './event-kinds';
import type { EventRecord } from './event-record';

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
  private readonly bars = h('div', { class: 'chart' });
  private readonly svg = button('Save timeline as SVG', () => saveChart(this.chart, 'timeline.svg'));
  private readonly barsSvg = button('Save totals as SVG', () => saveChart(this.bars, 'totals.svg'));
  private visible = false;
  /** Colours are part of a chart. */
  private drawnTheme: string | undefined;

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
      h('div', { class: 'bar' }, csv, json, this.svg, this.barsSvg, clear),
      h('h3', {}, 'Totals'),
      this.bars,
      h(
        'div',
        { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Totals' },
        h('table', {}, h('thead', {}, head), this.totals),
      ),
      h(
        'p',
        { class: 'note' },
        'Exceptions are counted as they are delivered. System calls are software interrupts (INT n), SYSENTER and SYSCALL; ' +
          'not every kernel uses all INT n for them, and firmware is called by INT n, too.',
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

  private draw(): void {
    if (!this.visible) return;
    const { totals, samples, sumOfKinds } = this.record;
    this.hint.hidden = samples.length > 0;
    this.svg.disabled = samples.length === 0;
    this.barsSvg.disabled = samples.length === 0;
    this.legend.replaceChildren(
      ...KINDS.map((kind, n) =>
        h(
          'li',
          {},
          h('span', { class: `swatch series-${n + 1}` }),
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
    const { samples, totals } = this.record;
    if (samples.length === 0) {
      this.chart.replaceChildren();
      this.bars.replaceChildren();
      delete this.bars.dataset['key'];
      return;
    }
    const { eventChart, totalsChart } = await import('./event-chart');
    const width = Math.max(280, this.chart.clientWidth);
    this.chart.replaceChildren(eventChart(samples, width));
    // Each chart in a task of its own, and none that would look the same.
    const key = `${width} ${totals.map(({ what, count }) => `${what} ${count}`).join()}`;
    if (this.bars.dataset['key'] === key && this.drawnTheme === theme()) return;
    await nextTask();
    this.bars.dataset['key'] = key;
    this.drawnTheme = theme();
    this.bars.replaceChildren(...(totals.length > 0 ? [totalsChart(totals, width)] : []));
  }
}

const theme = (): string | undefined => document.documentElement.dataset['theme'];

function saveChart(holder: HTMLElement, name: string): void {
  const chart = holder.querySelector('svg');
  if (chart) saveFile(name, chartSvg(chart), 'image/svg+xml');
}

export function mount(root: HTMLElement, context: PanelContext): PanelView {
  return new EventsPanel(root, context);
}
