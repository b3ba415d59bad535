import { PLACE, VARIABLE } from './guest-places';
import { line, type Chunk } from './program-chunk';
import type { Random } from './random';

/** Code that writes code: its own block, others of its page, other pages, by its own address or by another one. */
export class CodeChange {
  /** Labels of instructions whose last four bytes are an immediate operand, and of one-byte instructions. */
  private readonly immediates: string[] = [];
  private readonly opcodes: string[] = [];

  constructor(
    private readonly random: Random,
    private readonly paging: boolean,
    private readonly label: () => string,
  ) {}

  /** The address of a label as data: itself, or where it appears once more. */
  private alias(label: string): string {
    if (!this.paging || !this.random.chance(40)) return label;
    return `${label} + ${PLACE.alias}`;
  }

  chunk(): Chunk {
    const { random } = this;
    const kind = random.below(12);
    if (kind < 2) return this.ownLoop();
    if (kind === 2) return this.justAhead();
    if (kind === 3) return this.behind();
    if (kind === 4) return this.elsewhere();
    if (kind === 5) return this.copied();
    if (kind === 6) return this.condition();
    if (kind === 7) return this.amongData();
    if (kind < 10) return this.behindCall();
    return this.site();
  }

  /** Something that others change. */
  private site(): Chunk {
    const { random } = this;
    const label = this.label();
    if (random.chance(50)) {
      this.immediates.push(label);
      return line(
        `${random.pick(['mov ebx,', 'add edx,', 'xor eax,', 'cmp ecx,'])} strict dword 5\n${label} equ $ - 4`,
      );
    }
    this.opcodes.push(label);
    return line(`${label}: ${random.pick(['inc eax', 'dec ecx', 'nop', 'inc edx', 'cmc'])}`);
  }

  /** A loop that counts in its own immediate, now and then or always. */
  private ownLoop(): Chunk {
    const { random } = this;
    const [again, skip, site] = [this.label(), this.label(), this.label()];
    const counter = VARIABLE.counters + 4 * random.below(64);
    const mask = random.pick([0, 1, 7, 31]);
    const test = mask === 0 ? '' : `test dword [${counter}], ${mask}\njnz ${skip}\n`;
    return line(
      `mov dword [${counter}], ${random.pick([3, 20, 70])}\n${again}: add eax, strict dword 1\n${site} equ $ - 4\n${test}inc dword [${this.alias(site)}]\n${skip}: add edx, eax\ndec dword [${counter}]\njnz ${again}`,
    );
  }

  /** The next instruction, or one soon after. */
  private justAhead(): Chunk {
    const { random } = this;
    const target = this.label();
    const opcode = random.pick([0x40, 0x41, 0x42, 0x48, 0x4b, 0x90, 0xf5, 0xf8]);
    const between = random.pick(['', 'nop', 'mov edx, [ebp]', 'add eax, ecx\nadc edx, 3']);
    const store = random.pick([
      `mov byte [${this.alias(target)}], ${opcode}`,
      `xor byte [${this.alias(target)}], ${random.pick([1, 2, 8])}`,
      `push dword [${target}]\nmov al, ${opcode}\nmov [esp], al\npop dword [${this.alias(target)}]`,
      `mov word [${target}], 0x9041\nmov eax, ${PLACE.data}\n${random.pick(['str', 'smsw', 'sldt'])} word [${target}]`,
      `mov edi, ${this.alias(target)}\nmov al, ${opcode}\nstosb`,
    ]);
    return line(`${store}\n${between}\n${target}: inc eax\nnop\nnop\nnop`);
  }

  /** Code behind: the head of a loop that contains the store. */
  private behind(): Chunk {
    const { random } = this;
    const head = this.label();
    const counter = VARIABLE.counters + 4 * random.below(64);
    return line(
      `mov dword [${counter}], ${random.pick([2, 9, 30])}\n${head}: inc eax\nadd ecx, eax\nmov edx, [${counter}]\nand edx, 11\nor edx, 0x40\nmov [${this.alias(head)}], dl\ndec dword [${counter}]\njnz ${head}`,
    );
  }

