import type { TlbEntry } from '@trapgate/mmu';
import { disassemble, type DisassembledInstruction, type DisassembleOptions } from '../debug/disassemble';
import { GuestMemory } from '../debug/guest-memory';
import { regionEvent } from '../debug/region-event';
import { translateAddress, type AddressTranslation } from '../debug/page-walk';
import {
  registerValues,
  setRegisterValues,
  type RegisterValues,
  type SettableRegisters,
} from '../debug/register-values';
import { MachineError } from '../errors';
import type { LoadableImage } from '../loaders/boot-image';
import { MachineCore } from '../machine-core';
import type { MachineExit } from '../machine-exit';
import type { MachineOptions } from '../machine-options';
import { optionsOfSnapshot } from '../snapshot/restored-options';
import { decodeSnapshot } from '../snapshot/snapshot';
import type { MachineStatistics } from '../statistics';
import { SERIAL_ROOM, type Backend, type BackendSetup, type BackendSink } from './backend';
import { OutputCollector } from './output-collector';
import { Wait } from './wait';

/** Default-operation-size bit of a code segment's attributes (SDM vol. 3A, 3.4.5). */
const CODE_32_BIT = 0x4000;
/** A limited machine runs in pieces of so many milliseconds. */
const LIMITED_PIECE = 20;

/** A machine in this thread. */
export class LocalBackend implements Backend {
  private readonly core: MachineCore;
  private readonly memory: GuestMemory;
  private readonly output: OutputCollector;
  private readonly changed = new Wait();
  private readonly actions: (() => Promise<void>)[] = [];
  private running = false;
  private draining: Promise<void> | null = null;
  private stop: 'stopped' | 'aborted' | null = null;
  private held = false;
  private speedLimit: number | null = null;
  private serialFull = false;
  private translations = 0;

  private constructor(
    machine: MachineOptions,
    private readonly sink: BackendSink,
  ) {
    this.output = new OutputCollector((events) => sink.events(events));
    this.core = MachineCore.create(
      { ...machine, serial: { write: (byte) => this.output.serialByte(byte) } },
      {
        delivered: (event) => this.output.delivered(event),
        translated: (region) => {
          if (this.output.watches('region'))
            this.output.add({ type: 'region', detail: regionEvent(region, this.core.memory) });
        },
        dropped: (detail) => this.output.add({ type: 'regionsDropped', detail }),
        halted: () =>
          this.output.add({ type: 'halted', detail: { instructions: this.core.processor.instructions } }),
        sliceEnded: () => this.sliceEnded(),
      },
    );
    this.memory = new GuestMemory(this.core);
  }

  /** Throws `MachineError`, `ImageError` or `SnapshotError`. */
  static async create(setup: BackendSetup, sink: BackendSink): Promise<LocalBackend> {
    const snapshot = setup.snapshot ? await decodeSnapshot(setup.snapshot) : null;
    const machine = snapshot ? optionsOfSnapshot(setup.machine, snapshot.state) : setup.machine;
    const backend = new LocalBackend(machine, sink);
    if (setup.image) backend.core.load(setup.image);
    if (snapshot) backend.core.restore(snapshot, !setup.image);
    return backend;
  }

  get memorySize(): number {
    return this.core.memory.ramBytes;
  }

  private sliceEnded(): void {
    if (this.output.watches('translated')) {
      const { translation } = this.core;
      if (translation && translation.regions !== this.translations) {
        this.translations = translation.regions;
        this.output.add({ type: 'translated', detail: { ...translation } });
      }
    }
    this.output.flush();
    if (this.serialFull && this.core.serialBacklog <= SERIAL_ROOM) {
      this.serialFull = false;
      this.sink.serialRoom();
    }
  }

  async run(instructions: number | null): Promise<MachineExit> {
    if (this.running) throw new MachineError('ERR_ALREADY_RUNNING', 'the machine runs already');
    this.running = true;
    this.stop = null;
    try {
      return await this.runPieces(instructions ?? Infinity);
    } finally {
      this.running = false;
      this.output.flush();
      void this.drain();
    }
  }

  private async runPieces(instructions: number): Promise<MachineExit> {
    let left = instructions;
    for (;;) {
      // From these checks to the start of the machine nothing may be awaited: a pause in between would be lost.
      if (this.actions.length > 0 || this.draining) {
        await this.drain();
        continue;
      }
      if (this.held && !this.stop) {
        await this.changed.wait();
        continue;
      }
      if (this.stop) return { reason: this.stop };
      const start = performance.now();
      const before = this.core.processor.instructions;
      const piece = this.speedLimit === null ? Infinity : Math.ceil((this.speedLimit * LIMITED_PIECE) / 1000);
      const exit = await this.core.run({ instructions: Math.min(left, piece) });
      left -= this.core.processor.instructions - before;
      const interrupted = exit.reason === 'stopped' && !this.stop;
      const pieceDone = exit.reason === 'stepped' && left > 0;
      if (this.stop && (exit.reason === 'stopped' || pieceDone)) return { reason: this.stop };
      if (!interrupted && !pieceDone) return exit;
      if (pieceDone && this.speedLimit !== null) {
        const due = start + (1000 * (this.core.processor.instructions - before)) / this.speedLimit;
        await this.changed.sleep(Math.max(0, due - performance.now()));
      }
    }
  }

