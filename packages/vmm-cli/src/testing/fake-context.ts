import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import type { CommandContext } from '../command-context';
import type { LoadableImage, MachineExit, MachineOptions } from '@trapgate/vmm';
import type { GuestMachine, MachineFactory } from '../run/guest-machine';

/** What a fake guest does when it runs; the default powers off. */
export type FakeGuest = (machine: FakeMachine, signal: AbortSignal) => Promise<MachineExit>;

/** A machine without a processor: its guest is a function. */
export class FakeMachine implements GuestMachine {
  images: LoadableImage[] = [];
  /** The snapshot that it began with. */
  restored?: string;
  received = '';
  resets = 0;
  pauses = 0;
  runs = 0;
  serialBacklog = 0;

  constructor(
    readonly options: MachineOptions,
    private readonly guest: FakeGuest,
  ) {}

  load(image: LoadableImage): void {
    this.images.push(image);
  }

  run({ signal }: { signal: AbortSignal }): Promise<MachineExit> {
    this.runs++;
    return this.guest(this, signal);
  }

  sendSerial(bytes: Uint8Array): void {
    this.received += Buffer.from(bytes).toString('latin1');
  }

  pause(): void {
    this.pauses++;
  }

  reset(): void {
    this.resets++;
  }

  async snapshot(): Promise<Uint8Array> {
    return Buffer.from('snapshot!');
  }

  print(text: string): void {
    for (const byte of Buffer.from(text)) this.options.serial!.write(byte);
  }
}

/** A guest that runs until it is told to stop. */
export const endless: FakeGuest = (_machine, signal) =>
  new Promise((resolve) => {
    if (signal.aborted) resolve({ reason: 'aborted' });
    signal.addEventListener('abort', () => resolve({ reason: 'aborted' }));
  });

/** A guest that waits until `condition` holds, then powers off. */
export function until(condition: (machine: FakeMachine) => boolean): FakeGuest {
  return (machine, signal) =>
    new Promise((resolve) => {
      const look = (): void => {
        if (signal.aborted) resolve({ reason: 'aborted' });
        else if (condition(machine)) resolve({ reason: 'power-off' });
        else setTimeout(look, 1);
      };
      look();
    });
}

class FakeProcess extends EventEmitter {
  exitCodes: number[] = [];
  exit(code: number): void {
    this.exitCodes.push(code);
  }
}

export class FakeTerminal extends PassThrough {
  isTTY = true;
  modes: boolean[] = [];
  setRawMode(raw: boolean): void {
    this.modes.push(raw);
  }
}

/** A context whose streams are kept in memory. */
export function fakeContext(
  guest: FakeGuest = async () => ({ reason: 'power-off' }),
  stdin = new PassThrough(),
) {
  const machines: FakeMachine[] = [];
  const stdout = new PassThrough({ highWaterMark: 1 << 20 });
  const stderr = new PassThrough({ highWaterMark: 1 << 20 });
  const host = new FakeProcess();
  const factory: MachineFactory = {
    create(options) {
      const machine = new FakeMachine(options, guest);
      machines.push(machine);
      return machine;
    },
    async restore(snapshot, options, image) {
      const machine = new FakeMachine(options, guest);
      machine.restored = String(Buffer.from(snapshot));
      if (image) machine.images.push(image);
      machines.push(machine);
      return machine;
    },
    embeddedGuest: () => Uint8Array.of(1, 2, 3),
    processorModels: () => [{ name: 'base', description: 'the default' }],
  };
  const context: CommandContext = {
    stdin,
    stdout,
    stderr,
    environment: {},
    process: host,
    version: '1.2.3',
    loadMachines: async () => factory,
  };
  const text = (stream: PassThrough): string => String((stream.read() as Buffer | null) ?? '');
  return {
    context,
    factory,
    machines,
    host,
    stdin,
    stdout,
    output: () => text(stdout),
    errors: () => text(stderr),
  };
}
