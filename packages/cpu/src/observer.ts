import type { Instruction } from '@trapgate/x86-decoder';

/** An interrupt or exception that is about to be delivered. */
export interface DeliveredEvent {
  readonly kind: 'external' | 'nmi' | 'exception';
  readonly vector: number;
  /** Error code, or -1 if there is none. */
  readonly error: number;
  readonly cs: number;
  readonly eip: number;
  /** Linear address of a page fault; otherwise CR2. */
  readonly cr2: number;
}

/** Told what the processor does, for logs; it must not touch the machine. */
export interface ProcessorObserver {
  /**
   * An instruction has been decoded, which happens before its first execution and again after its page was written.
   * `instruction` is valid during the call only.
   */
  decoded?(linear: number, bytes: Uint8Array, instruction: Instruction): void;
  delivered?(event: DeliveredEvent): void;
  /** A translation has been entered into the TLB. `access`: bit 1 write, bit 4 instruction fetch. */
  translated?(linear: number, physical: number, access: number): void;
}
