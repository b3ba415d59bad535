import { decode, Instruction, type Form } from '../../packages/x86-decoder/src/index';
import { PLACES } from '../../packages/cpu/src/testing/hardware-places';
import { type VectorRandom } from '../../packages/cpu/src/testing/hardware-random';
import { farOffset, selector } from '../../packages/cpu/src/testing/hardware-selectors';
import type { VectorGroup } from '../../packages/cpu/src/testing/hardware-states';

const MAPS: readonly (readonly number[])[] = [[], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]];
const STRING = /^(movs|cmps|stos|lods|scas|ins|outs)[bwdq]$/;
const HAS_COUNTER = /^loop|^xlatb$|^maskmov/;
const SEGMENT_LOADS = /^(l[defgs]s|lss|mov|pop)$/;
const INT3 = 0xcc;
/** FS is the C library's in 64-bit code. */
const SEGMENTS = {
  16: [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65],
  32: [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65],
  64: [0x65, 0x65, 0x2e, 0x3e],
};

/** Writes instructions of a form with all that may vary: registers, addressing, prefixes, immediates. */
export class EncodingMaker {
  private code: number[] = [];
  private readonly scratch = new Instruction();

  constructor(
    private readonly random: VectorRandom,
    private readonly bits: 16 | 32 | 64,
  ) {}

  /** The `turn`th instruction of a form; turns go through LOCK, REP and segment prefixes. Undefined if it cannot be encoded. */
  make(form: Form, memory: boolean, turn: number): VectorGroup | undefined {
    for (let tries = 0; tries < 40; tries++) {
      const offset = this.offset();
      this.code = [];
      if (!this.encode(form, memory, turn, offset)) continue;
      const { code, bits } = this;
      const padded = Uint8Array.from([...code, ...new Array<number>(16).fill(INT3)]);
      const decoded = decode(padded, 0, padded.length, bits, this.scratch);
      if (decoded.form !== form.id || decoded.length !== code.length || decoded.length > 15) continue;
      if (offset + code.length + 12 > PLACES.codeBytes) continue;
      return { bits, offset, code: Uint8Array.from([...code, ...this.after(form)]) };
    }
    return undefined;
  }

  /** A place of the code: seldom across the page boundary. */
  private offset(): number {
    const { random } = this;
    if (random.chance(10)) return 0x1000 - random.below(8);
    return random.chance(3) ? 0x1f80 : 0x200 + random.below(0xc00);
  }

  private push(value: number, bytes: number): void {
    for (let n = 0; n < bytes; n++) this.code.push(n < 4 ? (value >> (8 * n)) & 0xff : value < 0 ? 0xff : 0);
  }

  private isWide(form: Form): boolean {
    return form.operandSize === 64 && !form.default64;
  }

  private encode(form: Form, memory: boolean, turn: number, offset: number): boolean {
    const { random, bits, code } = this;
    const natural = bits === 64 ? 32 : bits;
    const prefixes: number[] = [];
    if (form.lockable && memory && turn % 4 === 1) prefixes.push(0xf0);
    const needs16 = form.operandSize === 16 && natural !== 16;
    const needs32 = form.operandSize === 32 && natural === 16;
    if ((needs16 || needs32) && form.prefix !== 0x66) prefixes.push(0x66);
    const addressed = memory || STRING.test(form.mnemonic) || HAS_COUNTER.test(form.mnemonic);
    const address = this.addressSize(form, addressed);
    if (address === undefined) return false;
    if (address !== bits) prefixes.push(0x67);
    if (addressed && turn % 5 === 2) prefixes.push(random.pick(SEGMENTS[bits]));
    if (form.rep !== 'none' && turn % 3 > 0) prefixes.push(turn % 3 === 1 ? 0xf3 : 0xf2);
    // Not before branches, where F2 and F3 have had meanings of their own.
    else if (!/^(loop|j|call|ret)/.test(form.mnemonic) && random.chance(2))
      prefixes.push(random.pick([0xf2, 0xf3, 0x66]));
    for (let n = prefixes.length - 1; n > 0; n--) {
      const m = random.below(n + 1);
      [prefixes[n], prefixes[m]] = [prefixes[m]!, prefixes[n]!];
    }
    if (form.prefix) prefixes.push(form.prefix);
    code.push(...prefixes);
    if (!this.pushRex(form)) return false;
    code.push(...MAPS[form.map]!);
    const inOpcode = form.operands.some(({ kind }) => kind === 'opreg');
    code.push(form.opcode + (inOpcode ? random.below(8) : 0));
    if (form.fixedModrm >= 0) code.push(form.fixedModrm);
    else if (form.modrm) this.modrm(form, memory, address, offset);
    this.tail(form, address);
    return true;
  }

  private addressSize(form: Form, addressed: boolean): 16 | 32 | 64 | undefined {
    const { bits, random } = this;
    const other = bits === 32 ? 16 : 32;
    if (form.addressSize) {
      const possible = form.addressSize === bits || form.addressSize === other;
      return possible ? form.addressSize : undefined;
    }
    return addressed && random.chance(12) ? other : bits;
  }

