import { MEMORY_MAP, PROCESSOR_MAP } from '@trapgate/mmu';
import { decode, forms, Instruction, type Form } from '@trapgate/x86-decoder';
import { describe, expect, it } from 'vitest';
import { FLOAT } from '../semantics/float';
import { AT } from '../state/layout';
import { Random } from '../translator/testing/random';
import { SCRATCH } from './scratch';
import { OPERAND, SingleInstruction } from './testing/single-instruction';

const SEED = Number(process.env['TRAPGATE_SEED'] ?? 0x87);
const RUNS = Number(process.env['TRAPGATE_RUNS'] ?? 1500);

const isQuick = (form: Form): boolean =>
  (form.modes & 1) !== 0 &&
  /^(fpu|cmov|sse3)/.test(form.feature) &&
  FLOAT[form.mnemonic]?.quick !== undefined;

/** Encodings of the form with EDI-less absolute addressing or ST(i). */
function encodings(form: Form): number[][] {
  const found: number[][] = [];
  for (let modrm = 0; modrm < 256; modrm++) {
    const memory = modrm < 0xc0;
    if (memory && (modrm & 0xc7) !== 5) continue;
    const address = memory ? [OPERAND & 0xff, OPERAND >> 8, 0, 0] : [];
    const code = [form.opcode, modrm, ...address];
    const decoded = decode(Uint8Array.from(code), 0, code.length, 32, new Instruction());
    if (decoded.form === form.id) found.push(code);
  }
  return found;
}

const FIELDS = [0, 1, 2, 63, 64, 65, 0x3bff, 0x3c00, 0x3c01, 0x3c02, 0x3f80, 0x3f81, 0x3ffd, 0x3ffe, 0x3fff];
const MORE_FIELDS = [
  0x4000, 0x400d, 0x400e, 0x401d, 0x401e, 0x403d, 0x403e, 0x403f, 0x43fe, 0x43ff, 0x7ffd, 0x7ffe, 0x7fff,
];
const TOP = 1n << 63n;

class Operands {
  constructor(private readonly random: Random) {}

  private bits(n: number): bigint {
    let value = 0n;
    for (let i = 0; i < n; i += 16) value = (value << 16n) | BigInt(this.random.below(0x10000));
    return BigInt.asUintN(n, value);
  }
  private significand(): bigint {
    const { random } = this;
    switch (random.below(9)) {
      case 0:
        return TOP;
      case 1:
        return (1n << 64n) - 1n;
      case 2:
        return TOP | (this.bits(53) << 11n);
      case 3:
        return TOP | (this.bits(24) << 40n);
      case 4:
        return BigInt.asUintN(64, -1n << BigInt(random.below(64)));
      case 5:
        return TOP | (1n << BigInt(random.below(64)));
      case 6:
        return random.chance(20) ? this.bits(64) : TOP | this.bits(64);
      case 7:
        return TOP | (this.bits(52) << 11n) | (0x400n + BigInt(random.below(3)) - 1n);
      default:
        return TOP | this.bits(64);
    }
  }
  private field(): number {
    const { random } = this;
    if (random.chance(70)) return 0x3fff + random.below(160) - 80;
    return random.chance(70) ? random.pick([...FIELDS, ...MORE_FIELDS]) : random.below(0x8000);
  }
  /** Sign and exponent, significand. */
  extended(): [number, bigint] {
    const { random } = this;
    const sign = random.below(2) << 15;
    if (random.chance(10)) return [sign, 0n];
    return [sign | this.field(), this.significand()];
  }
  memory(): bigint {
    const { random } = this;
    const [word, significand] = this.extended();
    const sign = BigInt(word >> 15);
    const double =
      (sign << 63n) |
      (BigInt((this.field() - 15360) & 0x7ff) << 52n) |
      ((significand >> 11n) & 0xf_ffff_ffff_ffffn);
    const single =
      (sign << 31n) | (BigInt((this.field() - 16256) & 0xff) << 23n) | ((significand >> 40n) & 0x7f_ffffn);
    return random.pick([
      double,
      double,
      single,
      significand,
      this.bits(random.below(65)),
      0n,
      1n << 63n,
      1n << 31n,
    ]);
  }
}

