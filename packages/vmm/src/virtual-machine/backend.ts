import type { TlbEntry } from '@trapgate/mmu';
import type { DisassembledInstruction, DisassembleOptions } from '../debug/disassemble';
import type { AddressTranslation } from '../debug/page-walk';
import type { RegisterValues, SettableRegisters } from '../debug/register-values';
import type { LoadableImage } from '../loaders/boot-image';
import type { MachineExit } from '../machine-exit';
import type { MachineOptions } from '../machine-options';
import type { MachineStatistics } from '../statistics';
import type { AnyVirtualMachineEvent } from './events';

/** What a machine begins with: bytes and plain values, which can be sent to a worker. */
export interface BackendSetup {
  readonly machine: MachineOptions;
  readonly image?: LoadableImage;
  readonly snapshot?: Uint8Array;
}

/** What a backend tells by itself. */
export interface BackendSink {
  events(list: readonly AnyVirtualMachineEvent[]): void;
  /** The guest has taken what was sent to its serial port, but for a few bytes. */
  serialRoom(): void;
}

/** Bytes that may wait for the guest before a writer of its console has to. */
export const SERIAL_ROOM = 1024;

/**
 * The machine behind a `VirtualMachine`, in this thread or at the other end of a worker's channel. Arguments and
 * results are plain data.
 */
export interface Backend {
  readonly memorySize: number;
  /** Runs, for so many instructions (null: without a limit). Not while it runs. */
  run(instructions: number | null): Promise<MachineExit>;
  /** Ends a run in progress. */
  pause(reason: 'stopped' | 'aborted'): Promise<void>;
  reset(): Promise<void>;
  load(image: LoadableImage): Promise<void>;
  readMemory(address: number, length: number, space: 'physical' | 'linear'): Promise<Uint8Array>;
  writeMemory(address: number, bytes: Uint8Array, space: 'physical' | 'linear'): Promise<void>;
  registers(): Promise<RegisterValues>;
  setRegisters(values: SettableRegisters): Promise<void>;
  translateAddress(linear: number): Promise<AddressTranslation>;
  disassemble(
    linear: number,
    count: number,
    options: DisassembleOptions,
  ): Promise<readonly DisassembledInstruction[]>;
  setBreakpoints(addresses: readonly number[]): Promise<void>;
  tlb(): Promise<readonly TlbEntry[]>;
  /** Keeps so many steps to go back by (null: none). */
  keepSteps(count: number | null): Promise<void>;
  stepBack(count: number): Promise<number>;
  stats(): Promise<MachineStatistics>;
  dump(): Promise<string>;
  setSpeedLimit(instructionsPerSecond: number | null): Promise<void>;
  /** Resolves to the bytes that the guest has not taken yet; above SERIAL_ROOM, `serialRoom` follows. */
  sendSerial(bytes: Uint8Array): Promise<number>;
  /** A reader does not keep up: the guest waits. */
  hold(held: boolean): Promise<void>;
  /** The types of events that somebody listens to. */
  watch(types: readonly string[]): Promise<void>;
  snapshot(): Promise<Uint8Array>;
  restore(snapshot: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** The methods that a worker answers. */
export const BACKEND_METHODS = [
  ...(['run', 'pause', 'reset', 'load', 'readMemory', 'writeMemory', 'registers', 'setRegisters'] as const),
  ...(['translateAddress', 'disassemble', 'setBreakpoints', 'stats', 'dump', 'setSpeedLimit'] as const),
  ...(['tlb', 'keepSteps', 'stepBack'] as const),
  ...(['sendSerial', 'hold', 'watch', 'snapshot', 'restore', 'close'] as const),
] as const satisfies readonly (keyof Backend)[];
