import { decode, eflags, Instruction, type Form } from '../../packages/x86-decoder/src/index';
import { PLACES, type VectorCase } from '../../packages/cpu/src/testing/hardware-vectors';
import { recordedForms } from './cases';
import { type Random } from './random';

/** A program of many instructions, and which flags mean something wherever it may end. */
export interface Sequence {
  readonly vector: VectorCase;
  /** By EIP: flags that are undefined there. */
  readonly undefinedAt: ReadonlyMap<number, number>;
}

const EXCLUDED =
  /^(jmp|call|ret|j[a-z]+|loop.*|popfd?|enter|bound|into|ud.|leave|nop|popad?|sahf|prefetch.*)$/;
const MAYBE =
  /^(div|idiv|aam|cmps.|scas.|movs.|stos.|lods.|bts?|btr|btc|pusha|pushad|xlatb|mul|imul|cwd|cdq)$/;
const EAX = 0,
  ECX = 1,
  EDX = 2,
  EBX = 3,
  ESP = 4,
  EBP = 5,
  ESI = 6,
  EDI = 7;
/** Registers that instructions may name as destinations; EDX is a small index, the others point into the data pages. */
const FREE = [EAX, ECX, EBX];
const POINTERS = [ESI, EDI, EBP, ESP];
const COUNTER = PLACES.data + 0x10;
const ARITHMETIC = eflags.cf | eflags.pf | eflags.af | eflags.zf | eflags.sf | eflags.of;

export class SequenceGenerator {
  private readonly forms: Form[];
  private readonly scratch = new Instruction();
  private code: number[] = [];
  private undefinedFlags = 0;
  private origin = 0;
  private undefinedAt = new Map<number, number>();

  constructor(private readonly random: Random) {
    this.forms = recordedForms().filter(
      (form) => !EXCLUDED.test(form.mnemonic) || (form.mnemonic === 'nop' && !form.alias),
    );
  }

  make(length: number): Sequence {
    const { random } = this;
    const repeats = random.chance(60);
    this.code = [];
    this.undefinedAt = new Map();
    this.undefinedFlags = 0;
    this.origin =
      PLACES.code + random.pick([0x100, 0x1000 - random.below(70), 0xfc0, 0x1800 + random.below(64)]);
    for (let n = 0; n < length && this.code.length < 50; n++) this.step();
    if (repeats) this.loop();
    this.note();
    const gpr = Array.from({ length: 8 }, () => random.value());
    for (const r of POINTERS) gpr[r] = PLACES.data + 0x400 + random.below(0x3400);
    gpr[EDX] = random.below(64);
    const counter = new Uint8Array(16);
    counter[0] = 2 + random.below(4);
    return {
      vector: {
        gpr: gpr.map((value) => value >>> 0),
        eflags: random.word() & 0x8d5,
        eip: this.origin,
        bits: 32,
        code: Uint8Array.from(this.code),
        patches: [{ address: COUNTER, bytes: counter }],
      },
      undefinedAt: this.undefinedAt,
    };
  }

  private note(): void {
    this.undefinedAt.set(this.origin + this.code.length, this.undefinedFlags);
  }

  /** DEC of a counter in memory and JNZ to the start; the flags of the second round begin with what this leaves. */
  private loop(): void {
    this.note();
    this.code.push(0xff, 0x0d, COUNTER & 0xff, (COUNTER >> 8) & 0xff, (COUNTER >> 16) & 0xff, COUNTER >>> 24);
    const carryUnknown = this.undefinedFlags & eflags.cf;
    this.undefinedFlags &= eflags.cf;
    this.note();
    // An undefined CF must not reach the second round.
    if (carryUnknown) this.code.push(0xf8);
    this.undefinedFlags = 0;
    this.note();
    const next = this.code.length + 6;
    this.code.push(0x0f, 0x85);
    for (let n = 0; n < 4; n++) this.code.push((-next >> (8 * n)) & 0xff);
  }

  private step(): void {
    const kind = this.random.below(100);
    this.note();
    if (kind < 7) return this.skip();
    if (kind < 10) return this.modifyCode();
    for (let tries = 0; tries < 40; tries++) if (this.tryForm(this.random.pick(this.forms))) return;
  }

  /** A conditional jump over one INC or MOV. */
  private skip(): void {
    const { random } = this;
    const pairs = [
      eflags.of,
      eflags.cf,
      eflags.zf,
      eflags.cf | eflags.zf,
      eflags.sf,
      eflags.pf,
      eflags.sf | eflags.of,
      eflags.zf | eflags.sf | eflags.of,
    ];
    const condition = random.below(16);
    if (this.undefinedFlags & pairs[condition >> 1]!) return;
    this.code.push(0x70 | condition, 5, 0xb8 | random.pick(FREE));
    this.word(random.value());
  }

  /** A store into the immediate of the next instruction but one. */
  private modifyCode(): void {
    const { random } = this;
    const target = this.origin + this.code.length + 7 + 2 + 1 + random.below(4);
    this.code.push(0xc6, 0x05);
    this.word(target);
    this.code.push(random.below(256), 0x8b, 0xc9 | (random.pick(FREE) << 3), 0xb8 | random.pick(FREE));
    this.word(random.value());
  }

