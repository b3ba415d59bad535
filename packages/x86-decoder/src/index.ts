export { decode } from './decode';
export { instructionFacts } from './facts';
export type { InstructionFacts, OperandFacts } from './facts';
export type { Access, MemoryUse, RegisterUse } from './facts-use';
export { conditions, eflags } from './form';
export type {
  Encoding,
  FlagEffects,
  Form,
  OperandAccess,
  OperandKind,
  OperandSpec,
  Privilege,
  Sensitivity,
} from './form';
export { formById, forms, vectorForms } from './forms';
export { Instruction } from './instruction';
export type { DecodeError } from './instruction';
export { formatAtt } from './format-att';
export { formatIntel } from './format-intel';
export type { FormatOptions } from './format-parts';
export { registerName, segmentNames } from './registers';
