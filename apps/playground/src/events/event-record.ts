import type { FaultEvent, MachineStatistics, VirtualMachine } from '@trapgate/vmm';

export const KINDS = ['interrupts', 'exceptions', 'port I/O', 'translations', 'invalidations'] as const;
export type EventKind = (typeof KINDS)[number];

/** What happened in one period, by kind. */
export interface TimelineSample {
  /** Seconds since the machine was made. */
  readonly second: number;
  readonly counts: Readonly<Record<EventKind, number>>;
}

export interface TotalRow {
  readonly kind: EventKind;
  /** Vector, port, or what was counted. */
  readonly what: string;
  readonly count: number;
}

/** Milliseconds of one sample. */
export const PERIOD = 500;
const MOST_SAMPLES = 600;
const PAGE_FAULTS_KEPT = 12;

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0').toUpperCase();

/** Counts what the machine's events and statistics tell, for the totals and the timeline. */
export class EventRecord {
  samples: TimelineSample[] = [];
  /** The last page faults, the newest first. */
  pageFaults: readonly FaultEvent[] = [];
  private machine: VirtualMachine | null = null;
  private started = 0;
  private readonly exceptions = new Map<string, number>();
  private stats: MachineStatistics | null = null;
  private before: Record<EventKind, number> = this.sums();
  private timer: ReturnType<typeof setInterval> | undefined;

  /** Called after each new sample. */
  onChange: (() => void) | null = null;

  /** Counts for another machine from now on. */
  watch(machine: VirtualMachine): void {
    this.machine = machine;
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

  clear(): void {
    this.samples = [];
    this.exceptions.clear();
    this.stats = null;
    this.started = performance.now();
    this.before = this.sums();
  }

  private sums(): Record<EventKind, number> {
    const sum = (list: Iterable<number>): number => [...list].reduce((total, value) => total + value, 0);
    const { interrupts = [], ports = [], translation } = this.stats ?? {};
    return {
      interrupts: sum(interrupts.map(({ count }) => count)),
      exceptions: sum(this.exceptions.values()),
      'port I/O': sum(ports.map(({ reads, writes }) => reads + writes)),
      translations: translation?.regions ?? 0,
      invalidations: translation?.invalidated ?? 0,
    };
  }

  private async sample(): Promise<void> {
    const { machine } = this;
    if (!machine || machine.state === 'disposed') return;
    const idle = machine.state !== 'running' && this.stats !== null;
    const stats = await machine.stats().catch(() => null);
    if (!stats || machine !== this.machine) return;
    this.stats = stats;
    const now = this.sums();
    // A reset starts the counters anew.
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
    const { interrupts = [], ports = [], translation } = this.stats ?? {};
    const rows: TotalRow[] = [];
    for (const { vector, count } of interrupts)
      rows.push({ kind: 'interrupts', what: `vector ${hex(vector, 2)}h`, count });
    for (const [what, count] of this.exceptions) rows.push({ kind: 'exceptions', what, count });
    for (const { port, device, reads, writes } of ports) {
      const what = `port ${hex(port, 3)}h${device ? ` (${device})` : ''}`;
      rows.push({ kind: 'port I/O', what, count: reads + writes });
    }
    if (translation) {
      const { regions, instructions, invalidated, evicted, chained } = translation;
      rows.push({ kind: 'translations', what: 'regions', count: regions });
      rows.push({ kind: 'translations', what: 'guest instructions in them', count: instructions });
      rows.push({ kind: 'translations', what: 'chained transfers between regions', count: chained });
      rows.push({ kind: 'invalidations', what: 'regions whose code was written', count: invalidated });
      rows.push({ kind: 'invalidations', what: 'regions dropped to make room', count: evicted });
    }
    const order = (kind: EventKind): number => KINDS.indexOf(kind);
    return rows.sort((a, b) => order(a.kind) - order(b.kind) || b.count - a.count);
  }

  get sumOfKinds(): Readonly<Record<EventKind, number>> {
    return this.sums();
  }
}