/** Both units get the same random state. */
function prepare(units: readonly SingleInstruction[], random: Random, operands: Operands): void {
  const control = random.chance(70)
    ? random.pick([0x37f, 0x37f, 0x27f, 0xf7f])
    : random.below(0x10000) & 0x1f3f;
  const status = random.chance(80)
    ? random.below(0x80) | (random.below(8) << 8)
    : random.below(0x10000) & 0xc7ff;
  const valid = random.chance(60) ? 0xff : random.below(256);
  const top = random.below(8);
  const registers = Array.from({ length: 8 }, () => operands.extended());
  const memory = operands.memory();
  const cr0 = random.chance(4) ? 8 : 0;
  const flags = [random.below(4) << 30, random.below(2), random.below(256)];
  for (const unit of units) {
    unit.reset();
    const { state } = unit;
    state.set32(AT.cr0, state.i32(AT.cr0) | cr0);
    state.set16(AT.fpuControl, control | 0x40);
    state.set16(AT.fpuStatus, status);
    state.set32(AT.fpuTop, top);
    state.set32(AT.fpuValid, valid);
    state.set32(AT.carries, flags[0]!);
    state.set32(AT.zeroResult, flags[1]!);
    state.set32(AT.signParity, flags[2]!);
    registers.forEach(([word, significand], n) => {
      state.set32(AT.fpr + 16 * n, Number(significand & 0xffff_ffffn) | 0);
      state.set32(AT.fpr + 16 * n + 4, Number(significand >> 32n) | 0);
      state.set16(AT.fpr + 16 * n + 8, word);
    });
    new DataView(unit.memory.buffer, unit.memory.byteOffset).setBigUint64(OPERAND, memory, true);
  }
}

const stateOf = (unit: SingleInstruction): Uint8Array =>
  new Uint8Array(unit.memory.buffer, MEMORY_MAP.processors, SCRATCH.x).slice();
const operandOf = (unit: SingleInstruction): Uint8Array => unit.memory.slice(OPERAND - 16, OPERAND + 32);

/** Has the TLB allow what the semantics have already accessed. */
function shareTlb(from: SingleInstruction, to: SingleInstruction): void {
  const tlb = (unit: SingleInstruction): Uint8Array =>
    new Uint8Array(
      unit.memory.buffer,
      MEMORY_MAP.processors + PROCESSOR_MAP.tlb,
      PROCESSOR_MAP.profile - PROCESSOR_MAP.tlb,
    );
  tlb(to).set(tlb(from));
}

describe(`ordinary cases of x87 instructions against their semantics (seed ${SEED})`, () => {
  const all = forms.filter(isQuick);
  const quick = new SingleInstruction(isQuick, 'quick');
  const semantics = new SingleInstruction(isQuick, 'semantics');
  const random = new Random(SEED);
  const operands = new Operands(random);
  // fst dword [OPERAND]
  semantics.reset();
  semantics.run([0xd9, 0x15, OPERAND & 0xff, OPERAND >> 8, 0, 0]);
  shareTlb(semantics, quick);

  it.each(all.map((form) => [`${form.mnemonic}.${form.id}`, form] as const))('%s', (_name, form) => {
    const codes = encodings(form);
    expect(codes.length).toBeGreaterThan(0);
    const declines = form.operands[0]?.size === 80 && form.operands[0].kind === 'm';
    let taken = 0;
    for (let n = 0; n < RUNS; n++) {
      const code = random.pick(codes);
      prepare([quick, semantics], random, operands);
      const before = [stateOf(quick), operandOf(quick)];
      quick.run(code);
      const after = [stateOf(quick), operandOf(quick)];
      if (quick.declined) {
        if (!same(after, before)) expect(after, `${code}: declined`).toEqual(before);
        continue;
      }
      taken++;
      const vector = semantics.run(code);
      const wanted = [stateOf(semantics), operandOf(semantics)];
      if (vector >= 0 || !same(after, wanted)) expect(after, `${code} ${n}`).toEqual(wanted);
    }
    if (!declines && !(form.opcode === 0xd9 && form.digit === 3)) expect(taken).toBeGreaterThan(RUNS / 20);
  });
});

const same = (a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean =>
  a.every((bytes, n) => bytes.every((byte, at) => byte === b[n]![at]));
