export {
  ACPI_DISABLE,
  ACPI_ENABLE,
  AcpiPm,
  type AcpiPmNeeds,
  type AcpiPmState,
  PM_TIMER_HZ,
} from './acpi-pm';
export { type Clock, TimerQueue, type TimerHandle, type Timers } from './clock';
export { DebugConsole } from './debug-console';
export { DebugExit } from './debug-exit';
export { Dma8237, type Dma8237State, type DmaChannel, DmaPair, type DmaPairState } from './dma8237';
export { I440fx, type ShadowRegion } from './i440fx';
export { I8042, type I8042Needs, type I8042State } from './i8042';
export { I8254, type I8254Needs, type I8254State, type I8254Timer, PIT_HZ } from './i8254';
export type { CounterAccess, CounterMode, CounterState } from './i8254-counter';
export { I8259, I8259Pair, type I8259PairState, type I8259State, InterruptInputError } from './i8259';
export { ManualClock } from './manual-clock';
export { type DateSource, Mc146818, type Mc146818Needs, type Mc146818State } from './mc146818';
export { MmioBus, MmioConflictError, type MmioDevice } from './mmio-bus';
export { PciConflictError, PciHost, type PciHostState } from './pci';
export {
  type PciBar,
  PciBarError,
  PciFunction,
  type PciFunctionState,
  type PciIdentity,
} from './pci-function';
export { Piix3, Piix4Pm } from './piix';
export {
  type AccessSize,
  type ByteRegisters,
  byteRegistersAt,
  PortBus,
  PortConflictError,
  type PortDevice,
} from './port-bus';
export { Port61, type Port61Needs, type Port61State } from './port61';
export { Port92, type Port92Needs, type Port92State } from './port92';
export { Post, type PostState } from './post';
export { Ps2Keyboard, type Ps2KeyboardState } from './ps2-keyboard';
export { ResetControl, type ResetControlState } from './reset-control';
export { StateVersionError, type VersionedState } from './saved-state';
export { type ModemInputs, Uart16550, type Uart16550Needs, type Uart16550State } from './uart16550';
export { type InterruptLine, type Signal, WiredOr } from './wires';
