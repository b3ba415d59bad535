export { Processor, type Engine, type ProcessorHost, type ProcessorOptions, type Stop } from './processor';
export type { DeliveredEvent, ProcessorObserver } from './observer';
export { ProcessorRegisters, type SegmentName, type SegmentRegister } from './processor-registers';
export { cpuModel, cpuModels, UnknownCpuModelError, type CpuModel, type ExceptionRecord } from './system';
