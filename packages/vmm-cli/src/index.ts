export { runCommandLine } from './command-line';
export type { CommandContext, HostProcess, InputStream, OutputStream } from './command-context';
export type { GuestMachine, MachineFactory } from './run/guest-machine';
export { type CpioEntry, CpioEntryError, writeCpio } from './guest/cpio';
export { createInitramfs, type InitramfsOptions } from './guest/initramfs';
