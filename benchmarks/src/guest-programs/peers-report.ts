import { goalLines } from './goals';
import { type Clock, type GuestResult, problems, type SubjectSummary, summarizeSubject } from './summary';
import { guestSubjects } from './subjects';
import { counterTable, initTable, nodesOf, programTable } from './tables';

/** Everything that was measured, as it is kept. */
export interface PeersReport {
  date: string;
  machine: { processor: string; cores: number; memory: number };
  versions: { qemu?: string; v86: string; kernel: string };
  runs: number;
  passes: number;
  results: GuestResult[];
}

export function summariesOf(report: PeersReport, clock: Clock): SubjectSummary[] {
  const place = ({ subject }: GuestResult) => guestSubjects.findIndex(({ name }) => name === subject);
  return [...report.results]
    .sort((a, b) => place(a) - place(b))
    .map((result) => summarizeSubject(result, report.passes, clock));
}

function machineLine({ machine, versions, runs, date }: PeersReport): string {
  const gibibytes = (machine.memory / 2 ** 30).toFixed(0);
  const peers = [`v86 ${versions.v86}`, ...(versions.qemu === undefined ? [] : [`QEMU ${versions.qemu}`])];
  return `${date.slice(0, 10)}: ${machine.cores} x ${machine.processor}, ${gibibytes} GiB; ${peers.join(', ')}; guest: Debian's ${versions.kernel}, 256 MiB. Medians of ${runs} ${runs === 1 ? 'run' : 'runs'}.`;
}

/** Each line once, with how often it was there. */
function counted(lines: readonly string[]): string[] {
  const times = new Map<string, number>();
  for (const line of lines) times.set(line, (times.get(line) ?? 0) + 1);
  return [...times].map(([line, count]) => (count === 1 ? line : `${line} (${count} times)`));
}

/** The report as Markdown. */
export function reportText(report: PeersReport, options: { counters: boolean; clock: Clock }): string {
  const summaries = summariesOf(report, options.clock);
  const ran = summaries.some(({ programs }) => programs.size > 0);
  const programs = nodesOf(summaries).map(
    (node) =>
      `### Guest programs, pass ${report.passes}, Node.js ${node || '-'}\n\n${programTable(summaries, node)}`,
  );
  const counters = report.results
    .filter(({ subject }) => options.counters && subject.startsWith('trapgate'))
    .map((result) => `### Counters, ${result.subject}, Node.js ${result.node}\n\n${counterTable(result)}`);
  const list = (lines: readonly string[]) => lines.map((line) => `- ${line}`).join('\n');
  const goals = goalLines(summaries);
  const found = counted(problems(report.results));
  return [
    `${machineLine(report)}${options.clock === 'cpu' ? ' Processor time, not elapsed time.' : ''}`,
    `### Start to /init\n\n${initTable(summaries)}`,
    ...(ran ? programs : []),
    ...counters,
    ...(goals.length === 0 ? [] : [`### Goals\n\n${list(goals)}`]),
    ...(found.length === 0 ? [] : [`### Problems\n\n${list(found)}`]),
  ].join('\n\n');
}
