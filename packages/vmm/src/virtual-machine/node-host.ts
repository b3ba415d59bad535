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

interface NodeProcess {
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

/** Has WebAssembly's branch hints (metadata.code.branch_hint) looked at, which translated code carries; once is enough. */
export function useBranchHints(): void {
  const { process } = globalThis as { process?: NodeProcess };
  if (parseInt(process?.versions?.node ?? '') < HINTS_BY_DEFAULT)
    (builtin('node:v8') as EngineModule | undefined)?.setFlagsFromString(
      '--experimental-wasm-branch-hinting',
    );
}

/** `node:worker_threads`, where there is one. */
export const nodeThreads = (): ThreadModule | undefined =>
  builtin('node:worker_threads') as ThreadModule | undefined;
