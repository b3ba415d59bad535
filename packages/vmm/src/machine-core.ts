import {
  wasmTranslation,
  type DroppedRegions,
  type TranslatedRegion,
  type TranslationStatistics,
} from '@trapgate/binary-translator';
import {
  cpuModels,
  Processor,
  type DeliveredEvent,
  type ProcessorObserver,
  type SystemCall,
} from '@trapgate/cpu';
import { MemorySizeError, PhysicalMemory } from '@trapgate/mmu';
import { Board } from './board/board';
import { followsHostDate } from './board/legacy-chips';
import { firmware } from './board/firmware';
import { enter } from './board/processor-entry';
import { Breakpoints } from './debug/breakpoints';
import { StepRecorder } from './debug/step-recorder';
import { MachineError } from './errors';
import type { BootPlan, LoadableImage } from './loaders/boot-image';
import { planBoot } from './loaders/detect';
import { place } from './loaders/place';
import type { MachineExit } from './machine-exit';
import { logObserver, logTranslations } from './log';
import { checkOptions, type MachineOptions, type MachineSettings } from './machine-options';
import { machineReport } from './report';
import { restorePages, usedPages } from './snapshot/guest-ram';
import { MACHINE_STATE_VERSION, type MachineState } from './snapshot/machine-state';
import { checkSnapshot, encodeSnapshot, type DecodedSnapshot } from './snapshot/snapshot';
import { systemCallRows, type MachineStatistics } from './statistics';
import { systemClock, type HostClock } from './time/host-clock';
import { hostScheduler } from './time/host-scheduler';
import { tuneEngine } from './virtual-machine/node-host';
import { translationThread } from './worker/translation-thread';

function allocate(ramBytes: number): PhysicalMemory {
  try {
    return PhysicalMemory.create({ ramBytes });
  } catch (error) {
    if (!(error instanceof MemorySizeError)) throw error;
    const memoryMiB = ramBytes / 2 ** 20;
    throw new MachineError(
      'ERR_HOST_MEMORY',
      `the host cannot give a machine ${memoryMiB} MiB of memory: ask for less`,
      {
        memoryMiB,
      },
    );
  }
}

function checkModel(model: string | undefined): void {
  if (model === undefined || cpuModels.some(({ name }) => name === model)) return;
  const known = cpuModels.map(({ name }) => name).join(', ');
  throw new MachineError('ERR_PROCESSOR_MODEL', `there is no processor model '${model}'; known: ${known}`, {
    model,
  });
}

/** The log's observer, with the hooks and the breakpoints behind it. */
function machineObserver(
  breakpoints: () => Breakpoints,
  log: ProcessorObserver,
  hooks: MachineHooks,
): ProcessorObserver {
  return {
    ...log,
    delivered: (event) => {
      log.delivered?.(event);
      hooks.delivered?.(event);
      breakpoints().delivered();
    },
  };
}

/** What is told to whoever embeds the machine; called between two slices, except `delivered`. */
export interface MachineHooks {
  /** An interrupt or exception is about to be delivered; must not touch the machine. */
  delivered?(event: DeliveredEvent): void;
  /** A region of code has been translated; it can be asked for what it consists of during the call only. */
  translated?(region: TranslatedRegion): void;
  /** Regions are not entered any more. */
  dropped?(regions: DroppedRegions): void;
  /** The guest has executed HLT and waits for an interrupt. */
  halted?(): void;
  /** A slice of instructions has ended: what it put out can be passed on. */
  sliceEnded?(): void;
  /** Has code translated after so many entries, rather than when it pays. */
  readonly hotAfter?: number;
}

/** What a run may be limited by. */
export interface RunLimits {
  readonly signal?: AbortSignal;
  /** Ends the run after so many instructions, with reason `stepped`. */
  readonly instructions?: number;
}

/** The inside of a machine: what `Machine` and `VirtualMachine` are made of. */
export class MachineCore {
  readonly memory: PhysicalMemory;
  readonly processor: Processor;
  /** Linear addresses; a run stops before it executes the instruction there. */
  readonly breakpoints: Breakpoints;
  /** What can be undone. Whoever changes the machine by other means than running it has it forget. */
  readonly steps: StepRecorder;
  private readonly host: HostClock;
  private readonly translationStatistics: () => TranslationStatistics | undefined;
  private board: Board;
  private image: LoadableImage | null = null;
  private saving = false;
  private restored = false;

