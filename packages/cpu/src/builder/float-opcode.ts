import type { Form, Instruction } from '@trapgate/x86-decoder';

const isFloatOpcode = (form: Form): boolean =>
  form.encoding === 'legacy' && form.map === 0 && (form.opcode & 0xf8) === 0xd8;

/** The last eleven bits of an x87 instruction's opcode, as the last instruction's opcode register has them (SDM vol. 1, 8.1.9). */
export const floatOpcode = (instruction: Instruction): number =>
  ((instruction.opcode & 7) << 8) | instruction.modrm;

/** What `immediate` of a builder gives: x87 instructions, which have none, get their {@link floatOpcode}. */
export function immediateOf(form: Form, instruction: Instruction): number {
  return isFloatOpcode(form) ? floatOpcode(instruction) : instruction.immediate;
}
