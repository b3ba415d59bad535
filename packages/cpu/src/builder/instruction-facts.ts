import type { Form, Instruction, OperandSpec } from '@trapgate/x86-decoder';
import { GPR, SEGMENT } from '../state/layout';
import { MODE } from '../state/mode';
import type { Variant } from './builder';

/** The operand of a form that names memory when an instruction of it does, if there is one. */
export function memoryOperand(form: Form): OperandSpec | undefined {
  return form.operands.find(({ kind }) => kind === 'm' || kind === 'moffs' || kind.endsWith('rm'));
}

export function usesMemory(form: Form, instruction: Instruction): boolean {
  return instruction.memory || form.operands.some(({ kind }) => kind === 'moffs');
}

/** What may be assumed of an instruction decoded under a mode word. `implicit`: see Meaning. */
export function variantOf(form: Form, instruction: Instruction, mode: number, implicit: boolean): Variant {
  const { segment } = instruction;
  const memory = usesMemory(form, instruction);
  // CS can be read, not written. A segment prefix is an explicit memory operand's, where that is what is accessed.
  const prefixed = (!memory || addressesBits(form)) && (segment >= SEGMENT.fs || segment === SEGMENT.cs);
  const unusual = (mode & MODE.flat) === 0 || instruction.addressSize === 16 || prefixed;
  return { memory, general: implicit && unusual };
}

/** Instructions whose memory operand is an address only: it is not accessed, so its segment is not checked. */
const ADDRESS_ONLY = /^(lea|nop|prefetch.*|ud[01])$/;

/** BT and its like with a register: the operand's address is where bits are counted from, not what is accessed. */
function addressesBits({ mnemonic, operands }: Form): boolean {
  return /^bt[src]?$/.test(mnemonic) && operands[1]!.kind === 'reg';
}

/** How the memory operand's segment has to be checked: bytes accessed and whether written; undefined if it need not be. */
export function segmentCheck(
  form: Form,
  instruction: Instruction,
  mode: number,
): { readonly bytes: number; readonly write: boolean } | undefined {
  const operand = memoryOperand(form);
  if (operand === undefined || ADDRESS_ONLY.test(form.mnemonic) || addressesBits(form)) return undefined;
  const write = operand.access !== 'r' && operand.access !== 'none';
  const flat = (mode & MODE.flat) !== 0 && instruction.segment < SEGMENT.fs;
  if (flat && !(instruction.segment === SEGMENT.cs && write)) return undefined;
  const bits = operand.memory ?? operand.size;
  return { bytes: Math.min(Math.max(bits / 8, 1), 255), write };
}

/** POP computes its destination's address with ESP already advanced (SDM vol. 2B, POP). */
export function effectiveDisplacement(form: Form, instruction: Instruction): number {
  const popped = form.mnemonic === 'pop' && instruction.base === GPR.esp ? form.operandSize / 8 : 0;
  return instruction.displacement + popped;
}

/** Offset of a general register from the first; AH, CH, DH and BH are the second bytes of the first four registers. */
export function registerOffset(register: number, size: number, rex: number): number {
  return size === 8 && rex === 0 && register >= 4 ? (register - 4) * 8 + 1 : register * 8;
}
