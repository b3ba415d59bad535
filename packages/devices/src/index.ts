export { type Clock, TimerQueue, type TimerHandle, type Timers } from './clock';
export { type I8254Needs, type I8254State, I8254, PIT_HZ } from './i8254';
export type { CounterState } from './i8254-counter';
export { I8259, I8259Pair, type I8259PairState, type I8259State, InterruptInputError } from './i8259';
export { ManualClock } from './manual-clock';
export { MmioBus, MmioConflictError, type MmioDevice } from './mmio-bus';
export {
  type AccessSize,
  type ByteRegisters,
  byteRegistersAt,
  PortBus,
  PortConflictError,
  type PortDevice,
} from './port-bus';
export { Port61, type Port61Needs, type Port61State } from './port61';
export { StateVersionError, type VersionedState } from './saved-state';
export { type ModemInputs, Uart16550, type Uart16550Needs, type Uart16550State } from './uart16550';
export { type InterruptLine, type Signal, WiredOr } from './wires';
