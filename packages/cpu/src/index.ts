export {
  Processor,
  type Engine,
  type ProcessorHost,
  type ProcessorOptions,
  type Stop,
  type SystemCallCounts,
} from './processor';
export type { ProcessorMark } from './processor-mark';
export type { DeliveredEvent, ProcessorObserver } from './observer';
export { checkProcessorSnapshot, ProcessorSnapshotError, type ProcessorSnapshot } from './processor-snapshot';
export { ProcessorRegisters, type SegmentName, type SegmentRegister } from './processor-registers';
export {
  cpuModel,
  cpuModels,
  UnknownCpuModelError,
  type CpuModel,
  type ExceptionRecord,
  type SystemCall,
} from './system';

// For engines: the semantics and what they are emitted through.
export { Builder, type Semantics, type SupportFunctions, type Variant } from './builder/builder';
export { Flags, type RotateKind, type ShiftKind } from './builder/flags';
export { computePending, PENDING_KINDS, pendingCode, type PendingKind } from './builder/pending-flags';
export { segmentCheck, usesMemory, variantOf } from './builder/instruction-facts';
export { signExtend, zeroExtend, type Value } from './builder/values';
export { CodeCache } from './interpreter/code-cache';
export { importTranslatorSupport } from './interpreter/translator-entries';
export type { Translation, Translator, TranslatorParts } from './interpreter/translation';
export { meaningOf } from './semantics';
export { AT, SEGMENT, STATE } from './state/layout';
export { MODE } from './state/mode';
export { STATUS, type HostInstruction, type Status } from './system/context';
export {
  CALL_DEPTH,
  CLOCK_CHAINED,
  jumpCacheEntry,
  STATE_PLACE,
  TRANSLATION,
} from './interpreter/hot-function';
export { RegisterFile } from './translator/register-file';
export { StaticBuilder, type BlockFrame, type Position } from './translator/static-builder';
