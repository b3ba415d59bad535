import { KINDS } from './event-kinds';
import type { EventRecord } from './event-record';

/** The timeline as comma-separated values (RFC 4180), one line per sample. */
export function timelineCsv({ samples }: Pick<EventRecord, 'samples'>): string {
  const lines = samples.map(({ second, counts }) =>
    [second.toFixed(3), ...KINDS.map((kind) => counts[kind])].join(','),
  );
  return [['second', ...KINDS].join(','), ...lines, ''].join('\r\n');
}

/** Totals and timeline. */
export function recordJson({ totals, samples }: Pick<EventRecord, 'totals' | 'samples'>): string {
  return JSON.stringify({ totals, samples }, null, 2);
}

/** A chart as a file of its own: its colours come from the page's style sheet and are put in. */
export function chartSvg(chart: SVGSVGElement): string {
  const copy = chart.cloneNode(true) as SVGSVGElement;
  const { color, backgroundColor } = getComputedStyle(document.body);
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.setAttribute('style', `color: ${color}; background: ${backgroundColor}; font: 12px sans-serif`);
  return new XMLSerializer().serializeToString(copy);
}
