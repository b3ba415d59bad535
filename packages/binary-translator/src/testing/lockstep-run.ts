import { decode, formatIntel, Instruction } from '@trapgate/x86-decoder';
import { assemble } from '@trapgate/x86-assembler';
import type { Translation } from '@trapgate/cpu';
import { wasmTranslation } from '../wasm-engine';
import { counted } from './translated-share';
import { assembleKernel, type KernelOptions } from './guest-kernel';
import { guestImage } from './guest-image';
import { PLACE } from './guest-places';
import { differences, LockstepMachine, sameRam, sameState } from './lockstep-machine';
import { sourceOf, type Chunk } from './program-chunk';
import { Random } from './random';
import type { FormGroup } from './random-instruction';
import { ProgramSource, type ProgramOptions } from './random-program';

/** All of one random run: what is executed, and what happens to it from outside. */
export interface LockstepCase {
  readonly seed: number;
  readonly chunks: readonly Chunk[];
  readonly program: ProgramOptions;
  readonly kernel: Omit<KernelOptions, 'main'>;
  /** Instructions to execute; fewer when `regions` have been made, which is what costs time. */
  readonly limit: number;
  readonly regions: number;
  readonly hotAfter: number;
  readonly regionInstructions: number;
  /** Regions of one module. */
  readonly batch: number;
  /** Longest runs of the processor between two comparisons. */
  readonly slice: number;
  /** Percent of comparisons after which an interrupt is raised. */
  readonly interrupts: number;
}

export interface LockstepResult {
  readonly instructions: number;
  readonly regions: number;
  /** Runs after which everything was compared. */
  readonly comparisons: number;
  readonly stop: string;
  readonly difference: LockstepDifference | undefined;
}

export interface LockstepDifference {
  readonly fields: readonly string[];
  /** Instructions executed at the last comparison that found none. */
  readonly from: number;
  readonly trace: readonly string[];
}

const GROUPS: readonly (readonly FormGroup[])[] = [
  ['integer'],
  ['integer', 'integer', 'string'],
  ['integer', 'x87'],
  ['integer', 'sse', 'mmx'],
  ['x87'],
  ['sse'],
  ['integer', 'string', 'x87', 'mmx', 'sse', 'system'],
];

/** The case of a seed; the same everywhere. */
export function lockstepCase(seed: number, limit = 500_000): LockstepCase {
  const random = new Random(seed);
  const paging = random.pick(['none', 'legacy', 'legacy', 'pae'] as const);
  const cpl = random.pick([0, 3] as const);
  const iopl = random.pick([0, 3] as const);
  const program: ProgramOptions = {
    paging: paging !== 'none',
    cpl,
    iopl,
    codeChanges: random.pick([0, 2, 5, 12]),
    system: random.pick([0, 2, 5, 12]),
    groups: random.pick(GROUPS),
    functions: random.pick([2, 4, 8, 12]),
  };
  return {
    seed,
    chunks: new ProgramSource(random, program).program(),
    program,
    kernel: { paging, cpl, iopl, global: random.chance(50) },
    limit,
    regions: 150,
    hotAfter: random.pick([1, 2, 5, 20]),
    regionInstructions: random.pick([300, 300, 60, 8]),
    batch: random.pick([1, 1, 4, 16]),
    slice: random.pick([30, 500, 2000, 10_000]),
    interrupts: random.pick([0, 10, 50]),
  };
}

interface Pair {
  readonly interpreter: LockstepMachine;
  readonly translator: LockstepMachine;
  readonly events: Random;
  readonly regions: () => number;
}

function start(test: LockstepCase, wrap = (translation: Translation): Translation => translation): Pair {
  const source = `bits 32\norg ${PLACE.code}\n${sourceOf(test.chunks)}`;
  const program = assemble(source, { fileName: `seed ${test.seed}` });
  if (program.bytes.length > PLACE.codeEnd - PLACE.code) throw new RangeError('the program is too long');
  const main = program.symbols.get('main');
  if (main === undefined) throw new RangeError('the program has no main');
  const options: KernelOptions = { ...test.kernel, main };
  const kernel = assembleKernel(options);
  const image = guestImage(kernel, options, program.bytes, new Random(test.seed ^ 0x5555));
  const { hotAfter, regionInstructions, batch } = test;
  const translation = wasmTranslation({ hotAfter, regionInstructions, batch });
  return {
    interpreter: new LockstepMachine(image, kernel.boot),
    translator: new LockstepMachine(image, kernel.boot, wrap(translation)),
    events: new Random(test.seed ^ 0xaaaa),
    regions: () => translation.statistics()?.regions ?? 0,
  };
}

