/// <reference lib="esnext.disposable" />
import type { TlbEntry } from '@trapgate/mmu';
import type { DisassembledInstruction, DisassembleOptions } from '../debug/disassemble';
import type { AddressTranslation } from '../debug/page-walk';
import type { RegisterValues, SettableRegisters } from '../debug/register-values';
import { MachineError } from '../errors';
import type { MachineExit } from '../machine-exit';
import type { MachineStatistics } from '../statistics';
import { SERIAL_ROOM, type Backend, type BackendSink } from './backend';
import { BreakpointList } from './breakpoint-list';
import { EventListeners, type AnyVirtualMachineEvent, type VirtualMachineEventName } from './events';
import { readImage } from './image-source';
import { loadableImage } from './loadable';
import { nameImages, type ImageOptions } from './options';
import { SerialConsole } from './serial-console';
import type { MemoryAccessOptions, RunOptions, VirtualMachine, VirtualMachineState } from './virtual-machine';
import { Wait } from './wait';

/** Steps that can be kept: each takes some KBytes of the host's memory. */
const MOST_STEPS = 100_000;

function argument(name: string, value: unknown, want: string): MachineError {
  return new MachineError('ERR_ARGUMENT', `${name} must be ${want}, not ${String(value)}`, { [name]: value });
}

function checkAddress(name: string, value: number): number {
  if (Number.isInteger(value) && value >= 0 && value < 2 ** 32) return value;
  throw argument(name, value, 'an address of 32 bits');
}

function checkCount(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw argument(name, value, 'a whole number from 1 on');
}

function checkBytes(name: string, value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  throw argument(name, typeof value, 'a Uint8Array');
}

function checkSpace({ space = 'physical' }: MemoryAccessOptions = {}): 'physical' | 'linear' {
  if (space === 'physical' || space === 'linear') return space;
  throw argument('space', space, "'physical' or 'linear'");
}

/** What a `VirtualMachine` is, wherever its machine lives. */
export class VirtualMachineHandle implements VirtualMachine {
  readonly serial: SerialConsole;
  readonly breakpoints: BreakpointList;
  declare readonly [Symbol.asyncDispose]: () => Promise<void>;
  private readonly listeners: EventListeners;
  private readonly room = new Wait();
  private backend: Backend | null = null;
  private ramBytes = 0;
  private current: Promise<MachineExit> | null = null;
  private disposing: Promise<void> | null = null;
  private consoleRead = false;
  private readonly gone = new Set<(reason: Error) => void>();

  private constructor() {
    this.listeners = new EventListeners(() => this.watch());
    this.serial = new SerialConsole({
      send: (bytes) => this.alive().sendSerial(bytes),
      room: () => this.room.wait(),
      enough: SERIAL_ROOM,
      hold: (held) => void this.backend?.hold(held).catch(() => {}),
      reading: (reads) => {
        this.consoleRead = reads;
        this.watch();
      },
    });
    this.breakpoints = new BreakpointList((addresses) => this.alive().setBreakpoints(addresses));
    // Hosts without explicit resource management lack the symbol.
    if (Symbol.asyncDispose as symbol | undefined)
      Object.defineProperty(this, Symbol.asyncDispose, { value: () => this.dispose() });
  }

  /** Makes a machine of the backend that `connect` gives for a sink of its events. */
  static async create(connect: (sink: BackendSink) => Promise<Backend>): Promise<VirtualMachineHandle> {
    const handle = new VirtualMachineHandle();
    handle.backend = await connect({
      events: (list) => list.forEach((event) => handle.receive(event)),
      serialRoom: () => handle.room.wake(),
    });
    handle.ramBytes = handle.backend.memorySize;
    return handle;
  }

  get state(): VirtualMachineState {
    if (this.disposing) return 'disposed';
    return this.current ? 'running' : 'paused';
  }

  get memorySize(): number {
    return this.ramBytes;
  }

  private alive(): Backend {
    if (this.disposing || !this.backend) throw this.disposedError();
    return this.backend;
  }

  private disposedError(): MachineError {
    return new MachineError('ERR_DISPOSED', 'the virtual machine has been disposed of');
  }

  private receive(event: AnyVirtualMachineEvent): void {
    if (this.disposing) return;
    if (event.type === 'serial' && this.consoleRead) this.serial.receive(event.detail.bytes);
    this.listeners.dispatch(event);
  }

  private watch(): void {
    const types = new Set(this.listeners.types);
    if (this.consoleRead) types.add('serial');
    void this.backend?.watch([...types]).catch(() => {});
  }

  async run({ signal }: RunOptions = {}): Promise<MachineExit> {
    this.alive();
    if (signal?.aborted) return { reason: 'aborted' };
    return this.abortable(this.current ?? this.start(null), signal);
  }

  async step(count = 1, { signal }: RunOptions = {}): Promise<MachineExit> {
    this.alive();
    checkCount('count', count);
    if (this.current)
      throw new MachineError('ERR_ALREADY_RUNNING', 'step while the machine runs; pause it first');
    if (signal?.aborted) return { reason: 'aborted' };
    return this.abortable(this.start(count), signal);
  }

