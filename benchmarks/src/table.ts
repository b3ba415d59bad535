import { type Figures } from './report';
import { type Measurement } from './plan';

/** The runs of one subject under one Node.js. */
export interface Result {
  measurement: string;
  subject: string;
  /** The version of Node.js. */
  node: string;
  runs: Figures[];
  median: Figures;
}

/** Of at least one number. */
export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The median of each figure by itself. */
export function medians(runs: readonly Figures[]): Figures {
  const names = Object.keys(runs[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, median(runs.map((run) => run[name]!))]));
}

/** Markdown, aligned so that it also reads as plain text. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]!.length)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => (column < 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join(' | ')} |`;
  const rule = `| ${widths.map((width, column) => (column < 2 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [line(header), rule, ...rows.map(line)].join('\n');
}

/** A measurement's table, and whether the interpreter keeps its goal under every Node.js. */
export function summarize(
  measurement: Measurement,
  results: readonly Result[],
): { text: string; kept: boolean } {
  const mine = results.filter((result) => result.measurement === measurement.name);
  const rows = mine.map((result) => [
    result.subject,
    result.node,
    ...measurement.columns.map((column) => column.of(result.median)),
  ]);
  const header = ['', 'Node.js', ...measurement.columns.map((column) => column.title)];
  const { goal } = measurement;
  const own = mine.filter((result) => result.subject === 'trapgate');
  const missed = own.filter((result) => {
    const peers = mine.filter((other) => !other.subject.startsWith('trapgate') && other.node === result.node);
    return (
      goal !== undefined &&
      !goal.isKept(
        result.median,
        peers.map((peer) => peer.median),
      )
    );
  });
  const kept = missed.length === 0;
  const verdict =
    goal === undefined || own.length === 0 ? '' : `\n\nGoal: ${goal.text}: ${kept ? 'kept' : 'missed'}.`;
  return { text: `### ${measurement.title}\n\n${formatTable(header, rows)}${verdict}\n`, kept };
}
