import type { FaultEvent, VirtualMachine } from '@trapgate/vmm';
import {
  countedRows,
  KINDS,
  rowsSince,
  sortedRows,
  sumsOf,
  type EventKind,
  type TotalRow,
} from './event-kinds';

/** What happened in one period, by kind. */
export interface TimelineSample {
  /** Seconds since counting began. */
  readonly second: number;
  readonly counts: Readonly<Record<EventKind, number>>;
}

/** Milliseconds of one sample. */
export const PERIOD = 500;
const MOST_SAMPLES = 600;
const PAGE_FAULTS_KEPT = 12;

/** Counts what the machine's events and statistics tell, for the totals and the timeline. */
export class EventRecord {
  samples: TimelineSample[] = [];
  /** The last page faults, the newest first. */
  pageFaults: readonly FaultEvent[] = [];
  private machine: VirtualMachine | null = null;
  private started = 0;
  private readonly exceptions = new Map<string, number>();
  /** Counted by the machine, as of the last sample, and when counting began. */
  private counted: readonly TotalRow[] = [];
  private base: readonly TotalRow[] = [];
  private before = sumsOf([]);
  private instructions = 0;
  private seen = false;
  private timer: ReturnType<typeof setInterval> | undefined;

  /** Called after each new sample. */
  onChange: (() => void) | null = null;

  /** Counts for another machine from now on. */
  watch(machine: VirtualMachine): void {
    this.machine = machine;
    this.counted = [];
    this.instructions = 0;
    this.seen = false;
    this.clear();
    this.pageFaults = [];
    machine.on('fault', (fault) => {
      if (this.machine !== machine) return;
      const { vector, mnemonic, address } = fault;
      if (address !== undefined) this.pageFaults = [fault, ...this.pageFaults.slice(0, PAGE_FAULTS_KEPT - 1)];
      const name = `${mnemonic} (vector ${vector})`;
      this.exceptions.set(name, (this.exceptions.get(name) ?? 0) + 1);
    });
    clearInterval(this.timer);
    this.timer = setInterval(() => void this.sample(), PERIOD);
  }

  /** Counting begins anew. */
  clear(): void {
    this.samples = [];
    this.exceptions.clear();
    this.base = this.counted;
    this.started = performance.now();
    this.before = sumsOf([]);
  }

  private rows(): TotalRow[] {
    const exceptions = [...this.exceptions].map(([what, count]) => ({
      kind: 'exceptions' as const,
      what,
      count,
    }));
    return [...exceptions, ...rowsSince(this.counted, this.base)];
  }

  /** Asks the machine; adds a sample if anything has happened, or the machine runs. */
  async sample(): Promise<void> {
    const { machine } = this;
    if (!machine || machine.state === 'disposed') return;
    const idle = machine.state !== 'running' && this.seen;
    const stats = await machine.stats().catch(() => null);
    if (!stats || machine !== this.machine) return;
    // After a reset the machine has begun anew.
    if (stats.instructions < this.instructions) this.base = [];
    this.instructions = stats.instructions;
    this.seen = true;
    this.counted = countedRows(stats);
    const now = sumsOf(this.rows());
    const counts = Object.fromEntries(
      KINDS.map((kind) => [kind, now[kind] >= this.before[kind] ? now[kind] - this.before[kind] : now[kind]]),
    ) as Record<EventKind, number>;
    this.before = now;
    if (idle && KINDS.every((kind) => counts[kind] === 0)) return;
    this.samples.push({ second: (performance.now() - this.started) / 1000, counts });
    if (this.samples.length > MOST_SAMPLES) this.samples.shift();
    this.onChange?.();
  }

  /** Everything counted, the most frequent of each kind first. */
  get totals(): readonly TotalRow[] {
    return sortedRows(this.rows());
  }

  get sumOfKinds(): Readonly<Record<EventKind, number>> {
    return sumsOf(this.rows());
  }
}
