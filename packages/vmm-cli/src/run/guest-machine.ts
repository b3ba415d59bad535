import type { LoadableImage, MachineExit, MachineOptions } from '@trapgate/vmm';

/** What this command uses of the `Machine` of `@trapgate/vmm`; tests supply a fake. */
export interface GuestMachine {
  /** Throws an error with a `code` and a one-line message where the image cannot be loaded. */
  load(image: LoadableImage): void;
  run(options: { signal: AbortSignal }): Promise<MachineExit>;
  sendSerial(bytes: Uint8Array): void;
  /** Bytes sent that the guest has not taken yet. */
  readonly serialBacklog: number;
  pause(): void;
  /** Power-on state, with the image loaded again. */
  reset(): void;
  /** The whole machine as bytes; not while it runs. */
  snapshot(): Promise<Uint8Array>;
}

/** A choice of `-cpu`. */
export interface ProcessorModel {
  readonly name: string;
  readonly description: string;
}

/** Makes the machines of `vmm run`; tests supply another one. */
export interface MachineFactory {
  /** Throws an error with a `code` and a one-line message where the options are unfit. */
  create(options: MachineOptions): GuestMachine;
  /** The same, and where the snapshot is bad or does not fit. `image` is what a reset starts. */
  restore(snapshot: Uint8Array, options: MachineOptions, image?: LoadableImage): Promise<GuestMachine>;
  embeddedGuest(): Uint8Array;
  processorModels(): readonly ProcessorModel[];
}
