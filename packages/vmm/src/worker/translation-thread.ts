import type { ModuleAnswer, ModuleRequest, TranslationWorker } from '@trapgate/binary-translator';
import { nodeThreads } from '../virtual-machine/node-host';

type Answered = (answer: ModuleAnswer | undefined) => void;

/** What is used of a worker thread of Node.js. */
interface Thread {
  postMessage(message: unknown): void;
  on(event: 'message' | 'error' | 'exit', listener: (value: unknown) => void): unknown;
  unref(): unknown;
}

/** A thread of Node.js, started when it is first needed, which ends with the program. */
class TranslationThread implements TranslationWorker {
  private readonly pending = new Map<number, Answered>();
  private thread: Thread | undefined;
  private failed = false;
  private next = 1;

  constructor(private readonly launch: () => Thread) {}

  start(): void {
    if (this.thread || this.failed) return;
    try {
      this.thread = this.launch();
      this.thread.on('message', (message) => this.receive(message as ModuleAnswer));
      this.thread.on('error', () => this.fail());
      this.thread.on('exit', () => this.fail());
      this.thread.unref();
    } catch {
      this.fail();
    }
  }

  request(request: Omit<ModuleRequest, 'id'>, answered: Answered): void {
    const id = this.next++;
    this.pending.set(id, answered);
    this.start();
    if (this.failed || !this.thread) return this.fail();
    try {
      this.thread.postMessage({ ...request, id });
    } catch {
      this.fail();
    }
  }

  private receive(answer: ModuleAnswer): void {
    const answered = this.pending.get(answer.id);
    this.pending.delete(answer.id);
    answered?.(answer);
  }

  /** Whoever asks makes modules without a thread from now on. */
  private fail(): void {
    this.failed = true;
    const waiting = [...this.pending.values()];
    this.pending.clear();
    setTimeout(() => waiting.forEach((answered) => answered(undefined)), 0);
  }
}

/** The one thread of this program, which translates for all its machines. */
const running: TranslationThread[] = [];

/** Undefined where there are no threads, or this runs from its sources. */
export function translationThread(): TranslationWorker | undefined {
  const threads = nodeThreads();
  if (!threads || /\.ts$/.test(import.meta.url)) return undefined;
  const file = 'translation-worker.js';
  if (running.length === 0)
    running.push(
      new TranslationThread(() => new threads.Worker(new URL(file, import.meta.url)) as unknown as Thread),
    );
  return running[0];
}