  private constructor(
    private readonly options: MachineOptions,
    private readonly settings: MachineSettings,
    private readonly hooks: MachineHooks,
  ) {
    this.host = options.hostClock ?? systemClock();
    this.memory = allocate(settings.ramBytes);
    if (options.engine === 'wasm') tuneEngine();
    const { hotAfter } = hooks;
    const log = logTranslations(options.log);
    const translated = (region: TranslatedRegion): void => {
      log?.(region);
      hooks.translated?.(region);
    };
    const worker = translationThread();
    const translation =
      options.engine === 'wasm'
        ? wasmTranslation({
            ...(hotAfter === undefined ? {} : { hotAfter, batch: 1 }),
            ...(log || hooks.translated ? { translated } : {}),
            dropped: (regions) => hooks.dropped?.(regions),
            // Time made of instructions is for machines that do the same each time.
            ...(worker && !settings.instructionTime && hotAfter === undefined ? { worker } : {}),
          })
        : undefined;
    this.translationStatistics = () => translation?.statistics();
    this.processor = new Processor({
      memory: this.memory,
      host: {
        readPort: (port, size) => this.touched().readPort(port, size),
        writePort: (port, size, value) => this.touched().writePort(port, size, value),
        readMmio: (physical, size) => this.touched().readMmio(physical, size),
        writeMmio: (physical, size, value) => this.touched().writeMmio(physical, size, value),
        acknowledgeInterrupt: () => this.touched().acknowledgeInterrupt(),
        readTimestamp: () => this.board.readTimestamp(),
        timestampRate: () => this.board.timestampRate(),
      },
      ...(options.cpu === undefined ? {} : { model: options.cpu }),
      ...(translation ? { translation } : {}),
      observer: machineObserver(() => this.breakpoints, logObserver(options.log), hooks),
    });
    this.steps = new StepRecorder(this.processor, {
      memory: this.memory,
      saveDevices: () => ({ devices: this.board.saveState(), clock: this.board.clock.saveState() }),
      restoreDevices: ({ devices, clock }) => {
        this.board = this.newBoard();
        this.board.restoreState(devices, clock, 0);
      },
    });
    this.breakpoints = new Breakpoints(this.steps);
    this.board = this.newBoard();
  }

  /** The board, which an instruction reaches. */
  private touched(): Board {
    this.steps.devicesTouched();
    return this.board;
  }

  /** Throws `MachineError` for options that no machine can have, and if the host lacks the memory. */
  static create(options: MachineOptions = {}, hooks: MachineHooks = {}): MachineCore {
    checkModel(options.cpu);
    return new MachineCore(options, checkOptions(options), hooks);
  }

  /** Loads a kernel in place of firmware and sets the processor to its entry point. Throws `ImageError`, and nothing has changed. */
  load(image: LoadableImage): void {
    this.requireStopped('load');
    const { rsdpAddress, install } = firmware();
    const plan = planBoot(image, { ramBytes: this.memory.ramBytes, rsdpAddress });
    this.steps.forget();
    install(this.memory);
    this.start(plan);
    this.image = image;
  }

