import { DEFAULT_MEMORY_MIB, MAXIMUM_MEMORY_MIB, MINIMUM_MEMORY_MIB } from './board/memory-map';
import { MachineError } from './errors';
import { DEFAULT_NANOSECONDS_PER_INSTRUCTION } from './time/guest-clock';
import type { HostClock } from './time/host-clock';

/** What can be logged: instructions as they are decoded, interrupts and exceptions, page walks, translated code. */
export type LogItem = 'in_asm' | 'int' | 'mmu' | 'out_asm';

/** Deterministic guest time from executed instructions. */
export interface InstructionTime {
  /** Guest nanoseconds that one instruction takes; default 10. */
  readonly nanosecondsPerInstruction?: number;
  /** False: a halted guest skips to its next timer at once, even if it runs ahead of the host. Default true. */
  readonly sleep?: boolean;
}

/** The machine to make; everything has a default. */
export interface MachineOptions {
  /** RAM in MiB, 1 to 3072; default 128. */
  readonly memoryMiB?: number;
  /** Name of a processor model; see `processorModels`. */
  readonly cpu?: string;
  /** How the processor executes: by interpretation, or with hot code translated to WebAssembly. Default `interp`. */
  readonly engine?: 'interp' | 'wasm';
  /** Derive guest time from executed instructions, so that two runs are identical. Default: follow the host. */
  readonly icount?: boolean | InstructionTime;
  /** Where the first serial port sends to. */
  readonly serial?: { write(byte: number): void };
  /** Where the debug console (port E9h) sends to. */
  readonly debugConsole?: { write(byte: number): void };
  /** Adds QEMU's isa-debug-exit at `iobase`: writing v ends the run with code 2v + 1. */
  readonly debugExit?: { readonly iobase: number; readonly iosize: number };
  readonly hostClock?: HostClock;
  /** What the real-time clock shows at power-on. Default: the host's time; with `icount`, 2000-01-01T00:00Z. */
  readonly rtc?: 'host' | Date;
  readonly log?: { readonly flags: readonly LogItem[]; write(line: string): void };
}

/** Checked options with their defaults. */
export interface MachineSettings {
  readonly ramBytes: number;
  readonly instructionTime: Required<InstructionTime> | null;
}

const LONGEST_INSTRUCTION = 1e6;

function checkMemory(memoryMiB: number): number {
  if (!Number.isInteger(memoryMiB) || memoryMiB < MINIMUM_MEMORY_MIB || memoryMiB > MAXIMUM_MEMORY_MIB) {
    const range = `${MINIMUM_MEMORY_MIB} to ${MAXIMUM_MEMORY_MIB} MiB`;
    throw new MachineError('ERR_MEMORY_SIZE', `a machine has ${range} of memory, not ${memoryMiB}`, {
      memoryMiB,
    });
  }
  return memoryMiB * 2 ** 20;
}

function checkInstructionTime(icount: boolean | InstructionTime): Required<InstructionTime> | null {
  if (icount === false) return null;
  const { nanosecondsPerInstruction = DEFAULT_NANOSECONDS_PER_INSTRUCTION, sleep = true } =
    icount === true ? {} : icount;
  if (!(nanosecondsPerInstruction > 0 && nanosecondsPerInstruction <= LONGEST_INSTRUCTION)) {
    throw new MachineError(
      'ERR_ICOUNT',
      `an instruction takes more than 0 and at most ${LONGEST_INSTRUCTION} ns, not ${nanosecondsPerInstruction}`,
      { nanosecondsPerInstruction },
    );
  }
  return { nanosecondsPerInstruction, sleep };
}

function checkDebugExit(port: { iobase: number; iosize: number }): void {
  const { iobase, iosize } = port;
  const whole = Number.isInteger(iobase) && Number.isInteger(iosize);
  if (!whole || iobase < 0 || iosize < 1 || iosize > 4 || iobase + iosize > 0x10000) {
    throw new MachineError(
      'ERR_DEBUG_EXIT',
      `the debug-exit port takes 1 to 4 ports between 0 and 0xffff, not ${iosize} at ${iobase}`,
      { iobase, iosize },
    );
  }
}

/** Fills in the defaults. Throws `MachineError`. */
export function checkOptions(options: MachineOptions): MachineSettings {
  if (options.engine !== undefined && options.engine !== 'interp' && options.engine !== 'wasm') {
    throw new MachineError(
      'ERR_ENGINE',
      `unknown engine '${String(options.engine)}'; there are 'interp' and 'wasm'`,
      {
        engine: options.engine,
      },
    );
  }
  if (options.debugExit) checkDebugExit(options.debugExit);
  return {
    ramBytes: checkMemory(options.memoryMiB ?? DEFAULT_MEMORY_MIB),
    instructionTime: checkInstructionTime(options.icount ?? false),
  };
}
