import { VARIABLE } from './guest-places';
import { line, type Chunk } from './program-chunk';
import type { Random } from './random';
import type { InstructionSource } from './random-instruction';

const CONDITIONS = ['o', 'no', 'b', 'ae', 'z', 'nz', 'be', 'a', 's', 'ns', 'p', 'np', 'l', 'ge', 'le', 'g'];
const R32 = ['eax', 'ecx', 'edx', 'ebx', 'esi', 'edi'];

/** Instructions that write flags, and what reads them. */
export class FlagSource {
  constructor(
    private readonly random: Random,
    private readonly instructions: InstructionSource,
    private readonly label: () => string,
  ) {}

  condition(): string {
    return this.random.pick(CONDITIONS);
  }

  /** Values that conditions tell apart, now and then equal ones, with or without bits above the operand's width. */
  private edges(a: string, b: string): string {
    const { random, instructions } = this;
    const kind = random.below(10);
    if (kind < 3) return '';
    const value = instructions.edge();
    const first = `mov ${a}, ${value}\n`;
    if (kind < 5) return first;
    if (kind < 7) return `${first}mov ${b}, ${a}\n`;
    const near = (value + random.pick([0, 1, -1, 0x100, 0x10000, -0x10000])) >>> 0;
    return `${first}mov ${b}, ${near}\n${random.chance(30) ? `mov [ebp], ${b}\n` : ''}`;
  }

  /** Of registers alone: the value of one of them changes where the flags do. */
  private registerProducer(a: string, b: string): string {
    const { random } = this;
    const value = this.instructions.edge();
    const [x, y] = [a.slice(1), b.slice(1)];
    return random.pick([
      ...['cmp', 'sub', 'add', 'adc', 'sbb', 'test', 'and', 'or', 'xor'].flatMap((name) => [
        `${name} ${a}, ${b}`,
        `${name} ${x}, ${y}`,
        `${name} al, dl`,
        `${name} ${a}, ${value}`,
        `${name} ${x}, ${(value << 24) >> 24}`,
        `${name} dl, ${(value << 24) >> 24}`,
      ]),
      ...['inc', 'dec', 'neg'].flatMap((name) => [
        `${name} ${a}`,
        `${name} ${x}`,
        `${name} al`,
        `${name} ${a}`,
      ]),
    ]);
  }

  private producer(a: string, b: string): string {
    const { random, instructions } = this;
    if (random.chance(40)) return this.registerProducer(a, b);
    const value = random.chance(50) ? instructions.edge() : instructions.immediate();
    return random.pick([
      `cmp ${a}, ${b}`,
      `cmp ${a}, ${value}`,
      `cmp byte [ebp + 3], ${value & 0xff}`,
      `cmp word [ebp], ${(value << 24) >> 24}`,
      `cmp ${a.slice(1)}, ${(value << 24) >> 24}`,
      `cmp ${a.slice(1)}, ${b.slice(1)}`,
      `sub ${a.slice(1)}, ${b.slice(1)}`,
      `add ${a.slice(1)}, ${(value << 24) >> 24}`,
      'cmp al, dl',
      'cmp cl, 0x80',
      `dec ${a.slice(1)}`,
      'inc cl',
      `neg ${b.slice(1)}`,
      `test ${a}, ${b}`,
      `test al, ${value & 0xff}`,
      `sub ${a}, ${b}`,
      `add ${a}, ${value}`,
      `adc ${a}, ${b}`,
      `sbb ${a}, ${b}`,
      `dec ${a}`,
      `inc ${a}`,
      `and ${a}, ${value}`,
      `neg ${a}`,
      `shl ${a}, ${random.below(34)}`,
      `shr ${a}, cl`,
      `sar ${a}, 1`,
      `bt ${a}, ${random.below(32)}`,
      `imul ${a}, ${b}`,
      `xor ${a}, ${a}`,
      `cmp word [ebp], ${value & 0xffff}`,
      `cmp ah, bl`,
      `dec byte [ebp + 1]`,
      `lock xadd [ebp + 4], ${a}`,
      `rcl ${a}, 1`,
      'sahf',
      'stc',
      'cmc',
      `ror ${a}, ${random.below(32)}`,
      'mul ebx',
      `bsf ${a}, ${b}`,
      `cmpxchg [ebp + 4], ${a}`,
      'scasb',
      'cmpsb',
      'daa',
      'aad',
    ]);
  }

  /** A producer with its operands prepared, and a consumer. */
  pair(): { before: string; consumer: string } {
    const { random } = this;
    const [a, b] = [random.pick(R32), random.pick(R32)];
    const condition = (): string => this.condition();
    const consumer = random.pick([
      `set${condition()} dl`,
      `set${condition()} byte [ebp]`,
      `cmov${condition()} ${b}, ${a}`,
      `adc ${a}, ${b}`,
      `rcr ${b}, 1`,
      'lahf',
      'pushfd\npop eax\nand eax, 0xcd5',
      `sbb ${b}, ${b}`,
      `inc ${a}\nset${condition()} cl\nset${condition()} ch`,
      'into',
    ]);
    const between = random.chance(25)
      ? random.pick([`mov ${b}, [ebp + 8]`, `lea ${b}, [${a} + 4]`, `not ${b}`, `mov [ebp + 12], ${a}`])
      : 'nop';
    return { before: `${this.edges(a, b)}${this.producer(a, b)}\n${between}`, consumer };
  }

  /** A loop in which two values go across the edges of all widths, and several conditions are looked at. */
  sweep(): Chunk {
    const { random } = this;
    const loop = this.label();
    const counter = VARIABLE.counters + 16 * random.below(14);
    const start = (): number =>
      (random.pick([0, 0x80, 0xffff_8000, 0x8000_0000, 0x8000_0000]) - random.below(6)) >>> 0;
    const parts = Array.from({ length: 1 + random.below(4) }, () => this.looks(counter));
    return line(`mov dword [${counter}], ${random.pick([8, 20, 60])}
mov dword [${counter + 4}], ${start()}
mov dword [${counter + 8}], ${start()}
${loop}: ${parts.join('\n')}
inc dword [${counter + 4}]
test byte [${counter + 4}], ${random.pick([1, 3, 7])}
jnz short $ + 8
inc dword [${counter + 8}]
dec dword [${counter}]
jnz ${loop}`);
  }

  /** A producer of flags from two values in memory, and conditions that are looked at one after the other. */
  private looks(counter: number): string {
    const { random } = this;
    const over = this.label();
    const [a, b] = random.pick([
      ['eax', 'edx'],
      ['edx', 'eax'],
      ['eax', 'eax'],
      ['ecx', 'eax'],
      ['edx', 'ebx'],
    ] as const);
    const looks = Array.from({ length: 1 + random.below(4) }, () =>
      random.pick([
        `set${this.condition()} byte [${counter + 12}]\nmov cl, [${counter + 12}]`,
        `j${this.condition()} short $ + 3\ninc esi`,
        `cmov${this.condition()} ebx, ${a}`,
        `j${this.condition()} ${over}`,
      ]),
    );
    return `mov ${b}, [${counter + 8}]
mov ${a}, [${counter + 4}]
${this.registerProducer(a, b)}
${looks.join('\n')}
${over}: adc edi, ebx`;
  }
}
