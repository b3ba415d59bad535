import type { FaultEvent, RegionEvent, VirtualMachine } from '@trapgate/vmm';
import { hex } from '../elements';
import { named } from '../translate/names';

/** What has been told of a machine since it started. */
export interface Told {
  readonly faults: readonly FaultEvent[];
  readonly regions: ReadonlyMap<number, RegionEvent>;
  readonly dropped: number;
}

/** What observations look at. */
export interface Observed {
  readonly machine: VirtualMachine;
  readonly told: Told;
  readonly symbols: ReadonlyMap<string, number>;
  /** Instructions executed in units before the program started. */
  readonly translatedBefore: number;
  /** Values noted before, by observation. */
  readonly remembered: ReadonlyMap<string, string>;
}

type Registers = Awaited<ReturnType<VirtualMachine['registers']>>;

/** An observation that does not exist, or names what does not. */
export class ObservationError extends Error {
  readonly code = 'ERR_OBSERVATION';

  constructor(
    readonly observation: string,
    reason: string,
  ) {
    super(`observation '${observation}': ${reason}`);
  }
}

const FLAGS = { CF: 0, ZF: 6, SF: 7, IF: 9, OF: 11 } as const;
const hexText = (value: number): string => `${hex(value >>> 0).toUpperCase()}h`;
const faultText = ({ mnemonic, errorCode }: FaultEvent): string =>
  errorCode === undefined ? mnemonic : `${mnemonic}(${errorCode})`;

/** The values of one moment, read as they are asked for. */
class Observer {
  constructor(
    private readonly observed: Observed,
    private readonly text: string,
  ) {}

  private fail(reason: string): never {
    throw new ObservationError(this.text, reason);
  }

  private registers(): Promise<Registers> {
    return this.observed.machine.registers();
  }

  /** `label`, `register`, or digits with an h; with `+` or `-` and another one. */
  private async address(text: string): Promise<number> {
    const [, first, sign, second] =
      /^([\w.]+)(?:([+-])([\w.]+))?$/.exec(text) ?? this.fail(`what is ${text}?`);
    const term = async (name: string): Promise<number> => {
      const known =
        this.observed.symbols.get(name) ??
        ((await this.registers()) as unknown as Record<string, unknown>)[name];
      if (typeof known === 'number') return known;
      if (/^\d+$/.test(name)) return Number(name);
      if (/^\d[0-9A-F]*h$/i.test(name)) return parseInt(name, 16);
      return this.fail(`what is ${name}?`);
    };
    const base = await term(first!);
    if (second === undefined) return base;
    return (sign === '+' ? base + (await term(second)) : base - (await term(second))) >>> 0;
  }

  /** A register, or a doubleword of memory in brackets. */
  private async operand(text: string): Promise<number> {
    const memory = /^\[(.+)\]$/.exec(text);
    if (!memory) return this.address(text);
    const bytes = await this.observed.machine.readMemory(await this.address(memory[1]!), 4, {
      space: 'linear',
    });
    return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  }

  private placeOf(address: number): string {
    const { symbols } = this.observed;
    const place = [...symbols].findLast(([name, value]) => value === address && !name.includes('@'));
    return place?.[0] ?? hexText(address);
  }

  private lastFault(): FaultEvent {
    return this.observed.told.faults.at(-1) ?? this.fail('there was none');
  }

  async number(kind: string, text: string): Promise<string> {
    const value = await this.operand(text);
    if (kind === 'hex') return hexText(value);
    return kind === 'place' ? this.placeOf(value) : String(value);
  }

  async bits(first: number, last: number, text: string): Promise<string> {
    const value = await this.operand(text);
    return String((value >>> first) & (2 ** (last - first + 1) - 1));
  }

  async flag(name: string): Promise<string> {
    if (!(name in FLAGS)) this.fail(`there is no flag ${name}`);
    return String(((await this.registers()).eflags >>> FLAGS[name as keyof typeof FLAGS]) & 1);
  }

  async cpl(): Promise<string> {
    return String((await this.registers()).cpl);
  }

