import { PLACE, VARIABLE } from './guest-places';
import { CALL, CALL_VECTOR } from './guest-calls';
import { CodeChange } from './code-change';
import { FlagSource } from './flag-source';
import { line, type Chunk } from './program-chunk';
import type { Random } from './random';
import { InstructionSource, type FormGroup } from './random-instruction';
import { SystemSource } from './system-source';

export interface ProgramOptions {
  readonly paging: boolean;
  /** The program runs at CPL 0 at first; at CPL 3 privileged instructions only fault. */
  readonly cpl: 0 | 3;
  readonly iopl: 0 | 3;
  /** Percent of the pieces of functions that change code, and that change page tables, privilege and so on. */
  readonly codeChanges: number;
  readonly system: number;
  /** How often instructions of each group are drawn. */
  readonly groups: readonly FormGroup[];
  readonly functions: number;
}

const NUMBERS: Readonly<Record<string, number>> = { eax: 0, ecx: 1, edx: 2, ebx: 3, esi: 6, edi: 7 };
const MAXIMUM_DEPTH = 3;

/** Writes one random program: a main loop that calls random functions, and the functions. */
export class ProgramSource {
  private labels = 0;
  private readonly instructions: InstructionSource;
  private readonly flags: FlagSource;
  private readonly changes: CodeChange;
  private readonly system: SystemSource;
  private calls = 0;

  constructor(
    private readonly random: Random,
    private readonly options: ProgramOptions,
  ) {
    this.instructions = new InstructionSource(random, options.paging);
    const name = (): string => this.label();
    this.flags = new FlagSource(random, this.instructions, name);
    this.changes = new CodeChange(random, options.paging, name);
    this.system = new SystemSource(random, options, name);
  }

  private label(): string {
    return `l${this.labels++}`;
  }

  /** The whole program; functions are chunks of their own. */
  program(): readonly Chunk[] {
    const { random, options } = this;
    const chunks: Chunk[] = [line(this.mainLoop())];
    for (let n = 0; n < options.functions; n++) {
      this.calls = 0;
      const body = [...this.blocks(2 + random.below(5), 0, n)];
      const ret = random.pick([
        'ret',
        'ret',
        'ret',
        'db 0xf3\nret',
        'pop ecx\njmp ecx',
        'push dword [esp]\nret 4',
      ]);
      chunks.push({ before: `${this.placement()}\nf${n}:\n${this.prologue()}`, body, after: ret });
    }
    chunks.push(line(this.functionTable()));
    return chunks;
  }

  private mainLoop(): string {
    const { options, random } = this;
    const mask = 15;
    const stack = PLACE.stackTop - random.pick([0, 0, 0x10, 0x1000 - 0x30, 0x1ff4, 0x1ff7, 0x2fe2, 0x3ffd]);
    return `main:
mov esp, ${stack}
mov dword [${VARIABLE.recover}], main
mov dword [${VARIABLE.recoverStack}], ${PLACE.stackTop}
cld
imul eax, [${VARIABLE.seed}], 1103515245
add eax, 12345
mov [${VARIABLE.seed}], eax
${this.toggle()}shr eax, 16
and eax, ${mask}
call [functions + eax*4]
${options.iopl === 3 || options.cpl === 0 ? 'sti' : 'nop'}
jmp main`;
  }

  /** Now and then a page of data stops being writable or present, or becomes so again. */
  private toggle(): string {
    const { random, options } = this;
    const flip = random.chance(40)
      ? `test eax, ${random.pick([0x380000, 0x80000])}\njnz .stay\nmov eax, ${CALL.flipPrivilege}\nint ${CALL_VECTOR}\nmov eax, [${VARIABLE.seed}]\n.stay: `
      : '';
    if (!options.paging || random.chance(40)) return flip;
    const [first, pages] = random.pick([
      [PLACE.data, 0xf000],
      [PLACE.data, 0xf000],
      [PLACE.code, 0x3000],
    ] as const);
    return `${flip}test eax, 0x700000
jnz .same
mov ebx, eax
shr ebx, 8
and ebx, ${pages}
add ebx, ${first}
mov ecx, ${random.pick([2, 4, 1])}
mov eax, ${CALL.changeRights}
int ${CALL_VECTOR}
mov eax, [${VARIABLE.seed}]
.same: `;
  }

  private functionTable(): string {
    const { random, options } = this;
    const names = Array.from({ length: 16 }, () => `f${random.below(options.functions)}`);
    return `align 64\nfunctions: dd ${names.join(', ')}`;
  }

  /** Where the next function begins: anywhere, or so that it soon crosses into the next page. */
  private placement(): string {
    const { random } = this;
    if (random.chance(45)) return `times ${random.below(40)} db 0xcc`;
    const before = random.pick([1, 2, 3, 5, 9, 20, 60, 150]);
    return `times (0x1000 - ${before} - (($ - $$) & 0xfff)) & 0xfff db 0xcc`;
  }

