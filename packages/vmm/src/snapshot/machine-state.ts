import type { ProcessorSnapshot } from '@trapgate/cpu';
import type { BoardState } from '../board/board-state';
import type { GuestClockState } from '../time/guest-clock';
import type { PageRun } from './guest-ram';

/** Everything of a machine but the bytes of its RAM. */
export interface MachineState {
  readonly version: 1;
  readonly ramBytes: number;
  /** Milliseconds since 1970-01-01T00:00Z by the host's clock when the state was saved. */
  readonly date: number;
  readonly debugExit: { readonly iobase: number; readonly iosize: number } | null;
  readonly processor: ProcessorSnapshot;
  readonly clock: GuestClockState;
  readonly devices: BoardState;
  readonly pages: readonly PageRun[];
}

export const MACHINE_STATE_VERSION = 1;
