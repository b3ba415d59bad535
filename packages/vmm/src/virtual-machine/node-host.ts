/**
 * The one place of this package that knows Node.js: files, threads, zlib and V8's flags, found at run time, so that nothing of
 * them is imported where there is no Node.js and bundlers have nothing to replace.
 */
import type { WorkerLike } from './options';

interface FileModule {
  readFile(path: string | URL, options?: { signal?: AbortSignal }): Promise<Uint8Array<ArrayBuffer>>;
}

interface ThreadPort {
  postMessage(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  on(event: string, listener: (value: unknown) => void): void;
}

interface ThreadModule {
  readonly parentPort: ThreadPort | null;
  readonly Worker: new (file: URL) => WorkerLike;
}

interface ZlibModule {
  inflateRaw(
    bytes: Uint8Array,
    options: { chunkSize: number; maxOutputLength: number },
    done: (error: Error | null, result: Uint8Array) => void,
  ): void;
}

interface EngineModule {
  setFlagsFromString(flags: string): void;
}

/** The first version that looks at branch hints by itself. */
const HINTS_BY_DEFAULT = 26;
/** The first version that waits so long before it optimizes a function; before, it was 1,800,000. */
const LATE_TIERING_BY_DEFAULT = 22;
const TIERING_BUDGET = 13_000_000;

interface SystemModule {
  setPriority(thread: number, nice: number): void;
}

interface NodeProcess {
  readonly platform?: string;
  readonly versions?: { readonly node?: string };
  getBuiltinModule?(name: string): unknown;
}

function builtin(name: string): unknown {
  const { process } = globalThis as { process?: NodeProcess };
  return process?.versions?.node === undefined ? undefined : process.getBuiltinModule?.(name);
}

/** `node:fs/promises`, where there is one. */
export const nodeFiles = (): FileModule | undefined => builtin('node:fs/promises') as FileModule | undefined;

/** `node:zlib`, where there is one: in half the time of its web streams, and on another thread. */
export const nodeZlib = (): ZlibModule | undefined => builtin('node:zlib') as ZlibModule | undefined;

/**
 * Sets what V8 of older versions leaves unused, or has otherwise than later versions; once is enough. Translated code carries
 * branch hints (metadata.code.branch_hint); and where it is optimized too early, compilers take the processor from the guest.
 */
export function tuneEngine(): void {
  const { process } = globalThis as { process?: NodeProcess };
  const engine = builtin('node:v8') as EngineModule | undefined;
  const version = parseInt(process?.versions?.node ?? '');
  if (version < HINTS_BY_DEFAULT) engine?.setFlagsFromString('--experimental-wasm-branch-hinting');
  if (version < LATE_TIERING_BY_DEFAULT)
    engine?.setFlagsFromString(`--wasm-tiering-budget=${TIERING_BUDGET}`);
}

/** How much the thread that translates gives way to the guest's, as `nice` has it. */
const NICE = 10;

/**
 * Has this thread give way to others where processors are scarce, and do as if nothing were if that is not allowed. Only on Linux
 * have threads priorities of their own.
 */
export function giveWayToOthers(): void {
  const { process } = globalThis as { process?: NodeProcess };
  if (process?.platform !== 'linux') return;
  try {
    (builtin('node:os') as SystemModule | undefined)?.setPriority(0, NICE);
  } catch {
    // Nothing depends on it.
  }
}

/** `node:worker_threads`, where there is one. */
export const nodeThreads = (): ThreadModule | undefined =>
  builtin('node:worker_threads') as ThreadModule | undefined;