  /** Pointers that memory operands use. */
  private prologue(): string {
    const { random, instructions } = this;
    const lines = [`mov ebp, ${instructions.dataAddress(16)}`];
    if (random.chance(50)) lines.push(`mov esi, ${instructions.dataAddress(16)}`);
    if (random.chance(50)) lines.push(`mov edi, ${instructions.dataAddress(16)}`);
    return lines.join('\n');
  }

  private blocks(count: number, depth: number, fn: number): Chunk[] {
    return Array.from({ length: count }, () => this.block(depth, fn));
  }

  private block(depth: number, fn: number): Chunk {
    const { random, options } = this;
    if (random.chance(options.codeChanges)) return this.changes.chunk();
    if (random.chance(options.system)) return this.system.chunk();
    const kind = random.below(100);
    if (depth >= MAXIMUM_DEPTH || kind < 30) return this.straight();
    if (kind < 45) return this.flagPair(depth, fn);
    if (kind < 63) return this.loop(depth, fn);
    if (kind < 73) return this.diamond(depth, fn);
    if (kind < 79) return this.jumpTable(depth, fn);
    if (kind < 87) return this.call(fn);
    if (kind < 91) return this.frame(depth, fn);
    if (kind < 95) return this.recursion(depth, fn);
    return this.recoverable(depth, fn);
  }

  /** A run of drawn instructions. */
  private straight(): Chunk {
    const { random, options, instructions } = this;
    const group = random.pick(options.groups);
    const body: Chunk[] = [];
    for (let n = random.below(8); n >= 0; n--)
      body.push(line(instructions.draw(random.chance(70) ? group : 'integer')));
    const saved = random.chance(20)
      ? random.pick([
          ['pushad', 'popad'],
          ['pushfd', 'popfd'],
          ['push edx', 'pop ecx'],
          ['push dword [ebp]', 'pop dword [ebp + 8]'],
          ['push bx', 'pop dx'],
        ])
      : ['', ''];
    return { before: saved[0]!, body, after: saved[1]! };
  }

  /** An instruction that writes flags, and those that read them right after it. */
  private flagPair(depth: number, fn: number): Chunk {
    const { random, flags } = this;
    if (random.chance(45)) return flags.sweep();
    const { before, consumer } = flags.pair();
    if (random.chance(45)) return line(`${before}\n${consumer}`);
    const label = this.label();
    const again = random.chance(30) ? `\nj${flags.condition()} ${label}` : '';
    return {
      before: `${before}\nj${flags.condition()} ${label}${again}`,
      body: this.blocks(1, depth + 1, fn),
      after: `${label}:\nset${flags.condition()} bl`,
    };
  }

  private loop(depth: number, fn: number): Chunk {
    const { random, instructions } = this;
    const label = this.label();
    const count = random.pick([2, 5, 12, 40, depth === 0 ? 150 : 9]);
    const kind = random.below(6);
    const counter = VARIABLE.counters + 4 * random.below(64);
    const inner = (): Chunk[] => this.blocks(1 + random.below(2), depth + 1, fn);
    if (kind < 2) {
      const down = random.pick([
        `dec dword [${counter}]\njnz ${label}`,
        `sub dword [${counter}], 1\nja ${label}`,
      ]);
      return { before: `mov dword [${counter}], ${count}\n${label}:`, body: inner(), after: down };
    }
    if (kind === 2)
      return {
        before: `push dword ${count}\n${label}:`,
        body: inner(),
        after: `dec dword [esp]\njnz ${label}\npop ecx`,
      };
    // A counter in a register: nothing in the loop writes it.
    const name = random.pick(kind === 3 ? ['ecx'] : ['ecx', 'edx', 'ebx', 'esi', 'edi']);
    instructions.kept.add(NUMBERS[name]!);
    const body = Array.from({ length: 1 + random.below(6) }, () =>
      line(instructions.draw(random.chance(80) ? 'integer' : random.pick(['x87', 'sse', 'mmx']))),
    );
    instructions.kept.delete(NUMBERS[name]!);
    const long = `dec ecx\njnz ${label}`;
    const end =
      kind === 3
        ? random.pick([body.length < 5 ? `loop ${label}` : long, long])
        : random.pick([
            `dec ${name}\njnz ${label}`,
            `sub ${name}, 1\njns ${label}`,
            `add ${name}, -1\njc ${label}`,
            `inc ${name}\ncmp ${name}, ${count * 3}\njb ${label}`,
          ]);
    return { before: `mov ${name}, ${count * 2}\n${label}:`, body, after: end };
  }

  private diamond(depth: number, fn: number): Chunk {
    const { random } = this;
    const [other, end] = [this.label(), this.label()];
    const middle: Chunk = {
      before: `jmp ${end}\n${other}:`,
      body: this.blocks(1, depth + 1, fn),
      after: `${end}:`,
    };
    const test = random.pick([
      '',
      'test dword [ebp], 1\n',
      `inc byte [${VARIABLE.counters + 255}]\ntest byte [${VARIABLE.counters + 255}], ${1 << random.below(4)}\n`,
    ]);
    return {
      before: `${test}j${this.flags.condition()} ${other}`,
      body: [...this.blocks(1, depth + 1, fn), middle],
      after: '',
    };
  }

