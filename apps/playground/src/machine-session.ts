import type { MachineExit, VirtualMachine, VirtualMachineOptions } from '@trapgate/vmm';

/** What the guest is: the kernel that ships with the page, a teaching example, one from a file, or a saved machine. */
export type Guest =
  | { readonly kind: 'embedded' }
  | { readonly kind: 'example'; readonly id: string }
  | { readonly kind: 'files'; readonly kernel: File; readonly initramfs?: File }
  | { readonly kind: 'snapshot'; readonly file: File };

export interface MachineSettings {
  readonly guest: Guest;
  readonly engine: 'interp' | 'wasm';
  readonly memoryMiB: number;
  readonly commandLine: string;
  /** Instructions per second; null: as fast as it goes. */
  readonly speedLimit: number | null;
}

export type SessionState = 'none' | 'starting' | 'running' | 'paused' | 'ended';

/** How a run ended, in words. */
export function exitText(exit: MachineExit): string {
  switch (exit.reason) {
    case 'power-off':
      return 'The guest has turned the machine off.';
    case 'debug-exit':
      return `The guest has ended the machine with code ${exit.code}.`;
    case 'reset':
      return 'The guest has asked for a reset.';
    case 'triple-fault':
      return 'Triple fault: an exception could not be delivered, nor the double fault after it.';
    case 'halted':
      return 'The processor is halted with interrupts off: nothing can wake it.';
    case 'breakpoint':
      return `Breakpoint at ${exit.address.toString(16)}h.`;
    case 'stepped':
    case 'stopped':
    case 'aborted':
      return 'Paused.';
  }
}

const PAUSED: readonly MachineExit['reason'][] = ['stopped', 'aborted', 'stepped', 'breakpoint'];

/** The machine of the page, in a Web Worker, as all panels see it. */
export class MachineSession {
  private current: VirtualMachine | null = null;
  private readonly machineListeners = new Set<(machine: VirtualMachine) => void>();
  private readonly stateListeners = new Set<() => void>();
  private stateNow: SessionState = 'none';
  private textNow = 'No machine yet.';

  get machine(): VirtualMachine | null {
    return this.current;
  }

  get state(): SessionState {
    return this.stateNow;
  }

  /** The state in words. */
  get text(): string {
    return this.textNow;
  }

  /** Called with the present machine, if any, and with each later one before it runs. */
  onMachine(listener: (machine: VirtualMachine) => void): void {
    this.machineListeners.add(listener);
    if (this.current) listener(this.current);
  }

  onState(listener: () => void): void {
    this.stateListeners.add(listener);
    listener();
  }

  private enter(state: SessionState, text: string): void {
    this.stateNow = state;
    this.textNow = text;
    this.stateListeners.forEach((listener) => listener());
  }

  /**
   * Makes a machine in place of the present one, which stays if there is an error: those of `@trapgate/vmm`.
   */
  async create(settings: MachineSettings): Promise<VirtualMachine> {
    const [state, text] = [this.stateNow, this.textNow];
    this.enter('starting', 'The machine is being made.');
    try {
      const { embeddedGuest, VirtualMachine } = await import('./machine-library');
      const machine = await VirtualMachine.createInWorker(await machineOptions(settings, embeddedGuest));
      await machine.setSpeedLimit(settings.speedLimit);
      const old = this.current;
      this.current = machine;
      await old?.dispose();
      this.machineListeners.forEach((listener) => listener(machine));
      this.enter('paused', 'Ready.');
      return machine;
    } catch (error) {
      this.enter(state, text);
      throw error;
    }
  }

  /** Runs until the guest ends it or `pause`; a guest that asks for a reset gets it. */
  async run(): Promise<void> {
    const machine = this.current;
    if (!machine || machine.state !== 'paused') return;
    if (this.stateNow === 'ended') await machine.reset();
    for (;;) {
      this.enter('running', 'Running.');
      // A machine that is disposed of in the middle of a run has no end to tell of.
      const exit = await machine.run().catch((error: unknown) => {
        if (this.current === machine) throw error;
        return null;
      });
      if (!exit || this.current !== machine) return;
      if (exit.reason !== 'reset') return this.ended(exit);
      await machine.reset();
    }
  }

  async step(count = 1): Promise<void> {
    const machine = this.current;
    if (!machine || machine.state !== 'paused') return;
    if (this.stateNow === 'ended') await machine.reset();
    this.enter('running', 'Running.');
    this.ended(await machine.step(count));
  }

  async pause(): Promise<void> {
    await this.current?.pause();
  }

  async reset(): Promise<void> {
    await this.current?.reset();
    if (this.current?.state === 'paused') this.enter('paused', 'Reset: ready to start.');
  }

  private ended(exit: MachineExit): void {
    this.enter(PAUSED.includes(exit.reason) ? 'paused' : 'ended', exitText(exit));
  }
}

async function machineOptions(
  { guest, engine, memoryMiB, commandLine }: MachineSettings,
  embeddedGuest: () => Uint8Array,
): Promise<VirtualMachineOptions> {
  switch (guest.kind) {
    case 'embedded':
      return { engine, memoryMiB, commandLine, kernel: embeddedGuest() };
    case 'example': {
      const { teachingImage } = await import('./run/teaching-guests');
      return { engine, memoryMiB, kernel: await teachingImage(guest.id) };
    }
    case 'files': {
      const { kernel, initramfs } = guest;
      return { engine, memoryMiB, commandLine, kernel, ...(initramfs ? { initrd: initramfs } : {}) };
    }
    case 'snapshot':
      return { engine, snapshot: guest.file };
  }
}
