import type { InstructionTime, LogItem } from '@trapgate/vmm';
import { UsageError } from '../usage-error';
import { nearestName } from './nearest-name';

/** Guest memory, MiB: what the board can map below its PCI hole. */
export const MEMORY_MIB = { least: 1, most: 3072, default: 128 };

const UNIT_BYTES: Record<string, number> = { B: 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** `-m`: a number of MiB, or with one of the suffixes K, M, G, T; `size=` may precede it. */
export function parseMemory(text: string): number {
  const match = /^(?:size=)?(\d+)([bkmgt]?)$/i.exec(text);
  const right = `from ${MEMORY_MIB.least} to ${MEMORY_MIB.most} MiB, such as -m 256, -m 256M or -m 1G`;
  if (!match) throw new UsageError(`-m ${text}: not a memory size; give a whole number ${right}`);
  const mebibytes = (Number(match[1]) * UNIT_BYTES[(match[2] || 'M').toUpperCase()]!) / 2 ** 20;
  if (mebibytes < MEMORY_MIB.least) throw new UsageError(`-m ${text}: too little memory; give ${right}`);
  if (mebibytes > MEMORY_MIB.most) throw new UsageError(`-m ${text}: too much memory; give ${right}`);
  if (!Number.isInteger(mebibytes))
    throw new UsageError(`-m ${text}: not a whole number of MiB; give ${right}`);
  return mebibytes;
}

export type SerialTarget =
  | { kind: 'stdio'; escapes: boolean /* Ctrl-A commands even if the input is no terminal */ }
  | { kind: 'file'; path: string }
  | { kind: 'null' };

/** `-serial`: where the guest's first serial port goes. */
export function parseSerial(text: string): SerialTarget {
  if (text === 'stdio') return { kind: 'stdio', escapes: false };
  if (text === 'mon:stdio') return { kind: 'stdio', escapes: true };
  if (text === 'null' || text === 'none') return { kind: 'null' };
  if (text.startsWith('file:') && text.length > 'file:'.length)
    return { kind: 'file', path: text.slice('file:'.length) };
  throw new UsageError(`-serial ${text}: not a known target; use stdio, mon:stdio, file:FILE or null`);
}

export const LOG_ITEMS = {
  in_asm: 'the guest instructions of each block before it runs for the first time',
  out_asm: 'each region of code translated to WebAssembly: guest code, operations, WebAssembly text',
  int: 'interrupts and exceptions',
  mmu: 'page faults and changes of the address space',
} as const satisfies Record<LogItem, string>;

/** `-d`: a comma-separated list of log items. */
export function parseLogItems(text: string): LogItem[] {
  const known = Object.keys(LOG_ITEMS);
  return text.split(',').map((item) => {
    if (!known.includes(item)) {
      throw new UsageError(
        `-d ${text}: unknown item '${item}'; the nearest is ${nearestName(item, known)} (known: ${known.join(', ')})`,
      );
    }
    return item as LogItem;
  });
}

/** `-smp`: this machine has one processor. */
export function parseProcessors(text: string): 1 {
  if (/^(?:cpus=)?1$/.test(text)) return 1;
  throw new UsageError(`-smp ${text}: the machine has one processor; use -smp 1 or leave it out`);
}

/** `-accel` values and what they mean. */
export const ENGINES: Readonly<Record<Engine, string>> = {
  interp: 'the interpreter',
  wasm: 'the interpreter, with hot code translated to WebAssembly (default)',
};

/** The engine that executes the guest's instructions. */
export type Engine = 'interp' | 'wasm';

/** `-accel`. */
export function parseEngine(text: string): Engine {
  if (text === 'interp' || text === 'wasm') return text;
  throw new UsageError(`-accel ${text}: no such engine; there are ${Object.keys(ENGINES).join(', ')}`);
}

const MAX_SHIFT = 10;

/** `-icount`: guest time from executed instructions, 2^shift nanoseconds each. */
export function parseInstructionClock(text: string): boolean | InstructionTime {
  if (text === '' || text === 'on') return true;
  if (text === 'off') return false;
  let time: InstructionTime = {};
  for (const option of text.split(',')) {
    const [, name = 'shift', value = ''] = /^(?:(shift|sleep)=)?(\w*)$/.exec(option) ?? [];
    if (name === 'sleep' && /^(on|off)$/.test(value)) time = { ...time, sleep: value === 'on' };
    else if (name === 'shift' && /^\d+$/.test(value) && Number(value) <= MAX_SHIFT) {
      time = { ...time, nanosecondsPerInstruction: 2 ** Number(value) };
    } else {
      throw new UsageError(
        `-icount ${text}: use on, off or shift=N with N from 0 to ${MAX_SHIFT} (2^N ns an instruction), ` +
          'and after it ,sleep=off for a clock that does not wait for the host while the guest is idle',
      );
    }
  }
  return time;
}

export interface DebugExitPort {
  iobase: number;
  iosize: number;
}

const DEBUG_EXIT = 'isa-debug-exit';
const DEBUG_EXIT_FORM = `-device ${DEBUG_EXIT},iobase=0xf4,iosize=0x4`;

/** `-device`: the debug-exit port is the only device that can be added. QEMU's default is two ports at 0x501. */
export function parseDevice(text: string): DebugExitPort {
  const [driver = '', ...properties] = text.split(',');
  if (driver !== DEBUG_EXIT) {
    throw new UsageError(
      `-device ${driver}: unknown device; the nearest known one is ${DEBUG_EXIT} (${DEBUG_EXIT_FORM})`,
    );
  }
  const port: DebugExitPort = { iobase: 0x501, iosize: 2 };
  for (const property of properties) {
    const [, name = '', number = ''] = /^([a-z]+)=(0x[0-9a-f]+|\d+)$/i.exec(property) ?? [];
    if (name === 'iobase') port.iobase = Number(number);
    else if (name === 'iosize') port.iosize = Number(number);
    else throw new UsageError(`-device ${text}: bad property '${property}'; use ${DEBUG_EXIT_FORM}`);
  }
  const { iobase, iosize } = port;
  if (iobase + iosize > 0x10000 || ![1, 2, 4].includes(iosize)) {
    throw new UsageError(
      `-device ${text}: the ports must lie below 0x10000, with iosize 1, 2 or 4; use ${DEBUG_EXIT_FORM}`,
    );
  }
  return port;
}