  private jumpTable(depth: number, fn: number): Chunk {
    const { random } = this;
    const [table, end] = [this.label(), this.label()];
    const cases = [this.label(), this.label(), this.label(), this.label()];
    const register = random.pick(['eax', 'ecx', 'edx']);
    const counter = VARIABLE.counters + 4 * random.below(64);
    const jump = random.pick([
      `jmp [${table} + ${register}*4]`,
      `mov ebx, [${table} + ${register}*4]\njmp ebx`,
      `push dword [${table} + ${register}*4]\nret`,
    ]);
    const arms = cases.map((name): Chunk => ({
      before: `${name}:`,
      body: this.blocks(1, depth + 2, fn),
      after: random.chance(70) ? `jmp ${end}` : '',
    }));
    return {
      before: `inc dword [${counter}]\nmov ${register}, [${counter}]\nshr ${register}, ${random.below(3)}\nand ${register}, 3\n${jump}\nalign 4\n${table}: dd ${cases.join(', ')}`,
      body: arms,
      after: `${end}:`,
    };
  }

  /** Calls of later functions only, so that they end. */
  private call(fn: number): Chunk {
    const { random, options } = this;
    if (random.chance(25)) return line(this.popping());
    if (this.calls++ > 2 || fn + 1 >= options.functions) return this.straight();
    const target = `f${fn + 1 + random.below(options.functions - fn - 1)}`;
    const label = this.label();
    const alias = options.paging ? PLACE.alias : 0;
    return line(
      random.pick([
        `call ${target}`,
        `call ${target}`,
        `mov eax, ${target}\ncall eax`,
        `mov eax, ${target} + ${alias}\ncall eax`,
        `push dword ${label}\njmp ${target}\n${label}:`,
        `push dword ${label}\npush dword ${target}\nret\n${label}:`,
        `call ${label}\n${label}: pop eax\ncall ${target}`,
        `mov dword [esp - 64], ${target}\ncall [esp - 64]`,
        `push cs\npush dword ${label}\njmp ${target}\n${label}: pop eax`,
      ]),
    );
  }

  /** A routine that takes its arguments off the stack, or returns to the wrong place, and accesses to the stack behind it. */
  private popping(): string {
    const { random } = this;
    const [routine, over] = [this.label(), this.label()];
    const [many, ret] = random.pick([
      [1, 'ret 4'],
      [2, 'ret 8'],
      [1, 'pop ecx\npop edx\njmp ecx'],
      [0, 'pop edx\npush edx\nret'],
      [0, `pop edx\npush dword ${over}\nret`],
      [0, 'xchg ecx, [esp]\nxchg ecx, [esp]\nret'],
    ] as const);
    return `jmp ${over}_start
${routine}: mov edx, [esp + 4]
add eax, edx
${ret}
${over}_start: push ebp
push dword 77
${'push eax\n'.repeat(many)}call ${routine}
add dword [esp], 3
${over}: mov edx, [esp]
add [esp + 4], edx
sub [esp + 4], edx
pop ecx
pop ebp`;
  }

  /** A stack frame. */
  private frame(depth: number, fn: number): Chunk {
    const { random } = this;
    const size = random.pick([8, 16, 64, 200]);
    const enter = random.pick([
      `push ebp\nmov ebp, esp\nsub esp, ${size}`,
      `enter ${size}, ${random.below(3)}`,
    ]);
    const move = random.chance(20)
      ? `mov eax, esp\nmov esp, ${PLACE.stackTop - 0x3000 + random.pick([2, 4, 8, 0x40])}\npush eax\n`
      : '';
    return {
      before: `${move}${enter}`,
      body: this.blocks(1 + random.below(2), depth + 1, fn),
      after: `leave${move ? '\npop esp' : ''}`,
    };
  }

  private recursion(depth: number, fn: number): Chunk {
    const { random } = this;
    const [entry, leaf, end] = [this.label(), this.label(), this.label()];
    return {
      before: `push dword ${3 + random.below(20)}\ncall ${entry}\npop ecx\njmp ${end}\n${entry}: mov eax, [esp + 4]\ndec eax\njle ${leaf}\npush eax\ncall ${entry}\nadd esp, 4\n${leaf}:`,
      body: this.blocks(1, depth + 2, fn),
      after: `ret\n${end}:`,
    };
  }

  /** Exceptions in here are skipped. */
  private recoverable(depth: number, fn: number): Chunk {
    const { random, options } = this;
    const label = this.label();
    const body = this.blocks(1 + random.below(2), depth + 1, fn);
    if (random.chance(50)) body.push(line(this.instructions.draw(random.pick(options.groups))));
    return {
      before: `mov [${VARIABLE.recoverStack}], esp\nmov dword [${VARIABLE.recover}], ${label}`,
      body,
      after: `${label}:`,
    };
  }
}
