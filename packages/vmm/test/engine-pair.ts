import { STATE } from '@trapgate/cpu';
import { MEMORY_MAP, PROCESSOR_MAP } from '@trapgate/mmu';
import type { LoadableImage } from '../src/loaders/boot-image';
import { MachineCore } from '../src/machine-core';
import type { MachineExit } from '../src/machine-exit';
import type { MachineOptions } from '../src/machine-options';

/** Fields of the state block that a guest can see. EFLAGS is compared through the register dump: its parts are lazy. */
const VISIBLE =
  /^(gpr|rip|cpl|interruptShadow|selector|segment\w+|gdtr\w+|idtr\w+|cr\d|efer|pdpte|dr|sysenter\w+|fpr|xmm|fpu\w+|mxcsr|tscOffset)$/;
const FIELDS = [...STATE.fields].flatMap(([name, { width, count = 1 }]) =>
  VISIBLE.test(name) ? [{ name, at: STATE.offset(name), end: STATE.offset(name) + (width / 8) * count }] : [],
);

export interface BootOptions {
  readonly machine: Omit<MachineOptions, 'engine' | 'icount' | 'serial'>;
  readonly image: LoadableImage;
  /** Entries of a place before it is translated; default the translator's own. */
  readonly hotAfter?: number;
  /** Instructions between two comparisons of processors and serial output. */
  readonly every: number;
  /** Comparisons between two of all RAM. */
  readonly ramEvery: number;
  /** Typed into the serial port when what comes before it has been put out. */
  readonly typed?: readonly (readonly [after: string, text: string])[];
  /** Gives up, should the guest never end. */
  readonly limit: number;
}

export interface BootResult {
  readonly exit: MachineExit;
  readonly instructions: number;
  readonly output: string;
  readonly comparisons: number;
  /** FNV-1a of the registers at all comparisons. */
  readonly hash: number;
  /** Of the engine `wasm`: how many regions it has translated. */
  readonly regions: number;
}

/** One machine, and what it has put out. */
class Subject {
  output = '';
  readonly core: MachineCore;
  readonly state: Uint8Array;
  readonly ram: Uint8Array;

  constructor(engine: 'interp' | 'wasm', { machine, image, hotAfter }: BootOptions) {
    const options: MachineOptions = {
      ...machine,
      engine,
      icount: { sleep: false },
      serial: { write: (byte) => void (this.output += String.fromCharCode(byte)) },
    };
    this.core = MachineCore.create(options, hotAfter === undefined ? {} : { hotAfter });
    this.core.load(image);
    const { bytes, ramBytes } = this.core.memory;
    this.state = bytes.subarray(MEMORY_MAP.processors + PROCESSOR_MAP.state);
    this.ram = bytes.subarray(MEMORY_MAP.ram, MEMORY_MAP.ram + ramBytes);
  }

  get instructions(): number {
    return this.core.processor.instructions;
  }
}

/** Names of what differs between two subjects. */
function differences(a: Subject, b: Subject, ram: boolean): string[] {
  const found: string[] = FIELDS.filter(
    ({ at, end }) => Buffer.compare(a.state.subarray(at, end), b.state.subarray(at, end)) !== 0,
  ).map(({ name }) => name);
  if (a.instructions !== b.instructions) found.push(`instructions ${a.instructions} and ${b.instructions}`);
  if (a.core.processor.registers.eflags !== b.core.processor.registers.eflags) found.push('eflags');
  if (a.output !== b.output) found.push('serial output');
  if (ram && Buffer.compare(a.ram, b.ram) !== 0) {
    const at = a.ram.findIndex((value, n) => value !== b.ram[n]);
    found.push(`RAM from ${at.toString(16)}h on`);
  }
  return found;
}

function fnv(hash: number, bytes: Uint8Array): number {
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x0100_0193);
  return hash >>> 0;
}

/**
 * Types what is due, one character after a comparison, so that both machines get it after the same instruction: several
 * would wait for one another until the ends of slices, whose length depends on the host.
 */
class Typist {
  private left = '';
  private done = 0;
  /** Output that was there when typing began. */
  private from = 0;

  constructor(private readonly typed: NonNullable<BootOptions['typed']>) {}

  type(subjects: readonly Subject[]): void {
    const next = this.typed[this.done];
    const { output } = subjects[0]!;
    if (this.left === '' && next && output.includes(next[0], this.from)) {
      this.left = next[1];
      this.from = output.length + next[1].length;
      this.done++;
    }
    if (this.left === '') return;
    for (const { core } of subjects) core.sendSerial(this.left[0]!);
    this.left = this.left.slice(1);
  }
}

/**
 * Boots one image under the interpreter and the translator side by side, guest time made of instructions, until the
 * guest ends both. Throws at the first comparison that finds a difference.
 */
export async function bootOnBoth(options: BootOptions): Promise<BootResult> {
  const [a, b] = [new Subject('interp', options), new Subject('wasm', options)];
  let hash = 0x811c_9dc5;
  const typist = new Typist(options.typed ?? []);
  for (let comparisons = 1; ; comparisons++) {
    const exit = await a.core.run({ instructions: options.every });
    const other = await b.core.run({ instructions: options.every });
    const over = exit.reason !== 'stepped';
    const found = differences(a, b, over || comparisons % options.ramEvery === 0);
    if (JSON.stringify(exit) !== JSON.stringify(other)) found.push(`exit ${exit.reason} and ${other.reason}`);
    if (found.length > 0) {
      const dumps = [a, b].map(({ core }) => core.dump()).join('\n\n');
      throw new Error(`${found.join(', ')} differ after ${a.instructions} instructions:\n${dumps}`);
    }
    for (const { at, end } of FIELDS) hash = fnv(hash, a.state.subarray(at, end));
    if (over) {
      const { instructions, output } = a;
      return { exit, instructions, output, comparisons, hash, regions: b.core.translation?.regions ?? 0 };
    }
    if (a.instructions > options.limit)
      throw new Error(`no end after ${options.limit} instructions:\n${a.output.slice(-2000)}`);
    typist.type([a, b]);
  }
}
