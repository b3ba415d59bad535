/// <reference lib="esnext.disposable" />
import type { SegmentName, SegmentRegister } from '@trapgate/cpu';
import type { TlbEntry } from '@trapgate/mmu';
import type { DisassembledInstruction, DisassembleOptions } from '../debug/disassemble';
import type { AddressTranslation } from '../debug/page-walk';
import type { RegisterValues, SettableRegisters } from '../debug/register-values';
import type { MachineExit } from '../machine-exit';
import type { MachineStatistics } from '../statistics';
import { createInWorker, createLocally } from './create';
import type { VirtualMachineEventName, VirtualMachineEvents } from './events';
import type { ImageOptions, VirtualMachineOptions, WorkerOptions } from './options';

export type { SegmentName, SegmentRegister };

/** `paused`: not running, can go on or be started; `disposed`: gone for good. */
export type VirtualMachineState = 'paused' | 'running' | 'disposed';

/** Which addresses are meant. Linear ones go through the guest's paging as it is now. */
export interface MemoryAccessOptions {
  /** Default `physical`. */
  readonly space?: 'physical' | 'linear';
}

/** A serial port as a pair of web streams. */
export interface VirtualConsole {
  /**
   * What the guest sends from the first reading of this property on. While more than 256 KiB wait to be read, the
   * guest waits.
   */
  readonly readable: ReadableStream<Uint8Array>;
  /** What the guest receives; text is sent as UTF-8. A write is done when the guest has taken nearly all of it. */
  readonly writable: WritableStream<Uint8Array | string>;
}

/** Linear addresses at which a run ends before the instruction there is executed, with reason `breakpoint`. */
export interface BreakpointSet {
  add(linear: number): Promise<void>;
  /** False if there was none. */
  delete(linear: number): Promise<boolean>;
  clear(): Promise<void>;
  list(): readonly number[];
}

/** How a run may be ended from outside. */
export interface RunOptions {
  /** Aborted: the run ends with reason `aborted`. */
  readonly signal?: AbortSignal;
}

/**
 * A virtual machine, in this thread or in a worker. Its methods may be called at any time, while it runs too; they
 * reject with `MachineError` (`ERR_DISPOSED`) after `dispose`.
 */
export interface VirtualMachine extends AsyncDisposable {
  readonly state: VirtualMachineState;
  /** RAM in bytes. */
  readonly memorySize: number;
  /** The first serial port. */
  readonly serial: VirtualConsole;
  /** While there are any, the machine executes one instruction at a time, at a few million a second. */
  readonly breakpoints: BreakpointSet;

  /** Runs until the guest ends it, or something else does: see `MachineExit`. While it runs already: joins that run. */
  run(options?: RunOptions): Promise<MachineExit>;
  /** Ends a run in progress, which then has reason `stopped`, and resolves when it has ended. */
  pause(): Promise<void>;
  /**
   * Executes `count` instructions (default 1; each iteration of a REP is one), waiting for interrupts as a run does
   * where the guest is halted. Ends with reason `stepped`, or earlier with another one.
   */
  step(count?: number, options?: RunOptions): Promise<MachineExit>;
  /**
   * Keeps what each of the last `count` instructions (at most 100,000; each iteration of a REP is one) has changed, for
   * `stepBack`; null: no longer. Meanwhile the machine executes one instruction at a time, at some 100,000 a second.
   */
  keepSteps(count: number | null): Promise<void>;
  /**
   * Undoes up to `count` (default 1) of the steps kept, and resolves to how many: registers, memory and chips are what they
   * were; what has left the machine is not called back. `reset`, `load`, `restore`, `writeMemory` and `setRegisters` end the
   * way back. Not while the machine runs.
   */
  stepBack(count?: number): Promise<number>;
  /** Power-on state with the image loaded again; a machine that runs goes on running. */
  reset(): Promise<void>;
  /** Loads another image in place of the present one and sets the processor to its entry point. */
  load(images: ImageOptions): Promise<void>;

  /** A copy of guest memory. Rejects with `MachineError` (`ERR_ADDRESS`) where there is none. */
  readMemory(address: number, length: number, options?: MemoryAccessOptions): Promise<Uint8Array>;
  /** Writes guest memory as a device would: page permissions do not count, and code there is decoded anew. */
  writeMemory(address: number, bytes: Uint8Array, options?: MemoryAccessOptions): Promise<void>;
  registers(): Promise<RegisterValues>;
  /** Sets registers as given, without the checks and side effects of instructions. */
  setRegisters(values: SettableRegisters): Promise<void>;
  /** Walks the page tables for a linear address, as the processor would, entry by entry; changes nothing. */
  translateAddress(linear: number): Promise<AddressTranslation>;
  /**
   * What the TLB holds for the present address space, by linear address: pieces of 4 KBytes, each filled by an access at CPL
   * 3 or below it. A machine executes its guest through it; empty while `keepSteps` or data breakpoints of the guest look at
   * every access.
   */
  tlb(): Promise<readonly TlbEntry[]>;
  /** `count` instructions (default 1) from a linear address on. Ends early where memory does. */
  disassemble(
    linear: number,
    count?: number,
    options?: DisassembleOptions,
  ): Promise<readonly DisassembledInstruction[]>;
  stats(): Promise<MachineStatistics>;
  /** Registers and the last exceptions, as text of several lines. */
  dump(): Promise<string>;
  /** At most so many instructions per second of host time; null: as fast as it goes. */
  setSpeedLimit(instructionsPerSecond: number | null): Promise<void>;

  /** Queues bytes for the first serial port; text is sent as UTF-8. They wait until the guest takes them. */
  sendSerial(data: Uint8Array | string): Promise<void>;

  /** The whole machine - processor, memory, devices - as bytes; see `docs/embedding.md`. */
  snapshot(): Promise<Uint8Array>;
  /**
   * Makes the machine what it was at a snapshot. Rejects with `SnapshotError`, and nothing has changed, if the
   * snapshot is damaged, of a later version, or of a machine with other memory or another processor.
   */
  restore(snapshot: Uint8Array | ArrayBuffer | Blob): Promise<void>;

  /**
   * Calls `listener` for every event of that type until the function returned is called or `signal` is aborted.
   * Listeners are called between instructions, in order.
   */
  on<Name extends VirtualMachineEventName>(
    type: Name,
    listener: (event: VirtualMachineEvents[Name]) => void,
    options?: { readonly signal?: AbortSignal },
  ): () => void;
  /** The next event of that type. Rejects if `signal` is aborted or the machine disposed of first. */
  once<Name extends VirtualMachineEventName>(
    type: Name,
    options?: { readonly signal?: AbortSignal },
  ): Promise<VirtualMachineEvents[Name]>;

  /** Ends a run and gives back timers, streams and the worker. Calling it again does nothing. */
  dispose(): Promise<void>;
}

/** How virtual machines are made. */
export interface VirtualMachineFactory {
  /**
   * A machine in this thread, which gives the event loop a turn at least every 5 ms. Rejects with `MachineError` for
   * bad options and with `ImageError` for bad images.
   */
  create(options?: VirtualMachineOptions): Promise<VirtualMachine>;
  /**
   * The same in a Web Worker or a worker thread of Node.js. Needs no shared memory, so no special HTTP headers.
   */
  createInWorker(options?: WorkerOptions): Promise<VirtualMachine>;
}

/** Makes virtual machines: `create` in this thread, `createInWorker` in a worker. */
export const VirtualMachine: VirtualMachineFactory = { create: createLocally, createInWorker };
