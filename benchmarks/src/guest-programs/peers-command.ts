// `npm run bench -- --peers`: Debian's start and warm programs beside v86 and QEMU.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';

import { benchmarksFolder } from '../benchmarks-folder';
import { nodeBinaries } from '../node-binaries';
import { qemuVersion } from '../peer/qemu';
import { goalLines } from './goals';
import { programGuest } from './initramfs';
import { measureGuests } from './measure-guests';
import { guestPrograms } from './programs';
import { guestSubjects } from './subjects';
import { type GuestResult, problems, summarizeSubject } from './summary';
import { counterTable, initTable, nodesOf, programTable } from './tables';

const usage = `npm run bench -- --peers [options]
  --subjects NAME,... ${guestSubjects.map(({ name }) => name).join(', ')}
                      (default: all but ${guestSubjects.flatMap(({ name, optional }) => (optional ? [name] : [])).join(', ')})
  --programs NAME,... ${guestPrograms.map(({ name }) => name).join(', ')}
  --passes N          how often each guest runs each program; the last pass counts (default 2)
  --runs N            runs of each subject, of which the median counts (default 3)
  --nodes MAJOR,...   Node.js versions, from the npm registry (default: this one)
  --patience S        seconds without progress, after which a subject is given up (default 120)
  --counters          what Trapgate counted while it ran each program
  --json FILE         instead of benchmarks/results/peers-DATE.json`;

/** Everything that was measured, as it is kept. */
export interface PeersReport {
  date: string;
  machine: { processor: string; cores: number; memory: number };
  qemu: string | undefined;
  runs: number;
  passes: number;
  results: GuestResult[];
}

/** The user asked for what there is not. */
class PeersUsageError extends Error {
  readonly code = 'PEERS_USAGE';
}

function chosen<Item extends { name: string }>(
  items: readonly Item[],
  names: string | undefined,
  what: string,
): Item[] | undefined {
  return names?.split(',').map((name) => {
    const item = items.find((each) => each.name === name.trim());
    if (item) return item;
    throw new PeersUsageError(
      `there is no ${what} '${name}'; known: ${items.map((each) => each.name).join(', ')}`,
    );
  });
}

function count(text: string | undefined, normally: number, what: string): number {
  const value = Number(text ?? normally);
  if (Number.isInteger(value) && value > 0) return value;
  throw new PeersUsageError(`--${what} ${text}: not a whole number above 0`);
}

function options(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      peers: flag,
      subjects: text,
      programs: text,
      passes: text,
      runs: text,
      nodes: text,
      patience: text,
      counters: flag,
      json: text,
      help: flag,
    },
  });
  return values;
}

function availableSubjects(qemu: string | undefined) {
  if (qemu === undefined) process.stderr.write('qemu-system-i386 is not installed: measured without it\n');
  return guestSubjects.filter(({ name, optional }) => !optional && (name !== 'qemu' || qemu !== undefined));
}

async function measure(values: ReturnType<typeof options>): Promise<PeersReport> {
  const qemu = qemuVersion();
  const subjects = chosen(guestSubjects, values.subjects, 'subject') ?? availableSubjects(qemu);
  const programs = chosen(guestPrograms, values.programs, 'program') ?? guestPrograms;
  const runs = count(values.runs, 3, 'runs');
  const passes = count(values.passes, 2, 'passes');
  const patience = count(values.patience, 120, 'patience');
  const nodes = nodeBinaries(values.nodes?.split(',').map((part) => part.trim()));
  const job = { ...programGuest(), mebibytes: 256, programs: programs.map(({ name }) => name), passes };
  const results = await measureGuests({ subjects, nodes, job, runs, patience });
  const machine = { processor: cpus()[0]?.model ?? 'unknown', cores: cpus().length, memory: totalmem() };
  return { date: new Date().toISOString(), machine, qemu, runs, passes, results };
}

function print(report: PeersReport, withCounters: boolean): void {
  const summaries = report.results.map((result) => summarizeSubject(result, report.passes));
  console.log(`\n${report.machine.cores} x ${report.machine.processor}, medians of ${report.runs} runs\n`);
  console.log(`### Start to /init\n\n${initTable(summaries)}\n`);
  for (const node of nodesOf(summaries))
    console.log(`### Programs, pass ${report.passes}, Node.js ${node}\n\n${programTable(summaries, node)}\n`);
  if (withCounters)
    for (const result of report.results.filter(({ subject }) => subject.startsWith('trapgate')))
      console.log(`### Counters, ${result.subject}, Node.js ${result.node}\n\n${counterTable(result)}\n`);
  for (const line of goalLines(summaries)) console.log(line);
  const found = problems(report.results);
  console.log(
    found.length === 0 ? 'All results agree.' : `\nProblems:\n${found.map((line) => `- ${line}`).join('\n')}`,
  );
}

/** Runs the command; returns its exit code. */
export async function peersCommand(args: readonly string[]): Promise<number> {
  const values = options(args);
  if (values.help === true) {
    console.log(usage);
    return 0;
  }
  const report = await measure(values);
  print(report, values.counters === true);
  const file =
    values.json ?? join(benchmarksFolder(), 'results', `peers-${report.date.replace(/[:.]/g, '-')}.json`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
  console.log(`Written: ${file}`);
  return 0;
}
