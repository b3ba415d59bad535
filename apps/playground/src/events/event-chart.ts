import { axisX, axisY, barX, gridX, gridY, lineY, plot, ruleX, ruleY, text } from '@observablehq/plot';
import { themeColour } from '../theme';
import { KINDS, type TotalRow } from './event-kinds';
import { PERIOD, type TimelineSample } from './event-record';

/** Told apart by more than colour: a pattern for each kind. */
export const DASHES = ['', '7 3', '2 3', '10 3 2 3', '5 2 1 2', '1 2'] as const;
const TICKS = [0, 1, 10, 100, 1000, 10_000, 100_000, 1_000_000];

/** Events per second over time, on a scale that shows one and a million: y is log(1 + rate). */
export function eventChart(samples: readonly TimelineSample[], width: number): SVGSVGElement {
  const [first] = samples;
  // Each sample stands for the period that ends with it.
  const points = first ? [{ ...first, second: Math.max(0, first.second - PERIOD / 1000) }, ...samples] : [];
  const rows = points.flatMap(({ second, counts }) =>
    KINDS.map((kind) => ({ second, kind, rate: (counts[kind] * 1000) / PERIOD })),
  );
  const chart = plot({
    width,
    height: 300,
    marginTop: 34,
    marginBottom: 42,
    marginLeft: 60,
    ariaLabel: 'Events per second over time, by kind; the table below has the totals',
    style: { background: 'transparent', fontSize: '12px' },
    x: { label: 'seconds since counting began', nice: true },
    y: { type: 'symlog', label: 'events per second' },
    color: { domain: [...KINDS], range: KINDS.map((_, n) => themeColour(`series-${n + 1}`)) },
    marks: [
      axisX({ ticks: Math.max(2, Math.floor(width / 120)) }),
      axisY({ ticks: TICKS, tickFormat: 'd' }),
      gridY({ ticks: TICKS, strokeOpacity: 0.15 }),
      ruleY([0]),
      ...KINDS.map((kind, n) =>
        lineY(
          rows.filter((row) => row.kind === kind),
          {
            x: 'second',
            y: 'rate',
            stroke: () => kind,
            strokeWidth: 2,
            strokeDasharray: DASHES[n],
            curve: 'step-before',
          },
        ),
      ),
    ],
  });
  return picture(chart);
}

const MOST_BARS = 14;
const BAR = 22;

/** The most frequent events of all kinds, as bars on the same scale. */
export function totalsChart(rows: readonly TotalRow[], width: number): SVGSVGElement {
  const shown = rows
    .filter(({ apart }) => !apart)
    .sort((a, b) => b.count - a.count)
    .slice(0, MOST_BARS);
  const names = shown.map(({ what }) => what);
  const longest = Math.max(...names.map(({ length }) => length));
  const chart = plot({
    width,
    height: BAR * shown.length + 70,
    marginTop: 10,
    marginBottom: 42,
    marginLeft: Math.min(7 * longest + 12, width / 2),
    marginRight: 60,
    ariaLabel: 'The most frequent events and how often they happened; the table has all of them',
    style: { background: 'transparent', fontSize: '12px' },
    x: { type: 'symlog', label: 'how often' },
    y: { label: null, domain: names },
    color: { domain: [...KINDS], range: KINDS.map((_, n) => themeColour(`series-${n + 1}`)) },
    marks: [
      axisX({ ticks: width < 600 ? [0, 10, 1000, 100_000] : TICKS, tickFormat: 'd' }),
      axisY({ tickSize: 0 }),
      gridX({ ticks: TICKS, strokeOpacity: 0.15 }),
      ruleX([0]),
      barX(shown, { x: 'count', y: 'what', fill: 'kind' }),
      text(shown, {
        x: 'count',
        y: 'what',
        text: ({ count }: TotalRow) => count.toLocaleString('en'),
        dx: 4,
        textAnchor: 'start',
      }),
    ],
  });
  return picture(chart);
}

/** One picture with one label: the marks have labels that mean nothing to a reader of the page. */
function picture(chart: ReturnType<typeof plot>): SVGSVGElement {
  chart.setAttribute('role', 'img');
  for (const mark of chart.querySelectorAll('[aria-label]')) mark.removeAttribute('aria-label');
  return chart as SVGSVGElement;
}
