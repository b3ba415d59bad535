export type { TranslationStatistics } from '@trapgate/binary-translator';
export type { TlbEntry } from '@trapgate/mmu';

export { embeddedGuest } from './embedded-guest';
export {
  ImageError,
  MachineError,
  SnapshotError,
  type ImageErrorCode,
  type MachineErrorCode,
  type SnapshotErrorCode,
} from './errors';
export type { LoadableImage } from './loaders/boot-image';
export { Machine } from './machine';
export type { MachineExit } from './machine-exit';
export type { InstructionTime, LogItem, MachineOptions } from './machine-options';
export { processorModels, type ProcessorModel } from './processor-models';
export type { MachineStatistics, PortStatistics, SystemCallStatistics } from './statistics';
export { systemClock, type HostClock } from './time/host-clock';

export { VirtualMachine } from './virtual-machine/virtual-machine';
export type {
  BreakpointSet,
  MemoryAccessOptions,
  RunOptions,
  SegmentName,
  SegmentRegister,
  VirtualConsole,
  VirtualMachineFactory,
  VirtualMachineState,
} from './virtual-machine/virtual-machine';
export type {
  FaultEvent,
  InterruptEvent,
  RegionBlock,
  RegionEvent,
  RegionExit,
  RegionInstruction,
  RegionsDroppedEvent,
  SystemCallEvent,
  VirtualMachineEventName,
  VirtualMachineEvents,
} from './virtual-machine/events';
export type {
  ImageOptions,
  ImageSource,
  VirtualMachineOptions,
  WorkerLike,
  WorkerOptions,
} from './virtual-machine/options';
export { serveVirtualMachine } from './worker/serve';
export type { DisassembledInstruction, DisassembleOptions } from './debug/disassemble';
export type { AddressTranslation, PagingEntry, PagingLevel } from './debug/page-walk';
export type { RegisterValues, SettableRegisters, TableRegister } from './debug/register-values';
