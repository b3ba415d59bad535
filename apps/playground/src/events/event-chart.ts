import { axisX, axisY, gridY, lineY, plot, ruleY } from '@observablehq/plot';
import { themeColour } from '../theme';
import { KINDS, PERIOD, type TimelineSample } from './event-record';

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
    height: 280,
    marginLeft: 60,
    ariaLabel: 'Events per second over time, by kind; the table below has the totals',
    style: { background: 'transparent', fontSize: '12px' },
    x: { label: 'seconds since the machine was made', nice: true },
    y: { type: 'symlog', label: 'events per second' },
    color: { domain: [...KINDS], range: KINDS.map((_, n) => themeColour(`series-${n + 1}`)) },
    marks: [
      axisX({ ticks: Math.max(2, Math.floor(width / 120)) }),
      axisY({ ticks: TICKS, tickFormat: 'd' }),
      gridY({ ticks: TICKS, strokeOpacity: 0.15 }),
      ruleY([0]),
      lineY(rows, { x: 'second', y: 'rate', stroke: 'kind', strokeWidth: 2, curve: 'step-before' }),
    ],
  });
  // One picture with one label: the marks have labels that mean nothing to a reader of the page.
  chart.setAttribute('role', 'img');
  for (const mark of chart.querySelectorAll('[aria-label]')) mark.removeAttribute('aria-label');
  return chart as SVGSVGElement;
}
