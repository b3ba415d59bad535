import type { Form, OperandSpec } from '@trapgate/x86-decoder';
import type { Random } from './random';

export interface FormBytesOptions {
  readonly codeSize: 16 | 32;
  readonly memory: boolean;
  readonly random: Random;
  /** A displacement that means something without a base register. */
  absolute(): number;
}

const SEGMENT_PREFIXES = [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65];
const MAPS: readonly (readonly number[])[] = [[], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]];

function little(value: number, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, n) => (value >>> (8 * n)) & 0xff);
}

/** Bytes of one random instruction of a form (legacy encodings, 16- and 32-bit code); the caller decodes them to be sure. */
export function formBytes(form: Form, options: FormBytesOptions): number[] {
  const { random, codeSize, memory } = options;
  const other = codeSize === 16 ? 32 : 16;
  const addressSize =
    form.addressSize === 16 || form.addressSize === 32
      ? form.addressSize
      : random.chance(25)
        ? other
        : codeSize;
  const bytes: number[] = [];
  if (memory && form.lockable && random.chance(20)) bytes.push(0xf0);
  if (form.rep !== 'none' && random.chance(70)) bytes.push(random.pick([0xf2, 0xf3]));
  if (random.chance(30)) bytes.push(random.pick(SEGMENT_PREFIXES));
  if (addressSize !== codeSize) bytes.push(0x67);
  if (form.prefix !== 0x66 && form.operandSize !== 0 && form.operandSize !== codeSize) bytes.push(0x66);
  if (form.prefix !== 0) bytes.push(form.prefix);
  const inOpcode = form.operands.some(({ kind }) => kind === 'opreg');
  bytes.push(...MAPS[form.map]!, form.opcode + (inOpcode ? random.below(8) : 0));
  if (form.modrm) bytes.push(...modrmBytes(form, addressSize, options));
  for (const operand of form.operands) bytes.push(...tailBytes(operand, addressSize, options));
  return bytes;
}

function modrmBytes(form: Form, addressSize: number, options: FormBytesOptions): number[] {
  const { random, memory } = options;
  if (form.fixedModrm >= 0) return [form.fixedModrm];
  const reg = (form.digit >= 0 ? form.digit : random.below(8)) << 3;
  const rm = random.below(8);
  if (!memory) return [0xc0 | reg | rm];
  const mod = random.below(3);
  const modrm = (mod << 6) | reg | rm;
  if (addressSize === 16) {
    const bytes = mod === 1 ? 1 : mod === 2 || rm === 6 ? 2 : 0;
    return [modrm, ...little(mod === 0 ? options.absolute() : random.below(32) - 16, bytes)];
  }
  const sib = random.below(256);
  const noBase = mod === 0 && (rm === 5 || (rm === 4 && (sib & 7) === 5));
  const displacement = noBase ? options.absolute() : random.below(64) - 32;
  return [
    modrm,
    ...(rm === 4 ? [sib] : []),
    ...little(displacement, noBase || mod === 2 ? 4 : mod === 1 ? 1 : 0),
  ];
}

function tailBytes(operand: OperandSpec, addressSize: number, options: FormBytesOptions): number[] {
  const { random } = options;
  switch (operand.kind) {
    case 'imm':
      return little(random.chance(50) ? random.next() : random.below(40), operand.size / 8);
    case 'rel':
      return little(random.chance(70) ? random.below(256) - 128 : random.next(), operand.size / 8);
    case 'moffs':
      return little(options.absolute(), addressSize / 8);
    default:
      return [];
  }
}
