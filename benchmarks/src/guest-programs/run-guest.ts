import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

import { scriptFile } from '../child';
import { type GuestEvent, type GuestJob, type ProgramRun } from './guest-job';
import { type GuestSubject } from './subjects';

/** What became of one boot with all its programs. What a subject did before it failed counts. */
export interface GuestRun {
  /** Seconds. */
  init?: number;
  initCpu?: number;
  /** Instructions until /init, where the machine counts them. */
  initInstructions?: number;
  programs: ProgramRun[];
  /** In bytes. */
  peakMemory?: number;
  /** Why the run ended early, and what the guest complained of. */
  problems: string[];
  /** A line from near the end of what the guest wrote to its console. */
  lastLine?: string;
}

export interface RunOptions {
  node: string;
  subject: GuestSubject;
  job: GuestJob;
  /** Seconds without an event, after which the subject is given up. */
  patience: number;
  progress(event: GuestEvent): void;
}

const secondsToDie = 2;

function record(run: GuestRun, event: GuestEvent): void {
  switch (event.kind) {
    case 'init':
      run.init = event.seconds;
      run.initCpu = event.cpuSeconds;
      if (event.counters['instructions'] !== undefined) run.initInstructions = event.counters['instructions'];
      break;
    case 'program':
      run.programs.push(event);
      break;
    case 'complaint':
      run.problems.push(event.text);
      break;
    case 'alive':
      run.lastLine = event.line;
      break;
    case 'done':
      run.peakMemory = event.peakMemory;
      break;
  }
}

/** Boots a subject in a process of its own and has it run the programs. */
export function runGuest({ node, subject, job, patience, progress }: RunOptions): Promise<GuestRun> {
  const run: GuestRun = { programs: [], problems: [] };
  return new Promise((resolve) => {
    const child = spawn(node, [scriptFile(subject.script), JSON.stringify({ ...job, ...subject.job })], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let errors = '';
    let isLate = false;
    const giveUp = () => {
      isLate = true;
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), secondsToDie * 1000).unref();
    };
    const timer = setTimeout(giveUp, patience * 1000);
    createInterface({ input: child.stdout }).on('line', (line) => {
      timer.refresh();
      const event = JSON.parse(line) as GuestEvent;
      record(run, event);
      progress(event);
    });
    child.stderr.on('data', (data: Buffer) => {
      if (process.env['TRAPGATE_BENCH_SERIAL']) process.stderr.write(data);
      errors = (errors + data.toString()).slice(-2000);
    });
    child.on('error', (error) => run.problems.push(error.message));
    child.on('close', (code) => {
      clearTimeout(timer);
      if (isLate) run.problems.push(`nothing happened for ${patience} s after '${run.lastLine ?? ''}'`);
      else if (run.peakMemory === undefined) run.problems.push(errors.trim() || `exit code ${code}`);
      resolve(run);
    });
  });
}
