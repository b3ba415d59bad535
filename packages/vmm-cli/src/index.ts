export { runCommandLine } from './command-line';
export type { CommandContext, HostProcess, InputStream, OutputStream } from './command-context';
export type {
  GuestExit,
  GuestImage,
  GuestMachine,
  GuestMachineOptions,
  MachineFactory,
} from './run/guest-machine';
export type { DebugExitPort, InstructionClock, LogItem } from './arguments/flag-values';
export { type CpioEntry, CpioEntryError, writeCpio } from './guest/cpio';
export { createInitramfs, type InitramfsOptions } from './guest/initramfs';