  private start(instructions: number | null): Promise<MachineExit> {
    const backend = this.alive();
    const run = async (): Promise<MachineExit> => {
      this.listeners.dispatch({ type: 'started', detail: {} });
      try {
        const exit = await backend.run(instructions);
        this.current = null;
        this.listeners.dispatch({ type: 'stopped', detail: exit });
        return exit;
      } finally {
        this.current = null;
      }
    };
    this.current = run();
    return this.current;
  }

  private async abortable(run: Promise<MachineExit>, signal: AbortSignal | undefined): Promise<MachineExit> {
    const abort = (): void => void this.backend?.pause('aborted').catch(() => {});
    signal?.addEventListener('abort', abort, { once: true });
    try {
      return await run;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  async pause(): Promise<void> {
    const { current } = this;
    if (!current) return void this.alive();
    await this.alive().pause('stopped');
    await current.catch(() => {});
  }

  async reset(): Promise<void> {
    await this.alive().reset();
  }

  async load(images: ImageOptions): Promise<void> {
    this.alive();
    const image = await loadableImage(nameImages(images));
    if (!image)
      throw new MachineError('ERR_OPTION', 'kernel: is needed to load something', { option: 'kernel' });
    await this.alive().load(image);
  }

  async readMemory(address: number, length: number, options?: MemoryAccessOptions): Promise<Uint8Array> {
    return this.alive().readMemory(address, length, checkSpace(options));
  }

  async writeMemory(address: number, bytes: Uint8Array, options?: MemoryAccessOptions): Promise<void> {
    await this.alive().writeMemory(address, checkBytes('bytes', bytes), checkSpace(options));
  }

  async registers(): Promise<RegisterValues> {
    return this.alive().registers();
  }

  async setRegisters(values: SettableRegisters): Promise<void> {
    await this.alive().setRegisters(values);
  }

  async translateAddress(linear: number): Promise<AddressTranslation> {
    return this.alive().translateAddress(checkAddress('linear', linear));
  }

  async disassemble(
    linear: number,
    count = 1,
    options: DisassembleOptions = {},
  ): Promise<readonly DisassembledInstruction[]> {
    const backend = this.alive();
    return backend.disassemble(checkAddress('linear', linear), checkCount('count', count), options);
  }

  async tlb(): Promise<readonly TlbEntry[]> {
    return this.alive().tlb();
  }

  async keepSteps(count: number | null): Promise<void> {
    if (count !== null && !(Number.isInteger(count) && count >= 1 && count <= MOST_STEPS))
      throw argument('count', count, `a whole number from 1 to ${MOST_STEPS}, or null`);
    await this.alive().keepSteps(count);
  }

  async stepBack(count = 1): Promise<number> {
    const backend = this.alive();
    checkCount('count', count);
    if (this.current)
      throw new MachineError('ERR_ALREADY_RUNNING', 'stepBack while the machine runs; pause it first');
    return backend.stepBack(count);
  }

  async stats(): Promise<MachineStatistics> {
    return this.alive().stats();
  }

  async dump(): Promise<string> {
    return this.alive().dump();
  }

  async setSpeedLimit(instructionsPerSecond: number | null): Promise<void> {
    const limit = instructionsPerSecond;
    if (limit !== null && !(Number.isFinite(limit) && limit > 0))
      throw argument('instructionsPerSecond', limit, 'a number above 0, or null');
    await this.alive().setSpeedLimit(limit);
  }

  async sendSerial(data: Uint8Array | string): Promise<void> {
    const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : checkBytes('data', data);
    await this.alive().sendSerial(bytes);
  }

  async snapshot(): Promise<Uint8Array> {
    return this.alive().snapshot();
  }

  async restore(snapshot: Uint8Array | ArrayBuffer | Blob): Promise<void> {
    this.alive();
    await this.alive().restore(await readImage('snapshot', snapshot));
  }

  on(
    type: string,
    listener: (event: never) => void,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): () => void {
    return this.listeners.add(type, listener, signal);
  }

  once<Name extends VirtualMachineEventName>(
    type: Name,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<never> {
    return new Promise<never>((resolve, reject) => {
      if (this.disposing) return reject(this.disposedError());
      if (signal?.aborted) return reject(signal.reason as Error);
      const end = (): void => {
        remove();
        signal?.removeEventListener('abort', abort);
        this.gone.delete(fail);
      };
      const fail = (reason: Error): void => {
        end();
        reject(reason);
      };
      const abort = (): void => fail(signal!.reason as Error);
      const remove = this.listeners.add(type, (detail: never) => {
        end();
        resolve(detail);
      });
      signal?.addEventListener('abort', abort, { once: true });
      this.gone.add(fail);
    });
  }

  dispose(): Promise<void> {
    this.disposing ??= this.close();
    return this.disposing;
  }

  private async close(): Promise<void> {
    const { backend, current } = this;
    try {
      await backend?.pause('stopped').catch(() => {});
      await current?.catch(() => {});
    } finally {
      const reason = this.disposedError();
      this.serial.close(reason);
      for (const fail of [...this.gone]) fail(reason);
      this.room.wake();
      this.listeners.clear();
      await backend?.close();
      this.backend = null;
    }
  }
}
