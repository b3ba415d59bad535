import type { InstructionTime, LogItem } from '@trapgate/vmm';
import { UsageError } from '../usage-error';
import {
  type DebugExitPort,
  type Engine,
  ENGINES,
  LOG_ITEMS,
  MEMORY_MIB,
  parseDevice,
  parseEngine,
  parseInstructionClock,
  parseLogItems,
  parseMemory,
  parseProcessors,
  parseSerial,
  type SerialTarget,
} from './flag-values';
import { describeFlags, type Flag, parseFlags } from './parse-flags';

/** The flags of `vmm run`, named as QEMU names them. */
export const RUN_FLAGS: readonly Flag[] = [
  {
    name: 'kernel',
    value: 'FILE',
    help: 'a Linux bzImage, a multiboot image or an ELF file; without it the embedded\nguest runs',
  },
  { name: 'initrd', value: 'FILE', help: "the kernel's initramfs, or its multiboot module" },
  { name: 'append', value: 'TEXT', help: "the kernel's command line" },
  {
    name: 'm',
    value: 'SIZE',
    help: `memory in MiB, or with a suffix: 256, 256M, 1G (default ${MEMORY_MIB.default})`,
  },
  { name: 'cpu', value: 'NAME', help: 'processor model; -cpu help lists them' },
  { name: 'smp', value: '1', help: 'number of processors' },
  { name: 'accel', value: 'interp|wasm', help: 'engine that executes the guest; -accel help explains them' },
  {
    name: 'icount',
    value: '[on|shift=N[,sleep=off]]',
    help: 'guest time counts instructions, 2^N ns each: runs repeat exactly',
  },
  { name: 'serial', value: 'TARGET', help: 'serial port: stdio, mon:stdio (default), file:FILE or null' },
  { name: 'nographic', help: 'serial port on the terminal; always so, as there is no display' },
  { name: 'display', value: 'none', help: 'the same' },
  {
    name: 'device',
    value: 'isa-debug-exit[,iobase=0xf4][,iosize=0x4]',
    help: 'a write of V to the port ends the run with code (V << 1) | 1',
  },
  { name: 'no-reboot', help: 'a reset by the guest ends the run, with code 0' },
  { name: 'snapshot', help: 'keep disk images unchanged; always so, as there are no disks yet' },
  { name: 'loadvm', value: 'FILE', help: 'go on with a machine that Ctrl-A s has saved' },
  {
    name: 'savevm',
    value: 'FILE',
    help: 'where Ctrl-A s saves the machine; else in a new file\nin the current directory',
  },
  {
    name: 'd',
    value: 'ITEMS',
    help: 'log in_asm, out_asm, int, mmu (comma-separated); -d help explains them',
  },
  { name: 'D', value: 'FILE', help: 'log to FILE instead of standard error' },
  { name: 'help', help: 'this text' },
  { name: 'h', help: 'this text' },
];

export const RUN_HELP = `usage: vmm run [flags]

Runs a guest in this terminal. Without -kernel: the embedded guest, whose command line
is 'demo' where input or output is no terminal.

${describeFlags(RUN_FLAGS, '-')}

keys: Ctrl-A x ends the run, Ctrl-A s saves the machine, Ctrl-A h shows the keys,
Ctrl-A Ctrl-A sends Ctrl-A.

With -loadvm, memory size, processor and instruction clock are those of the machine saved
unless they are given; -kernel and its like are for the guest's next reset.

exit code:
  0    the guest powered off, reset itself under -no-reboot, or was ended with Ctrl-A x
  odd  the guest wrote to the debug-exit port
  2    bad usage or input
  4    the guest triple-faulted, or halted with interrupts off
  70   a fault of vmm itself
  128+N  ended by signal N: 130 by Ctrl-C (SIGINT), 143 by SIGTERM, 129 by SIGHUP;
       141 where the reader of the output went away
`;

