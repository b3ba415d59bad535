import type { ProcessorMark } from '@trapgate/cpu';
import type { BoardState } from '../board/board-state';
import type { ProcessorStop } from '../run-loop';
import type { GuestClockState } from '../time/guest-clock';
import type { SteppableProcessor } from './breakpoints';

/** A processor whose steps can be undone. */
export interface UndoableProcessor extends SteppableProcessor {
  mark(spare?: Uint8Array): ProcessorMark;
  returnTo(mark: ProcessorMark): void;
  observeWrites(writing: ((physical: number, bytes: number) => void) | undefined): void;
}

/** The chips and guest time between two instructions. */
export interface DeviceMark {
  readonly devices: BoardState;
  readonly clock: GuestClockState;
}

/** What a recorder needs besides the processor. */
export interface RecorderParts {
  readonly memory: {
    readBytes(physical: number, length: number): Uint8Array;
    writeBytes(physical: number, bytes: Uint8Array): void;
  };
  saveDevices(): DeviceMark;
  restoreDevices(mark: DeviceMark): void;
}

/** What was before a step: registers, and the bytes of memory that it has written. */
interface Step {
  readonly mark: ProcessorMark;
  readonly devices: DeviceMark;
  readonly written: { readonly physical: number; readonly bytes: Uint8Array }[];
}

/**
 * The undo log of a machine: executes instruction by instruction and keeps, for the last of them, what each is about to
 * change. Chips are saved only where an instruction has reached them, or time has passed. Without a limit the processor runs
 * as ever.
 */
export class StepRecorder implements SteppableProcessor {
  private limit = 0;
  private steps: Step[] = [];
  /** Where the oldest step is, once there are `limit` of them. */
  private oldest = 0;
  private devices: DeviceMark | null = null;
  /** What the present step has written. */
  private written: Step['written'] = [];
  /** A step that waits for an interrupt. */
  private waiting: Step | null = null;
  /** Blocks of marks to be used again. */
  private readonly spare: Uint8Array[] = [];

  constructor(
    private readonly processor: UndoableProcessor,
    private readonly parts: RecorderParts,
  ) {}

  get registers(): SteppableProcessor['registers'] {
    return this.processor.registers;
  }

  get instructions(): number {
    return this.processor.instructions;
  }

  requestStop(): void {
    this.processor.requestStop();
  }

  /** Keeps the last `limit` steps; 0: none. Steps kept so far are forgotten. */
  keep(limit: number): void {
    this.limit = limit;
    this.forget();
    const { processor, parts } = this;
    processor.observeWrites(
      limit === 0
        ? undefined
        : (physical, bytes) =>
            this.written.push({ physical, bytes: parts.memory.readBytes(physical, bytes) }),
    );
  }

  /** Something else has changed the machine: there is no way back to before. */
  forget(): void {
    this.steps = [];
    this.oldest = 0;
    this.devices = null;
    this.waiting = null;
    this.spare.length = 0;
  }

  /** Chips may no longer be as they were saved. */
  devicesTouched(): void {
    this.devices = null;
  }

  run(budget: number): ProcessorStop {
    if (this.limit === 0) return this.processor.run(budget);
    this.devicesTouched();
    let stop: ProcessorStop = { reason: 'budget' };
    for (let left = budget; left > 0 && stop.reason === 'budget'; left--) stop = this.step();
    return stop;
  }

  private step(): ProcessorStop {
    const { processor } = this;
    const step = this.waiting ?? this.begin();
    this.waiting = null;
    this.written = step.written;
    const stop = processor.run(1);
    // A halted processor does nothing; the wait belongs to the instruction after it.
    if (processor.instructions === step.mark.instructions && step.written.length === 0) this.waiting = step;
    else this.push(step);
    return stop;
  }

  private begin(): Step {
    this.devices ??= this.parts.saveDevices();
    return { mark: this.processor.mark(this.spare.pop()), devices: this.devices, written: [] };
  }

  private push(step: Step): void {
    if (this.steps.length < this.limit) {
      this.steps.push(step);
      return;
    }
    this.spare.push(this.steps[this.oldest]!.mark.block);
    this.steps[this.oldest] = step;
    this.oldest = (this.oldest + 1) % this.limit;
  }

  private pop(): Step | undefined {
    if (this.oldest > 0) {
      this.steps = [...this.steps.slice(this.oldest), ...this.steps.slice(0, this.oldest)];
      this.oldest = 0;
    }
    return this.steps.pop();
  }

  /** Undoes up to `count` steps; returns how many. */
  back(count: number): number {
    this.waiting = null;
    let gone = 0;
    let last: Step | undefined;
    while (gone < count) {
      const step = this.pop();
      if (!step) break;
      for (const { physical, bytes } of step.written.reverse()) this.parts.memory.writeBytes(physical, bytes);
      last = step;
      gone++;
    }
    if (!last) return 0;
    this.processor.returnTo(last.mark);
    if (this.devices !== last.devices) this.parts.restoreDevices(last.devices);
    this.devices = last.devices;
    return gone;
  }
}