  /** A site anywhere in what has been written so far. */
  private elsewhere(): Chunk {
    const { random } = this;
    if (this.immediates.length > 0 && random.chance(60)) {
      const site = this.alias(random.pick(this.immediates));
      return line(
        random.pick([
          `inc dword [${site}]`,
          `mov [${site}], ecx`,
          `add byte [${site} + 1], 3`,
          `mov eax, ${site}\nadd dword [eax], edx`,
        ]),
      );
    }
    if (this.opcodes.length > 0)
      return line(
        `mov byte [${this.alias(random.pick(this.opcodes))}], ${random.pick([0x40, 0x43, 0x49, 0x90, 0xf9])}`,
      );
    return this.site();
  }

  /** A routine is copied to another page, perhaps changed there, and called. */
  private copied(): Chunk {
    const { random } = this;
    const [from, to, end] = [this.label(), this.label(), this.label()];
    const place = PLACE.copies + 0x1000 * random.below(3) + random.pick([0, 0x20, 0xff6, 0xffd, 0x800]);
    const target = this.paging && random.chance(30) ? place + PLACE.alias : place;
    const change = random.chance(50) ? `inc byte [${place + 1}]\n` : '';
    return line(
      `jmp ${end}\n${from}: mov eax, 77\nadd edx, eax\nimul ecx, edx, 3\nret\n${to}:\n${end}: cld\nmov esi, ${from}\nmov edi, ${place}\nmov ecx, ${to} - ${from}\nrep movsb\n${change}mov eax, ${target}\ncall eax\ncall ${from}`,
    );
  }

  /** A routine of another page changes the instruction behind the call of it, always or now and then. */
  private behindCall(): Chunk {
    const { random } = this;
    const [from, to, end, again, site, same] = Array.from({ length: 6 }, () => this.label());
    const counter = VARIABLE.counters + 4 * random.below(64);
    const place = PLACE.copies + 0x1000 * (3 + random.below(3)) + 0x40 * random.below(60);
    const mask = random.pick([0, 3, 15]);
    const test = mask === 0 ? '' : `test dword [${counter}], ${mask}\njnz ${same}\n`;
    const frame = random.chance(30)
      ? ['push ebp\nmov ebp, esp\nsub esp, 24\nmov [ebp - 4], eax\n', 'leave\n']
      : ['', ''];
    return line(`jmp ${end}
${from}: ${frame[0]}add eax, 3
${test}inc dword [${this.alias(site!)}]
${same}: ${frame[1]}ret
${to}:
${end}: mov dword [${counter}], ${random.pick([5, 40, 90])}
mov eax, [${place}]
cmp eax, [${from}]
je ${again}
cld
mov esi, ${from}
mov edi, ${place}
mov ecx, ${to} - ${from}
rep movsb
${again}: mov ecx, ${place}
call ecx
add edx, strict dword 1
${site} equ $ - 4
xor eax, edx
dec dword [${counter}]
jnz ${again}`);
  }

  /** A routine is copied into the stack or into data, called, changed and called again, with writes close to it. */
  private amongData(): Chunk {
    const { random } = this;
    const [from, to, end] = [this.label(), this.label(), this.label()];
    const routine = `jmp ${end}\n${from}: mov eax, 5\npush eax\nmov [esp - 20], ecx\npop edx\nadd ecx, eax\nret\n${to}:\n${end}: cld`;
    const copy = `mov esi, ${from}\nmov ecx, ${to} - ${from}\nrep movsb`;
    const near = random.pick([-8, 24, 40, 100]);
    const place = random.pick(['esp', 'esp', 'ebp']);
    const use = `call ${place}\ninc byte [${place} + 1]\nmov [${place} + ${near}], edx\ncall ${place}\nadd [${place} + ${near}], ecx`;
    const room = random.pick([64, 100, 256]);
    const body =
      place === 'esp'
        ? `sub esp, ${room}\nmov edi, esp\n${copy}\n${use}\nadd esp, ${room}`
        : `mov edi, ebp\n${copy}\n${use}`;
    return line(`${routine}\n${body}`);
  }

  /** The condition of a branch. */
  private condition(): Chunk {
    const { random } = this;
    const [branch, over] = [this.label(), this.label()];
    return line(
      `xor byte [${this.alias(branch)}], ${random.pick([1, 4, 6])}\ncmp eax, ecx\n${branch}: jz short ${over}\nadd eax, 3\n${over}: inc ecx`,
    );
  }
}