  private word(value: number): void {
    for (let n = 0; n < 4; n++) this.code.push((value >>> (8 * n)) & 0xff);
  }

  private tryForm(form: Form): boolean {
    const { random } = this;
    if (MAYBE.test(form.mnemonic) && random.chance(70)) return false;
    if (form.flags.read & this.undefinedFlags & ARITHMETIC) return false;
    const bytes = this.encode(form);
    if (!bytes) return false;
    const decoded = decode(
      Uint8Array.from([...bytes, ...new Array<number>(16).fill(0)]),
      0,
      30,
      32,
      this.scratch,
    );
    if (decoded.form !== form.id || decoded.length !== bytes.length || !this.allowed(form, decoded))
      return false;
    this.code.push(...bytes);
    this.flagsAfter(form, decoded.immediate);
    return true;
  }

  private encode(form: Form): number[] | undefined {
    const { random } = this;
    const bytes: number[] = [];
    const kinds = form.operands.map(({ kind }) => kind);
    const memory =
      form.mod === 'memory' ||
      kinds.includes('m') ||
      (kinds.includes('rm') && form.mod !== 'register' && random.chance(55));
    if (form.lockable && memory && random.chance(10)) bytes.push(0xf0);
    if (form.operandSize === 16) bytes.push(0x66);
    if (form.prefix) bytes.push(form.prefix);
    bytes.push(...[[], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]][form.map]!);
    bytes.push(form.opcode + (kinds.includes('opreg') ? random.pick(FREE) : 0));
    if (form.modrm) {
      const byte = form.operands.some(({ kind, size }) => kind === 'reg' && size === 8);
      const reg =
        form.digit >= 0
          ? form.digit
          : byte && random.chance(50)
            ? random.pick([0, 1, 3, 4, 5, 7])
            : random.pick(FREE);
      if (memory) this.address(bytes, reg);
      else {
        const byteRm = form.operands.some(({ kind, size }) => kind === 'rm' && size === 8);
        bytes.push(
          0xc0 |
            (reg << 3) |
            (byteRm && random.chance(50)
              ? random.pick([4, 5, 7])
              : random.pick([...FREE, ...FREE, EDX, ESI])),
        );
      }
    }
    for (const { kind, size } of form.operands) {
      if (kind === 'moffs') {
        const at = PLACES.data + 0x20 + random.below(0x3f00);
        for (let n = 0; n < 4; n++) bytes.push((at >>> (8 * n)) & 0xff);
      } else if (kind === 'imm') {
        const value = random.value();
        for (let n = 0; n < size / 8; n++) bytes.push((value >>> (8 * n)) & 0xff);
      } else if (kind === 'rel' || kind === 'sreg') return undefined;
    }
    return bytes;
  }

  private address(bytes: number[], reg: number): void {
    const { random } = this;
    const base = random.pick(POINTERS);
    const kind = random.below(100);
    const short = (random.word() << 24) >> 24;
    if (kind < 15) {
      bytes.push((reg << 3) | 5);
      const at = PLACES.data + 0x20 + random.below(0x3f00);
      for (let n = 0; n < 4; n++) bytes.push((at >>> (8 * n)) & 0xff);
    } else if (kind < 55 && base !== ESP) bytes.push(0x40 | (reg << 3) | base, short);
    else
      bytes.push(
        0x44 | (reg << 3),
        (random.below(4) << 6) | (random.pick([EDX, EDX, ESP]) << 3) | base,
        short,
      );
  }

  /** Keeps pointers, and what the manuals leave undefined, out of it. */
  private allowed(form: Form, decoded: Instruction): boolean {
    const { random } = this;
    const written = form.operands.filter(({ access }) => access === 'w' || access === 'rw');
    for (const { kind, size } of written) {
      const number =
        kind === 'reg'
          ? decoded.reg
          : kind === 'rm' || kind === 'r' || kind === 'opreg'
            ? decoded.memory
              ? -1
              : decoded.rm
            : -1;
      const register = size === 8 ? number & 3 : number;
      if (number >= 0 && !FREE.includes(register) && random.chance(97)) return false;
    }
    if (/^(shld|shrd)$/.test(form.mnemonic) && form.operands[0]!.size === 16) return false;
    if (form.mnemonic === 'bswap' && form.operandSize === 16) return false;
    return true;
  }

  private flagsAfter(form: Form, immediate: number): void {
    const { read: _read, written, cleared, set, undefined: unknown } = form.flags;
    const last = form.operands.at(-1);
    const shift = /^(sh[lr]d?|sar|ro[lr]|rc[lr])$/.test(form.mnemonic);
    if (shift && last!.kind !== 'one') {
      const width = form.operands[0]!.size;
      const known = last!.kind === 'imm' ? immediate & 31 : -1;
      if (known === 0) return;
      this.undefinedFlags |= unknown;
      if (known > 0) this.undefinedFlags &= ~written;
      if (width < 32 && !/^r/.test(form.mnemonic) && (known < 0 || known > width))
        this.undefinedFlags |= eflags.cf;
      if (/^r/.test(form.mnemonic)) this.undefinedFlags |= eflags.of;
      return;
    }
    this.undefinedFlags = ((this.undefinedFlags & ~(written | cleared | set)) | unknown) & ARITHMETIC;
  }
}
