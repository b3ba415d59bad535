import { decode, forms, Instruction, type Form } from '../../packages/x86-decoder/src/index';
import { PLACES, SMALL_SEGMENT, type VectorCase } from '../../packages/cpu/src/testing/hardware-vectors';
import { type Random } from './random';

const FEATURES = new Set(['8086', '186', '286', '386', '486', '586', 'cx8', 'cmov', 'sse']);
const INTEGER_SSE = new Set(['prefetchnta', 'prefetcht0', 'prefetcht1', 'prefetcht2']);
/** What user mode cannot compare: the kernel's own doing, or what depends on its tables. */
const LEFT_OUT =
  /^(int|int1|int3|iretd?|retf|sys.*|l[ds]s|les|l[fg]s|lss|lar|lsl|verr|verw|[sl][gi]dt|sldt|str|smsw|lmsw|l[l]dt|ltr|cpuid|rd.*|wr.*|hlt|in|out|ins.|outs.|cl(i|ts)|sti|inv.*|wbinvd|fwait|wait|rsm)$/;
const STACK = /^(push|pop|call|ret|enter|leave)/;
const STRING = /^(movs|cmps|stos|lods|scas)[bwd]$/;
const EAX = 0,
  ECX = 1,
  EDX = 2,
  ESP = 4,
  EBP = 5,
  ESI = 6,
  EDI = 7;

export function isRecorded(form: Form): boolean {
  if (form.id === 0 || (form.modes & 1) === 0 || form.far || LEFT_OUT.test(form.mnemonic)) return false;
  if (!FEATURES.has(form.feature) || (form.feature === 'sse' && !INTEGER_SSE.has(form.mnemonic)))
    return false;
  if (
    form.operands.some(({ kind }) =>
      ['creg', 'dreg', 'st0', 'sti', 'mmreg', 'mmrm', 'xmmreg', 'xmmrm', 'far'].includes(kind),
    )
  )
    return false;
  const [first] = form.operands;
  if (first?.kind === 'sreg' || (form.mnemonic === 'pop' && first?.kind === 'fixed')) return false;
  if (form.operands.some((o) => o.kind === 'fixed' && /^[gf]s$/.test(o.register!))) return false;
  return form.prefix !== 0x66 || form.map === 0;
}

/** Builds cases; one generator per run, so that a seed reproduces them. */
export class CaseGenerator {
  private readonly scratch = new Instruction();
  protected gpr: number[] = [];
  protected code: number[] = [];
  protected target = 0;
  protected bits: 16 | 32 = 32;
  protected base = 0;

  constructor(protected readonly random: Random) {}

  /** Code behind the instruction. */
  protected after(_form: Form): number[] {
    return [];
  }

  /** One instruction of a form with a state that suits it; undefined where the encoding cannot express it. */
  make(form: Form, bits: 16 | 32, memory: boolean): { vector: VectorCase; immediate: number } | undefined {
    const { random } = this;
    this.bits = bits;
    this.base = bits === 16 ? PLACES.data : 0;
    this.gpr = Array.from({ length: 8 }, () => random.value());
    this.code = [];
    this.target = this.place();
    const isStack = STACK.test(form.mnemonic) || form.mnemonic === 'xlatb';
    if (isStack || random.chance(70)) this.gpr[ESP] = this.stackPointer();
    this.suit(form);
    if (!this.encode(form, memory)) return undefined;
    const decoded = decode(
      Uint8Array.from([...this.code, ...new Array<number>(16).fill(0xcc)]),
      0,
      30,
      bits,
      this.scratch,
    );
    if (decoded.form !== form.id || decoded.length !== this.code.length) return undefined;
    const eip = this.codePlace();
    const vector: VectorCase = {
      gpr: this.gpr.map((value) => value >>> 0),
      eflags: (random.word() & 0x8d5) | (random.chance(30) ? 0x400 : 0),
      eip,
      bits,
      code: Uint8Array.from([...this.code, ...this.after(form)]),
      patches: this.patches(form),
    };
    return { vector, immediate: decoded.immediate };
  }

  private codePlace(): number {
    const { random } = this;
    const offset = random.chance(15)
      ? 0x1000 - random.below(this.code.length + 1)
      : random.chance(5)
        ? 0x1f80
        : 0x200 + random.below(0xc00);
    return this.bits === 16 ? offset : PLACES.code + offset;
  }