  private pushRex(form: Form): boolean {
    const { random, bits } = this;
    if (bits !== 64) return true;
    let rex = this.isWide(form) ? 0x48 : 0;
    if (random.chance(50)) rex |= 0x40 | random.below(8);
    if (form.rexB) rex |= random.chance(60) ? 0x41 : 0;
    if (rex) this.code.push(rex);
    return true;
  }

  private modrm(form: Form, memory: boolean, address: number, offset: number): void {
    const { random, code } = this;
    const sreg = form.operands.find(({ kind }) => kind === 'sreg');
    const loadable = this.bits === 64 ? [0, 3, 5] : [0, 2, 3, 4, 5];
    const shown = this.bits === 64 ? [0, 1, 2, 3, 5] : [0, 1, 2, 3, 4, 5];
    const reg =
      form.digit >= 0
        ? form.digit
        : sreg
          ? random.pick(sreg.access === 'r' ? shown : loadable)
          : random.below(8);
    if (!memory) code.push(0xc0 | (reg << 3) | random.below(8));
    else if (address === 16) this.memory16(reg);
    else this.memory32(reg, offset);
  }

  /** A linear address in the data pages, for addresses without registers. */
  private place(): number {
    const { random } = this;
    const base =
      PLACES.data + (random.chance(85) ? 0x100 + random.below(0x3e00) : PLACES.dataBytes - random.below(9));
    return random.chance(60) ? base & ~15 : base;
  }

  private memory16(reg: number): void {
    const { random } = this;
    const mod = random.below(3);
    const rm = random.below(8);
    this.code.push((mod << 6) | (reg << 3) | rm);
    if (mod === 0 && rm === 6)
      return this.push(this.bits === 16 ? this.place() - PLACES.data : random.below(0x10000), 2);
    this.push(random.word(), mod);
  }

  private memory32(reg: number, offset: number): void {
    const { random, code } = this;
    const mod = random.pick([0, 1, 1, 2]);
    let base = random.below(8);
    let sib = false;
    if (base === 4 || random.chance(40)) {
      sib = true;
      base = random.below(8);
      const index = random.chance(20) ? 4 : random.below(8);
      code.push((mod << 6) | (reg << 3) | 4, (random.below(4) << 6) | (index << 3) | base);
    } else code.push((mod << 6) | (reg << 3) | base);
    const absolute = this.place() - (this.bits === 16 ? PLACES.data : 0);
    if (mod === 0 && base === 5) {
      const relative = this.bits === 64 && !sib;
      return this.push(relative ? absolute - (PLACES.code + offset + 12) : absolute, 4);
    }
    const far = random.chance(50) ? random.below(0x1000) - 0x800 : absolute;
    this.push(mod === 1 ? random.word() : far, [0, 1, 4][mod]!);
  }

  private tail(form: Form, address: number): void {
    const { random } = this;
    for (const { kind, size } of form.operands) {
      if (kind === 'imm') this.pushImmediate(form, size);
      else if (kind === 'moffs') this.push(this.place() - (this.bits === 16 ? PLACES.data : 0), address / 8);
      else if (kind === 'rel')
        this.push(
          size === 8 ? random.word() : random.chance(85) ? random.below(0x800) - 0x400 : random.word(),
          size / 8,
        );
      else if (kind === 'far') {
        this.push(farOffset(random), size / 8);
        this.push(selector(random), 2);
      }
    }
  }

  private pushImmediate(form: Form, size: number): void {
    const { random } = this;
    let value = random.chance(50) ? random.word() : random.value();
    if (form.mnemonic === 'enter')
      value = size === 16 ? random.below(64) * random.pick([1, 4, 8]) : random.pick([0, 0, 1, 2, 3, 5, 0x21]);
    else if (/^retf?$/.test(form.mnemonic)) value = random.pick([0, 4, 8, 0x10, random.below(0x10000)]);
    else if (/^(sh|sa|ro|rc)/.test(form.mnemonic) && random.chance(60)) value = random.below(36);
    else if (form.mnemonic === 'int') value = random.pick([3, 4, 0, 1, 13, 14, 0x20, 0xff, 2, 8]);
    this.push(value, size / 8);
  }

  /** After a load of a segment register an access through it: hidden parts show only so. */
  private after(form: Form): number[] {
    const { random, bits } = this;
    const loads = form.operands.some(
      (o) => o.kind === 'sreg' || (o.kind === 'fixed' && /^[c-gs]s$|^es$/.test(o.register!)),
    );
    if (bits === 64 || !SEGMENT_LOADS.test(form.mnemonic) || random.chance(25)) return [];
    if (!loads && !/^l/.test(form.mnemonic)) return [];
    const offset = random.pick([0x10, 0x7fd, 0xffe, 0x1001, 0x3ffe, random.below(0x4000)]);
    const bytes = Array.from({ length: bits / 8 }, (_, n) => (offset >>> (8 * n)) & 0xff);
    return [random.pick(SEGMENTS[bits]), random.pick([0xa0, 0xa1, 0xa2, 0xa3]), ...bytes];
  }
}