/** What to run. Absent members mean the machine's default. */
export interface RunRequest {
  kind: 'run';
  kernel?: string;
  initrd?: string;
  append?: string;
  memoryMiB: number;
  cpu?: string;
  engine: Engine;
  icount: boolean | InstructionTime;
  serial: SerialTarget;
  debugExit?: DebugExitPort;
  reboot: boolean;
  /** A snapshot to begin with. */
  loadvm?: string;
  savevm?: string;
  /** Flags that were given, where it matters: a snapshot has values of its own. */
  given: { readonly memory: boolean; readonly icount: boolean };
  log: readonly LogItem[];
  logFile?: string;
}

/** A question about the flags rather than a run. */
export type RunQuestion = { kind: 'help' } | { kind: 'list'; text: string } | { kind: 'list-processors' };

/**
 * Reads the arguments of `vmm run`. Where a flag is repeated the last one counts, as in QEMU.
 *
 * @throws UsageError
 */
export function parseRunArguments(args: readonly string[]): RunRequest | RunQuestion {
  const { values, positionals } = parseFlags(RUN_FLAGS, args, '-');
  const last = (name: string): string | undefined => values.get(name)?.at(-1);
  if (values.has('help') || values.has('h')) return { kind: 'help' };
  const question = listQuestion(last);
  if (question) return question;
  if (positionals[0] !== undefined) {
    throw new UsageError(`unexpected argument '${positionals[0]}'; a kernel is given by -kernel FILE`);
  }
  if ((last('display') ?? 'none') !== 'none') {
    throw new UsageError(`-display ${last('display')}: there is no display; use -display none or -nographic`);
  }
  if ((values.get('serial')?.length ?? 0) > 1) {
    throw new UsageError('-serial is given twice, but the machine has one serial port; give it once');
  }
  if (values.has('initrd') && !values.has('kernel')) {
    throw new UsageError('-initrd needs a kernel to go with it; add -kernel FILE');
  }
  if (values.has('loadvm') && values.has('append') && !values.has('kernel')) {
    throw new UsageError('-append with -loadvm needs the kernel that a reset is to start; add -kernel FILE');
  }
  return request(last, values);
}

type LastValue = (name: string) => string | undefined;

function request(last: LastValue, values: ReadonlyMap<string, readonly string[]>): RunRequest {
  parseProcessors(last('smp') ?? '1');
  const read = <K extends keyof RunRequest>(key: K, flag: string, parse: (text: string) => RunRequest[K]) => {
    const text = last(flag);
    return (text === undefined ? {} : { [key]: parse(text) }) as Pick<RunRequest, K> | Record<string, never>;
  };
  const asIs = (text: string): string => text;
  return {
    kind: 'run',
    ...read('kernel', 'kernel', asIs),
    ...read('initrd', 'initrd', asIs),
    ...read('append', 'append', asIs),
    memoryMiB: parseMemory(last('m') ?? String(MEMORY_MIB.default)),
    ...read('cpu', 'cpu', asIs),
    engine: parseEngine(last('accel') ?? 'wasm'),
    icount: parseInstructionClock(last('icount') ?? 'off'),
    serial: parseSerial(last('serial') ?? 'mon:stdio'),
    ...read('debugExit', 'device', parseDevice),
    reboot: !values.has('no-reboot'),
    ...read('loadvm', 'loadvm', asIs),
    ...read('savevm', 'savevm', asIs),
    given: { memory: values.has('m'), icount: values.has('icount') },
    log: last('d') === undefined ? [] : parseLogItems(last('d')!),
    ...read('logFile', 'D', asIs),
  };
}

const isHelp = (text: string | undefined): boolean => text === 'help' || text === '?';

function listQuestion(last: LastValue): RunQuestion | undefined {
  if (isHelp(last('cpu'))) return { kind: 'list-processors' };
  if (isHelp(last('accel'))) return { kind: 'list', text: listOf(ENGINES) };
  if (isHelp(last('device'))) return { kind: 'list', text: 'isa-debug-exit[,iobase=0x501][,iosize=2]\n' };
  if (!isHelp(last('d'))) return undefined;
  return { kind: 'list', text: listOf(LOG_ITEMS) };
}

const listOf = (meanings: Readonly<Record<string, string>>): string =>
  Object.entries(meanings)
    .map(([name, meaning]) => `${name.padEnd(9)}${meaning}\n`)
    .join('');