  /** A linear address for a memory operand. */
  protected place(): number {
    const { random } = this;
    const kind = random.below(100);
    if (kind < 70) return PLACES.data + 0x100 + random.below(0x3e00);
    if (kind < 80) return PLACES.data + random.pick([0x1000, 0x2000]) - random.below(8);
    if (kind < 88) return PLACES.data + PLACES.dataBytes - random.below(9);
    if (kind < 92) return PLACES.data - random.below(5);
    if (kind < 97) return PLACES.fixed + random.below(0xff0);
    return random.value();
  }

  protected stackPointer(): number {
    const { random } = this;
    const kind = random.below(100);
    const high = this.bits === 16 ? random.pick([0, 0x12340000]) : 0;
    if (kind < 75) return high + PLACES.data - this.base + 0x400 + 4 * random.below(0xc00);
    if (kind < 88)
      return high + PLACES.data - this.base + random.pick([0x1000, 0x2000, 0]) + random.below(40) - 8;
    if (kind < 95) return high + PLACES.data - this.base + PLACES.dataBytes - random.below(40);
    return random.value();
  }

  protected suit(form: Form): void {
    const { random, gpr } = this;
    const { mnemonic } = form;
    if (STRING.test(mnemonic)) {
      gpr[ESI] = this.place() - this.base;
      gpr[EDI] = random.chance(25)
        ? gpr[ESI]! + random.below(random.pick([9, 200])) - random.pick([0, 4, 100])
        : this.place() - this.base;
      gpr[ECX] = random.chance(70) ? random.below(24) : random.below(random.pick([0x100, 0x1000, 0x3000]));
      if (this.bits === 16)
        for (const r of [ECX, ESI, EDI]) gpr[r] = (gpr[r]! & 0xffff) | random.pick([0, 0x56780000]);
    }
    if (/div/.test(mnemonic) && random.chance(70)) {
      const size = form.operands[0]!.size;
      if (size === 8) gpr[EAX] = random.chance(50) ? random.below(0x200) : (random.value() << 24) >> 24;
      else gpr[EDX] = random.pick([0, 0, 1, -1, random.below(100), gpr[EAX]! >> 31]);
    }
    if (/^(enter|leave)/.test(mnemonic)) gpr[EBP] = random.chance(70) ? this.stackPointer() : random.value();
    if (/^(call|jmp)$/.test(mnemonic))
      for (const r of [EAX, 3, ESI]) if (random.chance(60)) gpr[r] = this.codeTarget();
    if (/^loop|^j/.test(mnemonic) && random.chance(50))
      gpr[ECX] = random.pick([0, 1, 2, 0x10000, 0x10001, 0xffff0000]);
    if (/^cmpxchg/.test(mnemonic) && random.chance(50)) gpr[EAX] = random.pick([0, 0xffffffff, 0x80]);
    if (/^bt/.test(mnemonic) && random.chance(70))
      for (let r = 0; r < 8; r++) if (random.chance(60) && r !== ESP) gpr[r] = random.below(4096) - 2048;
    if (mnemonic === 'xlatb') gpr[3] = this.target - this.base - (gpr[EAX]! & 0xff);
  }

  protected codeTarget(): number {
    return (this.bits === 16 ? 0 : PLACES.code) + this.random.below(0x1fff);
  }

  // -- encoding ----------------------------------------------------------------------------------------------------

