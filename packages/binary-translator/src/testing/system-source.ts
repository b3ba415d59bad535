import { CALL, CALL_VECTOR, PORT } from './guest-calls';
import { spaces } from './guest-kernel';
import { PLACE, SELECTOR, VARIABLE } from './guest-places';
import { line, type Chunk } from './program-chunk';
import type { Random } from './random';

export interface SystemOptions {
  readonly paging: boolean;
  readonly cpl: 0 | 3;
  readonly iopl: 0 | 3;
}

/** Privilege changes, page tables, interrupts, ports, segments, single steps. */
export class SystemSource {
  constructor(
    private readonly random: Random,
    private readonly options: SystemOptions,
    private readonly label: () => string,
  ) {}

  chunk(): Chunk {
    const { random, options } = this;
    const kind = random.below(100);
    if (kind < 25) return this.call();
    if (kind < 45 && options.paging) return this.paging();
    if (kind < 53) return this.flags();
    if (kind < 63) return this.segments();
    if (kind < 70) return this.sysenter();
    if (kind < 78) return this.ports();
    if (kind < 88) return this.device();
    return this.other();
  }

  private invoke(fn: number, ebx = 0, ecx = 0): string {
    return `mov eax, ${fn}\nmov ebx, ${ebx}\nmov ecx, ${ecx}\nint ${CALL_VECTOR}`;
  }

  private call(): Chunk {
    const { random } = this;
    return line(
      random.pick([
        this.invoke(CALL.flipPrivilege),
        this.invoke(CALL.flipPrivilege),
        this.invoke(CALL.takeFpuAway),
        this.invoke(CALL.step, 1 + random.below(30)),
        this.invoke(CALL.toggleInterrupts),
        this.invoke(CALL.flush),
        this.breakpoint(),
        this.breakpoint(),
        'int3',
        'xor eax, eax\ndec eax\nint 0x80',
      ]),
    );
  }

  /** On an instruction in a small loop, or on data that the loop writes or reads. */
  private breakpoint(): string {
    const { random } = this;
    const [label, place] = [this.label(), PLACE.data + 4 * random.below(0x400)];
    const [kind, at] = random.pick([
      [0, label],
      [0xd, place],
      [0xf, place],
      [0x5, place + 1],
    ] as const);
    const fn = this.invoke(CALL.breakpoint).replace('ebx, 0', `ebx, ${at}`).replace('ecx, 0', `ecx, ${kind}`);
    return `${fn}\nmov ecx, 9\n${label}: add eax, ecx\nmov edx, [${place}]\nadd [${place}], eax\nloop ${label}`;
  }

  private page(first: number, count: number): number {
    return first + 0x1000 * this.random.below(count) + (this.random.chance(40) ? PLACE.alias : 0);
  }

  private paging(): Chunk {
    const { random } = this;
    const data = this.page(PLACE.data, 16);
    const code = this.page(PLACE.code + 0x1000, 6);
    const swap = this.invoke(CALL.swapPages, code, this.page(PLACE.code + 0x1000, 6));
    return line(
      random.pick([
        this.invoke(CALL.switchSpace),
        this.invoke(CALL.switchSpace),
        this.invoke(CALL.changeRights, data, random.pick([1, 2, 4, 3])),
        this.invoke(CALL.changeRights, code, random.pick([1, 2, 4])),
        `${swap}\n${swap}`,
        swap,
        this.supervisorCode(),
        this.supervisorCode(),
        this.invoke(CALL.swapPages, data, this.page(PLACE.data, 16)),
        this.invoke(CALL.copyEntry, data, this.page(PLACE.data, 16) | PLACE.alias),
        this.invoke(CALL.copyEntry, code, this.page(PLACE.copies, 3) | PLACE.alias),
        this.invoke(CALL.toggleWriteProtect),
        this.invoke(CALL.toggleGlobal),
        'mov eax, cr3\nmov cr3, eax',
        `cli\nmov eax, ${spaces('legacy')[0]}\ninvlpg [${data}]\nsti`,
      ]),
    );
  }

  /** A routine in a page that one privilege level may execute, called by both. */
  private supervisorCode(): string {
    const { random } = this;
    const place = PLACE.copies + 0x6000 + 0x1000 * random.below(2) + 0x10 * random.below(20);
    const counter = VARIABLE.counters + 4 * random.below(64);
    const flip = this.invoke(CALL.flipPrivilege);
    const calls = (): string => {
      const again = this.label();
      return `mov dword [${counter}], 12
${again}: mov ecx, ${place}
call ecx
dec dword [${counter}]
jnz ${again}`;
    };
    const routine = `mov dword [${place}], 0xc303c083`;
    return [
      routine,
      calls(),
      this.invoke(CALL.changeRights, place & ~0xfff, 4),
      calls(),
      flip,
      calls(),
      flip,
    ].join('\n');
  }

