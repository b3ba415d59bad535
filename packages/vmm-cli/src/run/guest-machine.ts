import type { DebugExitPort, InstructionClock, LogItem } from '../arguments/flag-values';

/** What this command needs of the machine of `@trapgate/vmm`; tests supply a fake. */
export interface GuestMachine {
  /** Throws an error with a `code` and a one-line message where the image cannot be loaded. */
  load(image: GuestImage): void;
  run(options: { signal: AbortSignal }): Promise<GuestExit>;
  sendSerial(bytes: Uint8Array): void;
  /** Bytes sent that the guest has not taken yet. */
  readonly serialBacklog: number;
  pause(): void;
  reset(): void;
}

export interface GuestImage {
  kind: 'auto';
  kernel: Uint8Array;
  initrd?: Uint8Array;
  commandLine?: string;
}

export type GuestExit =
  | { reason: 'power-off' | 'reset' | 'stopped' | 'aborted' }
  | { reason: 'debug-exit'; code: number }
  | { reason: 'triple-fault' | 'halted'; report: string };

export interface GuestMachineOptions {
  memoryMiB: number;
  cpu?: string;
  engine: 'interp';
  icount: InstructionClock;
  serial: { write(byte: number): void };
  debugExit?: DebugExitPort;
  log?: { flags: readonly LogItem[]; write(line: string): void };
}

export interface MachineFactory {
  /** Throws an error with a `code` and a one-line message where the options are unfit. */
  create(options: GuestMachineOptions): GuestMachine;
  embeddedGuest(): Uint8Array;
  processorModels(): readonly string[];
}
