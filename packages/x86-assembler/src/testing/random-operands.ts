import type { Form, OperandSpec } from '@trapgate/x86-decoder';
import type { CodeMode } from '../match';
import { memorySize } from '../match';
import type { MemoryOperand, Operand } from '../operand';
import { generalRegister, lookupRegister } from '../registers';

/** Repeatable random numbers (mulberry32). */
export function randomSource(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

type Random = (limit: number) => number;

function byName(name: string): Operand {
  return { kind: 'register', register: lookupRegister(name)! };
}

/** Operands that the form takes; some are at the edges of their ranges. */
export function randomOperands(form: Form, mode: CodeMode, random: Random, address: number): Operand[] {
  const registers = mode === 64 ? 16 : 8;
  const memoryForm = form.mod === 'memory' || (form.mod === 'any' && random(2) === 0);
  return form.operands.map((spec) => randomOperand(form, spec, mode, random, address, registers, memoryForm));
}

function randomOperand(
  form: Form,
  spec: OperandSpec,
  mode: CodeMode,
  random: Random,
  address: number,
  registers: number,
  memoryForm: boolean,
): Operand {
  const general = (): Operand => {
    const number = form.rexB ? 1 + random(registers - 1) : random(registers);
    // In 64-bit code, byte registers 4..7 are taken as SPL..DIL: AH..BH do not go together with REX.
    return { kind: 'register', register: generalRegister(number, spec.size, mode === 64) };
  };
  const memory = () => randomMemory(form, memorySize(spec), mode, random);
  switch (spec.kind) {
    case 'reg':
    case 'opreg':
    case 'r':
      return general();
    case 'rm':
      return memoryForm ? memory() : general();
    case 'm':
      return memory();
    case 'bndrm':
      return memoryForm ? memory() : byName(`bnd${random(4)}`);
    case 'bndreg':
      return byName(`bnd${random(4)}`);
    case 'mmrm':
    case 'xmmrm':
      if (memoryForm) return memory();
      return byName(spec.kind === 'mmrm' ? `mm${random(8)}` : `xmm${random(registers)}`);
    case 'mmreg':
    case 'mmr':
      return byName(`mm${random(8)}`);
    case 'xmmreg':
    case 'xmmr':
      return byName(`xmm${random(registers)}`);
    case 'sreg':
      return byName(['es', 'ss', 'ds', 'fs', 'gs'][random(5)]!);
    case 'creg':
      return byName(`cr${[0, 2, 3, 4][random(4)]}`);
    case 'dreg':
      return byName(`dr${random(8)}`);
    case 'st0':
      return byName('st0');
    case 'sti':
      return byName(`st${random(8)}`);
    case 'fixed':
      return byName(spec.register!);
    case 'one':
      return { kind: 'immediate', value: 1 };
    case 'imm':
      return { kind: 'immediate', value: randomSigned(Math.min(spec.size, 64), random) };
    case 'rel':
      return { kind: 'immediate', value: BigInt(address) + randomSigned(spec.size, random) / 2n };
    case 'far': {
      const size = form.operandSize as 16 | 32;
      return {
        kind: 'far',
        selector: random(0x10000),
        offset: BigInt.asUintN(size, randomSigned(size, random)),
        size,
      };
    }
    case 'moffs':
      return {
        kind: 'memory',
        size: spec.size,
        displacement: BigInt.asUintN(Math.min(mode, 48), randomSigned(mode, random)),
        ...(mode === 64 ? { displacementSize: 64 as const } : {}),
      };
    default:
      throw new RangeError(`${form.mnemonic}: no random operand of kind ${spec.kind}`);
  }
}

/** A number of so many bits, signed; small ones and the extremes are frequent. */
export function randomSigned(bits: number, random: Random): bigint {
  const wide =
    BigInt(random(0x1000000)) * 0x1000000n * 0x10000n +
    BigInt(random(0x1000000)) * 0x10000n +
    BigInt(random(0x10000));
  const choice = random(4);
  if (choice === 0) return BigInt.asIntN(Math.min(bits, 8), wide);
  if (choice === 1)
    return [-(1n << BigInt(bits - 1)), (1n << BigInt(bits - 1)) - 1n, -1n, 0n, 127n, -128n][random(6)]!;
  return BigInt.asIntN(bits, wide);
}

const PAIRS16 = [['bx', 'si'], ['bx', 'di'], ['bp', 'si'], ['bp', 'di'], ['si'], ['di'], ['bp'], ['bx'], []]; // prettier-ignore

function randomMemory(form: Form, size: number, mode: CodeMode, random: Random): MemoryOperand {
  const other = mode === 32 ? 16 : 32;
  const any = random(4) > 0 ? mode : other;
  // MPX has no 16-bit addresses, and ignores 67 in 64-bit code.
  const addressSize = form.feature === 'mpx' ? (mode === 64 ? 64 : 32) : form.addressSize || any;
  const common = {
    kind: 'memory' as const,
    ...(form.far ? { far: true, size: form.operandSize } : { size }),
    addressSize,
    ...(random(6) === 0 ? { segment: mode === 64 ? 4 + random(2) : random(6) } : {}),
  };
  if (addressSize === 16) {
    const [base, index] = PAIRS16[random(PAIRS16.length)]!.map((name) => lookupRegister(name)!);
    return {
      ...common,
      ...(base ? { base } : {}),
      ...(index ? { index } : {}),
      displacement: randomSigned(16, random),
    };
  }
  const registers = mode === 64 ? 16 : 8;
  const base = random(5) > 0 ? { base: generalRegister(random(registers), addressSize) } : {};
  const number = random(registers);
  const index =
    random(2) && number !== 4
      ? { index: generalRegister(number, addressSize), scale: ([1, 2, 4, 8] as const)[random(4)]! }
      : {};
  return { ...common, ...base, ...index, displacement: randomSigned(32, random) };
}
