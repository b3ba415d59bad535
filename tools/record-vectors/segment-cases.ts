import { forms, type Form } from '../../packages/x86-decoder/src/index';
import { PLACES, type VectorCase } from '../../packages/cpu/src/testing/hardware-vectors';
import { CaseGenerator } from './cases';

const LOADS = /^(l[defgs]s|lss|lar|lsl|verr|verw|retf|iretd?|call|jmp|mov|push|pop)$/;
const TABLE_ENTRIES = 11;
const ESP = 4;
/** Not GS: in the recorder's process that is the C library's. */
const SEGMENT_PREFIXES = [0x26, 0x2e, 0x36, 0x3e, 0x64];

/** Forms that load, show or test segment registers in user mode. */
export function segmentForms(): Form[] {
  return forms.filter(({ id, modes, mnemonic, far, operands }) => {
    if (id === 0 || (modes & 1) === 0 || !LOADS.test(mnemonic)) return false;
    if (/^(l..|ver.|retf|iretd?|lss)$/.test(mnemonic)) return true;
    const named = operands.some(
      (o) => o.kind === 'sreg' || (o.kind === 'fixed' && /^[c-gs]s$|^es$/.test(o.register!)),
    );
    return far || named;
  });
}

/** Segment loads and far transfers, over the recorder's local descriptor table. */
export class SegmentCaseGenerator extends CaseGenerator {
  private selector(): number {
    const { random } = this;
    const kind = random.below(100);
    if (kind < 60) return random.below(TABLE_ENTRIES + 2) * 8 + (random.chance(80) ? 7 : 4 + random.below(4));
    if (kind < 70) return random.below(4);
    if (kind < 85) return random.pick([0x23, 0x2b, 0x2b, 0x20, 0x28, 0x22, 0x2a]);
    return random.pick([0x08, 0x0b, 0x10, 0x18, 0x1b, 0xfff8, 0xffff, 0xfffc, 0x8000]);
  }

  protected override suit(form: Form): void {
    const { random, gpr } = this;
    super.suit(form);
    if (/^(mov|lar|lsl|ver.)$/.test(form.mnemonic)) {
      for (let r = 0; r < 8; r++)
        if (r !== ESP || random.chance(50)) gpr[r] = (random.chance(50) ? 0xabcd0000 : 0) + this.selector();
    }
    if (/^(retf|iretd?|call|push|pop)$/.test(form.mnemonic)) gpr[ESP] = this.stackPointer();
  }

  protected override tail(form: Form, size: number, addressSize: number, segmentBase: number): void {
    const far = form.operands.find(({ kind }) => kind === 'far');
    if (!far) return super.tail(form, size, addressSize, segmentBase);
    this.push(this.farOffset(), size / 8);
    this.push(this.selector(), 2);
  }

  private farOffset(): number {
    const { random } = this;
    return random.chance(75)
      ? random.below(0x2000)
      : random.chance(70)
        ? PLACES.code + random.below(0x2000)
        : random.value();
  }

  /** Uses the segment that was loaded: hidden parts show only so. */
  protected override after(form: Form): number[] {
    const { random } = this;
    if (!/^(l[defgs]s|lss|mov|pop)$/.test(form.mnemonic) || random.chance(25)) return [];
    const offset = random.pick([0x10, 0x7fd, 0xffe, 0x1001, 0x3ffe, random.below(0x4000)]);
    const prefix = random.pick(SEGMENT_PREFIXES);
    const opcode = random.pick([0xa0, 0xa1, 0xa2, 0xa3]);
    const bytes = this.bits / 8;
    return [prefix, opcode, ...Array.from({ length: bytes }, (_, n) => (offset >>> (8 * n)) & 0xff)];
  }

  protected override patches(form: Form): VectorCase['patches'] {
    const { random, gpr } = this;
    const size = (form.operandSize || this.bits) / 8;
    const pointer = (): Uint8Array => {
      const bytes = random.bytes(16);
      const view = new DataView(bytes.buffer);
      if (/^(mov|lar|lsl|ver.)$/.test(form.mnemonic)) {
        view.setUint16(0, this.selector(), true);
        return bytes;
      }
      if (/^(push|pop)$/.test(form.mnemonic)) {
        view.setUint16(0, this.selector(), true);
        return bytes;
      }
      const offset = this.farOffset();
      if (size === 2) view.setUint16(0, offset, true);
      else view.setUint32(0, offset, true);
      view.setUint16(size, this.selector(), true);
      // IRET must not set TF, NT, AC or ID: the recorder does not expect their traps.
      if (/^iret/.test(form.mnemonic)) {
        const flags = random.word() & ~0x0026_4100;
        if (size === 2) view.setUint16(4, flags, true);
        else view.setUint32(8, flags & 0x3ffff & ~0x30000, true);
      }
      return bytes;
    };
    const stack = this.base + (this.bits === 16 ? gpr[ESP]! & 0xffff : gpr[ESP]!);
    return [
      { address: this.target, bytes: pointer() },
      { address: stack, bytes: pointer() },
    ];
  }
}
