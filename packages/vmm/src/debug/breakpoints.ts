import type { ProcessorStop, RunnableProcessor } from '../run-loop';

/** A processor whose place can be looked at. */
export interface SteppableProcessor extends RunnableProcessor {
  readonly registers: {
    readonly eip: number;
    segment(name: 'cs'): { readonly base: number };
  };
}

const REQUESTED: ProcessorStop = { reason: 'requested' };
const BUDGET: ProcessorStop = { reason: 'budget' };

/**
 * Stops before the instruction at a linear address. Without breakpoints the processor runs as ever; with them it
 * executes instruction by instruction, and is asked after each where it is.
 */
export class Breakpoints implements RunnableProcessor {
  private readonly addresses = new Set<number>();
  /** A run that begins at a breakpoint does not stop there at once. */
  private fresh = true;
  private asked = false;
  private entered = false;
  /** Told of the linear address that the processor has stopped at. */
  onHit: ((address: number) => void) | null = null;

  constructor(private readonly processor: SteppableProcessor) {}

  get instructions(): number {
    return this.processor.instructions;
  }

  requestStop(): void {
    this.asked = true;
    this.processor.requestStop();
  }

  /** An interrupt or exception is being delivered: the first instruction of its handler is to be looked at, too. */
  delivered(): void {
    if (this.addresses.size === 0) return;
    this.entered = true;
    this.processor.requestStop();
  }

  /** Replaces all breakpoints. */
  set(addresses: Iterable<number>): void {
    this.addresses.clear();
    for (const address of addresses) this.addresses.add(address >>> 0);
  }

  /** A run begins. */
  resume(): void {
    this.fresh = true;
  }

  run(budget: number): ProcessorStop {
    if (this.addresses.size === 0) return this.processor.run(budget);
    this.asked = false;
    let stop = BUDGET;
    for (let left = budget; left > 0 && stop.reason === 'budget'; left--) {
      const { registers } = this.processor;
      const address = (registers.eip + registers.segment('cs').base) >>> 0;
      if (!this.fresh && this.addresses.has(address)) {
        this.onHit?.(address);
        return REQUESTED;
      }
      const before = this.processor.instructions;
      stop = this.processor.run(1);
      if (this.processor.instructions !== before || this.entered) this.fresh = false;
      if (this.entered && stop.reason === 'requested' && !this.asked) stop = BUDGET;
      this.entered = false;
    }
    return stop;
  }
}
