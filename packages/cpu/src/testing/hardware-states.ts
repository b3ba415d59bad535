import { decode, forms, Instruction, type Form } from '@trapgate/x86-decoder';
import { FX, makeEnvironment, makeFx, mxcsr, numberKind, usesFx } from './hardware-fx';
import { fillNumbers } from './hardware-numbers';
import { PLACES, SMALL_SEGMENT } from './hardware-places';
import { fnv1a, VectorRandom } from './hardware-random';
import { farOffset, selector, suitSegments } from './hardware-selectors';
import { readGpr, suitRegisters, writeGpr } from './hardware-suits';

/** Code at a place; every state of a group starts there. */
export interface VectorGroup {
  readonly bits: 16 | 32 | 64;
  /** Offset in the code pages. */
  readonly offset: number;
  /** The instruction, perhaps with one behind it that shows what it did. */
  readonly code: Uint8Array;
}

/** Bytes laid over the data pages; what lies outside of them is left out. */
export interface VectorPatch {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** What the registers and memory are before the code runs. */
export interface VectorState {
  /** Sixteen 64-bit registers in encoding order, low halves first; outside of 64-bit code eight, with high halves of zero. */
  readonly gpr: Uint32Array;
  /** Linear address of the code. */
  readonly rip: number;
  readonly eflags: number;
  /** An FXSAVE image, if the form has to do with the x87, MMX and SSE registers. */
  readonly fx: Uint8Array | undefined;
  readonly patches: readonly VectorPatch[];
}

export const GPR = { ax: 0, cx: 1, dx: 2, bx: 3, sp: 4, bp: 5, si: 6, di: 7 } as const;
const STACK = /^(push|pop|call|ret|enter|leave|iret)/;
const STRING = /^(movs|cmps|stos|lods|scas|ins|outs)[bwdq]$/;
const IMPLICIT = /^(xlatb|maskmov.*)$/;
const RIP = 16;

/** Makes the states of one group; state `n` depends on the group, the seed and `n` alone. */
export class StateMaker {
  readonly instruction = new Instruction();
  readonly form: Form;
  readonly segmentBase: number;
  readonly stackBase: number;
  private readonly hash: number;
  random: VectorRandom;
  gpr = new Uint32Array(32);
  /** Linear address of the memory operand. */
  linear = 0;

  constructor(
    readonly group: VectorGroup,
    seed: number,
  ) {
    const { bits, offset, code } = group;
    decode(code, 0, code.length, bits, this.instruction);
    this.form = forms[this.instruction.form]!;
    this.hash = fnv1a([...code, bits, offset & 0xff, offset >> 8, seed & 0xff, (seed >> 8) & 0xff]);
    this.random = new VectorRandom(this.hash);
    this.stackBase = bits === 16 ? PLACES.data : 0;
    this.segmentBase = this.baseOf(this.instruction.segment);
  }

  private baseOf(segment: number): number {
    const { bits } = this.group;
    if (segment >= 4) return bits === 64 && segment === 4 ? 0 : SMALL_SEGMENT.base;
    return bits !== 16 ? 0 : segment === 1 ? PLACES.code : PLACES.data;
  }

  state(index: number): VectorState {
    const { form, group } = this;
    const random = (this.random = new VectorRandom(fnv1a([index & 0xff, index >> 8], this.hash)));
    const gpr = (this.gpr = new Uint32Array(32));
    const registers = group.bits === 64 ? 16 : 8;
    for (let n = 0; n < registers; n++) {
      gpr[2 * n] = random.value();
      // In 64-bit code half of the registers are sign- or zero-extended words.
      if (group.bits === 64)
        gpr[2 * n + 1] = random.chance(50) ? random.value() : random.pick([0, 0xffffffff]);
    }
    if (STACK.test(form.mnemonic) || random.chance(70)) writeGpr(this, GPR.sp, this.stackPointer());
    suitRegisters(this);
    suitSegments(this);
    this.address();
    const eflags =
      (random.word() & 0x8d5) | (random.chance(25) ? 0x400 : 0) | (random.chance(3) ? 0x4_0000 : 0);
    const fx = usesFx(form) ? makeFx(random, form, group.bits) : undefined;
    return { gpr, rip: PLACES.code + group.offset, eflags, fx, patches: this.patches() };
  }