  /** Ends the present piece of a run, so that the loop looks at what has changed. */
  private interrupt(): void {
    this.core.pause();
    this.changed.wake();
  }

  async pause(reason: 'stopped' | 'aborted'): Promise<void> {
    if (!this.running) return;
    this.stop ??= reason;
    this.interrupt();
  }

  /** Does something that a running machine must be stopped for, and lets it go on. */
  private exclusively<T>(action: () => T | Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.actions.push(async () => {
        try {
          resolve(await action());
        } catch (error) {
          reject(error as Error);
        }
      });
      if (this.running) this.interrupt();
      else void this.drain();
    });
  }

  private async drain(): Promise<void> {
    while (this.draining) await this.draining;
    if (this.actions.length === 0) return;
    this.draining = (async () => {
      for (let action = this.actions.shift(); action; action = this.actions.shift()) await action();
    })();
    await this.draining;
    this.draining = null;
  }

  reset(): Promise<void> {
    return this.exclusively(() => this.core.reset());
  }

  load(image: LoadableImage): Promise<void> {
    return this.exclusively(() => {
      this.core.load(image);
      this.core.reset();
    });
  }

  async readMemory(address: number, length: number, space: 'physical' | 'linear'): Promise<Uint8Array> {
    return this.memory.read(address, length, space);
  }

  async writeMemory(address: number, bytes: Uint8Array, space: 'physical' | 'linear'): Promise<void> {
    this.memory.write(address, bytes, space);
    this.core.steps.forget();
  }

  async registers(): Promise<RegisterValues> {
    return registerValues(this.core.processor.registers);
  }

  setRegisters(values: SettableRegisters): Promise<void> {
    return this.exclusively(() => {
      setRegisterValues(this.core.processor.registers, this.core.memory, values);
      this.core.steps.forget();
    });
  }

  async translateAddress(linear: number): Promise<AddressTranslation> {
    const { processor, memory } = this.core;
    return translateAddress({ registers: processor.registers, memory }, linear);
  }

  async disassemble(
    linear: number,
    count: number,
    { syntax = 'intel', bits }: DisassembleOptions,
  ): Promise<readonly DisassembledInstruction[]> {
    const { attributes } = this.core.processor.registers.segment('cs');
    const size = bits ?? (attributes & CODE_32_BIT ? 32 : 16);
    const read = (from: number, length: number): Uint8Array => this.memory.readAvailable(from, length);
    return disassemble(read, linear, count, size, syntax);
  }

  async setBreakpoints(addresses: readonly number[]): Promise<void> {
    this.core.breakpoints.set(addresses);
  }

  async tlb(): Promise<readonly TlbEntry[]> {
    return this.core.processor.tlbEntries();
  }

  keepSteps(count: number | null): Promise<void> {
    return this.exclusively(() => this.core.steps.keep(count ?? 0));
  }

  stepBack(count: number): Promise<number> {
    return this.exclusively(() => this.core.stepBack(count));
  }

  async stats(): Promise<MachineStatistics> {
    return this.core.statistics;
  }

  async dump(): Promise<string> {
    return this.core.dump();
  }

  async setSpeedLimit(instructionsPerSecond: number | null): Promise<void> {
    this.speedLimit = instructionsPerSecond;
    if (this.running) this.interrupt();
  }

  async sendSerial(bytes: Uint8Array): Promise<number> {
    this.core.sendSerial(bytes);
    const { serialBacklog } = this.core;
    if (serialBacklog > SERIAL_ROOM) this.serialFull = true;
    return serialBacklog;
  }

  async hold(held: boolean): Promise<void> {
    this.held = held;
    if (this.running) this.interrupt();
  }

  async watch(types: readonly string[]): Promise<void> {
    const before = { regions: this.output.watches('region'), calls: this.output.watches('systemCall') };
    this.output.watch(types);
    const now = { regions: types.includes('region'), calls: types.includes('systemCall') };
    if (now.regions && !before.regions) await this.exclusively(() => this.core.forgetTranslations());
    if (now.calls !== before.calls)
      this.core.watchSystemCalls(now.calls ? (call) => this.output.systemCall(call) : null);
  }

  snapshot(): Promise<Uint8Array> {
    return this.exclusively(() => this.core.snapshot());
  }

  async restore(snapshot: Uint8Array): Promise<void> {
    const decoded = await decodeSnapshot(snapshot);
    await this.exclusively(() => this.core.restore(decoded));
  }

  async close(): Promise<void> {
    await this.pause('stopped');
    while (this.running) await this.changed.sleep(1);
    await this.drain();
  }
}