  protected encode(form: Form, memory: boolean): boolean {
    const { random, code } = this;
    const prefixes: number[] = [];
    const lock = form.lockable && memory && random.chance(25);
    if (lock) prefixes.push(0xf0);
    const size =
      form.operandSize === 0
        ? form.noPrefix || form.prefix || random.chance(90)
          ? this.bits
          : 48 - this.bits
        : form.operandSize;
    if (size !== this.bits) prefixes.push(0x66);
    const hasMemory = memory || STRING.test(form.mnemonic) || form.mnemonic === 'xlatb';
    let addressSize: number = this.bits;
    if (
      form.addressSize
        ? form.addressSize !== this.bits
        : (hasMemory || /^loop/.test(form.mnemonic)) && random.chance(12)
    ) {
      prefixes.push(0x67);
      addressSize = 48 - this.bits;
    }
    let segmentBase = this.base;
    if (hasMemory && random.chance(15)) {
      const segment = random.pick([0x26, 0x2e, 0x36, 0x3e, 0x64, 0x64]);
      prefixes.push(segment);
      if (segment === 0x64) {
        segmentBase = SMALL_SEGMENT.base;
        this.target =
          SMALL_SEGMENT.base + (random.chance(80) ? random.below(0x7f8) : 0x7f8 + random.below(12));
      } else if (segment === 0x2e && this.bits === 16) {
        segmentBase = PLACES.code;
        this.target = PLACES.code + random.below(0x2000);
      }
      if (STRING.test(form.mnemonic) && random.chance(80)) this.gpr[ESI] = this.target - segmentBase;
    }
    if (form.rep !== 'none' && random.chance(65)) prefixes.push(random.pick([0xf2, 0xf3]));
    for (let n = prefixes.length - 1; n > 0; n--) {
      const m = random.below(n + 1);
      [prefixes[n], prefixes[m]] = [prefixes[m]!, prefixes[n]!];
    }
    if (form.prefix) prefixes.push(form.prefix);
    code.push(...prefixes, ...[[], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]][form.map]!);
    const inOpcode = form.operands.some(({ kind }) => kind === 'opreg');
    code.push(form.opcode + (inOpcode ? random.below(8) : 0));
    if (form.fixedModrm >= 0) code.push(form.fixedModrm);
    else if (form.modrm) {
      const reg =
        form.digit >= 0
          ? form.digit
          : form.operands.some(({ kind }) => kind === 'sreg')
            ? random.pick([0, 1, 2, 3])
            : random.below(8);
      if (!memory) code.push(0xc0 | (reg << 3) | random.below(8));
      else if (addressSize === 16) this.address16(reg, segmentBase);
      else this.address32(reg, segmentBase);
    }
    this.tail(form, size, addressSize, segmentBase);
    return true;
  }

  protected push(value: number, bytes: number): void {
    for (let n = 0; n < bytes; n++) this.code.push((value >> (8 * n)) & 0xff);
  }

  private address16(reg: number, segmentBase: number): void {
    const { random, gpr } = this;
    const mod = random.below(3);
    const rm = random.below(8);
    const offset = (this.target - segmentBase) & 0xffff;
    this.code.push((mod << 6) | (reg << 3) | rm);
    const base = [3, 3, EBP, EBP, -1, -1, EBP, 3][rm]!;
    const index = [ESI, EDI, ESI, EDI, ESI, EDI, -1, -1][rm]!;
    if (mod === 0 && rm === 6) return this.push(offset, 2);
    const displacement =
      mod === 0
        ? 0
        : mod === 1
          ? (random.word() << 24) >> 24
          : offset - (base >= 0 ? gpr[base]! : 0) - (index >= 0 ? gpr[index]! : 0);
    this.push(displacement, mod);
    if (mod === 2) return;
    const adjusted = base >= 0 ? base : index;
    const rest = base >= 0 && index >= 0 ? gpr[index]! : 0;
    gpr[adjusted] = (gpr[adjusted]! & ~0xffff) | ((offset - displacement - rest) & 0xffff);
  }

  private address32(reg: number, segmentBase: number): void {
    const { random, gpr } = this;
    const mod = random.below(3);
    const offset = this.target - segmentBase;
    let base = random.below(8);
    let index = -1;
    let scale = 0;
    if (base === ESP || random.chance(40)) {
      base = random.below(8);
      index = random.chance(20) ? -1 : random.pick([0, 1, 2, 3, 5, 6, 7]);
      scale = random.below(4);
      this.code.push((mod << 6) | (reg << 3) | 4, (scale << 6) | ((index < 0 ? 4 : index) << 3) | base);
      // Whatever the scale, the result has to be reached by an aligned index.
      if (index >= 0 && random.chance(50)) gpr[index] = random.below(64) - 32;
    } else this.code.push((mod << 6) | (reg << 3) | base);
    const noBase = mod === 0 && base === EBP;
    const scaled = index < 0 ? 0 : Math.imul(gpr[index]!, 1 << scale);
    if (noBase) return this.push(offset - scaled, 4);
    const displacement =
      mod === 1
        ? (random.word() << 24) >> 24
        : mod === 0
          ? 0
          : random.chance(60)
            ? offset - gpr[base]! - scaled
            : random.below(0x10000);
    this.push(displacement, [0, 1, 4][mod]!);
    if (base !== index) gpr[base] = offset - scaled - displacement;
  }

  protected tail(form: Form, size: number, addressSize: number, segmentBase: number): void {
    const { random } = this;
    for (const { kind, size: bits } of form.operands) {
      if (kind === 'imm') this.push(this.immediate(form, bits), bits / 8);
      else if (kind === 'moffs') this.push(this.target - segmentBase, addressSize / 8);
      else if (kind === 'rel')
        this.push(
          bits === 8 ? random.word() : random.chance(80) ? random.below(0x800) - 0x400 : random.word(),
          (bits === 8 ? 8 : size) / 8,
        );
    }
  }

  private immediate(form: Form, bits: number): number {
    const { random } = this;
    if (form.mnemonic === 'enter')
      return bits === 16 ? random.below(64) * random.pick([1, 4, 8]) : random.pick([0, 0, 1, 2, 3, 5, 0x21]);
    if (form.mnemonic === 'ret') return random.pick([0, 4, 8, 0x10, random.below(0x10000)]);
    return random.value();
  }

  // -- memory ------------------------------------------------------------------------------------------------------

  protected patches(form: Form): VectorCase['patches'] {
    const { random, gpr } = this;
    const filled = (): Uint8Array => random.bytes(16);
    const stack = this.base + (this.bits === 16 ? gpr[ESP]! & 0xffff : gpr[ESP]!);
    if (STRING.test(form.mnemonic)) {
      const source = filled();
      const other = random.chance(50) ? source.slice() : new Uint8Array(16).fill(gpr[EAX]! & 0xff);
      if (random.chance(50)) other[random.below(16)]! ^= 1 << random.below(8);
      return [
        { address: gpr[ESI]! + this.base, bytes: source },
        { address: gpr[EDI]! + this.base, bytes: other },
      ];
    }
    const value = filled();
    if (/^(call|jmp)$/.test(form.mnemonic)) new DataView(value.buffer).setUint32(0, this.codeTarget(), true);
    const top = filled();
    if (/^ret/.test(form.mnemonic)) new DataView(top.buffer).setUint32(0, this.codeTarget(), true);
    // POPF must not set TF, AC or ID: the recorder does not expect their traps.
    if (/^popf/.test(form.mnemonic)) new DataView(top.buffer).setUint32(0, random.word() & ~0x244100, true);
    if (/^leave/.test(form.mnemonic))
      return [{ address: (gpr[EBP]! & (this.bits === 16 ? 0xffff : -1)) + this.base, bytes: value }];
    if (/^cmpxchg8b/.test(form.mnemonic) && random.chance(50)) {
      new DataView(value.buffer).setUint32(0, gpr[EAX]!, true);
      new DataView(value.buffer).setUint32(4, gpr[EDX]!, true);
    }
    return [
      { address: this.target, bytes: value },
      { address: stack, bytes: top },
    ];
  }
}

export function recordedForms(): Form[] {
  return forms.filter(isRecorded);
}

export interface Item {
  readonly form: Form;
  readonly vector: VectorCase;
  readonly immediate: number;
}

/** Cases of every recorded form, of register and memory operands, in 32- and 16-bit code. */
export function generateCases(
  generator: CaseGenerator,
  list: readonly Form[],
  states: (bits: 16 | 32) => number,
): Item[] {
  const items: Item[] = [];
  for (const form of list) {
    const kinds = form.operands.map(({ kind }) => kind);
    const memoryOnly = form.mod === 'memory' || kinds.includes('moffs') || kinds.includes('m');
    const variants = memoryOnly
      ? [true]
      : kinds.includes('rm') && form.mod !== 'register'
        ? [false, true]
        : [false];
    for (const bits of [32, 16] as const) {
      for (const memory of variants) {
        for (let left = states(bits) * (2 / variants.length), tries = 0; left > 0 && tries < 200; tries++) {
          const made = generator.make(form, bits, memory);
          if (!made) continue;
          items.push({ form, ...made });
          left--;
        }
      }
    }
  }
  return items;
}
