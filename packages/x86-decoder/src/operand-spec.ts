import type { OperandAccess, OperandKind, OperandSpec } from './form';

/** All operands have the same fields, so that all share a hidden class. */
export function operandSpec(
  kind: OperandKind,
  size: number,
  access: OperandAccess,
  { register, extended, memory, broadcast, index, count }: Partial<OperandSpec> = {},
): OperandSpec {
  return { kind, size, access, register, extended, memory, broadcast, index, count };
}
