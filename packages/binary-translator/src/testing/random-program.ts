/** A small generator of uniform numbers (mulberry32); the same seed gives the same program. */
export class Random {
  private state: number;
  constructor(seed: number) {
    this.state = seed >>> 0;
  }
  below(limit: number): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % limit;
  }
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}

const R32 = ['eax', 'ecx', 'edx', 'ebx', 'esi', 'edi', 'ebp'];
const R16 = ['ax', 'cx', 'dx', 'bx', 'si', 'di', 'bp'];
const R8 = ['al', 'cl', 'dl', 'bl', 'ah', 'ch', 'dh', 'bh'];
const CONDITIONS = ['o', 'no', 'b', 'ae', 'z', 'nz', 'be', 'a', 's', 'ns', 'p', 'np', 'l', 'ge', 'le', 'g'];
const BINARY = [
  'add',
  'or',
  'adc',
  'sbb',
  'and',
  'sub',
  'xor',
  'cmp',
  'test',
  'mov',
  'xchg',
  'xadd',
  'cmpxchg',
];
const UNARY = ['inc', 'dec', 'neg', 'not'];
const SHIFTS = ['shl', 'shr', 'sar', 'rol', 'ror', 'rcl', 'rcr'];
const BITS = ['bt', 'bts', 'btr', 'btc'];
const PLAIN = [
  'cbw',
  'cwde',
  'cwd',
  'cdq',
  'clc',
  'stc',
  'cmc',
  'lahf',
  'sahf',
  'salc',
  'daa',
  'das',
  'aaa',
  'aas',
  'nop',
];
const EDGES = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];

class Writer {
  private readonly lines: string[] = [];
  private labels = 0;

  constructor(private readonly random: Random) {}

  private sized(width: 8 | 16 | 32): string {
    return this.random.pick(width === 8 ? R8 : width === 16 ? R16 : R32);
  }
  /** Operands lie in the 8 KB from 20000h, across a page boundary too. */
  private memory(width: 8 | 16 | 32): string {
    const name = width === 8 ? 'byte' : width === 16 ? 'word' : 'dword';
    const place = this.random.pick([0x20000 + this.random.below(0x1f00), 0x20ffe, 0x20ffd, 0x20fff]);
    return `${name} [${place}]`;
  }
  private immediate(width: 8 | 16 | 32): number {
    const value = this.random.pick([this.random.pick(EDGES), this.random.below(0x100000000)]);
    return width === 32 ? value : value % 2 ** width;
  }
  private add(line: string): void {
    this.lines.push(line);
  }

  private binary(): void {
    const { random } = this;
    const width = random.pick([8, 16, 32, 32] as const);
    const name = random.pick(BINARY);
    const destination = random.pick([this.sized(width), this.memory(width)]);
    const onlyRegisters = ['xchg', 'xadd', 'cmpxchg'].includes(name);
    const sources = [this.sized(width)];
    if (!onlyRegisters) sources.push(String(this.immediate(width)));
    if (!onlyRegisters && name !== 'test' && !destination.includes('[')) sources.push(this.memory(width));
    this.add(`${name} ${destination}, ${random.pick(sources)}`);
  }

  private other(): void {
    const { random } = this;
    const width = random.pick([8, 16, 32] as const);
    const wide = random.pick([16, 32] as const);
    const place = random.pick([this.sized(width), this.memory(width)]);
    const widePlace = random.pick([this.sized(wide), this.memory(wide)]);
    const forms = [
      () => `${random.pick(UNARY)} ${place}`,
      () => `${random.pick(SHIFTS)} ${place}, ${random.pick(['1', 'cl', String(random.below(40))])}`,
      () =>
        `${random.pick(['shld', 'shrd'])} ${widePlace}, ${this.sized(wide)}, ${random.pick(['cl', String(random.below(wide))])}`,
      () => `${random.pick(BITS)} ${widePlace}, ${random.below(64)}`,
      () => `${random.pick(['bsf', 'bsr', 'imul'])} ${this.sized(wide)}, ${widePlace}`,
      () => `imul ${this.sized(wide)}, ${widePlace}, ${this.immediate(8)}`,
      () => `mul ${place}`,
      () => `cmov${random.pick(CONDITIONS)} ${this.sized(wide)}, ${widePlace}`,
      () => `set${random.pick(CONDITIONS)} ${random.pick([this.sized(8), this.memory(8)])}`,
      () =>
        `${random.pick(['movzx', 'movsx'])} ${this.sized(32)}, ${random.pick([this.sized(8), this.memory(8), this.sized(16), this.memory(16)])}`,
      () =>
        `lea ${this.sized(32)}, [${random.pick(R32)} + ${random.pick(R32)}*${random.pick([1, 2, 4, 8])} + ${random.below(0x10000)}]`,
      () => `push ${this.sized(32)}\npop ${random.pick([this.sized(32), this.memory(32)])}`,
      () => random.pick(PLAIN),
      () => `bswap ${this.sized(32)}`,
      () => 'pushfd\npop eax\nand eax, 0xcd5',
    ];
    this.add(random.pick(forms)());
  }

  /** A forward branch over a few instructions. */
  private branch(): void {
    const label = `l${this.labels++}`;
    this.add(`j${this.random.pick(CONDITIONS)} ${label}`);
    for (let n = this.random.below(3); n >= 0; n--) this.instruction();
    this.add(`${label}:`);
  }

  instruction(): void {
    const kind = this.random.below(10);
    if (kind < 4) this.binary();
    else if (kind < 9) this.other();
    else this.branch();
  }

  /** The instructions within a loop whose counter is in memory, and its undoing of their own code now and then. */
  program(length: number): string {
    this.add('mov dword [0x30000], 60\nagain:');
    for (let n = 0; n < length; n++) this.instruction();
    if (this.random.below(4) === 0) this.add('patch: mov esi, 5\ninc byte [patch + 1]');
    this.add('dec dword [0x30000]\njnz again\nhlt');
    return this.lines.join('\n');
  }
}

/** Source text of a random program that halts. */
export function randomProgram(seed: number): string {
  const random = new Random(seed);
  return new Writer(random).program(5 + random.below(40));
}
