import { formById, type Instruction, type OperandSpec } from '@trapgate/x86-decoder';
import type { EncodeOptions } from './encode';
import { EncodeError } from './encode-error';
import { memorySize } from './match';
import type { MemoryOperand, Operand } from './operand';
import { generalRegister, lookupRegister, type Register } from './registers';

/**
 * Operands and options with which `encodeForm(formById(instruction.form), operands, options)` gives a decoded instruction
 * again (in its shortest encoding with that form), at the same or another address: branch targets and RIP-relative
 * addresses are absolute, computed from `address`, that of the decoded instruction. The form must not be 0. Throws EncodeError
 * for instructions with VEX, EVEX, XOP and 3DNow! encodings.
 */
export function operandsOf(
  instruction: Instruction,
  address: number | bigint = 0,
): { operands: Operand[]; options: EncodeOptions } {
  const form = formById(instruction.form);
  let immediates = 0;
  const operands = form.operands.map((spec) => {
    if (spec.kind === 'imm') return immediateOf(instruction, spec, immediates++);
    return operandOf(instruction, spec, form.far, BigInt(address));
  });
  const implied = !form.operands.some(({ kind }) => kind !== 'fixed');
  const { mode, addressSize, lock, rep } = instruction;
  return {
    operands,
    options: {
      mode,
      address,
      ...(lock ? { lock } : {}),
      ...(rep && form.rep !== 'none' ? { rep: rep === 0xf2 ? 'repne' : 'rep' } : {}),
      ...(addressSize !== mode ? { addressSize } : {}),
      ...(implied && instruction.segmentOverride ? { segment: instruction.segment } : {}),
    },
  };
}

function immediateOf(instruction: Instruction, spec: OperandSpec, position: number): Operand {
  if (position > 0) return { kind: 'immediate', value: instruction.immediate2 };
  const wide = spec.size === 64 || spec.extended === 64;
  const low = BigInt(instruction.immediate);
  const value = wide ? (BigInt(instruction.immediateHigh) << 32n) | BigInt.asUintN(32, low) : low;
  return { kind: 'immediate', value: wide ? value : Number(value) };
}

const SEGMENTS: readonly string[] = ['es', 'cs', 'ss', 'ds', 'fs', 'gs'];

function operandOf(instruction: Instruction, spec: OperandSpec, far: boolean, address: bigint): Operand {
  const { rm, reg, rex, length } = instruction;
  const general = (number: number): Operand => named(generalRegister(number, spec.size, rex !== 0));
  switch (spec.kind) {
    case 'reg':
      return general(reg);
    case 'opreg':
    case 'r':
      return general(rm);
    case 'rm':
      return instruction.memory ? memoryOf(instruction, memorySize(spec), far, address) : general(rm);
    case 'm':
    case 'moffs':
      return memoryOf(instruction, memorySize(spec), far, address);
    case 'bndreg':
      return byName(`bnd${reg}`);
    case 'bndrm':
      if (instruction.memory) return memoryOf(instruction, memorySize(spec), far, address);
      return byName(`bnd${rm}`);
    case 'mmrm':
    case 'xmmrm':
      if (instruction.memory) return memoryOf(instruction, memorySize(spec), far, address);
      return byName(spec.kind === 'mmrm' ? `mm${rm & 7}` : `xmm${rm}`);
    case 'mmr':
      return byName(`mm${rm & 7}`);
    case 'xmmr':
      return byName(`xmm${rm}`);
    case 'sti':
      return byName(`st${rm & 7}`);
    case 'mmreg':
      return byName(`mm${reg & 7}`);
    case 'xmmreg':
      return byName(`xmm${reg}`);
    case 'creg':
      return byName(`cr${reg}`);
    case 'dreg':
      return byName(`dr${reg}`);
    case 'sreg':
      return byName(SEGMENTS[reg]!);
    case 'st0':
      return byName('st0');
    case 'fixed':
      return byName(spec.register!);
    case 'one':
    case 'imm':
      return { kind: 'immediate', value: 1 };
    case 'rel':
      return { kind: 'immediate', value: address + BigInt(length + instruction.branch) };
    case 'far':
      return { kind: 'far', offset: instruction.immediate, selector: instruction.immediate2 };
    default:
      throw new EncodeError(
        'unknown-mnemonic',
        `there is no encoding with an operand of kind '${spec.kind}'`,
      );
  }
}

function named(register: Register): Operand {
  return { kind: 'register', register };
}

function byName(name: string): Operand {
  return named(lookupRegister(name)!);
}

function memoryOf(instruction: Instruction, size: number, far: boolean, address: bigint): MemoryOperand {
  const { base, index, scale, addressSize, displacement, displacementHigh, segment, segmentOverride } =
    instruction;
  const relative = base === 16;
  const offset = (BigInt(displacementHigh) << 32n) + BigInt(displacement);
  return {
    kind: 'memory',
    ...(far ? { far } : { size }),
    addressSize,
    displacement: relative ? address + BigInt(instruction.length) + offset : offset,
    ...(relative ? { ripRelative: true } : {}),
    ...(base >= 0 && !relative ? { base: generalRegister(base, addressSize) } : {}),
    ...(index >= 0 ? { index: generalRegister(index, addressSize), scale: scale as 1 | 2 | 4 | 8 } : {}),
    ...(segmentOverride ? { segment } : {}),
  };
}
