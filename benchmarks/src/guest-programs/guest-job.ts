import { type Figures } from '../report';

/** What a measuring process is to run; handed over as JSON. */
export interface GuestJob {
  kernel: string;
  initramfs: string;
  mebibytes: number;
  programs: readonly string[];
  passes: number;
  /** Of Trapgate. */
  engine?: 'interp' | 'wasm';
  /** The processor model of Trapgate; default: its default. */
  cpu?: string;
}

/** The same for every machine. The kernel passes on to init what it does not know itself. */
export function commandLine(job: GuestJob): string {
  return `console=ttyS0 programs=${job.programs.join(',')} passes=${job.passes}`;
}

/** What a measuring process tells, one JSON text a line. */
export type GuestEvent =
  /** The kernel starts /init: seconds since the machine was made, or since QEMU's process was started. */
  | { kind: 'init'; seconds: number; cpuSeconds: number; counters: Figures }
  | ProgramRun
  /** A line of the guest's that a program has failed. */
  | { kind: 'complaint'; text: string }
  /** The guest has written a line to its console; told every few seconds at most. */
  | { kind: 'alive'; line: string }
  /** All passes have been run; the most memory the process had, in bytes. */
  | { kind: 'done'; peakMemory: number };

export interface ProgramRun {
  kind: 'program';
  name: string;
  /** Counted from 1. */
  pass: number;
  /** By the host's clock. */
  seconds: number;
  /** Of the processors of the host: the machine's whole process, with the threads that compile. */
  cpuSeconds: number;
  /** By the guest's clock. */
  guestSeconds: number;
  /** 8 hexadecimal digits. */
  result: string;
  /** What the machine counted while the program ran; empty where it tells nothing. */
  counters: Figures;
}

/** Takes the job from the command line. The process ends when its parent does, which holds its standard input. */
export function receiveJob(): GuestJob {
  process.stdin.on('end', () => process.exit(1)).resume();
  return JSON.parse(process.argv[2]!) as GuestJob;
}

/** Tells the parent process. */
export function tell(event: GuestEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}
