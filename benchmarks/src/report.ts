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

/** Ends a measuring process with its figures on the last line of its output. */
export function report(figures: Figures): never {
  process.stdout.write(`${JSON.stringify({ ...figures, peakMemory: peakMemory() })}\n`);
  process.exit(0);
}