  /** A linear address for a memory operand. */
  place(alignment = 1): number {
    const { random } = this;
    const kind = random.below(100);
    if (kind < 74) return PLACES.data + 0x100 + (random.below(0x3d00) & -alignment);
    if (kind < 81) return PLACES.data + random.pick([0x1000, 0x2000]) - random.below(17);
    if (kind < 88) return PLACES.data + PLACES.dataBytes - random.below(random.pick([9, 40]));
    if (kind < 91) return PLACES.data - random.below(5);
    if (kind < 96) return PLACES.fixed + (random.below(0xfe0) & -alignment);
    return random.value();
  }

  /** A stack pointer: an offset in the stack segment. */
  stackPointer(): number {
    const { random } = this;
    const kind = random.below(100);
    const high = this.group.bits === 16 ? random.pick([0, 0x1234_0000]) : 0;
    const start = PLACES.data - this.stackBase;
    if (kind < 78) return high + start + 0x400 + 4 * random.below(0xc00);
    if (kind < 88) return high + start + random.pick([0x1000, 0x2000, 0]) + random.below(40) - 8;
    if (kind < 95) return high + start + PLACES.dataBytes - random.below(40);
    return random.value();
  }

  codeTarget(): number {
    return (this.group.bits === 16 ? 0 : PLACES.code) + this.random.below(0x1fff);
  }

  // -- the memory operand ------------------------------------------------------------------------------------------

  private alignment(): number {
    const { form, random } = this;
    const operand = form.operands.find(({ kind }) => kind === 'm' || kind.endsWith('rm'));
    const wide = (operand?.size ?? 0) >= 128 && !/^fn?|^lddqu|^mov.*u/.test(form.mnemonic);
    if (/^fx/.test(form.mnemonic) || (wide && random.chance(85))) return 16;
    return random.chance(40) ? 4 : 1;
  }

  private target(): number {
    const { random, group } = this;
    const { segment } = this.instruction;
    const alignment = this.alignment();
    const inSmall = segment === 5 || (segment === 4 && group.bits !== 64);
    if (inSmall && random.chance(90)) {
      const offset = random.chance(85) ? random.below(0x7f0) : 0x7f0 + random.below(20);
      return SMALL_SEGMENT.base + (offset & -alignment);
    }
    if (segment === 1 && group.bits === 16) return PLACES.code + random.below(PLACES.codeBytes);
    return this.place(alignment);
  }

  /** Points the address registers to a place, as far as the encoding lets them; `linear` is where they point. */
  private address(): void {
    const { instruction, form, gpr } = this;
    const { base, index, scale, displacement, addressSize } = instruction;
    const isMoffs = form.operands.some(({ kind }) => kind === 'moffs');
    if (STRING.test(form.mnemonic) || IMPLICIT.test(form.mnemonic)) return this.implicitAddress();
    if (!instruction.memory && !isMoffs) return;
    const offset = this.target() - this.segmentBase;
    if (base >= 0 && base !== RIP) {
      if (index >= 0 && index !== base && this.random.chance(60))
        writeGpr(this, index, this.random.below(64) - 32);
      const scaled = index >= 0 && index !== base ? Math.imul(gpr[2 * index]!, scale) : 0;
      if (index === base)
        writeGpr(this, base, Math.floor((offset - displacement) / (1 + scale)), addressSize);
      else writeGpr(this, base, offset - displacement - scaled, addressSize);
      if (addressSize === 64 && index >= 0 && index !== base) this.exact(index, scale, offset - displacement);
    } else if (index >= 0 && base !== RIP) {
      writeGpr(this, index, Math.floor((offset - displacement) / scale), addressSize);
    }
    this.linear = this.effective();
  }

  /** 64-bit addresses do not wrap at 32 bits: the index has to be small. */
  private exact(index: number, scale: number, sum: number): void {
    const { instruction } = this;
    writeGpr(this, index, this.random.below(64) - 32);
    writeGpr(this, instruction.base, sum - readGpr(this, index) * scale);
  }