/** What happens from outside between two runs; the same to both. */
function happen(
  test: LockstepCase,
  { events }: Pair,
  machines: readonly LockstepMachine[],
  halted: boolean,
): void {
  const kind = halted ? events.below(10) : events.chance(test.interrupts) ? events.below(30) : -1;
  const place = events.below(0x1_0000);
  const value = events.next();
  for (const { processor, memory } of machines) {
    if (kind < 0) continue;
    if (kind < 4) processor.raiseNmi();
    else if (kind < 27) processor.setInterruptLine(true);
    else if (kind < 29) memory.writeBytes(PLACE.data + place, Uint8Array.of(value));
    else memory.writeBytes(PLACE.code + (place & 0x3fff), memory.readBytes(PLACE.code + (place & 0x3fff), 4));
  }
}

/** Instructions until the next comparison: few at first and now and then, so that code is entered and left anywhere. */
function nextSlice(test: LockstepCase, events: Random, executed: number): number {
  if (events.chance(executed < 10_000 ? 40 : 2)) return 1 + events.below(12);
  return 1 + events.below(executed < 30_000 ? test.slice : Math.max(2000, test.slice));
}

/** All of RAM is compared that often, and the processor every time. */
const RAM_EVERY = 8;

/** Runs one case on both engines. */
export function runCase(test: LockstepCase): LockstepResult {
  const pair = start(test);
  const { interpreter: a, translator: b, events, regions } = pair;
  let comparisons = 0;
  let ramFrom = 0;
  const schedule: number[] = [];
  for (let stop = 'budget'; ;) {
    const executed = a.processor.instructions;
    const over = executed >= test.limit || stop === 'shutdown' || regions() >= test.regions;
    const ramCompared = over || comparisons % RAM_EVERY === 0;
    const differ = comparisons > 0 && (!sameState(a, b) || (ramCompared && !sameRam(a, b)));
    if (ramCompared && !differ) ramFrom = schedule.length;
    if (differ || over) {
      const difference = differ ? explain(test, a, b, schedule, ramFrom) : undefined;
      return { instructions: executed, regions: regions(), comparisons, stop, difference };
    }
    if (comparisons > 0) happen(test, pair, [a, b], stop.startsWith('halted'));
    const slice = nextSlice(test, events, executed);
    schedule.push(slice);
    comparisons++;
    stop = a.run(slice).reason;
    const other = b.run(slice).reason;
    if (other !== stop) b.devices.hash = ~a.devices.hash;
  }
}

/** The share of a case's instructions that is executed translated. */
export function translatedShare(test: LockstepCase): number {
  let counting: ReturnType<typeof counted> | undefined;
  const pair = start(test, (translation) => (counting = counted(translation)));
  const { translator: machine, events } = pair;
  while (machine.processor.instructions < test.limit) {
    const { reason } = machine.run(nextSlice(test, events, machine.processor.instructions));
    if (reason === 'shutdown' || pair.regions() >= test.regions) break;
    happen(test, pair, [machine], reason.startsWith('halted'));
  }
  return counting!.executed() / machine.processor.instructions;
}

const TRACED = 60;

/** What differs, and what the interpreter executed since all was the same, one instruction a line. */
function explain(
  test: LockstepCase,
  a: LockstepMachine,
  b: LockstepMachine,
  schedule: readonly number[],
  same: number,
): LockstepDifference {
  const pair = start(test);
  const { interpreter: machine, events } = pair;
  const lines: string[] = [];
  const decoded = new Instruction();
  let from = 0;
  schedule.forEach((slice, n) => {
    nextSlice(test, events, machine.processor.instructions);
    if (n === same) from = machine.processor.instructions;
    const end = machine.processor.instructions + slice;
    let reason = n < same ? machine.run(slice).reason : 'budget';
    while (n >= same && reason === 'budget' && machine.processor.instructions < end) {
      lines.push(describe(machine, decoded));
      reason = machine.run(1).reason;
    }
    if (n + 1 < schedule.length) happen(test, pair, [machine], reason.startsWith('halted'));
  });
  lines.push(describe(machine, decoded));
  return { fields: differences(a, b), from, trace: lines.slice(-TRACED) };
}

function describe(machine: LockstepMachine, decoded: Instruction): string {
  const { registers } = machine.processor;
  const linear = machine.linearEip;
  const bytes = Uint8Array.from({ length: 15 }, (_, n) => machine.ram[machine.physical(linear + n)] ?? 0xff);
  decode(bytes, 0, bytes.length, 32, decoded);
  const values = (['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi', 'eflags'] as const).map(
    (name) => `${name}=${registers[name].toString(16)}`,
  );
  return `${machine.processor.instructions} cpl${registers.cpl} ${linear.toString(16)}: ${formatIntel(decoded, linear)}    ${values.join(' ')}`;
}