  private flags(): Chunk {
    const { random } = this;
    const label = this.label();
    return line(
      random.pick([
        `pushfd\nor dword [esp], 0x100\nmov dword [${VARIABLE.counters + 200}], 9\npopfd\nadd eax, 1\nadc ecx, edx\ntest eax, ecx\njz ${label}\ninc edx\n${label}: nop`,
        'pushfd\nxor dword [esp], 0x40000\npopfd',
        'pushfd\nxor dword [esp], 0x200000\npopfd',
        'cli\nadd eax, edx\nsti',
        'sti\nnop',
        'std\nmov ecx, 3\nrep stosb\ncld',
        'pushfd\npop eax\nxor eax, 0x8d5\npush eax\npopfd',
        'pushfd\nor dword [esp], 0x3000\npopfd',
      ]),
    );
  }

  private segments(): Chunk {
    const { random } = this;
    const name = random.pick(['ds', 'es', 'fs', 'gs', 'fs', 'gs']);
    const selector = random.pick([SELECTOR.offset, SELECTOR.limited, SELECTOR.data, 0]);
    const use = random.pick([
      `mov eax, [${name}:0x123]`,
      `add dword [${name}:0x40], 3`,
      `mov byte [${name}:edx], 9`,
      'mov eax, [ebp]\nadd [ebp + 4], eax',
      'movsd',
      'push dword [ebp]\npop eax',
    ]);
    const far = this.label();
    return line(
      random.pick([
        `mov eax, ${selector}\nmov ${name}, eax\n${use}\nmov eax, ${SELECTOR.data}\nmov ${name}, eax`,
        `mov eax, ${selector}\nmov ${name}, eax\n${use}\n${use}\npush dword ${SELECTOR.data}\npop ${name}`,
        `mov eax, ${name}\nlar ecx, eax\nlsl edx, eax`,
        `push ss\npop ss\nadd eax, 1`,
        `mov eax, ss\nmov ss, eax\nmov esp, esp`,
        `push cs\npush dword ${far}\nretf\n${far}:`,
        `push cs\ncall ${far}\njmp ${far}_end\n${far}: retf\n${far}_end:`,
        `pushfd\npush cs\npush dword ${far}\niretd\n${far}:`,
        `call ${SELECTOR.code16}:(${far} - ${PLACE.code})\njmp ${far}_end\nbits 16\n${far}: add ax, cx\ninc dx\nadc eax, edx\no32 retf\nbits 32\n${far}_end:`,
      ]),
    );
  }

  /** With the stack pointer and EIP to return to in ECX and EDX, as the kernel's entry wants. */
  private sysenter(): Chunk {
    const label = this.label();
    return line(`mov ecx, esp\nmov edx, ${label}\nsysenter\n${label}:`);
  }

  private ports(): Chunk {
    const { random } = this;
    return line(
      random.pick([
        `in al, 0x60`,
        'in eax, 0x71',
        `mov edx, 0x3f8\nout dx, al`,
        `out ${PORT.raise}, al\nadd eax, ecx\nadd edx, eax`,
        `out ${PORT.nonMaskable}, al\nadd eax, ecx`,
        `out ${PORT.stop}, al`,
        `mov edx, 0x1f0\nmov ecx, 5\nmov edi, ${PLACE.data + 0x1ff8}\nrep insd`,
        `mov edx, 0x1f0\nmov ecx, 3\nmov esi, ${PLACE.data + 0x2000}\nrep outsw`,
      ]),
    );
  }

  private device(): Chunk {
    const { random } = this;
    const at = PLACE.video + 4 * random.below(64);
    return line(
      random.pick([
        `mov eax, [${at}]`,
        `mov [${at}], edx`,
        `add dword [${at}], 5`,
        `mov esi, ${at}\nmov edi, ${PLACE.data + 0x2ff0}\nmov ecx, 7\nrep movsd`,
        `mov edi, ${at}\nmov ecx, 9\nrep stosw`,
        `xchg [${at}], al`,
        `fld dword [${at}]\nfstp qword [${at + 8}]`,
        `movups xmm1, [${at}]`,
        `push dword [${at}]\npop dword [${at + 4}]`,
      ]),
    );
  }

  private other(): Chunk {
    const { random } = this;
    return line(
      random.pick([
        'hlt',
        'rdtsc\nadd ecx, eax',
        'cpuid',
        'smsw eax',
        'mov eax, cr0\nmov cr0, eax',
        'mov eax, cr4\nmov cr4, eax',
        'clts',
        'mov eax, cr0\nor eax, 8\nmov cr0, eax',
        'ud2',
        'fnclex\nfld1\nfldz\nfdivp\nfwait\nfninit',
        `fldcw [${PLACE.data + 0x100}]\nfld1\nfstp qword [ebp]\nfninit`,
        'mov eax, dr7\nmov edx, dr6',
        'wbinvd',
        `bound eax, [ebp]`,
        'sub edx, edx\nmov ecx, 3\ndiv ecx',
        `mov dword [${PLACE.stackTop - 0x2004}], 0x1f80\nldmxcsr [${PLACE.stackTop - 0x2004}]`,
      ]),
    );
  }
}
