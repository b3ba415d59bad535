import { formatTable } from '../table';
import { guestPrograms } from './programs';
import { guestSubjects } from './subjects';
import { geometricMean, type GuestResult, lastPrograms, speedOver, type SubjectSummary } from './summary';

const title = (name: string) => guestSubjects.find((subject) => subject.name === name)?.title ?? name;
const milliseconds = (seconds: number | undefined) =>
  seconds === undefined ? '-' : (seconds * 1000).toFixed(0);
const ratio = (value: number | undefined) => (value === undefined ? '-' : value.toFixed(2));
const mebibytes = (bytes: number | undefined) => (bytes === undefined ? '-' : (bytes / 2 ** 20).toFixed(0));

/** The summary of a peer to compare with: under the same Node.js, or one that does not depend on it. */
export function peerOf(
  summaries: readonly SubjectSummary[],
  name: string,
  node: string,
): SubjectSummary | undefined {
  return summaries.find((other) => other.subject === name && (other.node === node || other.node === ''));
}

/** The versions of Node.js that were measured. */
export function nodesOf(summaries: readonly SubjectSummary[]): string[] {
  const versions = new Set(summaries.map(({ node }) => node).filter((node) => node !== ''));
  return versions.size === 0 ? [''] : [...versions];
}

/** Time from start to /init. */
export function initTable(summaries: readonly SubjectSummary[]): string {
  const part = (own: SubjectSummary, peer: string) => {
    const other = peerOf(summaries, peer, own.node)?.init;
    return own.init === undefined || other === undefined ? undefined : own.init / other;
  };
  const rows = summaries.map((own) => [
    title(own.subject),
    own.node || '-',
    own.init === undefined ? '-' : own.init.toFixed(2),
    ratio(part(own, 'v86')),
    ratio(part(own, 'qemu')),
    mebibytes(own.peakMemory),
  ]);
  return formatTable(['', 'Node.js', 'seconds', "of v86's", "of QEMU's", 'peak memory, MiB'], rows);
}

/** The warm pass of each program under one Node.js: milliseconds, and how many times as fast as the peers Trapgate is. */
export function programTable(summaries: readonly SubjectSummary[], node: string): string {
  const shown = summaries.filter((summary) => summary.node === node || summary.node === '');
  const own = shown.find(({ subject }) => subject === 'trapgate');
  const peers = shown.filter(({ subject }) => subject === 'v86' || subject === 'qemu');
  const speeds = own === undefined ? [] : peers.map((peer) => speedOver(own, peer));
  const names = guestPrograms.filter(({ name }) => shown.some(({ programs }) => programs.has(name)));
  const rows = names.map((program) => [
    program.name,
    program.title,
    ...shown.map(({ programs }) => milliseconds(programs.get(program.name))),
    ...speeds.map((speed) => ratio(speed.get(program.name))),
  ]);
  const took = shown.filter(({ programs }) => programs.size > 0);
  const common = names.filter(({ name }) => took.every(({ programs }) => programs.has(name)));
  const mean = (summary: SubjectSummary) =>
    took.includes(summary) ? geometricMean(common.map(({ name }) => summary.programs.get(name)!)) : undefined;
  rows.push([
    '',
    'geometric mean',
    ...shown.map((summary) => milliseconds(mean(summary))),
    ...speeds.map((speed) => ratio(geometricMean([...speed.values()]))),
  ]);
  const header = [
    'program',
    '',
    ...shown.map(({ subject }) => `${title(subject)}, ms`),
    ...(own === undefined ? [] : peers.map(({ subject }) => `x ${title(subject)}`)),
  ];
  return formatTable(header, rows);
}

/** What Trapgate counted while it ran each program, in the last run. */
export function counterTable(result: GuestResult): string {
  const rows = lastPrograms(result);
  const names = [...new Set(rows.flatMap(({ counters }) => Object.keys(counters)))];
  const header = ['program', 'pass', 'ms', 'CPU ms', 'million/CPU s', ...names];
  const cells = rows.map(({ name, pass, seconds, cpuSeconds, counters }) => [
    name,
    String(pass),
    milliseconds(seconds),
    milliseconds(cpuSeconds),
    ((counters['instructions'] ?? 0) / cpuSeconds / 1e6).toFixed(0),
    ...names.map((counter) => Math.round(counters[counter] ?? 0).toString()),
  ]);
  return formatTable(header, cells);
}
