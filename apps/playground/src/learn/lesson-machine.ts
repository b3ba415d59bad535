import type { FaultEvent, RegionEvent, VirtualMachine, VirtualMachineOptions } from '@trapgate/vmm';
import { assemble, type AssembledProgram } from '@trapgate/x86-assembler';
import type { Action, Lesson, Showing, Step } from './lesson';
import { observe, type Told } from './observe';

/** What a step has shown: the value, and whether it is what the text says. */
export interface Result extends Showing {
  readonly found: string;
  readonly right: boolean;
}

/** `createInWorker` on the page, `create` in tests. */
export type MachineMaker = (options: VirtualMachineOptions) => Promise<VirtualMachine>;

/** A label that is not reached within so many instructions is a mistake in the lesson. */
const FARTHEST = 3_000_000;

export class LessonError extends Error {
  readonly code = 'ERR_LESSON';
}

function isRight({ is, atLeast }: Showing, found: string): boolean {
  if (is !== undefined && found !== is) return false;
  return atLeast === undefined || Number(found) >= atLeast;
}

class Events implements Told {
  faults: FaultEvent[] = [];
  regions = new Map<number, RegionEvent>();
  dropped = 0;

  constructor(machine: VirtualMachine) {
    machine.on('fault', (fault) => this.faults.push(fault));
    machine.on('region', (region) => this.regions.set(region.number, region));
    machine.on('regionsDropped', ({ numbers }) => {
      for (const number of numbers) if (this.regions.delete(number)) this.dropped++;
    });
  }

  clear(): void {
    this.faults = [];
    this.regions.clear();
    this.dropped = 0;
  }
}

/** The machine of a lesson: time made of instructions, so that each run of a lesson gives the same results. */
export class LessonMachine {
  program: AssembledProgram | null = null;
  private readonly told: Events;
  private translatedBefore = 0;
  private readonly remembered = new Map<string, string>();

  private constructor(
    readonly machine: VirtualMachine,
    private readonly blank: Uint8Array,
    private readonly include: (name: string) => string,
  ) {
    this.told = new Events(machine);
  }

  static async create(make: MachineMaker, include: (name: string) => string): Promise<LessonMachine> {
    const machine = await make({ memoryMiB: 2, engine: 'wasm', icount: { sleep: false } });
    return new LessonMachine(machine, await machine.snapshot(), include);
  }

  /** An empty machine with the lesson's program at its beginning. */
  async start({ program }: Lesson, define: Readonly<Record<string, number>> = {}): Promise<void> {
    this.program = assemble(program, { fileName: 'program.asm', files: this.include, defines: define });
    await this.machine.pause();
    await this.machine.restore(this.blank);
    await this.machine.load({ kernel: this.program.bytes });
    this.told.clear();
    this.remembered.clear();
    this.translatedBefore = (await this.machine.stats()).translation?.executed ?? 0;
  }

  private get observed() {
    const { machine, told, remembered, translatedBefore } = this;
    return { machine, told, remembered, translatedBefore, symbols: this.program!.symbols };
  }

  private address(label: string): number {
    const address = this.program!.symbols.get(label);
    if (address === undefined) throw new LessonError(`the program has no label ${label}`);
    return address;
  }

  private async perform(action: Action): Promise<void> {
    if ('remember' in action) {
      this.remembered.set(action.remember, await observe(action.remember, this.observed));
    } else if ('steps' in action) {
      await this.machine.step(action.steps);
    } else {
      await this.machine.breakpoints.add(this.address(action.until));
      const exit = await this.machine.step(FARTHEST);
      await this.machine.breakpoints.clear();
      if (exit.reason !== 'breakpoint')
        throw new LessonError(`the program does not come to ${action.until} (${exit.reason})`);
    }
  }

  async run(step: Step): Promise<readonly Result[]> {
    for (const action of step.do) await this.perform(action);
    const results: Result[] = [];
    for (const showing of step.show) {
      const found = await observe(showing.value, this.observed);
      results.push({ ...showing, found, right: isRight(showing, found) });
    }
    return results;
  }

  /** Line of `program.asm` that is next; null where that is another file. */
  async line(): Promise<number | null> {
    const { eip } = await this.machine.registers();
    const { listing } = this.program!;
    const here = listing.findLast(({ address, bytes }) => address === eip && bytes.length > 0);
    return here?.file === 'program.asm' ? here.line : null;
  }

  dispose(): Promise<void> {
    return this.machine.dispose();
  }
}
