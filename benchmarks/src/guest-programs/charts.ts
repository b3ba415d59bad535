// Charts of what `--peers` measured, as SVG files.
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';

import { guestPrograms } from './programs';
import { guestSubjects } from './subjects';
import { geometricMean, speedOver, type SubjectSummary } from './summary';
import { nodesOf, peerOf } from './tables';

export interface Chart {
  /** Of the file, without folder. */
  name: string;
  /** What the chart shows, in words, for those who cannot see it. */
  description: string;
  svg: string;
}

/** Distinguishable by those who do not see all colours (Okabe and Ito), and by their shapes. */
const looks: Record<string, { colour: string; symbol: Plot.SymbolType }> = {
  v86: { colour: '#777777', symbol: 'square' },
  qemu: { colour: '#d55e00', symbol: 'diamond' },
  trapgate: { colour: '#0072b2', symbol: 'circle' },
  'trapgate-pentium3': { colour: '#56b4e9', symbol: 'triangle' },
  'trapgate-interp': { colour: '#009e73', symbol: 'cross' },
};
const ink = '#222222';
const paper = '#ffffff';
const width = 760;
const rowHeight = 26;
const legendHeight = 44;
const legendStep = 150;

const title = (name: string) => guestSubjects.find((subject) => subject.name === name)?.title ?? name;
const look = (name: string) => looks[name] ?? { colour: ink, symbol: 'circle' as const };

/** A plot as the text of an SVG file that stands alone, on white whatever the page's colour. */
function standalone(options: Plot.PlotOptions, description: string): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const style = { background: paper, color: ink, fontSize: '12px', fontFamily: 'system-ui, sans-serif' };
  const svg = Plot.plot({ ...options, width, style, document, ariaLabel: description }) as unknown as {
    setAttribute(name: string, value: string): void;
    outerHTML: string;
  };
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  svg.setAttribute('role', 'img');
  return `${svg.outerHTML}\n`;
}

/** The names of the subjects above the frame. */
function legend(subjects: readonly string[]): Plot.Markish[] {
  return subjects.flatMap((subject, index) => {
    const { colour, symbol } = look(subject);
    const place = { frameAnchor: 'top-left', dx: 6 + index * legendStep, dy: -legendHeight / 2 } as const;
    return [
      Plot.dot([subject], { ...place, symbol, fill: colour, r: 5 }),
      Plot.text([subject], {
        ...place,
        dx: place.dx + 12,
        text: () => title(subject),
        textAnchor: 'start',
        lineAnchor: 'middle',
      }),
    ];
  });
}

interface Point {
  subject: string;
  program: string;
  speed: number;
}

/** Each program, and their geometric mean, as how many times as fast as v86. */
function points(summaries: readonly SubjectSummary[], v86: SubjectSummary): Point[] {
  return summaries.flatMap((own) => {
    const speeds = speedOver(own, v86);
    const mean = geometricMean([...speeds.values()]);
    if (mean === undefined) return [];
    const rows = guestPrograms.flatMap(({ name, title: program }) => {
      const speed = speeds.get(name);
      return speed === undefined ? [] : [{ subject: own.subject, program, speed }];
    });
    return [...rows, { subject: own.subject, program: meanTitle, speed: mean }];
  });
}

const meanTitle = 'geometric mean';
const speedTicks = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50];

/** From the slowest to the fastest, v86 included, with some air. */
function speedDomain(data: readonly Point[]): [number, number] {
  const speeds = [1, ...data.map(({ speed }) => speed)];
  const air = 1.15;
  return [Math.min(...speeds) / air, Math.max(...speeds) * air];
}

/** How fast the warm programs run under one Node.js; undefined without v86. */
function programChart(summaries: readonly SubjectSummary[], node: string): Chart | undefined {
  const v86 = peerOf(summaries, 'v86', node);
  if (!v86) return undefined;
  const shown = summaries.filter((summary) => summary.node === node || summary.node === '');
  const data = points(shown, v86);
  const subjects = shown
    .map(({ subject }) => subject)
    .filter((name) => data.some((point) => point.subject === name));
  const rows = [...guestPrograms.map((program) => program.title), meanTitle].filter((program) =>
    data.some((point) => point.program === program),
  );
  const description = `Speed of ${rows.length - 1} warm guest programs on ${subjects.map(title).join(', ')}, Node.js ${node}, v86 being 1`;
  const svg = standalone(
    {
      height: rows.length * rowHeight + legendHeight + 60,
      marginTop: legendHeight,
      marginLeft: 170,
      marginBottom: 50,
      marginRight: 30,
      x: {
        type: 'log',
        domain: speedDomain(data),
        label: `times as fast as v86 (Node.js ${node})`,
        labelOffset: 40,
        grid: true,
        ticks: speedTicks.filter((tick) => tick >= speedDomain(data)[0] && tick <= speedDomain(data)[1]),
        tickFormat: (value: number) => String(value),
      },
      y: { domain: rows, label: null, tickSize: 0 },
      marks: [
        Plot.ruleX([1], { stroke: look('v86').colour, strokeWidth: 2 }),
        Plot.ruleY(rows, { y: (row: string) => row, stroke: '#eeeeee' }),
        ...subjects
          .filter((subject) => subject !== 'v86')
          .map((subject) =>
            Plot.dot(
              data.filter((point) => point.subject === subject),
              { x: 'speed', y: 'program', symbol: look(subject).symbol, fill: look(subject).colour, r: 5 },
            ),
          ),
        ...legend(subjects),
      ],
    },
    description,
  );
  return { name: `programs-node${node.split('.')[0]}.svg`, description, svg };
}

/** Seconds to /init of all subjects. */
function startChart(summaries: readonly SubjectSummary[]): Chart | undefined {
  const rows = summaries.flatMap(({ subject, node, init }) =>
    init === undefined
      ? []
      : [
          {
            subject,
            init,
            row: node === '' ? title(subject) : `${title(subject)}, Node.js ${node.split('.')[0]}`,
          },
        ],
  );
  if (rows.length === 0) return undefined;
  const description = `Seconds from start to /init: ${rows.map(({ row, init }) => `${row} ${init.toFixed(1)}`).join(', ')}`;
  const svg = standalone(
    {
      height: rows.length * rowHeight + 80,
      marginBottom: 50,
      marginLeft: 250,
      marginRight: 50,
      x: { label: 'seconds from start to /init', labelOffset: 40, grid: true, zero: true },
      y: { domain: rows.map(({ row }) => row), label: null, tickSize: 0 },
      marks: [
        Plot.barX(rows, {
          x: 'init',
          y: 'row',
          fill: ({ subject }: { subject: string }) => look(subject).colour,
        }),
        Plot.text(rows, {
          x: 'init',
          y: 'row',
          text: ({ init }: { init: number }) => init.toFixed(1),
          textAnchor: 'start',
          dx: 4,
        }),
        Plot.ruleX([0]),
      ],
    },
    description,
  );
  return { name: 'start.svg', description, svg };
}

/** All charts that the measured subjects allow. */
export function charts(summaries: readonly SubjectSummary[]): Chart[] {
  const made = [startChart(summaries), ...nodesOf(summaries).map((node) => programChart(summaries, node))];
  return made.filter((chart) => chart !== undefined);
}
