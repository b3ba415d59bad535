import { EncodeError } from './encode-error';
import type { MemoryOperand } from './operand';
import type { Register } from './registers';

/** ModRM, SIB and displacement of a memory operand (SDM vol. 2, 2.1.5), without ModRM.reg. */
export interface EffectiveAddress {
  readonly mod: number;
  readonly rm: number;
  /** -1: none. */
  readonly sib: number;
  /** Bytes: 0, 1, 2 or 4. */
  readonly displacementBytes: number;
  /** REX.X and REX.B in their positions (bits 1 and 0). */
  readonly rex: number;
}

/** Bits of the address that the operand computes. */
export function addressSizeOf(operand: MemoryOperand, mode: 16 | 32 | 64): 16 | 32 | 64 {
  const register = operand.base ?? operand.index;
  return (register?.size as 16 | 32 | 64 | undefined) ?? operand.addressSize ?? mode;
}

/** Finds the shortest encoding of a memory operand; throws EncodeError ('bad-address'). */
export function encodeAddress(operand: MemoryOperand, mode: 16 | 32 | 64): EffectiveAddress {
  const { base, index } = operand;
  for (const register of [base, index]) {
    if (register && (register.class !== 'general' || register.size === 8)) {
      throw new EncodeError('bad-address', `${register.name} cannot be part of an address`);
    }
  }
  if (base && index && base.size !== index.size) {
    throw new EncodeError(
      'bad-address',
      `${base.name} and ${index.name} differ in size; an address needs registers of one size`,
    );
  }
  const size = addressSizeOf(operand, mode);
  if (size === 64 ? mode !== 64 : size === 16 && mode === 64) {
    throw new EncodeError('bad-address', `${size}-bit addresses do not exist in ${mode}-bit code`);
  }
  return size === 16 ? address16(operand) : address32(operand, mode, size);
}

/** True if the displacement may take one byte. */
function fitsByte(operand: MemoryOperand, addressSize: number): boolean {
  if (operand.displacementSize !== undefined) return operand.displacementSize === 8;
  if (operand.relocatable) return false;
  const value = BigInt.asIntN(addressSize, BigInt(operand.displacement ?? 0));
  return value >= -128n && value <= 127n;
}

function isZero({ displacement = 0, displacementSize, relocatable }: MemoryOperand): boolean {
  return displacementSize === undefined && !relocatable && BigInt(displacement) === 0n;
}

/** 16-bit addresses by ModRM.rm. */
const ADDRESS16 = ['bx+si', 'bx+di', 'bp+si', 'bp+di', 'si', 'di', 'bp', 'bx'];

function address16(operand: MemoryOperand): EffectiveAddress {
  const { base, index, scale = 1 } = operand;
  if (!base && !index) return { mod: 0, rm: 6, sib: -1, displacementBytes: 2, rex: 0 };
  const names = [base, index].filter((each): each is Register => each !== undefined).map(({ name }) => name);
  const rm = Math.max(ADDRESS16.indexOf(names.join('+')), ADDRESS16.indexOf(names.reverse().join('+')));
  if (rm < 0 || scale !== 1) {
    throw new EncodeError(
      'bad-address',
      `[${names.join('+')}] is no 16-bit address; it is bx or bp plus si or di, unscaled`,
    );
  }
  if (rm !== 6 && isZero(operand)) return { mod: 0, rm, sib: -1, displacementBytes: 0, rex: 0 };
  const short = fitsByte(operand, 16);
  return { mod: short ? 1 : 2, rm, sib: -1, displacementBytes: short ? 1 : 2, rex: 0 };
}

const SCALES: readonly number[] = [1, 2, 4, 8];

function address32(operand: MemoryOperand, mode: 16 | 32 | 64, size: 32 | 64): EffectiveAddress {
  const { base, index, scale = 1 } = operand;
  const rex = (index && index.number >= 8 ? 2 : 0) | (base && base.number >= 8 ? 1 : 0);
  if (index?.number === 4) throw new EncodeError('bad-address', `${index.name} cannot be an index`);
  const scaleBits = SCALES.indexOf(scale);
  if (scaleBits < 0)
    throw new EncodeError('bad-address', `a register can be scaled by 1, 2, 4 or 8, not by ${String(scale)}`);
  if (!base && !index) {
    const absolute = mode === 64 && !operand.ripRelative;
    return { mod: 0, rm: absolute ? 4 : 5, sib: absolute ? 0x25 : -1, displacementBytes: 4, rex };
  }
  const indexBits = ((index?.number ?? 4) & 7) << 3;
  if (!base) return { mod: 0, rm: 4, sib: (scaleBits << 6) | indexBits | 5, displacementBytes: 4, rex };
  const number = base.number & 7;
  const needsSib = index !== undefined || number === 4;
  const place = {
    rm: needsSib ? 4 : number,
    sib: needsSib ? (scaleBits << 6) | indexBits | number : -1,
    rex,
  };
  if (number !== 5 && isZero(operand)) return { mod: 0, displacementBytes: 0, ...place };
  return fitsByte(operand, size)
    ? { mod: 1, displacementBytes: 1, ...place }
    : { mod: 2, displacementBytes: 4, ...place };
}