  /** See `Machine.run`; a machine without an image executes what is in its memory. */
  async run({ signal, instructions = Infinity }: RunLimits = {}): Promise<MachineExit> {
    this.requireStopped('run');
    if (signal?.aborted) return { reason: 'aborted' };
    const { loop } = this.board;
    const abort = (): void => loop.end({ reason: 'aborted' });
    signal?.addEventListener('abort', abort, { once: true });
    this.breakpoints.resume();
    try {
      return await loop.run(hostScheduler(), instructions);
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  /** There is something to run: an image has been loaded, or a snapshot restored. */
  get loaded(): boolean {
    return this.image !== null || this.restored;
  }

  /** True while `run` has not returned. */
  get active(): boolean {
    return this.board.loop.active;
  }

  /** Ends a `run` in progress after the current instruction, with reason `stopped`. */
  pause(): void {
    this.board.end({ reason: 'stopped' });
  }

  /** Queues bytes for the first serial port; text is sent as UTF-8. They wait until the guest takes them. */
  sendSerial(bytes: Uint8Array | string): void {
    this.board.sendSerial(bytes);
  }

  /** Bytes sent to the serial port that the guest has not taken yet. */
  get serialBacklog(): number {
    return this.board.serialInput.backlog;
  }

  /** Counters of the translator; undefined without one. */
  get translation(): TranslationStatistics | undefined {
    return this.translationStatistics();
  }

  get statistics(): MachineStatistics {
    const translation = this.translationStatistics();
    return {
      ...this.board.statistics(),
      systemCalls: systemCallRows(this.processor.systemCalls),
      ...(translation ? { translation: { ...translation } } : {}),
    };
  }

  /** Forgets all translated code, which is translated anew when it is hot again. */
  forgetTranslations(): void {
    this.requireStopped('forgetTranslations');
    this.processor.forgetCode();
  }

  /** Tells of every system call, which makes them slower; null: of none any more. */
  watchSystemCalls(listener: ((call: SystemCall) => void) | null): void {
    this.processor.watchSystemCalls(listener);
  }

  /** The whole machine as bytes. */
  async snapshot(): Promise<Uint8Array> {
    this.requireStopped('snapshot');
    const { processor, board, memory } = this;
    const devices = board.saveState();
    const state: MachineState = {
      version: MACHINE_STATE_VERSION,
      ramBytes: memory.ramBytes,
      date: this.host.date(),
      debugExit: this.options.debugExit ?? null,
      processor: processor.saveState(),
      clock: board.clock.saveState(),
      devices,
      pages: usedPages(memory),
    };
    this.saving = true;
    try {
      return await encodeSnapshot(state, memory);
    } finally {
      this.saving = false;
    }
  }

  /**
   * Makes this machine what it was. Throws `SnapshotError`, and nothing has changed. `fresh`: memory has not been used
   * since the machine was made.
   */
  restore(snapshot: DecodedSnapshot, fresh = false): void {
    this.requireStopped('restore');
    const { state, pages } = snapshot;
    const { memory, processor, options } = this;
    const board = this.board.saveState();
    checkSnapshot(snapshot, { ramBytes: memory.ramBytes, model: processor.saveState().model, board });
    this.restored = true;
    this.steps.forget();
    restorePages(memory, state.pages, pages, fresh);
    processor.restoreState(state.processor);
    this.board = this.newBoard();
    const missed = followsHostDate(options) ? (this.host.date() - state.date) / 1000 : 0;
    this.board.restoreState(state.devices, state.clock, missed);
  }

  /** Power-on state, with the image, if any, loaded again. RAM that the image does not cover keeps its contents. */
  reset(): void {
    this.requireStopped('reset');
    if (this.restored && !this.image) {
      throw new MachineError(
        'ERR_NOT_LOADED',
        'a machine from a snapshot has no image to start after a reset: load one first',
      );
    }
    this.steps.forget();
    this.processor.reset();
    this.board = this.newBoard();
    if (this.image) this.load(this.image);
  }

  /** Undoes up to `count` of the steps that are kept; returns how many. */
  stepBack(count: number): number {
    this.requireStopped('stepBack');
    return this.steps.back(count);
  }

  /** Registers and the last exceptions, as text of several lines. */
  dump(): string {
    return machineReport(this.processor.dumpRegisters(), this.processor.recentExceptions());
  }

  private newBoard(): Board {
    return new Board({
      processor: this.processor,
      options: this.options,
      settings: this.settings,
      host: this.host,
      report: () => this.dump(),
      hooks: this.hooks,
      breakpoints: this.breakpoints,
    });
  }

  private start(plan: BootPlan): void {
    place(this.memory, plan.placements);
    enter(this.processor.registers, plan.entry);
  }

  private requireStopped(operation: string): void {
    if (this.saving)
      throw new MachineError('ERR_ALREADY_RUNNING', `${operation} while a snapshot of the machine is made`);
    if (!this.board.loop.active) return;
    throw new MachineError('ERR_ALREADY_RUNNING', `${operation} while the machine runs; pause it first`);
  }
}
