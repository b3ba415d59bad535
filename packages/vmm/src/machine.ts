import { MachineError } from './errors';
import type { LoadableImage } from './loaders/boot-image';
import { MachineCore } from './machine-core';
import type { MachineExit } from './machine-exit';
import type { MachineOptions } from './machine-options';
import { optionsOfSnapshot } from './snapshot/restored-options';
import { decodeSnapshot } from './snapshot/snapshot';
import type { MachineStatistics } from './statistics';

/** A PC: one processor, memory and the chips of its board. */
export class Machine {
  private constructor(private readonly core: MachineCore) {}

  /** Throws `MachineError` for options that no machine can have, and if the host lacks the memory. */
  static create(options: MachineOptions = {}): Machine {
    return new Machine(MachineCore.create(options));
  }

  /**
   * A machine as it was when `snapshot` was made: memory size, processor, instruction time and debug-exit port come
   * from there unless they are given. `image` is what a reset starts; a snapshot holds none. Throws `SnapshotError` for
   * bad snapshots, and those that do not fit the options.
   */
  static async fromSnapshot(
    snapshot: Uint8Array,
    options: MachineOptions = {},
    image?: LoadableImage,
  ): Promise<Machine> {
    const decoded = await decodeSnapshot(snapshot);
    const core = MachineCore.create(optionsOfSnapshot(options, decoded.state));
    if (image) core.load(image);
    core.restore(decoded, !image);
    return new Machine(core);
  }

  /** The whole machine - processor, memory, devices - as bytes; not while it runs. */
  snapshot(): Promise<Uint8Array> {
    return this.core.snapshot();
  }

  /** Loads a kernel in place of firmware and sets the processor to its entry point. Throws `ImageError`. */
  load(image: LoadableImage): void {
    this.core.load(image);
  }

  /**
   * Runs until the guest ends it, `pause` is called or `signal` is aborted; in the last two cases another call goes
   * on where it stopped. Gives the host's event loop a turn at least every 5 ms and sleeps while the guest is halted.
   */
  async run(options: { signal?: AbortSignal } = {}): Promise<MachineExit> {
    if (!this.core.loaded && !this.core.active) {
      throw new MachineError('ERR_NOT_LOADED', 'there is nothing to run: load an image first');
    }
    return this.core.run(options);
  }

  /** Ends a `run` in progress after the current instruction, with reason `stopped`. */
  pause(): void {
    this.core.pause();
  }

  /** Queues bytes for the first serial port; text is sent as UTF-8. They wait until the guest takes them. */
  sendSerial(bytes: Uint8Array | string): void {
    this.core.sendSerial(bytes);
  }

  /** Bytes sent to the serial port that the guest has not taken yet. */
  get serialBacklog(): number {
    return this.core.serialBacklog;
  }

  get statistics(): MachineStatistics {
    return this.core.statistics;
  }

  /**
   * Power-on state, with the image loaded again. RAM that the image does not cover keeps its contents. Throws
   * `MachineError` (`ERR_NOT_LOADED`) for a machine from a snapshot that nothing was loaded into since.
   */
  reset(): void {
    this.core.reset();
  }

  /** Registers and the last exceptions, as text of several lines. */
  dump(): string {
    return this.core.dump();
  }
}
