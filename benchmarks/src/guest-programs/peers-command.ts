// `npm run bench -- --peers`: Debian's start and warm programs beside v86 and QEMU.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';

import { benchmarksFolder } from '../benchmarks-folder';
import { kernelVersion } from '../guest-files';
import { nodeBinaries } from '../node-binaries';
import { qemuVersion } from '../peer/qemu';
import { v86Version } from '../peer/v86-version';
import { charts } from './charts';
import { writeDocumentation } from './documentation';
import { programGuest } from './initramfs';
import { measureGuests } from './measure-guests';
import { type PeersReport, reportText, summariesOf } from './peers-report';
import { guestPrograms } from './programs';
import { guestSubjects } from './subjects';
import { type Clock } from './summary';

const usage = `npm run bench -- --peers [options]
  --subjects NAME,... ${guestSubjects.map(({ name }) => name).join(', ')}
                      (default: all but ${guestSubjects.flatMap(({ name, optional }) => (optional ? [name] : [])).join(', ')})
  --programs NAME,... ${guestPrograms.map(({ name }) => name).join(', ')}
  --passes N          how often each guest runs each program; the last pass counts (default 2)
  --runs N            runs of each subject, of which the median counts (default 3)
  --nodes MAJOR,...   Node.js versions, from the npm registry (default: this one)
  --patience S        seconds without progress, after which a subject is given up (default 180)
  --clock cpu         processor time instead of the host's clock: for machines that others use too
  --counters          what Trapgate counted while it ran each program
  --json FILE         instead of benchmarks/results/peers-DATE.json
  --from FILE         nothing is measured: the tables of an earlier run, from its JSON
  --docs              puts tables and charts into docs/performance.md and docs/plots`;

/** The user asked for what there is not; options that do not exist are refused by Node.js's parser. */
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

function clockOf(text = 'host'): Clock {
  if (text === 'host' || text === 'cpu') return text;
  throw new PeersUsageError(`--clock ${text}: neither host nor cpu`);
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
      clock: text,
      json: text,
      from: text,
      docs: flag,
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
  const patience = count(values.patience, 180, 'patience');
  const nodes = nodeBinaries(values.nodes?.split(',').map((part) => part.trim()));
  const job = { ...programGuest(), mebibytes: 256, programs: programs.map(({ name }) => name), passes };
  const results = await measureGuests({ subjects, nodes, job, runs, patience });
  const machine = { processor: cpus()[0]?.model ?? 'unknown', cores: cpus().length, memory: totalmem() };
  const versions = { ...(qemu === undefined ? {} : { qemu }), v86: v86Version(), kernel: kernelVersion() };
  return { date: new Date().toISOString(), machine, versions, runs, passes, results };
}

/** What was measured before, from a file. */
function readReport(file: string): PeersReport {
  return JSON.parse(readFileSync(file, 'utf8')) as PeersReport;
}

function save(report: PeersReport, chosenFile: string | undefined): void {
  const name = `peers-${report.date.replace(/[:.]/g, '-')}.json`;
  const file = chosenFile ?? join(benchmarksFolder(), 'results', name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
  console.log(`\nWritten: ${file}`);
}

/** Runs the command; returns its exit code. */
export async function peersCommand(args: readonly string[]): Promise<number> {
  try {
    const values = options(args);
    if (values.help === true) {
      console.log(usage);
      return 0;
    }
    const clock = clockOf(values.clock);
    const report = values.from === undefined ? await measure(values) : readReport(values.from);
    console.log(`\n${reportText(report, { counters: values.counters === true, clock })}`);
    if (values.from === undefined) save(report, values.json);
    if (values.docs === true) {
      const docs = join(benchmarksFolder(), '../docs');
      const section = reportText(report, { counters: false, clock });
      const files = writeDocumentation(docs, section, charts(summariesOf(report, clock)));
      console.log(`Written: ${files.join(', ')}`);
    }
    return 0;
  } catch (error) {
    if (!(error instanceof PeersUsageError)) throw error;
    console.error(error.message);
    return 2;
  }
}