  /** The low 32 bits of the operand's linear address. */
  private effective(): number {
    const { instruction, gpr, group } = this;
    const { base, index, scale, displacement, addressSize } = instruction;
    let offset = displacement;
    if (base === RIP) offset += PLACES.code + group.offset + instruction.length;
    else if (base >= 0) offset += gpr[2 * base]!;
    if (index >= 0) offset += Math.imul(gpr[2 * index]!, scale);
    return ((addressSize === 16 ? offset & 0xffff : offset) + this.segmentBase) >>> 0;
  }

  private implicitAddress(): void {
    const { form, random, gpr } = this;
    if (form.mnemonic === 'xlatb') {
      this.linear = this.target();
      return writeGpr(this, GPR.bx, this.linear - this.segmentBase - (gpr[0]! & 0xff));
    }
    if (form.mnemonic.startsWith('maskmov')) {
      this.linear = this.target();
      return writeGpr(this, GPR.di, this.linear - this.segmentBase, this.instruction.addressSize);
    }
    const { addressSize } = this.instruction;
    this.linear = this.target();
    writeGpr(this, GPR.si, this.linear - this.segmentBase, addressSize);
    const near = this.linear + random.below(random.pick([9, 200])) - random.pick([0, 4, 100]);
    writeGpr(this, GPR.di, (random.chance(25) ? near : this.place()) - this.stackBase, addressSize);
    writeGpr(
      this,
      GPR.cx,
      random.chance(75) ? random.below(24) : random.below(random.pick([0x40, 0x100, 0x900])),
    );
    if (this.group.bits === 16)
      for (const r of [GPR.cx, GPR.si, GPR.di])
        gpr[2 * r] = ((gpr[2 * r]! & 0xffff) | random.pick([0, 0x5678_0000])) >>> 0;
  }

  // -- memory ------------------------------------------------------------------------------------------------------

  /** Linear address (its low 32 bits) of the top of the stack. */
  private top(): number {
    const sp = this.gpr[2 * GPR.sp]!;
    return ((this.group.bits === 16 ? sp & 0xffff : sp) + this.stackBase) >>> 0;
  }

  private filled(length = 16): Uint8Array {
    const bytes = new Uint8Array(length);
    fillNumbers(this.random, bytes, 0, length, numberKind(this.form));
    return bytes;
  }

  private patches(): VectorPatch[] {
    const { form } = this;
    const { mnemonic } = form;
    if (STRING.test(mnemonic)) return this.strings();
    const bytes = this.operandBytes();
    const list: VectorPatch[] = [{ address: this.linear, bytes }];
    if (/^(ret|pop|iret)/.test(mnemonic)) list.push({ address: this.top(), bytes: this.stackBytes() });
    if (mnemonic === 'leave') {
      const bp = this.gpr[2 * GPR.bp]!;
      const address = ((this.group.bits === 16 ? bp & 0xffff : bp) + this.stackBase) >>> 0;
      list.push({ address, bytes: this.filled() });
    }
    return list;
  }

  private strings(): VectorPatch[] {
    const { random, gpr } = this;
    const source = this.filled();
    const other = random.chance(50) ? source.slice() : new Uint8Array(16).fill(gpr[0]! & 0xff);
    if (random.chance(50)) {
      const n = random.below(16);
      other[n] = other[n]! ^ (1 << random.below(8));
    }
    const low = (r: number): number => (this.group.bits === 16 ? gpr[2 * r]! & 0xffff : gpr[2 * r]!);
    return [
      { address: (low(GPR.si) + this.segmentBase) >>> 0, bytes: source },
      { address: (low(GPR.di) + this.stackBase) >>> 0, bytes: other },
    ];
  }

