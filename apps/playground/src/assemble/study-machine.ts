import { VirtualMachine, type FaultEvent, type MachineExit, type RegisterValues } from '@trapgate/vmm';
import { setUp, type StudyMode } from './study-setup';

/**
 * A small machine for one program, which can also go back. Its time is made of instructions, so that running again
 * from the start does exactly the same: a step back is a restart and all steps but one, exact in registers, memory and
 * devices, and not limited in number.
 */
export class StudyMachine {
  /** Exceptions since the last command. */
  faults: FaultEvent[] = [];
  private start: Uint8Array | null = null;
  private firstInstruction = 0;

  private constructor(
    private readonly machine: VirtualMachine,
    private readonly blank: Uint8Array,
  ) {
    machine.on('fault', (fault) => this.faults.push(fault));
  }

  static async create(): Promise<StudyMachine> {
    const machine = await VirtualMachine.createInWorker({ memoryMiB: 1, icount: { sleep: false } });
    return new StudyMachine(machine, await machine.snapshot());
  }

  get memorySize(): number {
    return this.machine.memorySize;
  }

  async load(program: Uint8Array, mode: StudyMode): Promise<void> {
    await this.machine.restore(this.blank);
    await setUp(this.machine, program, mode);
    this.start = await this.machine.snapshot();
    this.firstInstruction = (await this.machine.stats()).instructions;
    this.faults = [];
  }

  /** Instructions executed since the start. */
  async position(): Promise<number> {
    return (await this.machine.stats()).instructions - this.firstInstruction;
  }

  step(): Promise<MachineExit> {
    this.faults = [];
    return this.machine.step();
  }

  run(): Promise<MachineExit> {
    this.faults = [];
    return this.machine.run();
  }

  stop(): Promise<void> {
    return this.machine.pause();
  }

  /** Back by one instruction; false at the start. */
  async back(): Promise<boolean> {
    const position = await this.position();
    if (position === 0 || !this.start) return false;
    await this.machine.restore(this.start);
    if (position > 1) await this.machine.step(position - 1);
    this.faults = [];
    return true;
  }

  registers(): Promise<RegisterValues> {
    return this.machine.registers();
  }

  /** Physical memory, as far as there is any. */
  async memory(address: number, length: number): Promise<Uint8Array> {
    const end = Math.min(address + length, this.memorySize);
    return end > address ? this.machine.readMemory(address, end - address) : new Uint8Array();
  }
}
