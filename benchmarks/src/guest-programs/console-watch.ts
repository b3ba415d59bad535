import { type Figures } from '../report';
import { type GuestEvent } from './guest-job';

/** Bytes that benchmarks/programs sends to the console. */
const begun = 0x02;
const ended = 0x03;
const allDone = 0x04;
const lineFeed = 0x0a;
const aliveMilliseconds = 5000;
/** What the kernel prints right before it executes /init. */
const runInit = 'Run /init';
const complaint =
  /^(programs|busybox|init): |not found|Segmentation fault|Illegal instruction|Kernel panic - /;

export interface ConsoleWatchOptions {
  tell(event: GuestEvent): void;
  /** In milliseconds. */
  now(): number;
  /** Processor time of the machine's process, in seconds. */
  cpuSeconds(): number;
  /** What the machine has counted so far. */
  counters(): Figures;
  /** All passes have been run. */
  done(): void;
}

/** Takes the times of what a guest does from the bytes on its console. */
export class ConsoleWatch {
  readonly #start: number;
  readonly #passes = new Map<string, number>();
  #line = '';
  #initSeen = false;
  #aliveTold = 0;
  #begin: { time: number; cpu: number; counters: Figures } | undefined;
  #run: { seconds: number; cpuSeconds: number; counters: Figures } | undefined;

  /** The machine's time begins now. */
  constructor(private readonly options: ConsoleWatchOptions) {
    this.#start = options.now();
  }

  put(byte: number): void {
    if (process.env['TRAPGATE_BENCH_SERIAL']) process.stderr.write(Uint8Array.of(byte));
    const { options } = this;
    if (byte === begun) {
      this.#line = '';
      const counters = options.counters();
      this.#begin = { counters, cpu: options.cpuSeconds(), time: options.now() };
    } else if (byte === ended && this.#begin) {
      const seconds = (options.now() - this.#begin.time) / 1000;
      const cpuSeconds = options.cpuSeconds() - this.#begin.cpu;
      this.#run = { seconds, cpuSeconds, counters: difference(options.counters(), this.#begin.counters) };
      this.#begin = undefined;
      this.#line = '';
    } else if (byte === allDone) {
      options.done();
    } else if (byte === lineFeed) {
      this.#endLine();
    } else {
      this.#line += String.fromCharCode(byte);
      if (!this.#initSeen && this.#line.endsWith(runInit)) this.#seeInit();
    }
  }

  #seeInit(): void {
    const { options } = this;
    this.#initSeen = true;
    const seconds = (options.now() - this.#start) / 1000;
    options.tell({ kind: 'init', seconds, cpuSeconds: options.cpuSeconds(), counters: options.counters() });
  }

  #sayAlive(line: string): void {
    const now = this.options.now();
    if (now - this.#aliveTold < aliveMilliseconds) return;
    this.#aliveTold = now;
    this.options.tell({ kind: 'alive', line });
  }

  #endLine(): void {
    const line = this.#line.trim();
    this.#sayAlive(line);
    this.#line = '';
    const run = this.#run;
    const [, name, result, nanoseconds] = /^(\w+) ([0-9a-f]{8}) (\d+)$/.exec(line) ?? [];
    if (run && name !== undefined && result !== undefined) {
      const pass = (this.#passes.get(name) ?? 0) + 1;
      this.#passes.set(name, pass);
      const guestSeconds = Number(nanoseconds) / 1e9;
      this.options.tell({ kind: 'program', name, pass, ...run, guestSeconds, result });
    } else if (this.#initSeen && complaint.test(line)) {
      this.options.tell({ kind: 'complaint', text: line });
    }
    this.#run = undefined;
  }
}

function difference(after: Figures, before: Figures): Figures {
  return Object.fromEntries(
    Object.entries(after).map(([name, value]) => [name, value - (before[name] ?? 0)]),
  );
}