  async page(text: string): Promise<string> {
    const where = await this.observed.machine.translateAddress(await this.address(text));
    return where.kind === 'fault' ? 'not present' : `at ${hexText(where.physical - (where.physical % 4096))}`;
  }

  exceptions(mnemonic: string | undefined): string {
    const { faults } = this.observed.told;
    return String(faults.filter((fault) => mnemonic === undefined || fault.mnemonic === mnemonic).length);
  }

  lastException(place: boolean): string {
    const fault = this.lastFault();
    return place ? this.placeOf(fault.eip) : faultText(fault);
  }

  async counted(
    what: 'interrupts' | 'system calls' | 'instructions' | 'instructions in units',
    vector?: number,
  ): Promise<string> {
    const { interrupts, systemCalls, instructions, translation } = await this.observed.machine.stats();
    if (what === 'instructions') return String(instructions);
    if (what === 'instructions in units')
      return String((translation?.executed ?? 0) - this.observed.translatedBefore);
    const rows = what === 'interrupts' ? interrupts : systemCalls;
    const chosen = rows.filter((row) => vector === undefined || row.vector === vector);
    return String(chosen.reduce((sum, { count }) => sum + count, 0));
  }

  /** The translated block that begins at a place, as the last unit has it that is in use. */
  async block(text: string): Promise<string> {
    const address = await this.address(text);
    const blocks = [...this.observed.told.regions.values()].flatMap((region) => region.blocks);
    const names = new Map([...this.observed.symbols].map(([name, value]) => [value, name]));
    const block = blocks.findLast((each) => each.address === address);
    return block ? block.instructions.map((each) => named(each.text, names)).join('; ') : 'none';
  }

  async since(text: string): Promise<string> {
    const before = this.observed.remembered.get(text) ?? this.fail('it was not remembered');
    return String(Number(await observe(text, this.observed)) - Number(before));
  }
}

type Form = readonly [
  pattern: RegExp,
  read: (observer: Observer, observed: Observed, ...groups: string[]) => Promise<string> | string,
];

/** All observations that there are. */
const FORMS: readonly Form[] = [
  [/^(hex|decimal|place) (\S+)$/, (o, _, kind, text) => o.number(kind!, text!)],
  [/^bit (\d+) of (\S+)$/, (o, _, bit, text) => o.bits(Number(bit), Number(bit), text!)],
  [/^bits (\d+)-(\d+) of (\S+)$/, (o, _, first, last, text) => o.bits(Number(first), Number(last), text!)],
  [/^flag (\w+)$/, (o, _, name) => o.flag(name!)],
  [/^cpl$/, (o) => o.cpl()],
  [/^page (\S+)$/, (o, _, text) => o.page(text!)],
  [/^exceptions(?: (#\w+))?$/, (o, _, mnemonic) => o.exceptions(mnemonic)],
  [/^(place of )?last exception$/, (o, _, place) => o.lastException(place !== undefined)],
  [
    /^interrupts(?: (\d[0-9A-F]*)h)?$/,
    (o, _, vector) => o.counted('interrupts', vector === undefined ? undefined : parseInt(vector, 16)),
  ],
  [/^system calls$/, (o) => o.counted('system calls')],
  [/^instructions$/, (o) => o.counted('instructions')],
  [/^instructions in units$/, (o) => o.counted('instructions in units')],
  [/^units$/, (_, { told }) => String(told.regions.size)],
  [/^units dropped$/, (_, { told }) => String(told.dropped)],
  [/^block (\S+)$/, (o, _, text) => o.block(text!)],
  [/^(.+) since$/, (o, _, text) => o.since(text!)],
];

/** The value of an observation now, as text. Throws `ObservationError` for one that there is not. */
export async function observe(text: string, observed: Observed): Promise<string> {
  for (const [pattern, read] of FORMS) {
    const match = pattern.exec(text);
    if (match) return read(new Observer(observed, text), observed, ...(match.slice(1) as string[]));
  }
  throw new ObservationError(text, 'there is no such observation');
}
