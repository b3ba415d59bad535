import type { PhysicalMemory } from '@trapgate/mmu';
import type { BoardProcessor } from './board/board';
import type { EntryRegisters } from './board/processor-entry';
import type { DeliveredException } from './report';

type AccessSize = 1 | 2 | 4;

/** What the processor asks of the board. */
export interface ProcessorHost {
  readPort(port: number, size: AccessSize): number;
  writePort(port: number, size: AccessSize, value: number): void;
  readMmio(physical: number, size: AccessSize): number;
  writeMmio(physical: number, size: AccessSize, value: number): void;
  acknowledgeInterrupt(): number;
  readTimestamp(): bigint;
}

/** The processor as the machine uses it. */
export interface MachineProcessor extends BoardProcessor {
  reset(): void;
  readonly registers: EntryRegisters;
  recentExceptions(): readonly DeliveredException[];
}

export interface ProcessorParts {
  readonly memory: PhysicalMemory;
  readonly host: ProcessorHost;
  readonly model?: string;
  readonly engine: 'interp';
}

/** The processor of a new machine. */
export function newProcessor(_parts: ProcessorParts): MachineProcessor {
  throw new Error('the cpu package has no processor yet');
}
