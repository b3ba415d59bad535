import type { Readable, Writable } from 'node:stream';
import type { MachineFactory } from './run/guest-machine';

/** What the command needs of its standard input: a stream that may be a terminal. */
export interface InputStream extends Readable {
  isTTY?: boolean;
  setRawMode?(raw: boolean): unknown;
}

/** What the command needs of its output: a stream that may be a terminal. */
export interface OutputStream extends Writable {
  isTTY?: boolean;
}

/** The parts of `process` that a run takes hold of. */
export interface HostProcess {
  on(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
  exit(code: number): void;
}

/** Everything a command reaches outside itself, so that tests can supply it. */
export interface CommandContext {
  stdin: InputStream;
  stdout: OutputStream;
  stderr: OutputStream;
  environment: Readonly<Record<string, string | undefined>>;
  process: HostProcess;
  loadMachines(): Promise<MachineFactory>;
  version: string;
}
