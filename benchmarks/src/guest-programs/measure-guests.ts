import { type NodeBinary } from '../node-binaries';
import { type GuestEvent, type GuestJob } from './guest-job';
import { runGuest } from './run-guest';
import { type GuestSubject } from './subjects';
import { type GuestResult } from './summary';

export interface GuestMeasurement {
  subjects: readonly GuestSubject[];
  nodes: readonly NodeBinary[];
  job: GuestJob;
  runs: number;
  /** Seconds without an event, after which a subject is given up. */
  patience: number;
}

function progress(event: GuestEvent): void {
  if (event.kind === 'init') process.stderr.write(`/init ${event.seconds.toFixed(2)} s`);
  if (event.kind === 'program') process.stderr.write(`, ${event.name} ${event.seconds.toFixed(2)}`);
  if (event.kind === 'complaint') process.stderr.write(`, "${event.text}"`);
}

/** All subjects in turn, then again, so that a change of the machine's speed meets all of them. */
export async function measureGuests(options: GuestMeasurement): Promise<GuestResult[]> {
  const { subjects, nodes, job, runs, patience } = options;
  const turns = nodes.flatMap((node, index) =>
    subjects
      .filter(({ onNode }) => onNode || index === 0)
      .map((subject) => {
        const result: GuestResult = {
          subject: subject.name,
          node: subject.onNode ? node.version : '',
          runs: [],
        };
        return { subject, node, result };
      }),
  );
  for (let run = 1; run <= runs; run++) {
    for (const { subject, node, result } of turns) {
      const where = subject.onNode ? `, Node.js ${node.version}` : '';
      process.stderr.write(`${subject.name}${where}, run ${run} of ${runs}: `);
      const guestRun = await runGuest({ node: node.file, subject, job, patience, progress });
      process.stderr.write(`${guestRun.problems.map((problem) => `\n  ${problem}`).join('')}\n`);
      result.runs.push(guestRun);
    }
  }
  return turns.map(({ result }) => result);
}
