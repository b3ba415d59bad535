import { VirtualMachine, type FaultEvent, type MachineExit, type RegisterValues } from '@trapgate/vmm';
import { setUp, type StudyMode } from './study-setup';

/** Steps that can be taken back. */
export const STEPS_KEPT = 10_000;

/** A small machine for one program, which can also go back. Its time is made of instructions: going on again does the same. */
export class StudyMachine {
  /** Exceptions since the last command. */
  faults: FaultEvent[] = [];
  private firstInstruction = 0;

  private constructor(
    private readonly machine: VirtualMachine,
    private readonly blank: Uint8Array,
  ) {
    machine.on('fault', (fault) => this.faults.push(fault));
  }

  static async create(): Promise<StudyMachine> {
    const machine = await VirtualMachine.createInWorker({ memoryMiB: 1, icount: { sleep: false } });
    await machine.keepSteps(STEPS_KEPT);
    return new StudyMachine(machine, await machine.snapshot());
  }

  get memorySize(): number {
    return this.machine.memorySize;
  }

  async load(program: Uint8Array, mode: StudyMode): Promise<void> {
    await this.machine.restore(this.blank);
    await setUp(this.machine, program, mode);
    this.firstInstruction = (await this.machine.stats()).instructions;
    this.faults = [];
  }

  /** Instructions executed since the start. */
  async position(): Promise<number> {
    return (await this.machine.stats()).instructions - this.firstInstruction;
  }

  step(count = 1): Promise<MachineExit> {
    this.faults = [];
    return this.machine.step(count);
  }

  run(): Promise<MachineExit> {
    this.faults = [];
    return this.machine.run();
  }

  stop(): Promise<void> {
    return this.machine.pause();
  }

  /** Back by so many instructions, or as far as steps are kept; resolves to how many. */
  back(count = 1): Promise<number> {
    this.faults = [];
    return this.machine.stepBack(count);
  }

  registers(): Promise<RegisterValues> {
    return this.machine.registers();
  }

  /** Physical memory, as far as there is any. */
  async memory(address: number, length: number): Promise<Uint8Array> {
    const end = Math.min(address + length, this.memorySize);
    return end > address ? this.machine.readMemory(address, end - address) : new Uint8Array();
  }

  /** Memory at a linear address, as far as it is mapped. */
  async linear(address: number, length: number): Promise<Uint8Array> {
    const PAGE = 0x1000;
    const first = Math.min(length, PAGE - (address % PAGE));
    const read = (from: number, count: number): Promise<Uint8Array> =>
      this.machine.readMemory(from, count, { space: 'linear' }).catch(() => new Uint8Array());
    const bytes = await read(address, first);
    if (bytes.length < first || first === length || address + first > 0xffff_ffff) return bytes;
    return Uint8Array.from([...bytes, ...(await read(address + first, length - first))]);
  }
}
