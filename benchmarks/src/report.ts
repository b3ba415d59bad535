import { readFileSync } from 'node:fs';

/** What a measuring process tells: numbers by name. Seconds, instructions, bytes. */
export type Figures = Readonly<Record<string, number>>;

/** The most memory that a process (default: this one) has had in RAM so far, in bytes. */
export function peakMemory(id: number | 'self' = 'self'): number {
  try {
    // Not getrusage's figure: that one remembers the process from which this one was forked.
    const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${id}/status`, 'utf8'));
    if (line !== null) return Number(line[1]) * 1024;
  } catch {
    // Not Linux.
  }
  return process.resourceUsage().maxRSS * 1024;
}

const clockTicks = 100;

/** The processor time of a process (default: this one) with all its threads so far, in seconds. */
export function cpuSeconds(id?: number): number {
  if (id === undefined) {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  }
  // proc(5): utime and stime are fields 14 and 15, in clock ticks; field 2, the name, may have spaces.
  const fields = readFileSync(`/proc/${id}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / clockTicks;
}

/** Ends a measuring process with its figures on the last line of its output. */
export function report(figures: Figures): never {
  process.stdout.write(`${JSON.stringify({ ...figures, peakMemory: peakMemory() })}\n`);
  process.exit(0);
}
