import { MachineError } from '../errors';
import type { MachineOptions } from '../machine-options';

/** A file as a URL, a path (in Node.js), or its bytes. */
export type ImageSource =
  | string
  | URL
  | ArrayBuffer
  | ArrayBufferView
  | Blob
  | { readonly url: string | URL }
  | { readonly buffer: ArrayBuffer | ArrayBufferView | Blob };

/** What is loaded in place of firmware. Names in lower case with underscores are those of v86. */
export interface ImageOptions {
  /** A Linux bzImage, a Multiboot image or an ELF executable; `bzimage` and `multiboot` mean the same. */
  readonly kernel?: ImageSource;
  readonly bzimage?: ImageSource;
  readonly multiboot?: ImageSource;
  /** Initial RAM disk, or the boot module of a Multiboot kernel. */
  readonly initrd?: ImageSource;
  /** The kernel's command line. */
  readonly commandLine?: string;
  readonly cmdline?: string;
}

/** What a virtual machine is made of. Everything is optional. */
export interface VirtualMachineOptions
  extends ImageOptions, Pick<MachineOptions, 'cpu' | 'icount' | 'debugExit' | 'rtc' | 'hostClock'> {
  /** RAM in MiB, 1 to 3072; default 128. */
  readonly memoryMiB?: number;
  /** RAM in bytes, a whole number of MiB; `memory_size` means the same. */
  readonly memorySize?: number;
  readonly memory_size?: number;
  /** `wasm` translates hot code; a guest cannot tell. Default `wasm`. `disable_jit` means `interp`. */
  readonly engine?: 'interp' | 'wasm';
  readonly disable_jit?: boolean;
  /** Runs at once. Default false. */
  readonly autostart?: boolean;
  /** A snapshot to begin with; memory size and processor are then the snapshot's. `initial_state` means the same. */
  readonly snapshot?: ImageSource;
  readonly initial_state?: ImageSource;
  /** Aborted: loading ends, or the machine is disposed of. */
  readonly signal?: AbortSignal;
}

/** What is needed of a Web Worker or a worker thread. */
export interface WorkerLike {
  postMessage(message: unknown): void;
  terminate(): unknown;
}

/** Options of a machine in a worker; its clock is the worker's. */
export interface WorkerOptions extends Omit<VirtualMachineOptions, 'hostClock'> {
  /**
   * Starts the worker, which has to call `serveVirtualMachine`. By default a new one that runs the file `worker.js`
   * of this package.
   */
  readonly worker?: () => WorkerLike;
}

/** Options with one name for each thing. */
export interface NamedOptions {
  readonly machine: MachineOptions;
  readonly images: NamedImages;
  readonly snapshot?: ImageSource;
  readonly autostart: boolean;
  readonly signal?: AbortSignal;
}

export interface NamedImages {
  readonly kernel?: ImageSource;
  readonly initrd?: ImageSource;
  readonly commandLine?: string;
}

const MIB = 2 ** 20;

const IMAGE_OPTIONS = ['kernel', 'bzimage', 'multiboot', 'initrd', 'commandLine', 'cmdline'] as const;
const OPTIONS: ReadonlySet<string> = new Set([
  ...IMAGE_OPTIONS,
  ...['cpu', 'icount', 'debugExit', 'rtc', 'hostClock', 'memoryMiB', 'memorySize', 'memory_size', 'engine'],
  ...['disable_jit', 'autostart', 'snapshot', 'initial_state', 'signal'],
]);

function bad(option: string, message: string, value: unknown): never {
  throw new MachineError('ERR_OPTION', `${option}: ${message}`, { option, value });
}

/** The one of several names of an option that is given. */
function oneOf<T>(options: Readonly<Record<string, unknown>>, names: readonly string[]): T | undefined {
  const given = names.filter((name) => options[name] !== undefined);
  if (given.length > 1) bad(given[1]!, `means the same as ${given[0]}; give one of them`, options[given[1]!]);
  return given.length === 1 ? (options[given[0]!] as T) : undefined;
}

function requireType(name: string, value: unknown, type: 'string' | 'boolean'): void {
  if (value !== undefined && typeof value !== type)
    bad(name, `must be a ${type}, not ${typeof value}`, value);
}

function checkNames(options: Readonly<Record<string, unknown>>, known: ReadonlySet<string>): void {
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined && !known.has(name)) bad(name, 'there is no such option', value);
  }
}

function present<T extends object>(values: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}

function memoryMiB(options: Readonly<Record<string, unknown>>): number | undefined {
  const bytes = oneOf<number>(options, ['memorySize', 'memory_size']);
  const mib = options['memoryMiB'] as number | undefined;
  if (bytes === undefined) return mib;
  if (mib !== undefined) bad('memorySize', 'and memoryMiB are both given; give one of them', bytes);
  if (typeof bytes !== 'number' || bytes % MIB !== 0)
    bad('memorySize', `must be a number of bytes that makes whole MiB, not ${String(bytes)}`, bytes);
  return bytes / MIB;
}

function namedImages(options: Readonly<Record<string, unknown>>): NamedImages {
  const commandLine = oneOf<string>(options, ['commandLine', 'cmdline']);
  requireType('commandLine', commandLine, 'string');
  const kernel = oneOf<ImageSource>(options, ['kernel', 'bzimage', 'multiboot']);
  const initrd = options['initrd'] as ImageSource | undefined;
  if (initrd !== undefined && kernel === undefined) bad('initrd', 'needs a kernel to go with it', initrd);
  return present({ kernel, initrd, commandLine }) as NamedImages;
}

/** Checks the options of `load`. Throws `MachineError` (`ERR_OPTION`). */
export function nameImages(options: ImageOptions): NamedImages {
  const given = options as Readonly<Record<string, unknown>>;
  checkNames(given, new Set<string>(IMAGE_OPTIONS));
  return namedImages(given);
}

/** Checks names and combinations; values are checked by who uses them. Throws `MachineError` (`ERR_OPTION`). */
export function nameOptions(options: VirtualMachineOptions): NamedOptions {
  const given = options as Readonly<Record<string, unknown>>;
  checkNames(given, OPTIONS);
  requireType('autostart', options.autostart, 'boolean');
  requireType('disable_jit', options.disable_jit, 'boolean');
  if (options.disable_jit && options.engine === 'wasm')
    bad('disable_jit', "contradicts engine 'wasm'", options.disable_jit);
  const { cpu, icount, debugExit, rtc, hostClock } = options;
  const mib = memoryMiB(given);
  const engine = options.engine ?? (options.disable_jit ? 'interp' : 'wasm');
  const snapshot = oneOf<ImageSource>(given, ['snapshot', 'initial_state']);
  return {
    machine: present({ cpu, icount, debugExit, rtc, hostClock, engine, memoryMiB: mib }) as MachineOptions,
    images: namedImages(given),
    autostart: options.autostart ?? false,
    ...(present({ snapshot, signal: options.signal }) as Pick<NamedOptions, 'snapshot' | 'signal'>),
  };
}
