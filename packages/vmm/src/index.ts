export type { TranslationStatistics } from '@trapgate/binary-translator';

export { embeddedGuest } from './embedded-guest';
export { ImageError, MachineError, type ImageErrorCode, type MachineErrorCode } from './errors';
export type { LoadableImage } from './loaders/boot-image';
export { Machine } from './machine';
export type { MachineExit } from './machine-exit';
export type { InstructionTime, LogItem, MachineOptions } from './machine-options';
export { processorModels, type ProcessorModel } from './processor-models';
export type { MachineStatistics, PortStatistics } from './statistics';
export { systemClock, type HostClock } from './time/host-clock';
