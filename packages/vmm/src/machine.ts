import { wasmTranslation, type TranslationStatistics } from '@trapgate/binary-translator';
import { cpuModels, Processor } from '@trapgate/cpu';
import { MemorySizeError, PhysicalMemory } from '@trapgate/mmu';
import { Board } from './board/board';
import { installFirmware } from './board/firmware';
import { enter } from './board/processor-entry';
import { MachineError } from './errors';
import type { BootPlan, LoadableImage } from './loaders/boot-image';
import { planBoot } from './loaders/detect';
import { place } from './loaders/place';
import type { MachineExit } from './machine-exit';
import { logObserver } from './log';
import { checkOptions, type MachineOptions, type MachineSettings } from './machine-options';
import { machineReport } from './report';
import type { MachineStatistics } from './statistics';
import { systemClock, type HostClock } from './time/host-clock';
import { hostScheduler } from './time/host-scheduler';

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

/** A PC: one processor, memory and the chips of its board. */
export class Machine {
  private readonly memory: PhysicalMemory;
  private readonly processor: Processor;
  private readonly host: HostClock;
  private readonly translationStatistics: () => TranslationStatistics | undefined;
  private board: Board;
  private image: LoadableImage | null = null;

  private constructor(
    private readonly options: MachineOptions,
    private readonly settings: MachineSettings,
  ) {
    this.host = options.hostClock ?? systemClock();
    this.memory = allocate(settings.ramBytes);
    const translation = options.engine === 'wasm' ? wasmTranslation() : undefined;
    this.translationStatistics = () => translation?.statistics();
    this.processor = new Processor({
      memory: this.memory,
      host: {
        readPort: (port, size) => this.board.readPort(port, size),
        writePort: (port, size, value) => this.board.writePort(port, size, value),
        readMmio: (physical, size) => this.board.readMmio(physical, size),
        writeMmio: (physical, size, value) => this.board.writeMmio(physical, size, value),
        acknowledgeInterrupt: () => this.board.acknowledgeInterrupt(),
        readTimestamp: () => this.board.readTimestamp(),
      },
      ...(options.cpu === undefined ? {} : { model: options.cpu }),
      ...(translation ? { translation } : {}),
      observer: logObserver(options.log),
    });
    this.board = this.newBoard();
  }

  /** Throws `MachineError` for options that no machine can have, and if the host lacks the memory. */
  static create(options: MachineOptions = {}): Machine {
    checkModel(options.cpu);
    return new Machine(options, checkOptions(options));
  }

  /** Loads a kernel in place of firmware and sets the processor to its entry point. Throws `ImageError`. */
  load(image: LoadableImage): void {
    this.requireStopped('load');
    const rsdpAddress = installFirmware(this.memory);
    this.start(planBoot(image, { ramBytes: this.memory.ramBytes, rsdpAddress }));
    this.image = image;
  }

  /**
   * Runs until the guest ends it, `pause` is called or `signal` is aborted; in the last two cases another call goes
   * on where it stopped. Gives the host's event loop a turn at least every 5 ms and sleeps while the guest is halted.
   */
  async run(options: { signal?: AbortSignal } = {}): Promise<MachineExit> {
    this.requireStopped('run');
    if (!this.image) throw new MachineError('ERR_NOT_LOADED', 'there is nothing to run: load an image first');
    const { signal } = options;
    if (signal?.aborted) return { reason: 'aborted' };
    const { loop } = this.board;
    const abort = (): void => loop.end({ reason: 'aborted' });
    signal?.addEventListener('abort', abort, { once: true });
    try {
      return await loop.run(hostScheduler());
    } finally {
      signal?.removeEventListener('abort', abort);
    }
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

  get statistics(): MachineStatistics {
    const translation = this.translationStatistics();
    return { ...this.board.statistics(), ...(translation ? { translation: { ...translation } } : {}) };
  }

  /** Power-on state, with the image loaded again. RAM that the image does not cover keeps its contents. */
  reset(): void {
    this.requireStopped('reset');
    this.processor.reset();
    this.board = this.newBoard();
    if (this.image) this.load(this.image);
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
    });
  }

  private start(plan: BootPlan): void {
    place(this.memory, plan.placements);
    enter(this.processor.registers, plan.entry);
  }

  private requireStopped(operation: string): void {
    if (!this.board.loop.active) return;
    throw new MachineError('ERR_ALREADY_RUNNING', `${operation} while the machine runs; pause it first`);
  }
}