  private operandBytes(): Uint8Array {
    const { form, random, gpr, instruction } = this;
    const { mnemonic } = form;
    const wide = instruction.operandSize !== 16;
    if (mnemonic === 'fldenv' || mnemonic === 'frstor') return makeEnvironment(random, form, wide);
    if (/^fxrstor/.test(mnemonic)) return this.fxImage();
    const bytes = this.filled(form.operands.some(({ size }) => size > 128) ? 128 : 16);
    const view = new DataView(bytes.buffer);
    if (mnemonic === 'ldmxcsr')
      view.setUint32(0, (mxcsr(random) | (random.chance(6) ? 1 << (18 + random.below(14)) : 0)) >>> 0, true);
    if (mnemonic === 'fldcw') view.setUint16(0, random.chance(50) ? 0x37f : random.word() & 0x1f7f, true);
    if (form.far || /^l[defgs]s$|^lss$/.test(mnemonic)) this.farPointer(view);
    else if (/^(call|jmp)$/.test(mnemonic)) view.setUint32(0, this.codeTarget(), true);
    if (/^(call|jmp)$/.test(mnemonic) && !form.far && form.operandSize === 64 && random.chance(95))
      view.setUint32(4, 0, true);
    if (/^(mov|lar|lsl|verr|verw|arpl)$/.test(mnemonic) && form.operands.some(({ kind }) => kind === 'sreg'))
      view.setUint16(0, selector(random), true);
    if (/^(lar|lsl|verr|verw|arpl)$/.test(mnemonic)) view.setUint16(0, selector(random), true);
    if (/^cmpxchg(8|16)b/.test(mnemonic) && random.chance(50)) {
      const half = mnemonic === 'cmpxchg8b' ? 4 : 8;
      view.setUint32(0, gpr[0]!, true);
      if (half === 8) view.setUint32(4, gpr[1]!, true);
      view.setUint32(half, gpr[2 * GPR.dx]!, true);
      if (half === 8) view.setUint32(12, gpr[2 * GPR.dx + 1]!, true);
    }
    if (mnemonic === 'bound') this.bounds(view);
    return bytes;
  }

  /** Bounds around the index more often than not. */
  private bounds(view: DataView): void {
    const { random, instruction, gpr } = this;
    const index = gpr[2 * instruction.reg]!;
    const [low, high] = [index - random.below(4) + 1, index + random.below(4) - 1];
    if (instruction.operandSize === 16) {
      view.setUint16(0, low, true);
      view.setUint16(2, high, true);
    } else {
      view.setInt32(0, low, true);
      view.setInt32(4, high, true);
    }
  }

  private farPointer(view: DataView): void {
    const { random, instruction } = this;
    const offset = farOffset(random);
    const bytes = instruction.operandSize / 8;
    if (bytes === 2) view.setUint16(0, offset, true);
    else view.setUint32(0, offset, true);
    if (bytes === 8) view.setUint32(4, 0, true);
    view.setUint16(bytes, selector(random), true);
  }

  private stackBytes(): Uint8Array {
    const { form, random, instruction } = this;
    const { mnemonic } = form;
    const bytes = this.filled(40);
    const view = new DataView(bytes.buffer);
    const step = instruction.operandSize / 8;
    // What would set TF, NT, AC or ID is left out: the recorder does not expect their traps.
    const flags = (random.word() & ~0x0026_4100 & 0xffff) >>> 0;
    if (/^popf/.test(mnemonic)) view.setUint32(0, (random.word() & ~0x0026_4100) >>> 0, true);
    else if (mnemonic === 'ret') {
      view.setUint32(0, this.codeTarget(), true);
      if (step === 8) view.setUint32(4, random.chance(95) ? 0 : random.value(), true);
    } else if (/^(retf|iret)/.test(mnemonic)) {
      this.farPointer(view);
      if (mnemonic[0] === 'i' && step === 2) view.setUint16(4, flags, true);
      else if (mnemonic[0] === 'i') view.setUint32(2 * step, flags & 0xfff, true);
    } else if (form.operands[0]?.kind === 'fixed') view.setUint16(0, selector(random), true);
    return bytes;
  }

  private fxImage(): Uint8Array {
    const { random, form, group } = this;
    const image = makeFx(random, form, group.bits);
    if (random.chance(4)) image[FX.mxcsr + 2] = 1 << (2 + random.below(6));
    return image;
  }
}
