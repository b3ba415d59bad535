export {
  breakpointsEnabled,
  dataBreakpoints,
  instructionBreakpoints,
  isRepeatedString,
  portBreakpoints,
  updateWatching,
  watchForHost,
} from './breakpoints';
export { GUEST_FAULT, STATUS } from './context';
export type { Accessor, HostFunction, HostInstruction, LinearAccess, Status, SystemContext } from './context';
export { cpuModel, cpuModels, UnknownCpuModelError } from './cpu-models';
export type { CpuModel } from './cpu-models';
export { ExceptionLog } from './exception-log';
export type { ExceptionRecord } from './exception-log';
export { hostFunctions } from './host-functions';
export type { InterruptKind } from './interrupt-gates';
export { deliverFault, deliverInterrupt } from './interrupts';
export type { Delivery } from './interrupts';
export { resetState } from './reset';
export { segmentLinear } from './segment-access';
export { countSystemCall } from './system-calls';
export type { SystemCall } from './system-calls';
export { VECTOR } from './vectors';
