import { median } from '../table';
import { type ProgramRun } from './guest-job';
import { guestPrograms } from './programs';
import { type GuestRun } from './run-guest';

/** The runs of one subject under one Node.js. */
export interface GuestResult {
  subject: string;
  /** The version of Node.js; empty where that does not matter. */
  node: string;
  runs: GuestRun[];
}

/** What times are told by: the clock of the host, or the processor time that the subject's process took. */
export type Clock = 'host' | 'cpu';

/** Medians over the runs of one subject; undefined where no run got that far. */
export interface SubjectSummary {
  subject: string;
  node: string;
  /** Seconds from start to /init. */
  init: number | undefined;
  /** In bytes. */
  peakMemory: number | undefined;
  /** Seconds of the last, warm, pass by program. */
  programs: ReadonlyMap<string, number>;
}

function medianOf(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : median(known);
}

const secondsBy = { host: 'seconds', cpu: 'cpuSeconds' } as const;

/** Medians of all runs; programs by their warm pass, `passes` being how often a run executes each. */
export function summarizeSubject(result: GuestResult, passes: number, clock: Clock): SubjectSummary {
  const { subject, node, runs } = result;
  const programs = new Map<string, number>();
  for (const { name } of guestPrograms) {
    const seconds = medianOf(
      runs.map(
        (run) =>
          run.programs.find((program) => program.name === name && program.pass === passes)?.[
            secondsBy[clock]
          ],
      ),
    );
    if (seconds !== undefined) programs.set(name, seconds);
  }
  const init = medianOf(runs.map((run) => (clock === 'cpu' ? run.initCpu : run.init)));
  return { subject, node, init, peakMemory: medianOf(runs.map((run) => run.peakMemory)), programs };
}

export function geometricMean(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

/** How many times as fast as the peer a subject runs the programs that both have run. */
export function speedOver(own: SubjectSummary, peer: SubjectSummary): Map<string, number> {
  const speed = new Map<string, number>();
  for (const [name, seconds] of own.programs) {
    const others = peer.programs.get(name);
    if (others !== undefined) speed.set(name, others / seconds);
  }
  return speed;
}

const clockTolerance = 0.05;
const describe = ({ subject, node }: GuestResult) => (node === '' ? subject : `${subject} (Node.js ${node})`);

/** Results that differ between machines or passes, clocks that go wrong, runs that failed: one line each. */
export function problems(results: readonly GuestResult[]): string[] {
  const found: string[] = [];
  const expected = new Map<string, { result: string; by: string }>();
  for (const result of results) {
    const by = describe(result);
    for (const [index, run] of result.runs.entries()) {
      found.push(...run.problems.map((problem) => `${by}, run ${index + 1}: ${problem}`));
      for (const program of run.programs) {
        const first = expected.get(program.name) ?? { result: program.result, by };
        expected.set(program.name, first);
        if (first.result !== program.result)
          found.push(`${by}: ${program.name} gives ${program.result}, but ${first.result} on ${first.by}`);
        const error = program.guestSeconds / program.seconds - 1;
        if (Math.abs(error) > clockTolerance)
          found.push(
            `${by}, run ${index + 1}: ${program.name} took ${program.seconds.toFixed(3)} s, by the guest's clock ${program.guestSeconds.toFixed(3)} s`,
          );
      }
    }
  }
  return found;
}

/** What each program and pass took and counted in the last run of a result. */
export function lastPrograms(result: GuestResult): readonly ProgramRun[] {
  return result.runs.at(-1)?.programs ?? [];
}
